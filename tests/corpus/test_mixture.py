import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus import Mixture, alpha, audit_tokens, equal_bytes, hand, natural, text_bytes
from glotlift.corpus.mixture import cap_epochs
from glotlift.runs.errors import GlotliftError


@pytest.fixture(scope="module")
def sources():
    from .conftest import make_rows

    return {
        "yor_Latn": make_rows(40, "yor_Latn", 900, seed=1),
        "hin_Deva": make_rows(300, "hin_Deva", 300, seed=2),
        "replay:eng_Latn": make_rows(2000, "eng_Latn", 60, seed=3),
    }


def shares_seen(mixture, stop):
    drawn, rows = mixture.items(0, stop)
    lengths = [text_bytes(mixture.sources[name]) for name in mixture.names]
    seen = [lengths[k][rows[drawn == k]].sum() for k in range(len(mixture.names))]
    return dict(zip(mixture.names, np.array(seen) / sum(seen), strict=True))


@settings(deadline=None, max_examples=15)
@given(share=st.floats(0.05, 0.9), exponent=st.floats(0, 1), seed=st.integers(0, 2**40))
def test_bytes_follow_the_shares(sources, share, exponent, seed):
    policy = hand({"replay:eng_Latn": share}, rest=alpha(exponent))
    mixture = Mixture(sources, policy, seed=seed)
    seen = shares_seen(mixture, 40_000)
    assert sum(mixture.weights.values()) == pytest.approx(1)
    for name, weight in mixture.weights.items():
        assert seen[name] == pytest.approx(weight, abs=0.01)


@settings(deadline=None, max_examples=30)
@given(start=st.integers(0, 5000), lengths=st.lists(st.integers(0, 1500), max_size=5))
def test_any_chunking_gives_the_same_order(sources, start, lengths):
    whole = Mixture(sources, natural, seed=7).items(start, start + sum(lengths))
    mixture = Mixture(sources, natural, seed=7)
    at, parts = start, []
    for length in lengths:
        parts.append(mixture.items(at, at + length))
        at += length
    for side in (0, 1):
        joined = np.concatenate([part[side] for part in parts] or [np.empty(0)])
        assert joined.tolist() == whole[side].tolist()


def test_an_item_is_what_stands_in_items(sources):
    mixture = Mixture(sources, equal_bytes, seed=5)
    drawn, rows = mixture.items(2000, 4200)
    fresh = Mixture(sources, equal_bytes, seed=5)
    for place in (0, 47, 48, 1071, 1072, 2199):
        expected = (mixture.names[drawn[place]], rows[place])
        assert fresh.item(2000 + place) == mixture.item(2000 + place) == expected


def test_every_row_comes_once_an_epoch(sources):
    mixture = Mixture(sources, equal_bytes, seed=1)
    drawn, rows = mixture.items(0, 30_000)
    orders = []
    for source, count in enumerate(mixture.rows):
        mine = rows[drawn == source]
        assert len(mine) > 2 * count
        for epoch in range(len(mine) // count):
            seen = mine[epoch * count : (epoch + 1) * count]
            assert sorted(seen) == list(range(count))
        orders.append((mine[:count].tolist(), mine[count : 2 * count].tolist()))
    assert all(first != second for first, second in orders)


def test_the_order_depends_on_the_seed_and_nothing_else(sources):
    first, same = Mixture(sources, natural, seed=1), Mixture(sources, natural, seed=1)
    other = Mixture(sources, natural, seed=2)
    assert first.hash == same.hash != other.hash
    assert first.items(0, 500)[1].tolist() == same.items(0, 500)[1].tolist()
    assert first.items(0, 500)[1].tolist() != other.items(0, 500)[1].tolist()


def test_the_hash_sees_text_policy_and_shares(sources, rows):
    changed = {**sources, "yor_Latn": rows(40, "yor_Latn", 900, seed=9)}
    hashes = {
        Mixture(sources, natural).hash,
        Mixture(changed, natural).hash,
        Mixture(sources, equal_bytes).hash,
        Mixture(sources, hand({"yor_Latn": 0.5})).hash,
    }
    assert len(hashes) == 4


def test_another_process_gives_the_same_order(rows):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from conftest import make_rows\n"
        "from glotlift.corpus import Mixture, natural\n"
        "m = Mixture({'yor_Latn': make_rows(50), 'hin_Deva': make_rows(90)}, natural, seed=4)\n"
        "print(m.hash, m.item(123456))"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    settings = {**os.environ, "PYTHONHASHSEED": "1"}
    made = subprocess.run(command, capture_output=True, text=True, check=True, env=settings)
    mixture = Mixture({"yor_Latn": rows(50), "hin_Deva": rows(90)}, natural, seed=4)
    assert made.stdout.strip() == f"{mixture.hash} {mixture.item(123456)}"


def test_one_source_and_no_positions(rows):
    mixture = Mixture({"yor_Latn": rows(1)}, natural)
    assert mixture.item(10**7) == ("yor_Latn", 0)
    assert [part.tolist() for part in mixture.items(5, 5)] == [[], []]


def test_a_share_of_nothing_is_never_drawn(sources):
    mixture = Mixture(sources, hand({"yor_Latn": 0.0}))
    drawn, _ = mixture.items(0, 5000)
    assert set(drawn.tolist()) == {1, 2}


@settings(deadline=None, max_examples=50)
@given(
    sizes=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    exponent=st.floats(0, 1),
    cap=st.floats(0.5, 10),
    filled=st.floats(0.01, 0.999),
)
def test_capped_shares_sum_to_one_and_keep_the_cap(sizes, exponent, cap, filled):
    named = {str(index): size for index, size in enumerate(sizes)}
    budget = max(1, int(filled * cap * sum(sizes)))
    if budget > cap * sum(sizes):
        return
    shares = alpha(exponent)(named)
    capped = cap_epochs(shares, named, budget, cap)
    assert sum(capped.values()) == pytest.approx(1)
    for name, size in named.items():
        assert capped[name] * budget <= cap * size * (1 + 1e-9)
        assert capped[name] >= min(shares[name], cap * size / budget) * (1 - 1e-9)


def test_the_cap_is_kept_in_what_is_drawn(sources):
    whole = {name: int(text_bytes(rows).sum()) for name, rows in sources.items()}
    budget = 3 * whole["yor_Latn"]
    free = Mixture(sources, equal_bytes)
    capped = Mixture(sources, equal_bytes, budget_bytes=budget, epoch_cap=0.5)
    assert free.weights["yor_Latn"] * budget / whole["yor_Latn"] > 0.5
    assert capped.weights["yor_Latn"] * budget / whole["yor_Latn"] == pytest.approx(0.5)


def test_audit_sets_what_was_seen_beside_what_was_meant(sources):
    mixture = Mixture(sources, hand({"replay:eng_Latn": 0.25}))
    whole = mixture.sizes["replay:eng_Latn"]
    rows = audit_tokens(
        mixture, {"replay:eng_Latn": 10, "yor_Latn": 30}, {"replay:eng_Latn": whole, "yor_Latn": 0}
    )
    assert [row["role"] for row in rows] == ["target", "target", "kept"]
    assert rows[2] == {
        "language": "eng_Latn",
        "role": "kept",
        "tokens": 10,
        "bytes": whole,
        "share": 1.0,
        "intended": 0.25,
        "epochs": 1.0,
    }


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"epoch_cap": 2.0}, "GL-CORPUS-036"),
        ({"epoch_cap": 0.0, "budget_bytes": 100}, "GL-CORPUS-036"),
        ({"epoch_cap": 2.0, "budget_bytes": 10**12}, "GL-CORPUS-037"),
    ],
)
def test_impossible_caps_are_refused(sources, settings, code):
    with pytest.raises(GlotliftError, match=code):
        Mixture(sources, natural, **settings)


def test_a_mixture_needs_text(rows):
    with pytest.raises(GlotliftError, match="GL-CORPUS-030"):
        Mixture({}, natural)
    with pytest.raises(GlotliftError, match="GL-CORPUS-030"):
        Mixture({"yor_Latn": rows(5), "hin_Deva": rows(5).select([])}, natural)
