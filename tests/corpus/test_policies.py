from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.corpus import alpha, equal_bytes, hand, natural, temperature, tiers
from glotlift.runs.errors import GlotliftError

SIZES = {"yor_Latn": 100, "hin_Deva": 900, "replay:eng_Latn": 9000}


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 10**12), min_size=1), st.floats(0, 1))
def test_powers_sum_to_one_and_keep_the_order_of_sizes(sizes, exponent):
    shares = alpha(exponent)(sizes)
    assert sum(shares.values()) == pytest.approx(1)
    by_size = sorted(sizes, key=lambda name: sizes[name])
    assert all(shares[a] <= shares[b] * (1 + 1e-12) for a, b in pairwise(by_size))


def test_powers():
    assert natural(SIZES)["hin_Deva"] == pytest.approx(0.09)
    assert set(equal_bytes(SIZES).values()) == {1 / 3}
    assert alpha(1)(SIZES) == natural(SIZES) == temperature(1)(SIZES)
    assert temperature(5)(SIZES) == alpha(0.2)(SIZES)
    root = alpha(0.5)(SIZES)
    assert root["hin_Deva"] / root["yor_Latn"] == pytest.approx(3)


def test_tiers_part_their_share_evenly():
    sizes = {"yor_Latn": 1, "hau_Latn": 9, "replay:eng_Latn": 1000}
    shares = tiers({"high": 0.4, "middle": 0.5, "low": 0.6})(sizes)
    assert shares == pytest.approx({"yor_Latn": 0.3, "hau_Latn": 0.3, "replay:eng_Latn": 0.4})


def test_a_share_set_by_hand_leaves_the_rest_to_a_policy():
    assert hand({"replay:eng_Latn": 0.25})(SIZES) == pytest.approx(
        {"yor_Latn": 0.075, "hin_Deva": 0.675, "replay:eng_Latn": 0.25}
    )
    assert hand({"replay:eng_Latn": 0.5}, rest=equal_bytes)(SIZES)["yor_Latn"] == 0.25
    assert hand({})(SIZES) == natural(SIZES)
    whole = {"yor_Latn": 0.5, "hin_Deva": 0.3, "replay:eng_Latn": 0.2}
    assert hand(whole)(SIZES) == whole


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: hand({"tel_Telu": 0.5})(SIZES), "GL-CORPUS-031"),
        (lambda: tiers({"high": 1.0})(SIZES), "GL-CORPUS-032"),
        (lambda: hand({"yor_Latn": 1.0})(SIZES), "GL-CORPUS-033"),
        (lambda: hand({"yor_Latn": -0.1})(SIZES), "GL-CORPUS-033"),
        (lambda: hand(dict.fromkeys(SIZES, 0.3))(SIZES), "GL-CORPUS-033"),
        (lambda: tiers({"high": 0.0, "low": 0.0})(SIZES), "GL-CORPUS-038"),
        (lambda: hand({"yor_Latn": float("nan")})(SIZES), "GL-CORPUS-033"),
        (lambda: alpha(1.5), "GL-CORPUS-034"),
        (lambda: alpha(float("nan")), "GL-CORPUS-034"),
        (lambda: temperature(0.5), "GL-CORPUS-035"),
    ],
)
def test_wrong_shares_are_refused(make, code):
    with pytest.raises(GlotliftError, match=code):
        make()
