import json
from importlib.resources import files

import pytest

from glotlift.recipes import catalogue
from glotlift.recipes.catalogue import CATALOGUE, FAMILIES, MAIN_JOB, evidence_state, publication
from glotlift.runs.errors import GlotliftError


def test_eighty_methods_are_numbered_without_a_gap():
    assert [entry.number for entry in CATALOGUE] == list(range(1, 81))


def test_no_two_methods_share_a_name_or_a_title():
    assert len({entry.name for entry in CATALOGUE}) == len({e.title for e in CATALOGUE}) == 80


def test_every_family_has_twenty_methods():
    assert {f: sum(e.family == f for e in CATALOGUE) for f in FAMILIES} == dict.fromkeys(
        FAMILIES, 20
    )


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_an_entry_is_well_formed(entry):
    assert entry.name == entry.name.lower().strip()
    assert entry.module.rsplit(".", 1)[1].isidentifier()
    assert 2018 <= entry.year <= 2025
    assert entry.title == " ".join(entry.title.split())


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(GlotliftError, match="did you mean 'vocabulary-trimming'") as raised:
        publication("vocabulary-triming")
    assert raised.value.code == "GL-RECIPE-001"


def write_record(folder, name, setting, verdicts):
    record = {"setting": setting, "claims": [{"verdict": verdict} for verdict in verdicts]}
    path = folder / "results" / "ofa" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))


def test_verdicts_are_counted_per_setting(tmp_path, monkeypatch):
    write_record(tmp_path, "first-world.json", "world", ["CONFIRMED", "NOT SEPARABLE"])
    write_record(tmp_path, "second-world.json", "world", ["CONFIRMED"])
    write_record(tmp_path, "first-real.json", "real", ["CONTRADICTED"])
    monkeypatch.setattr(catalogue, "files", lambda _: tmp_path)
    assert evidence_state("ofa") == "real: 1 CONTRADICTED; world: 2 CONFIRMED, 1 NOT SEPARABLE"
    assert evidence_state("mexa") == "none yet"


def test_packaged_results_belong_to_known_recipes():
    results = files("glotlift.recipes") / "results"
    known = {MAIN_JOB, *(entry.name for entry in CATALOGUE)}
    assert {path.name for path in results.iterdir() if path.is_dir()} <= known


def test_packaged_results_are_small_and_readable():
    results = files("glotlift.recipes") / "results"
    for folder in (path for path in results.iterdir() if path.is_dir()):
        for path in folder.iterdir():
            text = path.read_text(encoding="utf-8")
            record = json.loads(text)
            assert len(text.encode()) <= 200_000
            assert path.name == f"{record['part']}-{record['setting']}.json"
            assert record["recipe"] == folder.name
