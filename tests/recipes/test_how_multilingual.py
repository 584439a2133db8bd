import json
from pathlib import Path

import numpy as np
import pytest

from glotlift.probing.letters import LetterCounts
from glotlift.recipes import how_multilingual as recipe
from glotlift.recipes import probed_decoders
from glotlift.recipes.probed_decoders import PIVOT, RANGE, SCORES, material, scores, shares, texts

TOY = recipe.IN_THE_WORLD | {
    "languages": ["deu_Latn", "spa_Latn", "swh_Latn"],
    "pairs": [30],
    "tag_rows": {"train": 12, "test": 8},
    "topic_rows": {"train": 14, "test": 7},
    "pieces": 400,
    "steps": 2,
}


def test_shares_are_dealt_out_by_the_seed():
    dealt = [shares(TOY, seed) for seed in range(6)]
    for one in dealt:
        assert sum(one.values()) == pytest.approx(1)
        assert one["eng_Latn"] == PIVOT
        others = sorted(one[code] for code in TOY["languages"])
        assert others[-1] / others[0] == pytest.approx(RANGE)
    assert len({max(TOY["languages"], key=one.get) for one in dealt}) > 1
    assert shares(TOY, 3) == dealt[3]


def test_every_language_has_the_same_to_read_and_nothing_that_is_asked():
    sources = texts(TOY)
    assert {len(rows) for rows in sources.values()} == {30}
    english, german = sources["eng_Latn"]["text"], sources["deu_Latn"]["text"]
    assert german[0].split("\n")[0] == english[0]
    assert "\n" not in german[1]
    asked = material(json.dumps(TOY, sort_keys=True))
    assert not set(asked.sentences["deu_Latn"][1]) & set(german)


def test_letters_find_likeness_of_form_and_no_wrong_pairs():
    found = scores(LetterCounts(), material(json.dumps(TOY, sort_keys=True)), "eng_Latn")
    assert {name: list(by) for name, by in found.items() if by} == dict.fromkeys(
        found, TOY["languages"]
    )
    assert found["words"]["deu_Latn"] > 0.03
    assert abs(np.mean(list(found["words, mismatched"].values()))) < 0.03
    assert min(found["parts of speech, carried over"].values()) > 0.1


@pytest.mark.slow
def test_every_arm_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path / "cache"))
    (one,) = recipe.RECIPES
    setting = type(one.settings[0])("world", TOY)
    found = {}
    for arm in one.arms:
        folder = tmp_path / arm.name
        folder.mkdir()
        found[arm.name] = arm.run(setting, 0, folder)
    assert {m.budget for m in found.values()} == {3 * 100}
    for measurement in found.values():
        assert set(measurement.scores) == set(one.metrics)
        for name in SCORES:
            rho = measurement.scores[recipe.ranking(name)].mean()
            by = dict(zip(measurement.rows[name], measurement.scores[name], strict=True))
            dealt = shares(TOY, 0)
            orders = [sorted(by, key=figures.get) for figures in (by, dealt)]
            if len(set(by.values())) == 3:
                assert (rho == pytest.approx(1)) == (orders[0] == orders[1])
    trained, untrained = (found[name].scores["words"] for name in ("trained", "untrained"))
    assert not np.array_equal(trained, untrained)


def test_real_words_are_those_of_lists_that_are_there(glotlift_data: Path):
    found = probed_decoders.pairs_of_words(recipe.REAL)
    assert set(found) == {f"{c}_{s}" for c, s in (
        ("fin", "Latn"), ("mlt", "Latn"), ("tam", "Taml"), ("tur", "Latn"), ("vie", "Latn"),
        ("yor", "Latn"),
    )}  # fmt: skip
    one, other = found["tur_Latn"]
    assert len(one) == len(other) > 90
