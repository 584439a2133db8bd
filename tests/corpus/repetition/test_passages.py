import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus.repetition import passages
from glotlift.corpus.repetition.passages import (
    cut,
    extend,
    find_repeats,
    paragraph_keys,
    repeated_paragraphs,
    shared_parts,
    united,
)
from glotlift.corpus.repetition.winnowing import anchors, merge, winnow
from glotlift.runs.errors import GlotliftError

LETTERS = "abcdefghijklmnopqrstuvwxyz      ऋकखग水木金"


def noise(seed, length):
    generator = random.Random(seed)
    return "".join(generator.choice(LETTERS) for _ in range(length))


def test_the_second_of_equal_paragraphs_is_found():
    line = "All rights reserved. " * 6
    texts = [f"one\n{line}\ntwo", f"  {line}\nthree\n{line}", "short\nshort"]
    found = repeated_paragraphs(paragraph_keys(texts, shortest=50))
    assert found.spans() == {1: [(0, 128), (135, 261)]}
    assert [texts[1][start:end].strip() for start, end in found.spans()[1]] == [line.strip()] * 2
    assert found.first_rows.tolist() == [0, 0]
    gone = repeated_paragraphs(paragraph_keys(texts, shortest=50), np.array([True, False, False]))
    assert gone.spans() == {1: [(135, 261)]}


def test_shards_merge_to_the_whole():
    lines = [noise(number % 7, 60) for number in range(30)]
    texts = ["\n".join(lines[number : number + 3]) for number in range(28)]
    whole = repeated_paragraphs(paragraph_keys(texts, 40))
    shards = [paragraph_keys(texts[:10], 40), paragraph_keys(texts[10:], 40)]
    assert repeated_paragraphs(merge(shards, [10, 18])).spans() == whole.spans()
    places = merge([anchors(texts[:10], 40), anchors(texts[10:], 40)], [10, 18])
    assert (
        find_repeats(texts, places, 40).spans()
        == find_repeats(texts, anchors(texts, 40), 40).spans()
    )


@given(st.integers(0, 10_000), st.integers(100, 180), st.integers(0, 400), st.integers(0, 400))
@settings(deadline=None, max_examples=60)
def test_a_passage_of_the_length_is_found_wherever_it_stands(seed, length, before, after):
    passage = noise(seed, length)
    texts = [
        noise(seed + 1, after) + "(" + passage + ")" + noise(seed + 2, before),
        noise(seed + 3, 50),
        noise(seed + 4, before) + "<" + passage + ">" + noise(seed + 5, after),
    ]
    found = find_repeats(texts, anchors(texts, 100), 100)
    assert found.spans() == {2: [(before + 1, before + 1 + length)]}
    assert found.first_rows.tolist() == [0]
    assert found.first_starts.tolist() == [after + 1]


def longest_common(text, others, least):
    """Every character of `text` in a string of `least` that stands in one of the others."""
    marked = np.zeros(len(text), bool)
    for start in range(len(text) - least + 1):
        if any(text[start : start + least] in other for other in others):
            marked[start : start + least] = True
    return marked


@given(st.lists(st.integers(0, 5), min_size=2, max_size=12), st.integers(0, 100))
@settings(deadline=None, max_examples=60)
def test_what_is_marked_stands_earlier_and_nothing_long_is_missed(order, seed):
    blocks = [noise(seed * 10 + number, 55) for number in range(6)]
    texts = ["".join(blocks[number] for number in order[i : i + 4]) for i in range(len(order))]
    found = find_repeats(texts, anchors(texts, 50), 50)
    for row, start, end, first, origin in zip(
        found.rows, found.starts, found.ends, found.first_rows, found.first_starts, strict=True
    ):
        assert end - start >= 50
        assert (first, origin) < (row, start)
        assert texts[row][start:end] == texts[first][origin : origin + end - start]
    for row, text in enumerate(texts):
        marked = np.zeros(len(text), bool)
        for start, end in found.spans().get(row, []):
            marked[start:end] = True
        missed = longest_common(text, texts[:row], 50) & ~marked
        # A block's neighbour may begin like one beside a place that was not compared with.
        assert "1111" not in "".join(map(str, missed.astype(int)))


def test_a_text_that_repeats_itself_keeps_the_first():
    text = "and so it goes on for ever, " * 20
    found = find_repeats([text], anchors([text], 50), 50)
    assert found.spans() == {0: [(28, len(text))]}
    assert cut(text, found.spans()[0]).strip() == "and so it goes on for ever,"
    same = "a" * 500
    assert find_repeats([same], anchors([same], 50), 50).spans() == {0: [(1, 500)]}


def test_a_long_text_of_one_letter_stays_linear(monkeypatch):
    calls = []
    monkeypatch.setattr(passages, "extend", lambda *given: calls.append(1) or extend(*given))
    text = "a" * 50_000
    assert find_repeats([text], anchors([text], 50), 50).spans() == {0: [(1, 50_000)]}
    assert len(calls) < 300


def test_anchors_are_few_and_leave_no_window_without_one():
    codes = np.random.default_rng(0).integers(97, 123, 20_000).astype(np.uint32)
    places = winnow(codes, 50, 51)
    assert np.diff(places).max() <= 51
    # Two in a window and one place more are expected (Schleimer et al. 2003, section 3.1).
    assert len(places) == pytest.approx(20_000 * 2 / 52, rel=0.1)


def test_texts_with_the_separator_keep_their_places():
    passage = noise(3, 300)
    texts = ["ab\uffff" + passage, "\uffff\uffff" + noise(4, 40) + passage, ""]
    assert find_repeats(texts, anchors(texts, 100), 100).spans() == {1: [(42, 342)]}


def test_a_part_of_a_text_is_found_with_its_share():
    whole = noise(1, 3000)
    texts = [whole[1000:1400] + noise(2, 100), noise(3, 900), whole]
    pairs, shares = shared_parts(
        find_repeats(texts, anchors(texts, 100), 100), np.array([len(text) for text in texts])
    )
    assert pairs.tolist() == [[0, 2]]
    assert shares == pytest.approx([0.8], abs=0.01)


def test_cuts_leave_whole_words_and_whole_lines():
    assert cut("one\ntwo\nthree", [(4, 7)]) == "one\nthree"
    assert cut("one two three", [(2, 9)]) == "one three"
    assert cut("一二三四五", [(1, 3)]) == "一四五"
    assert cut("abc", [(0, 3)]) == ""
    assert cut("a b", []) == "a b"


@given(st.text("ab \n", max_size=60), st.data())
@settings(deadline=None, max_examples=200)
def test_a_cut_never_takes_more_than_its_spans_and_line_ends(text, data):
    bounds = st.integers(0, len(text))
    spans = [
        (min(pair), max(pair))
        for pair in data.draw(st.lists(st.tuples(bounds, bounds), max_size=4))
    ]
    left = cut(text, spans)
    outside = "".join(
        character
        for place, character in enumerate(text)
        if not any(start <= place < end for start, end in spans)
    )
    assert len(left) <= len(text)
    assert left.replace("\n", "").count("a") >= outside.count("a")


def test_united_spans_do_not_overlap():
    assert united([(5, 9), (0, 2), (2, 3), (8, 12)]) == [(0, 3), (5, 12)]


def test_lengths_that_repeat_by_chance_are_refused():
    with pytest.raises(GlotliftError, match="GL-CORPUS-048"):
        paragraph_keys(["a"], 0)
    with pytest.raises(GlotliftError, match="GL-CORPUS-049"):
        anchors(["a"], 10)
