from collections import Counter

import pytest

from glotlift.evidence import run_recipe
from glotlift.recipes.aurora_m import CHANGE_IN_CODE, MIXED, NONE, RECIPES, REPLAY
from glotlift.recipes.python_source import CHUNK, CHUNKS, chunks, standard_library
from glotlift.recipes.staged_pretraining import CHANGE_IN_NEW, CHANGE_IN_SOURCE
from glotlift.recipes.starting_point import read_sources

(RECIPE,) = RECIPES


def test_code_is_cut_at_lines_and_nothing_is_lost():
    source = "".join(f"value_{i} = {i}\n" for i in range(500))
    cut = chunks(source)
    assert "".join(cut) == source
    assert all(chunk.endswith("\n") for chunk in cut)
    assert all(CHUNK <= len(chunk) < CHUNK + 20 for chunk in cut[:-1])
    assert chunks("") == []


def test_no_module_lies_in_two_splits():
    rows = standard_library()
    counts = Counter(rows["id"])
    assert counts["python/argparse.py"] == max(counts.values()) == CHUNKS
    assert "python/json/decoder.py" in counts
    assert not any("/test" in id for id in counts)
    parts = read_sources({"code": "python:standard-library"}, 30)["code"]
    assert set(parts["train"]["id"]).isdisjoint(parts["test"]["id"])
    assert len(parts["test"]) == 30


def test_code_english_and_new_languages_are_measured_apart(toy, tmp_path, monkeypatch):
    few = standard_library().select(range(300))
    monkeypatch.setattr("glotlift.recipes.starting_point.standard_library", lambda: few)
    evidence = run_recipe(RECIPE, toy(RECIPE, documents=20), tmp_path, seeds=[0])
    arms = {arm["name"]: arm for arm in evidence["arms"]}
    assert set(evidence["metrics"]) == {CHANGE_IN_CODE, CHANGE_IN_SOURCE, CHANGE_IN_NEW}
    assert arms[NONE]["cost"]["replay share"] == 0
    assert arms[MIXED]["cost"]["replay share"] == pytest.approx(REPLAY, abs=0.1)
    for metric in (CHANGE_IN_CODE, CHANGE_IN_SOURCE):
        assert arms[MIXED]["metrics"][metric]["mean"] < arms[NONE]["metrics"][metric]["mean"]
