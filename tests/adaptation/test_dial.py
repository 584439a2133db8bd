import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.dial import BYTES_PER_PIECE, MINIMUM_BYTES, PASSES, turn_dial
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError

SIZES = st.integers(MINIMUM_BYTES, 10**9)


def turned(
    target_bytes=10**6, parameters=10**8, speed=None, vocabulary=50_000, longest=1024, **values
):
    asked = {"model": "m", "language": "yo", "text": "a", **values}
    return turn_dial(
        load_config(AdaptConfig, asked),
        target_bytes=target_bytes, parameters=parameters, vocabulary=vocabulary,
        longest_input=longest, bytes_per_second=speed,
    )  # fmt: skip


KEPT = {"keep": {"en": "e"}}


@given(SIZES, st.booleans())
def test_unset_the_dial_makes_four_passes_over_the_target(size, kept):
    dial = turned(size, **(KEPT if kept else {}))
    assert dial.passes == pytest.approx(PASSES, abs=0.002)
    assert dial.budget_bytes * (1 - dial.replay_share) == pytest.approx(PASSES * size, rel=1e-3)


@given(st.integers(1, 10**6), st.integers(1, 10**6), SIZES)
def test_more_budget_is_more_bytes_and_never_less_replay(one, two, size):
    small, large = sorted((one, two))
    dials = [turned(size, budget=f"{amount}kB", **KEPT) for amount in (small, large)]
    assert dials[0].budget_bytes <= dials[1].budget_bytes
    assert dials[0].passes <= dials[1].passes
    assert 0.2 <= dials[0].replay_share <= dials[1].replay_share <= 0.4


@given(SIZES, SIZES)
def test_more_text_is_more_pieces_up_to_half_the_vocabulary(one, two):
    small, large = (turned(size).pieces for size in sorted((one, two)))
    assert small <= large <= 25_000
    assert turned(sorted((one, two))[0]).pieces == min(25_000, min(one, two) // BYTES_PER_PIECE)


@given(st.integers(10**4, 10**11), st.integers(10**4, 10**11))
def test_a_larger_model_learns_more_slowly(one, two):
    small, large = (turned(parameters=size).learning_rate for size in sorted((one, two)))
    assert 1e-5 <= large <= small <= 2e-3


def test_time_is_turned_into_bytes_by_the_measured_speed():
    assert turned(budget="10m", speed=1000.0).budget_bytes == 600_000
    assert turned(budget="1s", speed=0.01).budget_bytes == 1


def test_without_kept_text_nothing_is_replayed():
    assert turned().replay_share == 0
    assert turned(**KEPT).replay_share > 0
    assert turned(**KEPT, replay=0).replay_share == 0
    assert turned(**KEPT, replay=0.33).replay_share == 0.33


def test_what_is_set_by_hand_stays():
    dial = turned(
        budget="5MB", extension={"pieces": 12}, training={"learning_rate": 3e-4, "block": 64}
    )
    assert (dial.budget_bytes, dial.pieces, dial.learning_rate, dial.block) == (
        5_000_000,
        12,
        3e-4,
        64,
    )


@pytest.mark.parametrize(("longest", "block"), [(128, 128), (512, 512), (4096, 512)])
def test_a_block_is_as_long_as_the_model_reads_up_to_512(longest, block):
    assert turned(longest=longest).block == block


def test_too_little_text_is_refused_with_the_least_amount():
    turned(MINIMUM_BYTES)
    with pytest.raises(GlotliftError, match=f"GL-ADAPT-004.*{MINIMUM_BYTES:,}"):
        turned(MINIMUM_BYTES - 1)


def test_longer_blocks_than_the_model_reads_are_refused():
    turned(longest=128, training={"block": 128})
    with pytest.raises(GlotliftError, match=r"GL-ADAPT-008.*at most 128"):
        turned(longest=128, training={"block": 129})
