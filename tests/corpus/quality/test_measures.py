import re
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus.quality.codepoints import encode
from glotlift.corpus.quality.measures import MEASURES, TABLE, measure

TEXTS = st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=60), max_size=8)
PROSE = (
    "The river rises in the hills behind the town and runs past nine villages before it meets the "
    "sea. In spring its water is brown and quick; by August a child can wade through it."
)


def of(text, name):
    return float(measure([text])[0, MEASURES.index(name)])


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_a_text_measures_the_same_alone_and_in_company(texts):
    together = measure(texts)
    assert together.shape == (len(texts), len(MEASURES))
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    alone = [measure([text])[0] for text in texts]
    assert np.array_equal(together, np.reshape(alone, together.shape))
    shares = [i for i, each in enumerate(TABLE) if each.scale == "share"]
    assert ((together[:, shares] >= 0) & (together[:, shares] <= 1)).all()


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=200))
def test_words_letters_and_bytes_are_what_python_counts(text):
    words = re.split(
        r"[\t\n\x0b-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+", text
    )
    words = [word for word in words if word]
    if words:
        assert of(text, "word_length") == pytest.approx(np.mean([len(word) for word in words]))
        assert of(text, "longest_word") == max(len(word) for word in words)
        digits = sum(c.isnumeric() and not c.isalpha() for word in words for c in word)
        assert of(text, "digits") == pytest.approx(digits / sum(map(len, words)))
    total = len(text.encode("utf-8", "surrogatepass")) + 1
    assert of(text, "character_bytes") == pytest.approx(total / (len(text) + 1))
    assert of(text, "characters") == len(text)


def test_hashes_of_spans_do_not_depend_on_the_place():
    batch = encode(["abcdef", "xxabcdefyy abcdeg"])
    begins, ends = np.array([0, 9, 18]), np.array([6, 15, 24])
    first, second, other = batch.hashes(begins, ends)
    assert first == second != other


def test_repetition_is_ordered_as_zlib_orders_it():
    texts = [PROSE, PROSE * 2, PROSE * 8, "buy it now " * 60, "a" * 700]
    ratio = [len(zlib.compress(text.encode())) / len(text) for text in texts]
    assert ratio == sorted(ratio, reverse=True)
    columns = measure(texts)[:, [MEASURES.index("pair_bits"), MEASURES.index("passage_bits")]]
    assert (np.diff(columns[:, 0]) <= 1e-3).all()
    assert of(PROSE, "repeated_text") < 0.05 < 0.8 < of(PROSE * 8, "repeated_text")


def test_entropy_of_pairs_does_not_grow_with_length():
    draw = np.random.default_rng(0)
    # Letters with the chances 1/2, 1/4, 1/8, 1/8: collision entropy of pairs is closed-form.
    chances = np.array([0.5, 0.25, 0.125, 0.125])
    expected = -2 * np.log2((chances**2).sum())
    for length in (4_000, 12_000, 40_000):
        text = "".join(draw.choice(list("abcd"), length, p=chances))
        assert of(text, "pair_bits") == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("aB", "capitals", 0.5),
        ("क्षत्रियः।", "letters", 0.9),
        ("عدد ١٢٣", "digits", 0.5),
        ("漢字かな交じり", "main_script", 1.0),
        ("abc где", "main_script", 0.5),
        ("a\ufffd\ue000b", "odd_characters", 0.5),
        ("one 2 3 -", "bare_words", 0.75),
        ("x\nx\ny\nx", "repeated_lines", 0.5),
        ("- a\n• b\nc d", "bullets", 2 / 3),
        ("more...\nmore…\nend.", "ellipses", 2 / 3),
        ("Home\nAbout us\nA line that is a whole sentence.", "fragments", 12 / 44),
        ("see http://a.b/c now", "addresses", 0.6),
        ("", "letters", 1.0),
        ("", "digits", 0.0),
    ],
)
def test_what_a_measure_says(text, name, value):
    assert of(text, name) == pytest.approx(value, abs=1e-6)


def test_long_texts_are_cut_but_their_length_is_told():
    assert of("ab " * 100_000, "characters") == 300_000
