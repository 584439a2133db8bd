import json
from pathlib import Path

import pytest

from glotlift.commands.main import main

from .corpora import refusal, run_json, texts, write_lines

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Return a folder of thirty documents in one language, and a copy."""
    folder = tmp_path_factory.mktemp("raw")
    rows = [{"id": str(i), "text": text} for i, text in enumerate(texts("swh_Latn", 30))]
    write_lines(folder / "rows.jsonl", [*rows, {"id": "copy", "text": rows[0]["text"]}])
    return folder


def flags(raw, output):
    return ["--input", str(raw), "--output", str(output), "workers=1"]


def test_a_corpus_is_built_and_told_of(raw, tmp_path, capsys):
    output = tmp_path / "corpus"
    found = run_json(capsys, "build", *flags(raw, output))
    assert found["left_out"]["exact duplicate"] == 1
    assert found["hash"] == json.loads((output / "manifest.json").read_text())["hash"]
    assert Path(found["page"]).is_file()
    assert main(["corpus", "build", *flags(raw, output)]) == 0
    shown = capsys.readouterr().out
    for word in ("Languages", "swh_Latn", "exact duplicate", found["hash"][:12]):
        assert word in shown


def test_a_pass_of_an_array_says_that_it_is_done(raw, tmp_path, capsys):
    words = ["build", *flags(raw, tmp_path / "corpus"), "--only", "examine", "--share", "1/2"]
    assert run_json(capsys, *words)["pass"] == "examine"
    assert not (tmp_path / "corpus" / "manifest.json").exists()


def test_a_plan_writes_nothing(raw, tmp_path, capsys):
    found = run_json(capsys, "build", *flags(raw, tmp_path / "corpus"), "--plan")
    assert found["bytes"] == (raw / "rows.jsonl").stat().st_size
    assert not (tmp_path / "corpus").exists()


def test_bad_input_of_each_kind_is_refused(raw, tmp_path, capsys):
    output = tmp_path / "corpus"

    def told(*words):
        return refusal(capsys, "build", *words).splitlines()[-1]

    assert told("--input", tmp_path / "none", "--output", output).startswith("GL-CORPUS-001")
    assert told("--output", output).startswith("GL-CONFIG-00")
    assert told(*flags(raw, output), "qality.standards=false").startswith("GL-CONFIG-005")
    assert told(*flags(raw, output), "protection.personal=hide").startswith("GL-CONFIG-007")
    share = ["--only", "examine", "--share", "3/2"]
    assert told(*flags(raw, output), *share).startswith("GL-CORPUS-097")
    assert told(tmp_path / "none.yaml").startswith("GL-CONFIG-001")


def test_the_example_is_a_configuration(tmp_path):
    from glotlift.corpus import BuildConfig
    from glotlift.runs.config import load_config

    config = load_config(BuildConfig, EXAMPLES / "corpus.yaml")
    assert config.inputs
    assert config.protection.evaluation
