"""How much is wrong in all answers, from a detector that errs and a few answers that are labelled.

Everything is counted in words of answers, and answers are what is sampled: words of one answer are
alike. Rates are shares of all words, so they do not grow with the length of answers. Intervals are
the delta method's, and know both samples: the answers that only the detector has read, and the
labelled ones from which its errors are known.

Which estimate holds depends on where the labelled answers come from. With precision and recall, as
in Ul Islam et al. 2025 (arXiv:2502.12769), it is that of labelled answers as wrong as the others.
With sensitivity and specificity it may come from answers that are more or less wrong, as long as
words of either kind are found as often. With the mean error it must be a sample of the very answers
that are asked about; it then holds whatever the detector is worth.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from glotlift.evaluation.judges import Estimate, people_mean, true_share
from glotlift.evaluation.quantiles import normal_quantile
from glotlift.evaluation.ratios import Floats, ratio_rows
from glotlift.runs.errors import GlotliftError

PER = 100  # words
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Detected:
    """Words of each answer, and those of them that a detector flags, [n]."""

    words: Floats
    flagged: Floats


@dataclass(frozen=True)
class Checked(Detected):
    """Answers with labels: also their wrong words, and those wrong words that are flagged, [n]."""

    wrong: Floats
    hits: Floats


def detected(flags: Sequence[ArrayLike]) -> Detected:
    """Return the counts of answers from a detector's flag for every word of each.

    Raises GL-EVALUATION-076 where there are fewer than two answers, or no words.
    """
    words, flagged = counted(flags), counted(flags, flags)
    if len(words) < 2 or not words.sum():
        raise GlotliftError(
            "GL-EVALUATION-076",
            f"{len(words)} answers of {words.sum():.0f} words have no rate",
            fix="give two answers or more, with words in them",
        )
    return Detected(words, flagged)


def checked(flags: Sequence[ArrayLike], labels: Sequence[ArrayLike]) -> Checked:
    """Return the counts of answers whose every word has a flag and a label.

    Raises GL-EVALUATION-077 where these are not of the same words, and what `detected` raises.
    """
    if list(map(np.size, flags)) != list(map(np.size, labels)):
        raise GlotliftError(
            "GL-EVALUATION-077",
            "flags and labels do not stand for the same words",
            fix="give one flag and one label for every word of each answer",
        )
    found = detected(flags)
    return Checked(found.words, found.flagged, counted(labels, labels), counted(flags, labels))


def counted(*marks: Sequence[ArrayLike]) -> Floats:
    """Return per answer the words that bear all marks; of one alone, all words."""
    if len(marks) == 1:
        return np.array([np.size(row) for row in marks[0]], np.float64)
    both = zip(*marks, strict=True)
    return np.array([np.logical_and(*map(np.asarray, pair)).sum() for pair in both], np.float64)


def flagged_rate(found: Detected, known: Checked) -> Estimate:
    """Return the share of words that the detector flags, as it is; `known` is not looked at."""
    return estimate(ratio_rows(found.flagged, found.words))


def labelled_rate(found: Detected, known: Checked) -> Estimate:
    """Return the share of wrong words in the labelled answers; the detector is not asked."""
    return estimate(ratio_rows(known.wrong, known.words))


def precision_recall_rate(found: Detected, known: Checked) -> Estimate:
    """Return the flagged share times precision over recall (Ul Islam et al. 2025, section 3).

    Precision over recall is the wrong words over the flagged ones of the labelled answers, so the
    detector's share is scaled as these say. It is right where the answers are as wrong as the
    labelled ones; where they are less wrong, precision falls and the rate comes out too high.
    Raises GL-EVALUATION-078 for a detector that flags none of the labelled words.
    """
    refuse(known.flagged.sum(), "flagged")
    share = ratio_rows(found.flagged, found.words)
    factor = ratio_rows(known.wrong, known.flagged)
    return estimate(share * factor.mean(), share.mean() * factor)


def rogan_gladen_rate(found: Detected, known: Checked) -> Estimate:
    """Return the share of wrong words by sensitivity and specificity (Rogan and Gladen 1978).

    Raises GL-EVALUATION-078 where no labelled word is wrong or none is right, and
    GL-EVALUATION-042 for a detector no better than chance.
    """
    clean = known.words - known.wrong
    refuse(known.wrong.sum(), "wrong")
    refuse(clean.sum(), "right")
    sensitivity = ratio_rows(known.hits, known.wrong)
    specificity = ratio_rows(clean - known.flagged + known.hits, clean)
    share = ratio_rows(found.flagged, found.words)
    gain = float(sensitivity.mean() + specificity.mean() - 1)
    rate = true_share(*(float(rows.mean()) for rows in (share, sensitivity, specificity)))
    pull = (1 - rate) * specificity - rate * sensitivity
    return estimate(rate + (share - share.mean()) / gain, pull / gain, rate)


def corrected_rate(found: Detected, known: Checked) -> Estimate:
    """Return the flagged share less the detector's mean error (`judges.people_mean`, of ratios).

    `known` must be drawn from the same answers as `found`. With as many words in every answer this
    is `people_mean` of the shares of words.
    """
    return within(
        people_mean(
            ratio_rows(found.flagged, found.words),
            ratio_rows(known.flagged, known.words),
            ratio_rows(known.wrong, known.words),
        )
    )


def estimate(rows: Floats, more: Floats | None = None, mean: float | None = None) -> Estimate:
    """Return a mean with its interval, from its influence in one sample or in two, [n] and [m]."""
    centre = float(rows.mean()) if mean is None else mean
    parts = [rows] if more is None else [rows, more]
    variance = sum(float(part.var(ddof=1)) / len(part) for part in parts)
    half = normal_quantile(CONFIDENCE) * float(np.sqrt(variance))
    return within(Estimate(centre, centre - half, centre + half))


def within(found: Estimate) -> Estimate:
    """Return an estimate of a share, cut to 0 and 1."""
    return Estimate(*(float(np.clip(figure, 0, 1)) for figure in found))


def refuse(total: float, kind: str) -> None:
    """Raise GL-EVALUATION-078 where no labelled word is of a kind."""
    if not total:
        raise GlotliftError(
            "GL-EVALUATION-078",
            f"no labelled word is {kind}",
            fix="label more answers, or answers of which more is wrong",
        )


Estimator = Callable[[Detected, Checked], Estimate]


class Rate(NamedTuple):
    """What is wrong in the answers of a language.

    `flagged` and `rate` are words per hundred, as the detector says and corrected; `length` is the
    words of an answer at the mean, and `wrong` those of them that are wrong.
    """

    language: str
    answers: int
    length: float
    flagged: float
    rate: Estimate
    wrong: float


def language_rates(
    found: Mapping[str, Detected], known: Mapping[str, Checked], by: Estimator
) -> list[Rate]:
    """Return the rate of each language, estimated from its own labelled answers.

    The rate per hundred words is that of the paper, and says nothing of length; `wrong` grows with
    it. Raises GL-EVALUATION-079 for a language without labels, and what `by` raises.
    """
    without = [code for code in found if code not in known]
    if without:
        raise GlotliftError(
            "GL-EVALUATION-079",
            f"no answer in {without[0]} is labelled",
            fix="label some, or leave the language out: a detector errs differently in each",
        )
    rates = []
    for code, answers in found.items():
        share, length = by(answers, known[code]), float(answers.words.mean())
        raw = answers.flagged.sum() / answers.words.sum()
        scaled = Estimate(*(PER * figure for figure in share))
        rates.append(
            Rate(code, len(answers.words), length, float(PER * raw), scaled, share.mean * length)
        )
    return rates
