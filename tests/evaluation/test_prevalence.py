import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evaluation.judges import people_mean
from glotlift.evaluation.prevalence import (
    Checked,
    Detected,
    checked,
    corrected_rate,
    detected,
    flagged_rate,
    labelled_rate,
    language_rates,
    precision_recall_rate,
    rogan_gladen_rate,
)
from glotlift.evaluation.ratios import ratio_rows
from glotlift.runs.errors import GlotliftError

ONES = np.ones(9)
S, C = 0.7, 0.95  # a detector's sensitivity and specificity


def exactly(share, answers=20, words=1000):
    """Return answers that have the share of wrong words each, and flags of the detector."""
    wrong = np.full(answers, share * words)
    hits = S * wrong
    flagged = hits + (1 - C) * (words - wrong)
    return Checked(np.full(answers, float(words)), flagged, wrong, hits)


def drawn(rng, share, answers, words=20):
    """Draw answers whose words are wrong together, more or less, and a detector's flags."""
    lengths = rng.integers(words // 2, 2 * words, answers)
    own = rng.beta(4 * share, 4 * (1 - share), answers)
    wrong = rng.binomial(lengths, own)
    hits = rng.binomial(wrong, S)
    flagged = hits + rng.binomial(lengths - wrong, 1 - C)
    return Checked(*(np.asarray(part, float) for part in (lengths, flagged, wrong, hits)))


def test_precision_of_other_answers_misleads_and_sensitivity_does_not():
    known, found = exactly(0.35), exactly(0.10)
    assert precision_recall_rate(found, known).mean == pytest.approx(0.145, abs=5e-4)
    assert rogan_gladen_rate(found, known).mean == pytest.approx(0.10)
    assert precision_recall_rate(known, known).mean == pytest.approx(0.35)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_every_correction_is_exact_where_its_assumption_holds(share, other):
    same, shifted = exactly(share), exactly(other)
    for estimate in (precision_recall_rate, rogan_gladen_rate, corrected_rate, labelled_rate):
        assert estimate(same, same).mean == pytest.approx(share)
    assert rogan_gladen_rate(shifted, same).mean == pytest.approx(other)


def test_precision_over_recall_is_wrong_over_flagged():
    known, found = (drawn(np.random.default_rng(seed), 0.3, 50) for seed in (0, 1))
    precision = known.hits.sum() / known.flagged.sum()
    recall = known.hits.sum() / known.wrong.sum()
    share = found.flagged.sum() / found.words.sum()
    assert precision_recall_rate(found, known).mean == pytest.approx(share * precision / recall)


def test_with_equally_long_answers_the_mean_error_is_that_of_judges():
    rng = np.random.default_rng(0)
    wrong = rng.binomial(20, 0.3, (60,)).astype(float)
    known = Checked(np.full(60, 20.0), wrong + rng.integers(0, 3, 60), wrong, wrong)
    found = Detected(np.full(200, 20.0), rng.binomial(20, 0.4, 200).astype(float))
    ours = corrected_rate(found, known)
    theirs = people_mean(found.flagged / 20, known.flagged / 20, known.wrong / 20)
    assert ours == pytest.approx(theirs)


@pytest.mark.parametrize(
    "estimate", [flagged_rate, precision_recall_rate, rogan_gladen_rate, corrected_rate]
)
def test_intervals_are_as_wide_as_the_bootstrap_says(estimate):
    rng = np.random.default_rng(3)
    found, known = drawn(rng, 0.3, 300), drawn(rng, 0.3, 80)

    def resampled(rows):
        places = rng.integers(0, len(rows.words), len(rows.words))
        return Checked(*(part[places] for part in vars(rows).values()))

    means = [estimate(resampled(found), resampled(known)).mean for _ in range(600)]
    ours = estimate(found, known)
    assert ours.high - ours.low == pytest.approx(2 * 1.96 * np.std(means), rel=0.12)


@pytest.mark.parametrize(
    ("estimate", "labelled"),
    [
        (precision_recall_rate, 0.2),
        (rogan_gladen_rate, 0.2),
        (rogan_gladen_rate, 0.4),
        (corrected_rate, 0.2),
        (labelled_rate, 0.2),
    ],
)
def test_intervals_hold_the_true_rate(estimate, labelled):
    rng = np.random.default_rng(5)
    truth, trials = 0.2, 1000
    every, some = drawn(rng, truth, 200 * trials), drawn(rng, labelled, 80 * trials)
    covered = []
    for trial in range(trials):
        found, known = (
            Checked(*(part[trial * size : (trial + 1) * size] for part in vars(rows).values()))
            for rows, size in ((every, 200), (some, 80))
        )
        _, low, high = estimate(found, known)
        covered.append(low <= truth <= high)
    assert 0.93 <= np.mean(covered) <= 0.98


def test_precision_from_more_wrong_answers_hardly_ever_holds_it():
    rng = np.random.default_rng(6)
    covered = [
        low <= 0.1 <= high
        for _ in range(200)
        for _, low, high in [precision_recall_rate(drawn(rng, 0.1, 400), drawn(rng, 0.5, 80))]
    ]
    assert np.mean(covered) < 0.3


def test_rates_are_per_hundred_words_and_do_not_grow_with_length():
    short, long = exactly(0.1, words=100), exactly(0.1, words=1000)
    one, two = language_rates(
        {"eng_Latn": short, "tur_Latn": long},
        {"eng_Latn": exactly(0.3), "tur_Latn": exactly(0.3)},
        rogan_gladen_rate,
    )
    assert one.rate.mean == pytest.approx(10)
    assert two.rate.mean == pytest.approx(10)
    assert (one.wrong, two.wrong) == pytest.approx((10, 100))
    assert (one.length, two.length) == (100, 1000)
    assert one.flagged == pytest.approx(100 * (S * 0.1 + (1 - C) * 0.9))


def test_a_ratio_in_rows():
    rows = ratio_rows([1, 0, 2], [2, 1, 5])
    assert rows.mean() == pytest.approx(3 / 8)
    assert np.allclose(ratio_rows([1, 2], [4, 4]), [0.25, 0.5])


def test_flags_are_counted_by_answer():
    found = checked([[True, False, True], [False]], [[True, True, False], [False]])
    assert [part.tolist() for part in vars(found).values()] == [[3, 1], [2, 0], [2, 0], [1, 0]]


@pytest.mark.parametrize(
    ("code", "ask"),
    [
        ("076", lambda: detected([[True]])),
        ("076", lambda: detected([[], []])),
        ("077", lambda: checked([[True], [True]], [[True], [True, False]])),
        ("078", lambda: rogan_gladen_rate(exactly(0.1), exactly(0.0))),
        ("078", lambda: rogan_gladen_rate(exactly(0.1), exactly(1.0))),
        ("078", lambda: precision_recall_rate(exactly(0.1), Checked(ONES, *np.zeros((3, 9))))),
        ("079", lambda: language_rates({"tur_Latn": exactly(0.1)}, {}, corrected_rate)),
    ],
)  # fmt: skip
def test_what_has_no_rate_is_refused(code, ask):
    with pytest.raises(GlotliftError) as error:
        ask()
    assert error.value.code == f"GL-EVALUATION-{code}"
