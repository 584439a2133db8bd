import numpy as np
import pytest
import torch

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.romanised_encoders import (
    RANDOM,
    SHUFFLED,
    SUMMED,
    shuffled,
    summed,
)
from glotlift.recipes.romanised_measures import TO_NATIVE, TOKENS, tokens_per_word
from glotlift.recipes.romanised_text import sentences, studied, together
from glotlift.recipes.transmi import AVERAGE, DISCOUNTED, MAX, NONE, RECIPES, WORLD
from glotlift.vocabulary import MergedCopy, VocabularyEdit, random_rows

PARTS = {recipe.part: recipe for recipe in RECIPES}
TOY = WORLD | {
    "text": "world:{}?rows=60&sentences=4",
    "pairs": 60,
    "tuning": 20,
    "items": 12,
    "romanised": ["rus_Cyrl"],
    "latin": ["eng_Latn", "spa_Latn"],
    "topic_rows": {"train": 40, "test": 20},
    "pieces": 700,
    "steps": 5,
    "epochs": 1,
}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    pytest.importorskip("uroman")
    folder = tmp_path_factory.mktemp("transmi")
    toy = Setting("world", TOY)
    return {
        name: {arm["name"]: arm for arm in run_recipe(part, toy, folder / name, seeds=[0])["arms"]}
        for name, part in PARTS.items()
    }


@pytest.fixture
def edit():
    return VocabularyEdit(
        kind="unigram",
        old_to_new=np.arange(4, dtype=np.int64),
        added=("a", "b", "c"),
        parts=((0,), (1, 2), (3,)),
        counts=(1, 1, 1),
        scores=(-1.0, -2.0, -3.0),
    )


AIDS = {
    "sources": ((0,), (1, 2), (3,)),
    "scores": np.array([-1.0, -2.0, -3.0, -4.0]),
    "merge": "max",
    "seed": 3,
    "role": "input",
}
ROWS = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 4.0], [5.0, 5.0]])


@pytest.mark.parametrize(
    ("part", "keyword"),
    [("merge", "merge"), ("rows", "rows"), ("sum", "rows"), ("spelling", "merge")],
)
def test_arms_differ_in_one_keyword(part, keyword):
    told = [dict(arm.run.keywords) for arm in PARTS[part].arms]
    own = [keywords.pop(keyword) for keywords in told]
    assert all(keywords == told[0] for keywords in told)
    assert len(set(own)) == len(own)


def test_the_price_is_asked_without_pieces_and_at_two_scores():
    none, full, lowered = (arm.run.keywords for arm in PARTS["price"].arms)
    assert none | {"merge": "max"} == full
    assert full | {"discount": 5.0} == lowered


def test_a_sum_of_rows_is_the_average_times_the_sources(edit):
    mean = MergedCopy("average")(edit, ROWS, AIDS)
    added = summed(edit, ROWS, AIDS)
    assert mean[4:].tolist() == [[1, 0], [0, 3], [5, 5]]
    assert added[4:].tolist() == [[1, 0], [0, 6], [5, 5]]
    assert torch.equal(added[:4], ROWS)


def test_shuffled_sources_give_every_piece_the_row_of_another(edit):
    own = MergedCopy("max")(edit, ROWS, AIDS)[4:].tolist()
    dealt = shuffled(edit, ROWS, AIDS)
    assert torch.equal(dealt[:4], ROWS)
    assert sorted(dealt[4:].tolist()) == sorted(own)
    assert all(one != other for one, other in zip(dealt[4:].tolist(), own, strict=True))
    bias = shuffled(edit, ROWS[:, :1], AIDS | {"role": "bias"})
    assert torch.equal(bias, dealt[:, :1])


def test_kept_rows_stay_and_random_ones_are_like_them(edit):
    rows = random_rows(edit, ROWS, AIDS)
    assert torch.equal(rows[:4], ROWS)
    assert not any(row in ROWS.tolist() for row in rows[4:].tolist())


def test_items_that_a_language_lacks_or_repeats_are_left_out():
    said = {
        "eng_Latn": {"1": "a", "2": "b", "3": "c", "4": "d"},
        "rus_Cyrl": {"1": "а", "2": "а", "4": "г", "5": "д"},
    }
    assert together(said, 9) == {
        "eng_Latn": {"1": "a", "4": "d"},
        "rus_Cyrl": {"1": "а", "4": "г"},
    }
    assert together(said, 1)["rus_Cyrl"] == {"1": "а"}


def test_real_lines_are_translations_by_their_number(tmp_path):
    for code, lines in {"eng_Latn": ["One.", "Two."], "rus_Cyrl": ["Раз.", "Два."]}.items():
        (tmp_path / f"{code}.txt").write_text("\n".join(lines), encoding="utf-8")
    found = sentences({"parallel": f"{tmp_path}/{{}}.txt"}, ["eng_Latn", "rus_Cyrl"])
    assert found["eng_Latn"].keys() == found["rus_Cyrl"].keys()
    assert list(found["rus_Cyrl"].values()) == ["Раз.", "Два."]


def test_learnt_translations_are_those_after_the_tested(tmp_path):
    for code, word in {"eng_Latn": "Line", "rus_Cyrl": "Строка"}.items():
        lines = [f"{word} {number}." for number in range(10)]
        (tmp_path / f"{code}.txt").write_text("\n".join(lines), encoding="utf-8")
    values = {"parallel": f"{tmp_path}/{{}}.txt", "romanised": ["rus_Cyrl"], "latin": []}
    found = studied(values | {"items": 4, "pairs": 5})
    assert found["rus_Cyrl"] == [f"Строка {number}." for number in range(4, 9)]
    assert found["eng_Latn"][0] == "Line 4."


def test_tokens_are_counted_for_words_between_spaces():
    tokenizer = lambda texts, **_: {"input_ids": [list(text) for text in texts]}  # noqa: E731
    assert tokens_per_word(tokenizer, ["ab cd", "abc"]).tolist() == [2.5, 3.0]


def test_no_arm_is_trained_after_the_edit(evidence):
    for arms in evidence.values():
        for arm in arms.values():
            assert set(arm["budget_spent"].values()) == {0.0}
            assert arm["cost"]["test sentences in training"] == 0


def test_unmodified_encoders_keep_their_pieces_and_edited_ones_gain_the_same(evidence):
    merged = evidence["merge"]
    assert merged[NONE]["cost"]["pieces added"] == 0
    added = {merged[name]["cost"]["pieces added"] for name in (MAX, "min", AVERAGE)}
    assert len(added) == 1
    assert added.pop() > 50


def test_romanised_pieces_cut_romanised_words_less(evidence):
    for part in ("merge", "spelling"):
        by_arm = {name: arm["metrics"][TOKENS]["mean"] for name, arm in evidence[part].items()}
        assert by_arm[MAX] < by_arm[NONE] - 0.5


def test_copied_rows_find_native_sentences_and_shuffled_ones_do_not(evidence):
    by_arm = {name: arm["metrics"][TO_NATIVE]["mean"] for name, arm in evidence["rows"].items()}
    assert by_arm[MAX] > by_arm[SHUFFLED] + 0.1
    assert by_arm[MAX] > by_arm[RANDOM] + 0.1


def test_other_scripts_keep_their_segmentation_and_latin_ones_say_how_much_they_lose(evidence):
    costs = {name: arm["cost"] for name, arm in evidence["price"].items()}
    changed = "sentences that segment differently"
    assert costs[NONE][f"{changed}: eng_Latn"] == 0
    assert costs[MAX][f"{changed}: rus_Cyrl"] == 0
    assert costs[MAX][f"{changed}: eng_Latn"] > costs[DISCOUNTED][f"{changed}: eng_Latn"]


def test_a_sum_makes_longer_rows_than_the_mean(evidence):
    longest = "longest new row, in longest old rows"
    mean, added = (evidence["sum"][name]["cost"][longest] for name in (AVERAGE, SUMMED))
    assert mean <= added
