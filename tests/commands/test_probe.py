import json

import pytest

import tiny
from glotlift.clients.local import LocalModel
from glotlift.commands.main import REFUSED, main

ASKED = ["probe", "m", "--languages", "deu,ind", "--rows", "6", "--set", "training_rows=6"]


@pytest.fixture
def loaded(monkeypatch):
    calls = []

    def client_for(address):
        calls.append(address)
        return LocalModel(tiny.model_of("llama"), tiny.tokenizer())

    monkeypatch.setattr("glotlift.probing.layers.job.client_for", client_for)
    return calls


def test_figures_for_people_and_programs(loaded, tmp_path, capsys):
    output = ["--output", str(tmp_path / "run"), "--layers", "-1,0", "--probes", "words"]
    assert main([*ASKED, *output]) == 0
    told = capsys.readouterr().out
    assert "word similarity" in told
    assert "report.html" in told
    assert main([*ASKED, *output, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((tmp_path / "run" / "evidence.json").read_text())
    assert {row["layer"] for row in found["layers"]} == {0, -1}
    assert {row["language"] for row in found["means"]} == {"deu_Latn", "ind_Latn"}
    for name in ("run.json", "report.html", "events.jsonl"):
        assert (tmp_path / "run" / name).is_file()

    capsys.readouterr()
    assert main(["runs", "show", str(tmp_path / "run")]) == 0
    assert "word similarity" in capsys.readouterr().out
    assert main(["compare", str(tmp_path / "run"), str(tmp_path / "run"), "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert {change["language"] for change in changes} == {"deu_Latn", "ind_Latn"}
    assert all(change["estimate"] == 0 for change in changes)


def test_a_plan_touches_nothing(loaded, tmp_path, capsys):
    assert main([*ASKED, "--output", str(tmp_path / "run"), "--plan", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["languages"] == ["eng_Latn", "deu_Latn", "ind_Latn"]
    assert planned["tags"] == "world:pos"
    assert not (tmp_path / "run").exists()
    assert loaded == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--layers", "first"], "GL-COMMAND-020"),
        (["--languages", "xx-nothing"], "GL-LANGUAGE"),
        (["--probes", "names"], "GL-CONFIG"),
        (["--set", "tags=world:nothing"], "GL-PROBING-064"),
        (["--set", "words=no/such/folder"], "GL-PROBING-066"),
        (["--set", "row=3"], "GL-CONFIG-005"),
    ],
)
def test_what_is_wrong_is_refused_before_a_model_is_loaded(loaded, tmp_path, capsys, more, code):
    for words in ([*ASKED, *more], [*ASKED, *more, "--plan"]):
        assert main([*words, "--output", str(tmp_path / "run")]) == REFUSED
        assert code in capsys.readouterr().err
    assert loaded == []
    assert not (tmp_path / "run").exists()
