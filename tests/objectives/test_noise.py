import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.objectives.noise import infilled, permuted, span_lengths

MASK = 3
WORDS = np.repeat(np.arange(60), 1 + np.arange(60) % 3)
IDS = np.arange(len(WORDS)) + 10  # each token has an id of its own
# Of fairseq's DenoisingDataset (facebookresearch/fairseq, fairseq/data/denoising_dataset.py) over
# 10,000 seeds on the same words: tokens left, masks, share of words kept, and how often so many
# words (up to 9 or more) are missing in a row. `benchmarks/objectives.py` runs it beside ours.
FAIRSEQ = {
    "length": 88.54,
    "masks": 5.341,
    "kept": 0.6948,
    "gaps": [0.0, 0.1434, 0.1804, 0.1809, 0.1556, 0.1205, 0.0827, 0.0542, 0.0333, 0.0490],
}


def noised(seed, words=WORDS, ids=IDS, fraction=0.35, mean=3.5):
    return infilled(ids, words, MASK, fraction, mean, np.random.default_rng(seed))


def gaps(text):
    """Return the lengths in words of what is missing between words that are left."""
    kept = np.unique(WORDS[text[text >= 10] - 10])
    missing = np.diff(np.concatenate([[-1], kept, [60]])) - 1
    return missing[missing > 0].tolist()


def test_the_figures_are_those_of_fairseq():
    texts = [noised(seed) for seed in range(3000)]
    assert np.mean([len(text) for text in texts]) == pytest.approx(FAIRSEQ["length"], abs=0.35)
    assert np.mean([(text == MASK).sum() for text in texts]) == pytest.approx(
        FAIRSEQ["masks"], abs=0.12
    )
    kept = np.mean([len(np.unique(WORDS[text[text >= 10] - 10])) for text in texts]) / 60
    assert kept == pytest.approx(FAIRSEQ["kept"], abs=0.002)
    found = np.bincount([min(gap, 9) for text in texts for gap in gaps(text)], minlength=10)
    assert found / found.sum() == pytest.approx(FAIRSEQ["gaps"], abs=0.012)


@given(st.integers(1, 60), st.floats(0, 1), st.integers(0, 99))
def test_words_are_kept_or_hidden_whole_and_stay_in_order(count, fraction, seed):
    chosen = count > WORDS
    words, ids = WORDS[chosen], IDS[chosen]
    text = noised(seed, words, ids, fraction)
    left = text[text != MASK]
    assert (np.diff(left) > 0).all()
    kept = np.isin(ids, left)
    assert all(kept[words == word].all() or not kept[words == word].any() for word in range(count))
    budget = int(np.ceil(fraction * count))
    assert count - budget <= len(np.unique(words[kept]))
    assert (text == MASK).any() == (budget > 0)


def test_no_fraction_and_no_text_change_nothing():
    assert (noised(1, fraction=0.0) == IDS).all()
    assert len(noised(1, WORDS[:0], IDS[:0])) == 0


@given(st.integers(1, 50), st.integers(0, 99))
def test_lengths_make_up_the_budget_to_the_word(budget, seed):
    lengths = span_lengths(budget, 3.5, np.random.default_rng(seed))
    assert lengths.sum() == budget
    assert lengths[-1] > 0
    assert (lengths >= 0).all()


def test_lengths_are_poisson_before_the_budget_ends():
    first = [span_lengths(60, 3.5, np.random.default_rng(seed))[0] for seed in range(4000)]
    assert np.mean(first) == pytest.approx(3.5, abs=0.1)
    assert np.var(first) == pytest.approx(3.5, abs=0.3)


def test_every_order_of_sentences_is_as_likely():
    sentences = np.repeat(np.arange(3), [2, 1, 3])
    rng = np.random.default_rng(0)
    counts = Counter(tuple(sentences[permuted(sentences, rng)].tolist()) for _ in range(3000))
    expected = {
        tuple(value for part in order for value in [part] * (2, 1, 3)[part])
        for order in itertools.permutations(range(3))
    }
    assert set(counts) == expected
    assert [count / 3000 for count in counts.values()] == pytest.approx([1 / 6] * 6, abs=0.03)


@given(st.lists(st.integers(1, 5), max_size=8), st.integers(0, 99))
def test_a_shuffled_text_has_the_same_tokens_each_sentence_in_one_piece(sizes, seed):
    sentences = np.repeat(np.arange(len(sizes)), sizes)
    order = permuted(sentences, np.random.default_rng(seed))
    assert sorted(order.tolist()) == list(range(len(sentences)))
    for number in range(len(sizes)):
        places = np.flatnonzero(sentences[order] == number)
        assert (np.diff(places) == 1).all()
        assert (np.diff(order[places]) == 1).all()
