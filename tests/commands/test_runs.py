import json

import pytest

from glotlift.commands.main import REFUSED, main
from glotlift.runs.folders import RunFolder


@pytest.fixture
def runs(tmp_path):
    """Two runs, of which the first is finished."""
    for name in ("first", "second"):
        config = {"model": f"model-{name}", "language": "hin_Deva"}
        run = RunFolder.open(tmp_path / name, command="adapt", config=config, inputs={}, seeds=[0])
        run.event("stage finished", stage="train", seconds=1.0)
        run.close()
    language = {"language": "hin_Deva", "role": "target", "before": 3.5, "after": 2.25}
    (tmp_path / "first" / "evidence.json").write_text(json.dumps({"languages": [language]}))
    (tmp_path / "first" / "report.html").touch()
    return tmp_path


def test_runs_are_listed_with_their_state(runs, capsys):
    assert main(["runs", "list", str(runs), "--json"]) == 0
    rows = {row["model"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["model-first"]["state"] == "finished"
    assert rows["model-second"]["state"] == "unfinished"
    assert rows["model-first"]["language"] == "hin_Deva"


def test_people_get_a_table_of_runs(runs, capsys):
    assert main(["runs", "list", str(runs)]) == 0
    assert "model-second" in capsys.readouterr().out


def test_an_empty_folder_has_no_runs(tmp_path, capsys):
    assert main(["runs", "list", str(tmp_path)]) == 0
    assert "no runs" in capsys.readouterr().out


def test_a_finished_run_shows_results_and_page(runs, capsys):
    assert main(["runs", "show", str(runs / "first")]) == 0
    shown = capsys.readouterr().out
    assert "2.25" in shown
    assert str(runs / "first" / "report.html") in shown


def test_an_unfinished_run_shows_how_far_it_came(runs, capsys):
    assert main(["runs", "show", str(runs / "second")]) == 0
    shown = capsys.readouterr().out
    assert "unfinished" in shown
    assert "stage finished" in shown


def test_a_run_is_shown_as_json(runs, capsys):
    assert main(["runs", "show", str(runs / "first"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["run"]["config"]["model"] == "model-first"
    assert shown["evidence"]["languages"][0]["after"] == 2.25


def test_a_folder_that_is_no_run_is_refused(tmp_path, capsys):
    assert main(["runs", "show", str(tmp_path)]) == REFUSED
    assert "GL-RUN-004" in capsys.readouterr().err
