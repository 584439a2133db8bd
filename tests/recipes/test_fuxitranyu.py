import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.fuxitranyu import (
    ALL,
    BALANCED,
    NATURAL,
    RECIPES,
    SPREAD,
    STRONG,
    WEAK,
    measures,
)
from glotlift.recipes.language_likeness import (
    LIKENESS,
    LIKENESS_ACROSS,
    UNEVENNESS,
    likenesses,
)
from glotlift.recipes.small_decoders import Scored

RECIPE, SIMILARITY = RECIPES
TOY = dict(RECIPE.setting("world").values) | {
    "documents": {"eng_Latn": 120, "zho_Hans": 40, "deu_Latn": 15, "hin_Deva": 15},
    "held_out": 6,
    "sentences": 5,
    "pieces": 600,
    "bytes": 20_000,
}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuxi")
    return run_recipe(RECIPE, Setting("world", TOY), folder, seeds=[0])


@pytest.fixture(scope="module")
def likeness(evidence, tmp_path_factory):
    folder = tmp_path_factory.mktemp("likeness")
    return run_recipe(SIMILARITY, Setting("world", TOY), folder, seeds=[0])


def test_arms_differ_in_the_policy_alone():
    assert all(set(arm.run.keywords) == {"policy"} for part in RECIPES for arm in part.arms)
    sizes = {"eng_Latn": 900, "hin_Deva": 100}
    shares = [arm.run.keywords["policy"](sizes)["hin_Deva"] for arm in RECIPE.arms]
    assert shares == sorted(shares)
    assert shares[::2] == pytest.approx([0.1, 0.5])


def test_languages_count_alike_however_long_their_documents():
    ids = ["0", "1"]
    scored = {
        "eng_Latn": Scored(ids, np.array([10.0, 30.0]), np.array([10.0, 10.0])),
        "deu_Latn": Scored(ids, np.array([100.0, 100.0]), np.array([100.0, 300.0])),
        "hin_Deva": Scored(ids, np.array([6.0, 6.0]), np.array([2.0, 2.0])),
    }
    found = measures(scored, ["eng_Latn"])
    assert found[STRONG].mean() == pytest.approx(40 / 20)
    assert found[WEAK].mean() == pytest.approx((200 / 400 + 12 / 4) / 2)
    assert found[ALL].mean() == pytest.approx((2 + 0.5 + 3) / 3)
    assert found[SPREAD].tolist() == pytest.approx([np.std([1, 3]), np.std([1 / 3, 3])])


def test_arms_read_equal_bytes_of_one_corpus(evidence):
    assert len({arm["cost"]["bytes of text there are"] for arm in evidence["arms"]}) == 1
    for arm in evidence["arms"]:
        assert arm["budget_spent"]["0"] == pytest.approx(20_000, rel=0.01)
        assert arm["cost"]["test documents in training"] == 0


def test_balance_reads_german_more_often_and_english_less(evidence):
    epochs = {arm["name"]: arm["cost"] for arm in evidence["arms"]}
    assert epochs[BALANCED]["epochs: deu_Latn"] > 1.3 * epochs[NATURAL]["epochs: deu_Latn"]
    assert epochs[BALANCED]["epochs: eng_Latn"] < epochs[NATURAL]["epochs: eng_Latn"]


def test_every_language_is_told_apart_in_the_costs(evidence):
    cost = evidence["arms"][0]["cost"]
    assert {f"bits/byte: {code}" for code in TOY["documents"]} <= cost.keys()


def test_both_parts_look_at_the_same_models(evidence, likeness):
    for one, other in zip(evidence["arms"], likeness["arms"], strict=True):
        assert one["budget_spent"] == other["budget_spent"]
        assert one["cost"]["tokens"] == other["cost"]["tokens"]


def test_languages_that_share_what_is_said_are_alike_and_shuffled_pairs_are_not():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(2, 80, 8))
    vectors = {
        code: shared + noise * rng.normal(size=(2, 80, 8)) + 3
        for code, noise in {"eng_Latn": 0.1, "deu_Latn": 0.1, "hin_Deva": 5.0}.items()
    }
    scores, beside = likenesses(vectors, ["eng_Latn"])
    assert all(found.shape == (80,) for found in scores.values())
    assert 0.2 < scores[LIKENESS_ACROSS].mean() < 0.8  # one of two pairs is alike
    assert scores[LIKENESS].mean() < scores[LIKENESS_ACROSS].mean()
    assert scores[UNEVENNESS].mean() > 0.3
    assert beside["kernel alignment"] > 2 * beside["kernel alignment, shuffled"]
    assert beside["cosine of mean vectors"] > beside["cosine of mean vectors, centred"]
