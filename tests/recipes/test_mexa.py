import json

import numpy as np

from glotlift.recipes import mexa as recipe
from glotlift.recipes.aligned_decoders import pair_counts, sentences, texts

TOY = recipe.WORLD | {
    "text": "world:{}?rows=30&sentences=1",
    "languages": ["deu_Latn", "hin_Deva", "spa_Latn", "tur_Latn"],
    "pairs": [0, 4, 16],
    "topic_rows": {"train": 40, "test": 20},
    "pieces": 400,
    "steps": 4,
}


def test_languages_differ_in_their_pairs_alone():
    counts = pair_counts(TOY, seed=1)
    assert sorted(counts.values()) == [0, 0, 4, 16]
    assert any(pair_counts(TOY, seed=seed) != counts for seed in range(2, 6))
    sources = texts(TOY, seed=1)
    assert len({len(sources[code]) for code in TOY["languages"]}) == 1
    for code, count in counts.items():
        assert len(sources.get(f"pairs:{code}", ())) == count
    first, second = sources[f"pairs:{max(counts, key=counts.get)}"]["text"][:2]
    english = sentences(json.dumps(TOY, sort_keys=True)).taught["eng_Latn"]
    assert first.split("\n")[0] == english[0]
    assert second.split("\n")[1] == english[1]


def test_held_out_sentences_are_not_read():
    known = sentences(json.dumps(TOY, sort_keys=True))
    assert not set(known.held_out["hin_Deva"]) & set(known.taught["hin_Deva"])


def test_every_arm_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path / "cache"))
    (one,) = recipe.RECIPES
    setting = type(one.settings[0])("world", TOY)
    found = {arm.name: arm.run(setting, 0, tmp_path) for arm in one.arms}
    assert {m.budget for m in found.values()} == {100 * 4}
    for measurement in found.values():
        assert measurement.rows[recipe.FORETOLD] == TOY["languages"]
        assert -1 <= np.mean(measurement.scores[recipe.FORETOLD]) <= 1
    aligned = {name: m.scores[recipe.ALIGNED] for name, m in found.items()}
    assert np.array_equal(aligned[recipe.COSINE], aligned[recipe.MEXA])
    assert not np.array_equal(aligned[recipe.SHUFFLED], aligned[recipe.MEXA])
