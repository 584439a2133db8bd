"""Hidden spans: T5's counts, its distribution, and that nothing is lost behind a sentinel."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.objectives.spans import hide_spans, random_parts, random_spans, span_lengths

SENTINELS = np.arange(1000, 1100)
# From T5's random_spans_noise_mask, run beside ours over lengths 2 to 700: (density, mean span,
# length) -> (hidden tokens, spans). 190, 350, 390 and 670 differ where one counts in float64.
PUBLISHED = {
    (0.15, 3, 2): (1, 1), (0.15, 3, 3): (1, 1), (0.15, 3, 10): (2, 1), (0.15, 3, 64): (10, 3),
    (0.15, 3, 190): (29, 10), (0.15, 3, 350): (53, 18), (0.15, 3, 390): (59, 20),
    (0.15, 3, 568): (85, 28), (0.15, 3, 670): (101, 34), (0.15, 8, 512): (77, 10),
    (0.5, 3, 128): (64, 21), (0.5, 8, 128): (64, 8), (0.15, 32, 512): (77, 2),
    (0.15, 64, 128): (19, 1), (0.5, 64, 512): (256, 4), (0.25, 2, 32): (8, 4),
}  # fmt: skip


def spans_of(mask):
    return int((mask[1:] & ~mask[:-1]).sum() + mask[0])


@pytest.mark.parametrize(("setting", "expected"), PUBLISHED.items(), ids=str)
def test_tokens_and_spans_are_counted_as_t5_counts_them(setting, expected):
    density, mean, length = setting
    for seed in range(5):
        mask = random_spans(length, density, mean, np.random.default_rng(seed))
        assert (int(mask.sum()), spans_of(mask)) == expected
        assert not mask[0]
        assert mask[-1]


def test_a_source_of_512_tokens_needs_568_of_text_and_writes_114():
    assert span_lengths(512) == (568, 114)
    # From T5's own test of random_spans_helper.
    assert span_lengths(64, 0.2, 2.0) == (70, 22)
    assert span_lengths(64, 0.2, 1.0) == (63, 27)


def test_the_lengths_are_what_corruption_makes():
    tokens, target = span_lengths(512)
    mask = random_spans(tokens, 0.15, 3, np.random.default_rng(0))
    made = hide_spans(np.arange(tokens), mask, SENTINELS)
    assert [len(side) + 1 for side in made] == [512, target]


def test_every_partition_is_equally_likely():
    rng = np.random.default_rng(0)
    drawn = Counter(tuple(random_parts(7, 3, rng).tolist()) for _ in range(15_000))
    possible = {(a, b - a, 7 - b) for a, b in combinations(range(1, 7), 2)}
    assert set(drawn) == possible
    assert all(abs(count - 1000) < 150 for count in drawn.values())  # five deviations


def test_lengths_of_hidden_spans_are_distributed_as_t5_s():
    """The first of 28 parts of 85 is 1 + k with probability C(83 - k, 26) / C(84, 27)."""
    from math import comb

    rng = np.random.default_rng(1)
    first = [int(random_parts(85, 28, rng)[0]) for _ in range(8000)]
    for length in range(1, 8):
        expected = comb(84 - length, 26) / comb(84, 27)
        share = first.count(length) / len(first)
        assert share == pytest.approx(expected, abs=5 * (expected / 8000) ** 0.5)


def test_turned_masks_hide_all_places_alike_and_as_much():
    rng = np.random.default_rng(2)
    masks = np.array([random_spans(20, 0.15, 3, rng, roll=True) for _ in range(6000)])
    assert set(masks.sum(1)) == {3}
    assert masks.mean(0) == pytest.approx(np.full(20, 0.15), abs=0.025)


def test_there_are_never_more_spans_than_sentinels():
    for roll in (False, True):
        for seed in range(50):
            mask = random_spans(60, 0.5, 1, np.random.default_rng(seed), most=4, roll=roll)
            assert spans_of(mask) <= 4
            assert mask.sum() == 30


def test_nothing_of_one_token_is_hidden():
    for length in (0, 1):
        assert not random_spans(length, 0.9, 1, np.random.default_rng(0)).any()


@given(st.lists(st.booleans(), max_size=60))
@settings(deadline=None, max_examples=100)
def test_hidden_spans_put_back_give_the_text(hidden):
    ids = np.arange(len(hidden))
    source, target = hide_spans(ids, np.array(hidden, dtype=bool), SENTINELS)
    assert len(source) + len(target) == len(ids) + 2 * (target >= 1000).sum()
    spans = dict.fromkeys(target[target >= 1000].tolist())
    assert list(spans) == list(range(1000, 1000 + len(spans)))
    found, last = {number: [] for number in spans}, None
    for number in target.tolist():
        last = number if number >= 1000 else last
        if number < 1000:
            found[last].append(number)
    assert all(found.values())
    back = [x for number in source.tolist() for x in found.get(number, [number])]
    assert back == ids.tolist()
