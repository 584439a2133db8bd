"""What a written reply to a question of choice says, and how far a figure rests on how it is read.

Where a model can only be asked for text, as most served ones, an answer must be found in what it
writes. How is a policy, and moves figures more than many a model does: a reply that names no label
may be wrong, may be left out, or may be read again more kindly. So a reply's label, what kind of
reply it is and the accuracy under three policies stand side by side (Lai et al. 2023,
arXiv:2304.05613, and Bang et al. 2023, arXiv:2302.04023, judged replies by hand).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.ratios import ratio_rows
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

Outcome = Literal["exact", "one", "several", "refusal", "none", "empty"]
OUTCOMES: tuple[Outcome, ...] = ("exact", "one", "several", "refusal", "none", "empty")
"""Kinds of replies: a label alone; one label among other words; more than one; no label, with an
excuse in English; no label; no text."""
Spellings = Mapping[str, Sequence[str]]  # label -> the ways in which it may be written
EXCUSE = re.compile(
    r"\b(sorry|apologi[sz]e|cannot|can['’]t|could ?n['’]t|unable|please (provide|clarify)"
    r"|could you|as an ai)\b"
)
EDGES = " \t\r\n.,:;!?\"'`*()[]{}<>«»“”„‘’。、，：！？।।།።؟"


@dataclass(frozen=True)
class Reply:
    """What a reply says: its kind, and the labels that it names, the first mentioned first."""

    outcome: Outcome
    named: tuple[str, ...]

    @property
    def label(self) -> str | None:
        """The label that the reply names and no other; None where it names none or several."""
        return self.named[0] if self.outcome in ("exact", "one") else None

    @property
    def first(self) -> str | None:
        """The label that it names first; None where it names none."""
        return self.named[0] if self.named else None


@dataclass(frozen=True)
class Accuracies:
    """The accuracy of replies under three policies, [n] rows each, whose means are the figures.

    `raw`: a reply that does not name one label is wrong. `answered`: such replies are left out (the
    rows are those of a ratio and may lie outside [0, 1]). `first`: the label named first counts.
    `parsed` is 1 where one label is named.
    """

    raw: NDArray[np.float64]
    answered: NDArray[np.float64]
    first: NDArray[np.float64]
    parsed: NDArray[np.float64]


def read_reply(text: str, spellings: Spellings, code: str, *, place: str = "") -> Reply:
    """Return what a reply in a language, or in English, says; `place` tells errors of which row.

    A label is named where one of its spellings stands as a whole word, in capitals or not; in a
    language written without spaces, or for a spelling in such letters, anywhere. Where spellings
    overlap the longest counts. Inflected forms are not found unless they are given, nor is a
    denial told from a mention. Raises GL-EVALUATION-122 (two labels share a spelling, or one has
    none).
    """
    forms = checked(spellings, place)
    said = text.casefold().strip(EDGES)
    if not said:
        return Reply("empty", ())
    if said in forms:
        return Reply("exact", (forms[said],))
    spaced = language(code).spaced
    found = pattern(tuple(forms), spaced).finditer(said)
    named = tuple(dict.fromkeys(forms[match[0]] for match in found))
    if named:
        return Reply("one" if len(named) == 1 else "several", named)
    return Reply("refusal" if EXCUSE.search(said) else "none", ())


def checked(spellings: Spellings, place: str) -> dict[str, str]:
    """Return the label of each spelling in lower case; raises GL-EVALUATION-122."""
    found: dict[str, str] = {}
    for label, forms in spellings.items():
        told = {form.casefold().strip(EDGES) for form in forms} - {""}
        shared = [form for form in sorted(told) if found.get(form, label) != label]
        if shared or not told:
            cause = f"shares {shared[0]!r} with {found[shared[0]]!r}" if shared else "has none"
            raise GlotliftError(
                "GL-EVALUATION-122",
                f"the spellings of label {label!r} do not tell it apart: it {cause}",
                place=place,
                fix="give each label one spelling or more of its own, or leave the row out",
            )
        found |= dict.fromkeys(told, label)
    return found


@lru_cache(maxsize=256)
def pattern(forms: tuple[str, ...], spaced: bool) -> re.Pattern[str]:
    """Return what finds the longest spellings first."""

    def whole(form: str) -> str:
        alone = spaced or form.isascii()
        before = r"(?<!\w)" if alone and form[0].isalnum() else ""
        after = r"(?!\w)" if alone and form[-1].isalnum() else ""
        return f"{before}{re.escape(form)}{after}"

    return re.compile("|".join(whole(form) for form in sorted(forms, key=len, reverse=True)))


def accuracies(replies: Sequence[Reply], right: Sequence[str]) -> Accuracies:
    """Return the accuracy of replies under the three policies.

    Where no reply names one label, `answered` has no meaning and is NaN. Raises GL-EVALUATION-123
    where replies and right labels do not pair.
    """
    if len(replies) != len(right) or not replies:
        raise GlotliftError(
            "GL-EVALUATION-123",
            f"{len(replies)} replies and {len(right)} right labels do not pair",
            fix="give one label for each reply, and one reply or more",
        )
    pairs = list(zip(replies, right, strict=True))
    raw = np.array([float(reply.label == label) for reply, label in pairs])
    parsed = np.array([float(reply.label is not None) for reply in replies])
    answered = ratio_rows(raw, parsed) if parsed.any() else np.full(len(raw), np.nan)
    first = np.array([float(reply.first == label) for reply, label in pairs])
    return Accuracies(raw, answered, first, parsed)


def outcome_shares(replies: Sequence[Reply]) -> dict[str, float]:
    """Return the share of each kind of reply."""
    found = [reply.outcome for reply in replies]
    return {outcome: found.count(outcome) / max(1, len(found)) for outcome in OUTCOMES}
