"""UniMax against its published algorithm, tiers alike, and shares that change on the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus import (
    Mixture,
    changing,
    equal_bytes,
    hand,
    natural,
    text_bytes,
    tier_balanced,
    unimax,
)
from glotlift.runs.errors import GlotliftError

from .conftest import make_rows

SIZES = {"yor_Latn": 100, "hin_Deva": 900, "replay:eng_Latn": 9000}
NAMES = ("yor_Latn", "eng_Latn")
WAY = 400_000


def published_unimax(sizes, budget, epochs):
    """Algorithm 1 of Chung et al. 2023: the smallest language first, what it leaves to the rest."""
    left, taken = float(budget), {}
    order = sorted(sizes, key=lambda name: sizes[name])
    for number, name in enumerate(order):
        even = left / (len(order) - number)
        taken[name] = min(even, sizes[name] * epochs)
        left -= taken[name]
    return {name: spent / sum(taken.values()) for name, spent in taken.items()}


@given(
    st.dictionaries(st.text(min_size=1), st.integers(1, 10**9), min_size=1, max_size=20),
    st.integers(1, 10**11),
    st.floats(0.1, 20),
)
def test_unimax_is_the_published_algorithm(sizes, budget, epochs):
    expected = published_unimax(sizes, budget, epochs)
    if sum(sizes.values()) * epochs >= 1:
        assert unimax(budget, epochs=epochs)(sizes) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_unimax_is_that_of_another_implementation():
    """The example and the figures that the package unimax-sampling gives on PyPI."""
    characters = {
        "swe": 179_955_884_499,
        "fas": 184_595_788_282,
        "ekk": 42_541_080_893,
        "isl": 10_027_573_389,
        "fao": 549_707_867,
    }
    expected = dict.fromkeys(("swe", "fas", "ekk"), 0.276921166634667)
    expected |= {"isl": 0.160441174224, "fao": 0.008795325872}
    assert unimax(250_000_000_000, epochs=4)(characters) == pytest.approx(expected, abs=1e-12)


def test_every_tier_has_as_much():
    shares = tier_balanced({"yor_Latn": 1, "hau_Latn": 9, "replay:eng_Latn": 1000})
    assert shares == pytest.approx({"yor_Latn": 0.25, "hau_Latn": 0.25, "replay:eng_Latn": 0.5})


@pytest.fixture(scope="module")
def sources():
    return {
        "yor_Latn": make_rows(300, "yor_Latn", 400, seed=1),
        "eng_Latn": make_rows(2000, "eng_Latn", 80, seed=2),
    }


def mixture(sources, shape="linear", seed=0):
    first, last = (
        hand(dict(zip(NAMES, shares, strict=True))) for shares in ((0.1, 0.9), (0.8, 0.2))
    )
    return Mixture(sources, changing(first, last, over=WAY, shape=shape), seed=seed)


def bytes_read(mixed, stop):
    drawn, rows = mixed.items(0, stop)
    lengths = np.zeros(stop)
    for number, name in enumerate(mixed.names):
        mine = drawn == number
        lengths[mine] = text_bytes(mixed.sources[name])[rows[mine]]
    return drawn, lengths


@pytest.mark.parametrize("shape", ["linear", "cosine"])
def test_shares_move_along_the_way_and_stay_there(sources, shape):
    mixed = mixture(sources, shape)
    drawn, lengths = bytes_read(mixed, 8000)
    read = np.cumsum(lengths) / WAY
    for low, high in ((0, 0.1), (0.2, 0.3), (0.45, 0.55), (0.9, 1.0), (1.1, 1.5)):
        part = (read >= low) & (read < high)
        share = lengths[part & (drawn == 0)].sum() / lengths[part].sum()
        middle = min(1.0, (low + high) / 2)
        moved = middle if shape == "linear" else (1 - np.cos(np.pi * middle)) / 2
        assert share == pytest.approx(0.1 + 0.7 * moved, abs=0.04)
    whole = read < 1
    assert lengths[whole & (drawn == 0)].sum() / lengths[whole].sum() == pytest.approx(
        mixed.weights["yor_Latn"], abs=0.01
    )
    assert mixed.weights["yor_Latn"] == pytest.approx(0.45)


@settings(deadline=None, max_examples=20)
@given(start=st.integers(0, 3000), lengths=st.lists(st.integers(0, 700), max_size=4))
def test_any_chunking_gives_the_same_order(sources, start, lengths):
    whole = mixture(sources, seed=7).items(start, start + sum(lengths))
    mixed, at, parts = mixture(sources, seed=7), start, []
    for length in lengths:
        parts.append(mixed.items(at, at + length))
        at += length
    for side in (0, 1):
        joined = np.concatenate([part[side] for part in parts] or [np.empty(0)])
        assert joined.tolist() == whole[side].tolist()


def test_the_way_is_part_of_what_a_mixture_is(sources):
    assert mixture(sources).hash == mixture(sources).hash != mixture(sources, "cosine").hash


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("106", lambda sources: unimax(0)),
        ("106", lambda sources: unimax(10, epochs=0)),
        ("107", lambda sources: changing(natural, equal_bytes, over=0)),
        ("108", lambda s: changing(changing(natural, equal_bytes, over=1), natural, over=1)),
        (
            "109",
            lambda sources: Mixture(
                sources,
                changing(natural, equal_bytes, over=9),
                budget_bytes=9,
                epoch_cap=2,
            ),
        ),
    ],
)
def test_policies_that_make_no_sense_are_refused(sources, code, wrong):
    with pytest.raises(GlotliftError, match=f"GL-CORPUS-{code}"):
        wrong(sources)
