import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evaluation.at_cost import Candidate, compare_at_cost, dominance, task_shares
from glotlift.evaluation.statistics import paired_difference
from glotlift.runs.errors import GlotliftError

NUMBERS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=7
)


def scores(mean, *, rows=80, seeds=3, seed=0):
    noise = 0.1 * np.random.default_rng(seed).standard_normal((seeds, rows))
    return mean + noise - noise.mean()


def candidate(name, means, seconds, size=1.0, seed=0):
    tasks = {
        task: scores(mean, rows=rows, seed=seed + n)
        for n, (task, mean, rows) in enumerate(zip(("pos", "nli"), means, (80, 30), strict=True))
    }
    return Candidate(name, tasks, {"seconds": seconds, "bytes": size})


def test_each_task_counts_alike_and_rows_by_their_weights():
    one = candidate("one", (0.9, 0.4), 1.0)
    weights = {"pos": np.arange(80.0)}
    (found,) = compare_at_cost([one], weights=weights)
    pos = np.average(one.scores["pos"].mean(0), weights=weights["pos"])
    assert found.tasks["pos"].estimate == pytest.approx(pos)
    assert found.overall.estimate == pytest.approx((pos + one.scores["nli"].mean()) / 2)
    shares = task_shares(one.scores, weights)
    assert sum(share.sum() for share in shares.values()) == pytest.approx(1)
    nothing = task_shares(one.scores, {"pos": np.zeros(80)})
    assert (nothing["pos"].sum(), nothing["nli"].sum()) == pytest.approx((0, 1))


def test_who_is_beaten_and_by_whom():
    found = compare_at_cost(
        [
            candidate("large", (0.9, 0.8), 10.0),
            candidate("small", (0.7, 0.6), 2.0, seed=10),
            candidate("slow and poor", (0.5, 0.5), 20.0, seed=20),
            candidate("as small, a little worse", (0.69, 0.6), 2.0, seed=30),
        ],
        costs=["seconds"],
    )
    standing = {one.name: one for one in found}
    assert [one.name for one in found][:2] == ["large", "small"]
    assert standing["large"].on_front
    assert standing["small"].on_front
    assert set(standing["slow and poor"].surely_beaten_by) == {
        "large", "small", "as small, a little worse",
    }  # fmt: skip
    close = standing["as small, a little worse"]
    assert close.beaten_by == ("small",)
    difference = paired_difference(scores(0.7, seed=10), scores(0.69, seed=30))
    assert difference.low < 0 < difference.high
    assert close.surely_beaten_by == ()
    assert standing["large"].rank == 1
    assert standing["slow and poor"].rank == 4


def test_costs_that_are_not_counted_are_shown():
    one, two = candidate("one", (0.5, 0.5), 1.0, size=9.0), candidate("two", (0.5, 0.5), 2.0)
    by_seconds = compare_at_cost([one, two], costs=["seconds"])
    by_all = compare_at_cost([one, two])
    assert [s.name for s in by_seconds if not s.on_front] == ["two"]
    assert all(s.on_front for s in by_all)
    assert by_seconds[0].costs["bytes"] == 9.0


@given(NUMBERS)
def test_the_front_is_what_a_plain_search_finds(models):
    score = [model[0] for model in models]
    costs = [model[1:] for model in models]
    found = dominance(score, costs)
    for one in range(len(models)):
        for other in range(len(models)):
            no_worse = score[one] >= score[other] and all(
                a <= b for a, b in zip(costs[one], costs[other], strict=True)
            )
            assert found[one, other] == (no_worse and models[one] != models[other])
    assert not found.all(axis=0).any()
    assert (~found.any(axis=0)).any()  # somebody is on the front


def test_models_of_other_tasks_are_refused():
    one = candidate("one", (0.5, 0.5), 1.0)
    with pytest.raises(GlotliftError, match="GL-EVALUATION-117"):
        compare_at_cost([one, Candidate("two", {"pos": one.scores["pos"]}, one.costs)])
    with pytest.raises(GlotliftError, match="GL-EVALUATION-117"):
        compare_at_cost([one, one])
