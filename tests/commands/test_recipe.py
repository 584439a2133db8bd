import json
from types import SimpleNamespace

import numpy as np
import pytest

from glotlift.commands import recipe as command
from glotlift.commands.main import REFUSED, main
from glotlift.evidence import Arm, Claim, Measurement, Metric, Recipe, Setting
from glotlift.recipes import catalogue


def test_all_methods_are_listed(capsys):
    assert main(["recipe", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 80
    assert rows[78]["recipe"] == "ofa"
    keys = {"number", "recipe", "year", "family", "runs_here", "evidence", "title", "findings"}
    assert rows[0].keys() == keys


def test_the_list_holds_what_the_evidence_files_say(capsys):
    main(["recipe", "list", "--json"])
    row = next(row for row in json.loads(capsys.readouterr().out) if row["recipe"] == "ofa")
    for setting, parts in row["findings"].items():
        for part in parts:
            path = catalogue.files("glotlift.recipes") / "results" / "ofa"
            told = json.loads((path / f"{part['part']}-{setting}.json").read_text())
            assert part["arms"] == [arm["name"] for arm in told["arms"]]
            assert part["seconds"] == pytest.approx(told["seconds"], abs=0.06)
            for claim, full in zip(part["claims"], told["claims"], strict=True):
                assert claim.items() <= full.items()
                assert {"estimate", "low", "high", "verdict"} <= claim.keys()


def test_people_get_one_table(capsys):
    assert main(["recipe", "list"]) == 0
    shown = capsys.readouterr().out
    assert all(entry.name in shown for entry in catalogue.CATALOGUE)


def test_an_unknown_recipe_names_the_nearest(capsys):
    assert main(["recipe", "show", "marco"]) == REFUSED
    assert "did you mean 'marco-llm'" in capsys.readouterr().err


CLAIM = {"text": "ours is better", "estimate": -0.5, "low": -0.75, "high": -0.25}
RECORD = {
    "part": "replay",
    "setting": "world",
    "seeds": [0, 1],
    "claims": [CLAIM | {"unit": "bits per byte", "verdict": "CONFIRMED", "needed": None}],
    "notes": ["two seeds"],
}


def test_the_last_verdicts_are_shown(monkeypatch, capsys):
    monkeypatch.setattr(catalogue, "evidence", lambda name: [RECORD])
    assert main(["recipe", "show", "ofa"]) == 0
    shown = capsys.readouterr().out
    assert "CONFIRMED" in shown
    assert "ours is better" in shown


VALUES = {"language": "hin_Deva", "text": "world:hin_Deva"}


@pytest.fixture
def parts(monkeypatch):
    """Stand in for a recipe of two parts and the running of one; return what was run."""
    ran = []

    def run_part(recipe, setting, seeds, folder, record, workers):
        ran.append((recipe.part, setting.name, dict(setting.values), seeds, folder, record))
        return RECORD | {"part": recipe.part}

    def setting(name):
        return Setting(name, VALUES)

    two = [SimpleNamespace(name="ofa", part=part, setting=setting) for part in ("replay", "dial")]
    monkeypatch.setattr(command, "parts_of", lambda entry: two)
    monkeypatch.setattr(command, "run_part", run_part)
    return ran


def test_all_parts_run_and_their_verdicts_are_printed(parts, capsys, tmp_path):
    assert main(["recipe", "run", "ofa", "--seeds", "2", "--output", str(tmp_path)]) == 0
    assert parts == [
        ("replay", "world", VALUES, 2, tmp_path / "replay", False),
        ("dial", "world", VALUES, 2, tmp_path / "dial", False),
    ]
    assert capsys.readouterr().out.count("CONFIRMED") == 2


def test_one_part_runs_on_real_text_and_is_recorded(parts, capsys, tmp_path):
    real = ["--setting", "real", "--part", "dial", "--record", "--json"]
    assert main(["recipe", "run", "ofa", "--output", str(tmp_path), *real]) == 0
    assert parts == [("dial", "real", VALUES, None, tmp_path / "dial", True)]
    assert json.loads(capsys.readouterr().out)[0]["part"] == "dial"


def test_a_recipe_runs_on_text_of_ones_own(parts, tmp_path):
    own = ["language=yor_Latn", "--part", "dial", "--output", str(tmp_path)]
    assert main(["recipe", "run", "ofa", *own]) == 0
    assert parts[0][1:3] == ("own", VALUES | {"language": "yor_Latn"})


def test_a_value_that_the_recipe_does_not_take_names_the_nearest(parts, capsys):
    assert main(["recipe", "run", "ofa", "langauge=yor_Latn"]) == REFUSED
    assert "did you mean 'language'" in capsys.readouterr().err
    assert parts == []


def test_evidence_of_ones_own_setting_is_not_packaged(parts, capsys):
    assert main(["recipe", "run", "ofa", "language=yor_Latn", "--record"]) == REFUSED
    assert capsys.readouterr().err.startswith("GL-COMMAND-011")
    assert parts == []


def test_an_unknown_part_names_the_parts(parts, capsys):
    assert main(["recipe", "run", "ofa", "--part", "replya"]) == REFUSED
    assert "replay, dial" in capsys.readouterr().err
    assert parts == []


def test_a_recipe_that_is_not_written_yet_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(catalogue, "find_spec", lambda module: None)
    assert main(["recipe", "run", "ofa"]) == REFUSED
    assert capsys.readouterr().err.startswith("GL-COMMAND-007")


@pytest.mark.parametrize("seeds", ["0", "-1", "many"])
def test_a_wrong_number_of_seeds_is_refused(parts, seeds):
    assert main(["recipe", "run", "ofa", "--seeds", seeds]) == REFUSED
    assert parts == []


RUNNABLE = [entry for entry in catalogue.CATALOGUE if entry.runs_here]


@pytest.mark.parametrize("entry", RUNNABLE, ids=lambda entry: entry.name)
def test_every_recipe_here_says_what_it_compares(entry, capsys):
    assert main(["recipe", "show", entry.name]) == 0
    assert "Parts" in capsys.readouterr().out


def small_recipe():
    """Return a recipe of two arms that need no model."""

    def arm(name, score):
        def run(setting, seed, folder):
            scores = np.full(20, score) + np.linspace(0, 0.1, 20) + seed / 1000
            return Measurement(1.0, {"bits": scores}, {"bits": [str(i) for i in range(20)]})

        return Arm(name, name, run)

    claim = Claim("lower", "ours is lower", "bits", "ours", "theirs", "less", 0.0, "bits per byte")
    return Recipe(
        name="ofa",
        part="toy",
        question="Is ours lower?",
        difference="the score",
        budget_unit="steps",
        seeds=(0, 1, 2, 3, 4),
        arms=(arm("ours", 1.0), arm("theirs", 2.0)),
        claims=(claim,),
        metrics={"bits": Metric("bits per byte", higher_is_better=False)},
    )


def test_a_recipe_is_run_judged_and_shown(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "parts_of", lambda entry: (small_recipe(),))
    monkeypatch.setattr("glotlift.recipes.__file__", str(tmp_path / "package" / "__init__.py"))
    output = ["--output", str(tmp_path / "runs"), "--seeds", "5", "--record"]
    assert main(["recipe", "run", "ofa", *output]) == 0
    shown = capsys.readouterr().out
    assert "CONFIRMED" in shown
    assert (tmp_path / "runs" / "toy" / "report.html").is_file()
    recorded = tmp_path / "package" / "results" / "ofa" / "toy-world.json"
    assert json.loads(recorded.read_text())["claims"][0]["verdict"] == "CONFIRMED"
