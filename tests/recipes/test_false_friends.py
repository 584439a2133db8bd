"""False friends: words as bags of n-grams, pairs of dictionaries, and every arm on a toy."""

import gzip
import json
import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from glotlift.evidence.arms import run_recipe
from glotlift.evidence.design import Setting
from glotlift.probing.spelling import spelling_similarity
from glotlift.probing.word_pairs import COGNATE, FALSE_COGNATE, TYPES
from glotlift.recipes.false_friends import IN_THE_WORLD, LEVENSHTEIN, RECIPES, TEACHING, WITH
from glotlift.recipes.paired_words import (
    FRIENDS,
    RANDOM,
    TRANSLATIONS,
    asked_pairs,
    expert_shares,
    glosses,
    taught_pairs,
    teachable,
)
from glotlift.recipes.small_word_encoders import (
    BUCKETS,
    WordEncoder,
    Words,
    learn_pairs,
    learn_translations,
    scores,
)
from glotlift.recipes.word_judgements import SHORTCUT

TOY = IN_THE_WORLD | {
    "languages": ["deu_Latn", "eng_Latn", "spa_Latn"],
    "rows": 250,
    "least": 2,
    "most": 4,
    "alike": 2 / 3,
    "width": 8,
    "steps": 5,
    "batch": 16,
}
TAUGHT = TOY | TEACHING | {"tested": [["eng_Latn", "deu_Latn"]], "taught": 100, "epochs": 1}
ROWS = [
    {"eng_Latn": "gift box", "deu_Latn": "geschenk kiste"},
    {"eng_Latn": "poison box", "deu_Latn": "gift kiste"},
    {"eng_Latn": "gift tree", "deu_Latn": "geschenk baum"},
    {"eng_Latn": "poison tree", "deu_Latn": "gift baum"},
] * 4


def told(values: dict) -> str:
    return json.dumps(values, sort_keys=True)


@pytest.mark.parametrize("part", [0, 1])
def test_every_arm_runs(part: int, tmp_path) -> None:
    recipe = replace(RECIPES[part], settings=(Setting("world", TOY if part == 0 else TAUGHT),))
    evidence = run_recipe(recipe, "world", tmp_path, seeds=[0, 1])
    assert len(evidence["claims"]) == len(recipe.claims)
    by_name = {arm["name"]: arm["metrics"] for arm in evidence["arms"]}
    if part == 0:
        assert by_name[LEVENSHTEIN][SHORTCUT]["mean"] == pytest.approx(1)
        assert by_name[LEVENSHTEIN][FALSE_COGNATE]["mean"] == 0
        assert by_name[LEVENSHTEIN][COGNATE]["mean"] == 1
    else:
        assert by_name.keys() == {arm.name for arm in recipe.arms} >= {WITH}


def test_tested_languages_are_never_taught() -> None:
    rows, known = asked_pairs(told(TAUGHT)), teachable(told(TAUGHT))
    assert set(zip(rows["source_language"], rows["language"], strict=True)) == {
        ("deu_Latn", "eng_Latn")
    }
    assert set(rows["type"]) == set(TYPES)
    for pairs in known.values():
        assert pairs
        assert all({one[0], other[0]} != {"deu_Latn", "eng_Latn"} for one, other, _ in pairs)
    firsts, seconds = zip(*[(one[1], other[1]) for one, other, _ in known[FRIENDS]], strict=True)
    assert spelling_similarity(firsts, seconds).min() >= 0.6
    assert all(same == (kind == TRANSLATIONS) for kind in known for *_, same in known[kind])


def test_a_share_of_what_is_taught_are_false_friends() -> None:
    known = teachable(told(TAUGHT))
    for share in (0.0, 0.2):
        pairs = taught_pairs(told(TAUGHT), 3, friends=share)
        assert len(pairs) == 100
        assert sum(same for *_, same in pairs) == 50
        assert sum(pair in set(known[FRIENDS]) for pair in pairs) >= 100 * share
        assert sum(pair in set(known[RANDOM]) for pair in pairs) == 50 - 100 * share


def test_a_word_is_its_own_vector_and_its_n_grams() -> None:
    words = Words.of(ROWS, least=2, spelt=False)
    assert words.parts(("eng_Latn", "gift")) != words.parts(("deu_Latn", "gift"))
    assert words.parts(("eng_Latn", "never")) == []
    spelt = Words.of(ROWS, least=2, spelt=True)
    one, other = (set(spelt.parts((code, "gift"))) for code in ("eng_Latn", "deu_Latn"))
    assert len(one & other) == len(one) - 1
    assert all(part < BUCKETS for part in one & other)
    made = WordEncoder.untrained(spelt, 8, 0)
    text = [("eng_Latn", "gift"), ("eng_Latn", "box")]
    parts = [part for word in text for part in spelt.parts(word)]
    own = made.encode([spelt.parts_of("Gift, box!", "eng_Latn")])[0]
    torch.testing.assert_close(own, made.vectors.weight[parts].mean(0))


def test_translations_teach_what_words_mean() -> None:
    made = WordEncoder.untrained(Words.of(ROWS, least=2, spelt=False), 16, 0)
    learn_translations(made, ROWS[:4], steps=150, batch=4, rate=0.02, seed=0)
    english = [("eng_Latn", "gift"), ("eng_Latn", "poison")]
    right, wrong = (
        scores(made.similarity(english, [("deu_Latn", word) for word in words]))
        for words in (("geschenk", "gift"), ("gift", "geschenk"))
    )
    assert (right > wrong + 0.2).all()


def test_answers_can_be_taught() -> None:
    made = WordEncoder.untrained(Words.of(ROWS, least=2, spelt=True), 16, 0)
    pairs = [
        (("eng_Latn", "gift"), ("deu_Latn", "gift"), False),
        (("eng_Latn", "gift"), ("deu_Latn", "geschenk"), True),
        (("eng_Latn", "box"), ("deu_Latn", "baum"), False),
        (("eng_Latn", "box"), ("deu_Latn", "kiste"), True),
    ]
    learn_pairs(made, pairs, epochs=80, batch=2, rate=0.02, seed=0)
    firsts, seconds, same = zip(*pairs, strict=True)
    assert ((scores(made.log_odds(firsts, seconds)) > 0) == np.array(same)).all()


def test_glosses_and_experts(tmp_path) -> None:
    def write(name: str, rows: list[dict]) -> str:
        path = tmp_path / name
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(row)}\n" for row in rows)
        return str(path)

    address = write("swh.gz", [{"src": "Abudu", "tgt": ["worship, adore", "pray to"]}])
    (found,) = glosses({"glosses": {"swh_Latn": address}, "glossed_in": "eng_Latn"})
    assert found["swh_Latn"] == {"abudu": frozenset({"worship", "adore", "pray to"})}
    assert found["eng_Latn"].keys() == {"worship", "adore"}
    forms = [("a", "hand", "1"), ("b", "hand", "1"), ("c", "mano", "2"), ("d", "xxxx", "1")]
    experts = write(
        "forms.gz",
        [{"lang": a, "meaning": "m", "form": b, "cognate_sets": [c]} for a, b, c in forms],
    )
    shares = expert_shares(experts, 0.7)
    assert shares["translations alike: of one origin"] == 1
    assert shares["translations unlike: of one origin"] == pytest.approx(2 / 3)


@pytest.mark.skipif("GLOTLIFT_DATA" not in os.environ, reason="GLOTLIFT_DATA is not set")
def test_real_pairs_of_two_languages() -> None:
    values = dict(RECIPES[0].setting("real").values) | {"languages": ["deu_Latn", "eng_Latn"]}
    rows = asked_pairs(told(values | {"glosses": {}}))
    assert set(rows["type"]) == set(TYPES)
    similar = spelling_similarity(rows["source_word"], rows["word"])
    alike = np.isin(rows["type"], [COGNATE, FALSE_COGNATE])
    assert similar[alike].min() >= 2 / 3 > similar[~alike].max()
