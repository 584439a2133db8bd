import numpy as np
import pytest
from scipy import stats

from glotlift.evaluation.statistics import paired_difference
from glotlift.evaluation.transfer import (
    TransferGrid,
    average_ranks,
    best_shares,
    likeness_correlation,
    nearest_source,
    recommend,
    relative_transfer,
    source_spread,
    transfer_table,
)
from glotlift.runs.errors import GlotliftError

SOURCES = ("deu_Latn", "eng_Latn", "spa_Latn", "tur_Latn")


def grid_of(means, *, seeds=5, rows=200, noise=0.3, seed=0, targets=("swh_Latn",), shared=0.5):
    """Return scores about [sources, targets] means: effects of seed, row and their meeting."""
    means = np.asarray(means, np.float64)
    rng = np.random.default_rng(seed)
    shape = (seeds, *means.shape, rows)
    scores = (
        means[None, :, :, None]
        + 0.02 * rng.standard_normal((seeds, *means.shape, 1))
        + shared * rng.standard_normal((1, 1, means.shape[1], rows))
        + noise * rng.standard_normal(shape)
    )
    return TransferGrid(SOURCES[: len(means)], tuple(targets), scores)


def exact(means, targets=("swh_Latn",)):
    """Return a grid without any noise, of two seeds and two rows."""
    scores = np.broadcast_to(
        np.asarray(means, np.float64)[None, :, :, None], (2, *np.shape(means), 2)
    )
    return TransferGrid(SOURCES[: len(means)], tuple(targets), scores)


def test_a_table_has_every_pair_with_its_interval():
    grid = grid_of([[0.1, 0.2], [0.3, 0.4]], targets=("hin_Deva", "swh_Latn"))
    table = transfer_table(grid, chance=0.25)
    pairs = [(cell.source, cell.target) for cell in table]
    assert pairs == [(s, t) for s in grid.sources for t in grid.targets]
    assert table[1].interval == paired_difference(grid.scores[:, 0, 1], 0.25)


def test_relative_transfer_is_the_share_of_what_own_labels_reach():
    grid = exact([[0.9, 0.5], [0.5, 0.7]], targets=("deu_Latn", "eng_Latn"))
    expected = [[1, 0.25 / 0.45], [0.25 / 0.65, 1]]
    assert relative_transfer(grid, chance=0.25) == pytest.approx(np.array(expected))


def test_a_source_far_ahead_is_recommended_without_regret():
    found = recommend(grid_of([[0.1], [0.9], [0.2], [0.1]]), "swh_Latn")
    assert (found.source, found.regret, found.low, found.high) == ("eng_Latn", 0, 0, 0)
    assert found.probability == 1
    assert sum(found.probabilities.values()) == pytest.approx(1)


def test_what_a_chosen_source_loses_lies_in_its_interval_and_above_zero():
    grid = grid_of([[0.1], [0.9], [0.2], [0.1]])
    found = recommend(grid, "swh_Latn", chosen="spa_Latn")
    assert found.regret == pytest.approx(0.7, abs=0.06)
    assert 0.5 < found.low < found.regret < found.high < 0.9


def test_the_target_itself_is_no_source():
    grid = exact([[0.9], [0.5], [0.4]], targets=("deu_Latn",))
    found = recommend(grid, "deu_Latn")
    assert found.source == "eng_Latn"
    assert set(found.probabilities) == {"eng_Latn", "spa_Latn"}


def test_two_sources_have_the_interval_of_their_difference():
    # Without others to compare with, the critical value is the bootstrap's own quantile.
    grid = grid_of([[0.30], [0.42]], noise=1.0, shared=0.0)
    found = recommend(grid, "swh_Latn", chosen="deu_Latn", resamples=20_000)
    difference = paired_difference(grid.of("eng_Latn", "swh_Latn"), grid.of("deu_Latn", "swh_Latn"))
    assert found.regret == pytest.approx(difference.estimate)
    assert found.low == pytest.approx(max(0, difference.low), abs=0.01)
    assert found.high == pytest.approx(difference.high, abs=0.01)


def test_equals_are_as_likely_the_best():
    drawn = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
    assert best_shares(drawn) == [0.25, 0.75, 0.0]


def covered(gaps, seeds, draws):
    """Return how often the bounds hold, and how often the bare estimate promises enough."""
    held, promised, widths = [], [], []
    for draw in range(draws):
        means = np.array(gaps)[:, None]
        grid = grid_of(means, seeds=seeds, rows=60, seed=draw, noise=0.2, shared=0.5)
        found = recommend(grid, "swh_Latn", resamples=300, seed=draw)
        # With one seed the interval speaks of this very training, so its effect is part of truth.
        true = grid_truth(means, seeds, draw) if seeds == 1 else means[:, 0]
        lost = true.max() - true[grid.sources.index(found.source)]
        held.append(found.low <= lost + 1e-12 <= found.high + 2e-12)
        promised.append(found.regret >= lost)
        widths.append(found.high)
    assert np.median(widths) < 0.2
    return np.mean(held), np.mean(promised)


def test_regret_bounds_cover_what_is_truly_lost():
    # Picked because it looked best, a source is still within its bound of the truly best one.
    held, promised = covered((0.0, 0.02, 0.04, 0.06), seeds=5, draws=60)
    assert held >= stats.binom.ppf(0.001, 60, 0.95) / 60
    assert promised < 0.9  # the estimate alone, 0, would promise too much


@pytest.mark.slow
@pytest.mark.parametrize("gaps", [(0.0, 0.0, 0.0, 0.0), (0.0, 0.02, 0.04, 0.06)])
@pytest.mark.parametrize("seeds", [1, 3, 5])
def test_regret_bounds_cover_in_many_draws(gaps, seeds):
    held, _ = covered(gaps, seeds, draws=600)
    assert held >= 0.94


def grid_truth(means, seeds, draw):
    """Return what one training truly reaches in `grid_of`: its means and the seed's effect."""
    rng = np.random.default_rng(draw)
    return (means + 0.02 * rng.standard_normal((seeds, *means.shape, 1))[0, :, :, 0])[:, 0]


def test_probabilities_are_calibrated_where_sources_are_equal():
    shares = [
        recommend(grid_of(np.zeros((4, 1)), rows=40, seed=draw), "swh_Latn", resamples=200)
        for draw in range(30)
    ]
    mean = np.mean([list(found.probabilities.values()) for found in shares], axis=0)
    assert mean == pytest.approx(np.full(4, 0.25), abs=0.17)


def test_average_ranks_are_scipys_and_leave_out_own_languages():
    targets = ("deu_Latn", "hin_Deva", "swh_Latn")
    means = np.array([[0.9, 0.3, 0.5], [0.2, 0.3, 0.1], [0.4, 0.1, 0.6]])
    found = average_ranks(exact(means, targets))
    by_target = [
        dict(zip(SOURCES[1:], stats.rankdata(-means[1:, 0]), strict=False)),
        *(dict(zip(SOURCES, stats.rankdata(-means[:, n]), strict=False)) for n in (1, 2)),
    ]
    for source in SOURCES[:3]:
        ranks = [ranks[source] for ranks in by_target if source in ranks]
        assert found[source].estimate == pytest.approx(np.mean(ranks))


def test_kin_is_nearer_than_script_and_script_than_pieces():
    likeness = {"eng_Latn": 0.1, "fin_Latn": 0.9, "hin_Deva": 0.0, "spa_Latn": 0.2}
    assert nearest_source("deu_Latn", likeness) == "spa_Latn"
    assert nearest_source("mar_Deva", likeness) == "hin_Deva"
    assert nearest_source("tur_Latn", likeness) == "fin_Latn"
    assert nearest_source("spa_Latn", likeness) == "eng_Latn"


def test_the_spread_is_over_the_other_sources():
    grid = exact([[0.9, 0.3], [0.2, 0.3], [0.4, 0.1]], targets=("deu_Latn", "hin_Deva"))
    assert source_spread(grid) == pytest.approx(np.tile([0.1, np.std([0.3, 0.3, 0.1])], (2, 1)))


def test_likeness_is_correlated_within_targets():
    means = np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]])
    targets = ("hin_Deva", "swh_Latn")
    likeness = np.array([[1, 40], [2, 30], [3, 20], [4, 10]])
    assert likeness_correlation(exact(means, targets), likeness).estimate == pytest.approx(1)
    one = likeness_correlation(grid_of(means, targets=targets), likeness)
    assert one.low < one.estimate < 1
    assert (one.seeds, one.rows) == (5, 2)


def test_what_is_no_grid_is_refused():
    with pytest.raises(GlotliftError, match="GL-EVALUATION-110"):
        TransferGrid(SOURCES, ("swh_Latn",), np.zeros((5, 3, 1, 4)))
    with pytest.raises(GlotliftError, match="GL-EVALUATION-110"):
        TransferGrid(SOURCES, ("swh_Latn",), np.full((5, 4, 1, 4), np.nan))
    with pytest.raises(GlotliftError, match="GL-EVALUATION-111"):
        recommend(exact([[0.1], [0.2]], targets=("deu_Latn",)), "deu_Latn")
    with pytest.raises(GlotliftError, match="GL-EVALUATION-112"):
        recommend(exact([[0.1], [0.2]]), "hin_Deva")
