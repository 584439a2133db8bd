import json

import pytest

from glotlift.clients import ScriptedModel
from glotlift.commands.main import REFUSED, main

ASKED = [
    "evaluate", "scripted:x.json", "--languages", "eng_Latn,hin", "--tasks",
    "world:nli,world:arithmetic", "--rows", "4",
]  # fmt: skip


@pytest.fixture
def scripted(monkeypatch):
    calls = []

    def client_for(address, recording=None):
        calls.append(address)
        return ScriptedModel(
            reply=lambda _: "7",
            likelihood=lambda _, option: -len(option),
            vector=lambda text: [len(text), ord(text[0]), 1.0],
        )

    monkeypatch.setattr("glotlift.evaluation.tasks.job.client_for", client_for)
    return calls


def test_figures_for_people_and_programs(scripted, tmp_path, capsys):
    assert main([*ASKED, "--output", str(tmp_path / "run")]) == 0
    assert "count alike" in capsys.readouterr().out
    assert main([*ASKED, "--output", str(tmp_path / "run"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((tmp_path / "run" / "evidence.json").read_text())
    assert [row["language"] for row in found["tasks"]] == ["eng_Latn", "hin_Deva"] * 2
    assert (tmp_path / "run" / "run.json").is_file()


def test_options_are_found_in_what_is_written(scripted, tmp_path, capsys):
    asked = [*ASKED, "--answers", "written", "--output", str(tmp_path / "run")]
    assert main(asked) == 0
    assert "read in other ways" in capsys.readouterr().out
    assert main([*asked, "--json"]) == 0
    tasks = json.loads(capsys.readouterr().out)["tasks"]
    read = {task["task"]: task.get("replies") for task in tasks}
    assert read["nli"]["answered"] == 0  # every reply is 7
    assert read["nli"]["accuracy of answered"] is None
    assert read["nli"]["outcomes"]["none"] == 1
    assert read["arithmetic"] is None


def test_a_plan_touches_nothing(tmp_path, capsys):
    assert main([*ASKED, "--output", str(tmp_path / "run"), "--plan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["questions at most"] == 4 * 3 * 2 * 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (("world:nli,world:arithmetic", "world:nothing"), "GL-EVALUATION-030"),
        (("eng_Latn,hin", "xx-nothing"), "GL-LANGUAGE"),
        (("world:nli,world:arithmetic", ""), "GL-CONFIG"),
    ],
)
def test_what_is_wrong_is_refused_before_a_model_is_asked(
    scripted, tmp_path, capsys, changed, code
):
    words = [changed[1] if word == changed[0] else word for word in ASKED]
    assert main([*words, "--output", str(tmp_path / "run")]) == REFUSED
    assert code in capsys.readouterr().err
    assert scripted == []


def test_tasks_are_listed_and_shown(capsys):
    assert main(["tasks", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"address", "kind", "asked for", "measure"} == rows[0].keys()
    assert (
        main(["tasks", "show", "world:topic", "--language", "tur", "--shots", "1", "--json"]) == 0
    )
    shown = json.loads(capsys.readouterr().out)
    assert len(shown) == 3
    assert shown[0]["right"] in shown[0]["options"]


def test_tasks_of_vectors_are_planned_shown_and_asked_once(scripted, tmp_path, capsys):
    words = [
        "evaluate", "scripted:x.json", "--languages", "deu_Latn", "--tasks",
        "world:retrieval,world:similarity,world:bitext,world:nli", "--rows", "6",
        "--output", str(tmp_path / "run"), "--json",
    ]  # fmt: skip
    assert main([*words, "--plan"]) == 0
    assert json.loads(capsys.readouterr().out)["questions at most"] == 6 * (1 + 1 + 1 + 3)
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert [len(row["by_formulation"]) for row in found["tasks"]] == [1, 1, 1, 3]
    page = (tmp_path / "run" / "report.html").read_text()
    assert "nDCG@10" in page
    for task in ("retrieval", "similarity", "bitext"):
        assert main(["tasks", "show", f"world:{task}", "--language", "deu", "--json"]) == 0
        (row,) = json.loads(capsys.readouterr().out)
        assert row["prompt"]
        assert row["right"]


def test_two_evaluations_are_compared_with_intervals(scripted, tmp_path, capsys):
    for name in ("a", "b"):
        assert main([*ASKED, "--output", str(tmp_path / name)]) == 0
    capsys.readouterr()
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert len(changes) == 4
    assert all(change["low"] <= change["estimate"] <= change["high"] for change in changes)
