"""Code-switched text: the measure by hand, the index asked, the sentence behind it recovered."""

import itertools
import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.world.codeswitch import BLOCK, code_switched, mixing_index, reachable_index
from glotlift.world.grammar import grammar

PAIRS = [("eng_Latn", "hin_Deva"), ("hin_Deva", "eng_Latn"), ("tur_Latn", "rus_Cyrl")]
PAIRS += [("spa_Latn", code) for code in world.LANGUAGES if not grammar(code).spaced]
PAIRS += [(code, "spa_Latn") for code in world.LANGUAGES if not grammar(code).spaced]
pairs = st.sampled_from(PAIRS)


def plain(text):
    return "".join(text.split()).casefold()


@pytest.mark.parametrize(
    ("languages", "index"),
    [
        (["a"] * 5 + ["b"] * 3 + [None] * 2, 3 / 8),
        (["a", "b"], 1 / 2),
        (["a", "b", "c", "c", None], 1 / 2),
        (["a"] * 4, 0.0),
        ([None, None], 0.0),
        ([], 0.0),
    ],
)
def test_the_mixing_index_is_the_published_one(languages, index):
    assert mixing_index(languages) == pytest.approx(index)


@pytest.mark.parametrize(("matrix", "embedded"), PAIRS)
def test_each_hundred_rows_have_the_index_asked(matrix, embedded):
    most = reachable_index(matrix, embedded)
    assert most > 0.3
    for seed, index in enumerate((0.1, 0.3, most)):
        found = code_switched(matrix, embedded, BLOCK, index=index, seed=seed)["cmi"]
        assert sum(found) / BLOCK == pytest.approx(index, abs=0.02)
        assert len(set(found)) > 4


@settings(max_examples=12)
@given(pairs, st.integers(0, 2**40), st.integers(0, 10**6), st.sampled_from((0.1, 0.3)))
def test_the_matrix_sentence_is_found_again_and_the_rest_is_embedded(pair, seed, start, index):
    matrix, embedded = pair
    rows = code_switched(matrix, embedded, 4, index=index, seed=seed, start=start)
    texts = world.parallel(pair, 4, seed=seed, start=start)["text"]
    for row, ours, theirs in zip(rows, texts[::2], texts[1::2], strict=True):
        restored, switched = row["text"], set()
        for span in reversed(row["spans"]):
            words = row["text"][span["start"] : span["end"]]
            assert plain(words) in plain(theirs)
            restored = restored[: span["start"]] + span["original"] + restored[span["end"] :]
            switched |= set(range(span["start"], span["end"]))
        assert plain(restored) == plain(ours)
        check_tokens(row, switched)
        counts = [row["token_languages"].count(code) for code in pair]
        assert counts[0] >= counts[1]
        assert row["cmi"] == pytest.approx(counts[1] / sum(counts))


def check_tokens(row, switched):
    place = 0
    pairs = zip(row["tokens"], row["token_languages"], strict=True)
    for token, code in pairs:
        start = row["text"].index(token, place)
        assert not row["text"][place:start].strip()
        place = start + len(token)
        if any(character.isalpha() for character in token):
            expected = "embedded_language" if start in switched else "language"
            assert code == row[expected]
        else:
            assert code is None
    assert place == len(row["text"])


def test_words_do_not_grow_together_and_sentences_open_with_a_capital():
    for matrix, embedded in PAIRS:
        for row in code_switched(matrix, embedded, 30, index=0.3, seed=9):
            ends = Counter(span[edge] for span in row["spans"] for edge in ("start", "end"))
            text, capital = row["text"], next(c for c in row["text"] if c.isalpha())
            assert not capital.islower()
            for span, edge in itertools.product(row["spans"], ("start", "end")):
                around = text[max(0, span[edge] - 1) : span[edge] + 1]
                letters = [unicodedata.category(c)[0] in "LMN" for c in around]
                touching = len(letters) == 2 and all(letters)
                assert not touching or (ends[span[edge]] == 2 and not grammar(embedded).spaced)


def test_what_opens_one_sentence_is_small_within_another():
    texts = code_switched("hin_Deva", "eng_Latn", 100, index=0.3)["text"]
    words = [word for text in texts for word in text.split()[1:]]
    assert "the" in words
    assert "The" not in words
    assert any(word.istitle() for word in words)  # names stay as they are


def test_rows_are_addressable_and_share_ids_with_parallel():
    whole = code_switched("eng_Latn", "hin_Deva", 130, seed=2)
    tail = code_switched("eng_Latn", "hin_Deva", 25, seed=2, start=105)
    assert tail.to_list() == whole.to_list()[105:]
    assert whole["id"] == world.parallel(("eng_Latn",), 130, seed=2)["id"]
    assert set(whole["language"]) == {"eng_Latn"}
    other = code_switched("eng_Latn", "hin_Deva", 130, seed=3)
    assert other["text"] != whole["text"]


def test_index_zero_is_the_plain_sentence():
    rows = code_switched("eng_Latn", "hin_Deva", 20, index=0, split="test")
    assert rows["text"] == world.parallel(("eng_Latn",), 20, split="test")["text"]
    assert not any(rows["spans"])
    assert rows.features == code_switched("eng_Latn", "hin_Deva", 20).features


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("GL-WORLD-030", {"index": 0.6}),
        ("GL-WORLD-030", {"index": -0.1}),
        ("GL-WORLD-031", {"embedded": "eng_Latn"}),
        ("GL-WORLD-001", {"embedded": "xxx_Latn"}),
        ("GL-WORLD-002", {"split": "dev"}),
        ("GL-WORLD-007", {"rows": -1}),
    ],
)
def test_wrong_calls_are_refused_by_code(code, arguments):
    usual = {"matrix": "eng_Latn", "embedded": "hin_Deva", "rows": 1}
    with pytest.raises(GlotliftError) as refusal:
        code_switched(**usual | arguments)
    assert refusal.value.code == code


def test_an_index_out_of_reach_is_answered_with_the_highest():
    most = reachable_index("eng_Latn", "hin_Deva")
    with pytest.raises(GlotliftError, match=rf"0 to {most:g}"):
        code_switched("eng_Latn", "hin_Deva", 1, index=most + 0.01)
