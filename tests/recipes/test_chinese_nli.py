import json

import numpy as np
import pytest

from glotlift.recipes import chinese_nli as recipe
from glotlift.recipes.inference_rows import asked_rows, glossed, held_out, lexicon, training_rows
from glotlift.runs.errors import GlotliftError

TOY = recipe.IN_THE_WORLD | {
    "text": "world:{}?rows=30&sentences=3",
    "pairs": 400,
    "taught": ["negation", "anaphora"],
    "rows": 24,
    "test_rows": 3,
    "pieces": 900,
    "steps": 3,
    "tie_steps": 2,
    "epochs": 1,
}
TOLD = json.dumps(TOY, sort_keys=True)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.getbasetemp() / "chinese-nli"))


def test_arms_read_the_same_items_in_their_languages():
    rows = {kind: recipe.read_rows(TOLD, kind, 3) for kind in (recipe.SOURCE, recipe.TARGET)}
    one, other = rows.values()
    assert one["id"] == other["id"]
    assert set(one["language"]) == {"eng_Latn"}
    mixed = recipe.read_rows(TOLD, recipe.MIXED, 3)
    assert sorted(mixed["id"]) == sorted(one["id"])
    assert sorted(mixed["language"]) == ["eng_Latn"] * 12 + ["zho_Hans"] * 12
    shuffled = recipe.read_rows(TOLD, recipe.SHUFFLED, 3)
    assert sorted(shuffled["label"]) == sorted(other["label"])
    assert shuffled["label"] != other["label"]
    assert recipe.read_rows(TOLD, recipe.SOURCE, 4)["premise"] != one["premise"]


def test_nothing_tested_is_taught():
    train = training_rows(TOY, "zho_Hans", 0)
    found = asked_rows(TOLD)
    assert set(found) == {"held out", "heuristics", "stress", "phenomena", "fragments"}
    assert not set(train["hypothesis"]) & set(found["held out"]["hypothesis"])
    assert len(found["stress"]) == 6 * 3
    for rows in found.values():
        assert len(set(rows["id"])) == len(rows)
        assert set(rows["language"]) == {"zho_Hans"}


def test_a_gloss_is_in_the_other_language_and_keeps_the_order():
    assert lexicon(TOLD)["not"]
    english = training_rows(TOY, "eng_Latn", 0)
    rows = glossed(TOLD, english)
    assert rows["label"] == english["label"]
    assert rows["id"] == english["id"]
    assert not any(map(str.isascii, "".join(rows["hypothesis"]).replace(" ", "")))


def test_too_few_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_DATA", str(tmp_path))
    import gzip

    with gzip.open(tmp_path / "a.train.jsonl.gz", "wt") as file:
        for label in ("e", "neutral", "-"):
            row = {"premise": "p", "hypothesis": "h", "label": label}
            file.write(json.dumps(row) + "\n")
    own = TOY | {"inference": {"zho_Hans": {"test": ["$GLOTLIFT_DATA/a.train.jsonl.gz"]}}}
    own["inference"]["zho_Hans"]["train"] = own["inference"]["zho_Hans"]["test"]
    assert sorted(held_out(own, "zho_Hans", 9)["label"]) == ["entailment", "neutral"]
    with pytest.raises(GlotliftError, match="GL-RECIPE-013"):
        training_rows(own, "zho_Hans", 0)


def test_every_arm_runs(tmp_path):
    (one,) = recipe.RECIPES
    setting = type(one.settings[0])("world", TOY)
    found = {arm.name: arm.run(setting, 0, tmp_path) for arm in one.arms}
    assert {m.budget for m in found.values()} == {24}
    rows = next(iter(found.values())).rows
    for measurement in found.values():
        assert measurement.rows == rows
        assert set(measurement.scores) == set(one.metrics)
        for name, scores in measurement.scores.items():
            assert set(np.unique(scores)) <= {0.0, 1.0}
            assert len(scores) == len(rows[name])
    labels = asked_rows(TOLD)["fragments"]["label"]
    expected = max(labels.count(label) for label in set(labels)) / len(labels)
    assert found[recipe.MAJORITY].scores["fragments"].mean() == pytest.approx(expected)
