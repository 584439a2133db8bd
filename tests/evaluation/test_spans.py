import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evaluation.spans import span_f1, span_f1_rows, spans_of
from glotlift.runs.errors import GlotliftError

# What seqeval 1.2.2 (get_entities, f1_score) gives for these tags.
SEQEVAL = {
    "B-LOC O I-PER I-LOC B-LOC B-LOC I-PER": "LOC00 PER22 LOC33 LOC44 LOC55 PER66",
    "I-PER I-LOC B-PER I-LOC B-PER I-PER B-PER O": "PER00 LOC11 PER22 LOC33 PER45 PER66",
    "I-PER O I-LOC O O B-LOC O I-LOC B-LOC": "PER00 LOC22 LOC55 LOC77 LOC88",
    "B-PER I-PER O B-PER I-LOC B-PER": "PER01 PER33 LOC44 PER55",
    "O O B-PER B-PER O O I-LOC B-LOC": "PER22 PER33 LOC66 LOC77",
}
GUESSED = """\
B-PER I-PER O B-PER B-LOC B-PER
B-LOC B-PER B-PER B-PER I-PER O
O B-LOC B-LOC O I-LOC B-LOC
I-PER I-LOC I-PER O B-LOC B-LOC
I-PER B-LOC O I-PER B-PER I-LOC
I-PER O O B-LOC I-PER B-LOC
I-PER I-LOC O O O O
B-PER B-PER O I-PER B-LOC I-LOC"""
RIGHT = """\
B-PER B-PER B-LOC B-PER I-PER B-PER
I-PER B-PER O O O I-PER
I-LOC B-PER O B-PER I-LOC I-PER
B-LOC I-PER B-PER B-LOC I-PER B-PER
O B-LOC B-LOC I-LOC O O
B-LOC B-LOC I-PER O B-LOC B-PER
B-PER I-LOC I-PER I-LOC O O
O I-PER B-PER O I-PER B-LOC"""
F1 = 0.24242424242424243
TAGS = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
SENTENCES = st.lists(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=8), min_size=1)


def sentences(text):
    return [line.split() for line in text.splitlines()]


@pytest.mark.parametrize(("tags", "spans"), SEQEVAL.items())
def test_spans_are_those_of_seqeval(tags, spans):
    found = [f"{kind}{start}{end - 1}" for kind, start, end in spans_of(tags.split())]
    assert " ".join(found) == spans


def test_f1_is_that_of_seqeval():
    assert span_f1(sentences(GUESSED), sentences(RIGHT)) == pytest.approx(F1, abs=1e-12)


@given(SENTENCES)
def test_rows_have_the_f1_of_all_sentences_as_their_mean(drawn):
    guessed, right = ([[pair[side] for pair in row] for row in drawn] for side in (0, 1))
    rows = span_f1_rows(guessed, right)
    assert rows.mean() == pytest.approx(span_f1(guessed, right), abs=1e-9)


def test_rows_spread_as_the_bootstrapped_f1_does():
    rng = np.random.default_rng(0)
    right = [["B-A" if rng.random() < 0.4 else "O" for _ in range(6)] for _ in range(300)]
    guessed = [[tag if rng.random() < 0.8 else "B-A" for tag in row] for row in right]
    rows = span_f1_rows(guessed, right)
    drawn = [rng.integers(300, size=300) for _ in range(300)]
    spread = np.std([span_f1([guessed[i] for i in d], [right[i] for i in d]) for d in drawn])
    assert np.std([rows[d].mean() for d in drawn]) == pytest.approx(spread, rel=0.05)


def test_nothing_to_find_and_nothing_found_is_perfect():
    assert span_f1([["O"]], [["O"]]) == 1
    assert span_f1_rows([["O"], ["O"]], [["O"], ["O"]]).tolist() == [1, 1]


def test_strange_tags_and_unequal_sentences_are_refused():
    with pytest.raises(GlotliftError, match="GL-EVALUATION-020"):
        spans_of(["S-PER"])
    with pytest.raises(GlotliftError, match="GL-EVALUATION-021"):
        span_f1([["O"]], [["O", "O"]])
