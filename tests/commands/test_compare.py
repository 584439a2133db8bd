import json

import pytest

from glotlift.commands.main import REFUSED, main


def evidence(after, *, bytes=1000, model="small"):
    return {
        "kind": "adapt",
        "target": "hin_Deva",
        "model": {"name": model},
        "languages": [
            {"language": "hin_Deva", "role": "target", "documents": 10, "bytes": bytes}
            | {"before": 3.5, "after": after, "unit": "bits per byte"},
            {"language": "eng_Latn", "role": "kept", "before": 1.5, "after": None},
        ],
        "tasks": [{"task": "topic", "language": "hin_Deva", "metric": "accuracy", "after": after}],
        "cost": {"seconds": 60 * after, "stages": []},
    }


@pytest.fixture
def pair(tmp_path):
    def write(a, b):
        for name, record in (("a", a), ("b", b)):
            (tmp_path / name).mkdir()
            (tmp_path / name / "evidence.json").write_text(json.dumps(record))
        return [str(tmp_path / "a"), str(tmp_path / "b")]

    return write


def test_languages_tasks_and_cost_stand_side_by_side(pair, capsys):
    assert main(["compare", *pair(evidence(2.5), evidence(2.25)), "--json"]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert compared["languages"][0]["b_minus_a"] == -0.25
    assert compared["tasks"][0]["b_minus_a"] == -0.25
    assert compared["cost"] == [{"cost": "seconds", "a": 150.0, "b": 135.0}]
    assert compared["warnings"] == []


def test_what_was_not_measured_has_no_difference(pair, capsys):
    assert main(["compare", *pair(evidence(2.5), evidence(2.25)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["languages"][1]["b_minus_a"] is None


def test_runs_that_are_not_alike_are_named(pair, capsys):
    other = evidence(2.25, bytes=999, model="large")
    assert main(["compare", *pair(evidence(2.5), other)]) == 0
    shown = capsys.readouterr().out
    assert "hin_Deva: not measured on the same held-out text" in shown
    assert "different models: small and large" in shown
    assert "carry no interval" in shown


def test_an_unfinished_run_is_refused(tmp_path, capsys):
    assert main(["compare", str(tmp_path), str(tmp_path)]) == REFUSED
    assert capsys.readouterr().err.startswith("GL-COMMAND-004")


@pytest.mark.parametrize("text", ["[]", "{", "\x00"])
def test_broken_evidence_is_refused(tmp_path, capsys, text):
    (tmp_path / "evidence.json").write_text(text)
    assert main(["compare", str(tmp_path), str(tmp_path)]) == REFUSED
    assert capsys.readouterr().err.startswith("GL-COMMAND-005")
