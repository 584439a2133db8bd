import numpy as np
import pytest

from glotlift.evidence import Measurement
from glotlift.evidence.arms import judge_claim
from glotlift.recipes import moscar, wit
from glotlift.recipes.shares import Share

CLAIMS = [claim for recipe in (*moscar.RECIPES, *wit.RECIPES) for claim in recipe.claims]


def test_a_share_is_counted_piece_by_piece():
    share = Share()
    assert share.value == 0
    share.add(1, 2)
    share.add(2, 2)
    assert share.value == 0.75


def cells(claim, difference):
    """Return five seeds of made-up cells in which the arm is so far from what it is held to."""
    ids = [str(row) for row in range(40)]
    noise = np.random.default_rng(0).normal(0, 1e-3, (2, 5, 40))
    named = isinstance(claim.versus, str)
    levels = [(claim.arm, difference + (0.0 if named else claim.versus)), (str(claim.versus), 0.0)]
    return {
        (name, seed): Measurement(1.0, {claim.metric: noise[at, seed] + level}, {claim.metric: ids})
        for at, (name, level) in enumerate(levels)
        for seed in range(5)
    }


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_claim_can_be_confirmed_and_contradicted(claim):
    side = {"greater": 1, "less": -1}[claim.kind]
    held, broken = (side * (claim.margin + far) for far in (0.1, -0.1))
    assert judge_claim(claim, range(5), cells(claim, held))["verdict"] == "CONFIRMED"
    assert judge_claim(claim, range(5), cells(claim, broken))["verdict"] == "CONTRADICTED"
