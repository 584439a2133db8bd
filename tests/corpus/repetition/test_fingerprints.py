import unicodedata

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus.repetition.fingerprints import (
    BINS,
    SHINGLE,
    exact_keys,
    fingerprints,
    folded_fingerprints,
    normalised_keys,
    shingle_hashes,
    text_keys,
)
from glotlift.corpus.repetition.folding import Folded, fold
from glotlift.runs.errors import GlotliftError

# What is assigned in the Unicode version of this Python; regex may know a later one.
CHARACTERS = st.characters(exclude_categories=["Cn", "Cs"])
TEXTS = st.lists(st.text(CHARACTERS, max_size=40), min_size=1, max_size=12)
SENTENCE = "Der Fluß fließt, İstanbul'da ışık var; ὈΔΥΣΣΕΎΣ ﬁel. 東京は雨。 हिन्दी में!"


def folded_by_hand(text):
    """The same folding by str methods and the property tables of the regex package."""
    folded = unicodedata.normalize("NFKC", text.replace("\uffff", "")).upper().casefold()
    return regex.sub(r"[\p{P}\p{S}\p{Z}\p{Cc}\p{Cf}\p{Cs}]", "", folded)


def parts(folded):
    starts = [0, *folded.ends[:-1]]
    return [
        "".join(map(chr, folded.codes[start:end]))
        for start, end in zip(starts, folded.ends, strict=True)
    ]


@given(TEXTS)
@settings(deadline=None, max_examples=200)
def test_folding_is_that_of_the_unicode_tables(texts):
    texts = [text + SENTENCE[: len(text)] for text in texts]
    assert parts(fold(texts)) == [folded_by_hand(text) for text in texts]


@given(TEXTS)
@settings(deadline=None, max_examples=50)
def test_keys_do_not_depend_on_the_batch(texts):
    whole = text_keys(texts)
    for index, text in enumerate(texts):
        one = text_keys([text])
        assert one.exact[0] == whole.exact[index]
        assert one.normalised[0] == whole.normalised[index]
        assert one.sizes[0] == whole.sizes[index]
        assert (one.fingerprints[0] == whole.fingerprints[index]).all()
    assert (fingerprints(texts) == whole.fingerprints).all()
    assert (normalised_keys(texts) == whole.normalised).all()


def test_normalised_keys_see_letters_and_digits_alone():
    texts = [SENTENCE, SENTENCE.upper(), SENTENCE.lower(), unicodedata.normalize("NFD", SENTENCE)]
    texts += ["\n".join(SENTENCE.split(" ")), SENTENCE.replace(",", "").replace(".", " ...")]
    assert len(set(normalised_keys(texts).tolist())) == 1
    assert len(set(exact_keys(texts).tolist())) == 6
    different = ["résumé 1", "resumé 1", "résumé 2", "résume 1", "कि", "की", "क"]
    assert len(set(normalised_keys(different).tolist())) == len(different)


def test_texts_without_letters_are_told_apart_by_their_exact_keys():
    assert len(set(normalised_keys(["!!!", "???", "", "🙂"]).tolist())) == 4
    assert text_keys(["!!!"]).sizes.tolist() == [0]
    assert not fingerprints(["!!!", ""]).any()


def shingles(text):
    """The set of shingles by slicing, as the definition says."""
    folded = folded_by_hand(text)
    threes = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
    fours = regex.compile(r"[\p{Hangul}\p{Ethiopic}\p{Thai}\p{Khmer}\p{Myanmar}]")
    found = set()
    for place, sign in enumerate(folded):
        size = 3 if threes.match(sign) else 4 if fours.match(sign) else SHINGLE
        # The end of the text is a sign of its own.
        found.add((folded + "|" * 6)[place : place + size])
    return found


@pytest.mark.parametrize(
    "texts",
    [
        ("the river ran past the old mill and on to the sea", "the river ran past the new mill"),
        ("東京は今日も雨が降っている", "東京は明日も雨が降るという"),
        ("ሰላም ለዓለም ሁሉ ይሁን", "ሰላም ለዓለም ይሁን"),
        ("ภาษาไทยไม่มีช่องว่าง", "ภาษาไทยมีช่องว่าง"),
        ("한국어 문장이 여기 있다", "한국어 문장은 거기 있다"),
        ("ab", "abc"),
    ],
)
def test_shingles_are_those_of_the_definition(texts):
    folded = fold(list(texts))
    hashes, owners = shingle_hashes(folded), np.repeat([0, 1], folded.sizes)
    found = [set(hashes[owners == index].tolist()) for index in range(2)]
    said = [shingles(text) for text in texts]
    assert [len(a) for a in found] == [len(a) for a in said]
    assert len(found[0] & found[1]) == len(said[0] & said[1])


def random_pair(generator, shared, alone, length=SHINGLE):
    """Two folded batches of characters drawn at random: their shingles are random sets."""
    common = generator.integers(0xE000, 0xF800, shared)
    sides = [generator.integers(0xE000, 0xF800, alone) for _ in range(2)]
    codes = [np.concatenate([side, common]).astype(np.uint32) for side in sides]
    return Folded(np.concatenate(codes), np.cumsum([len(code) for code in codes]))


@pytest.mark.parametrize(
    ("shared", "alone"), [(900, 100), (500, 500), (200, 800), (30, 20), (9, 9)]
)
def test_the_estimate_is_unbiased_and_within_its_error(shared, alone):
    generator = np.random.default_rng(shared)
    errors, truth = [], []
    for _ in range(150):
        folded = random_pair(generator, shared, alone)
        hashes, owners = shingle_hashes(folded), np.repeat([0, 1], folded.sizes)
        left, right = (set(hashes[owners == index].tolist()) for index in range(2))
        truth.append(len(left & right) / len(left | right))
        rows = folded_fingerprints(folded, BINS)
        errors.append((rows[0] == rows[1]).mean() - truth[-1])
    deviation = np.sqrt(np.mean(truth) * (1 - np.mean(truth)) / BINS)
    assert abs(np.mean(errors)) < 4 * deviation / np.sqrt(len(errors)) + 2**-16
    # Small sets fill few bins; the values borrowed for the others add to the error.
    assert np.std(errors) < deviation * (1.2 if shared > 100 else 2.5)


def test_the_estimate_is_that_of_datasketch_and_rensa():
    datasketch = pytest.importorskip("datasketch")
    generator = np.random.default_rng(1)
    ours, theirs = [], []
    for number in range(30):
        folded = random_pair(generator, 40 * number, 600)
        hashes, owners = shingle_hashes(folded), np.repeat([0, 1], folded.sizes)
        rows = folded_fingerprints(folded, BINS)
        ours.append((rows[0] == rows[1]).mean())
        sketches = []
        for index in range(2):
            sketch = datasketch.MinHash(num_perm=BINS)
            sketch.update_batch([value.tobytes() for value in hashes[owners == index]])
            sketches.append(sketch)
        theirs.append(sketches[0].jaccard(sketches[1]))
    assert abs(np.mean(np.subtract(ours, theirs))) < 4 * np.sqrt(2 * 0.2 / BINS / 30)
    assert np.corrcoef(ours, theirs)[0, 1] > 0.9


def test_more_bins_than_a_hash_has_are_refused():
    with pytest.raises(GlotliftError, match="GL-CORPUS-045"):
        fingerprints(["a"], bins=100)
