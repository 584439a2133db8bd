"""Pairs that are no translations are found and named: one reason each.

What depends on the two languages is learnt from the pairs themselves: how long a translation is,
and how much likelier a pair is than one drawn by chance.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from glotlift.corpus.pairing.copies import copied_share, folded, letter_share, numbers_agree
from glotlift.corpus.pairing.lengths import LengthModel, fit_lengths, measure_lengths
from glotlift.corpus.pairing.lexicon import Lexicon
from glotlift.corpus.pairing.likeness import (
    Bound,
    Likeness,
    learn_bound,
    token_likeness,
    vector_likeness,
)
from glotlift.runs.config import Config
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from glotlift.languages.identification import Identifier
    from glotlift.runs.protocols import Encoder

Array = NDArray[np.float64]
LEAST_LETTERS = 20  # a language is not told from fewer


class PairFilter(Config):
    """Which pairs are left out. None switches a filter off."""

    copied: float | None = Field(default=0.8, gt=0, le=1)
    """Share of the target's words, by letters, that stand in the source: untranslated from here."""
    letters: float | None = Field(default=0.5, ge=0, le=1)
    """Least share of letters and digits among the characters of either side."""
    numbers: bool = True
    """Whether numbers of two digits or more have to be the same."""
    length_deviations: float | None = Field(default=5.0, gt=0)
    """Standard deviations that a length may be off, by the normal model learnt from all pairs."""
    confidence: float | None = Field(default=0.7, ge=0, le=1)
    """From here on an identifier's other language counts; needs an identifier."""
    chance: float | None = Field(default=0.05, gt=0, lt=1)
    """Share of pairs drawn by chance that the bound on likeness lets through."""
    duplicates: bool = True
    """Whether a pair that stood earlier is left out."""


@dataclass(frozen=True)
class Filtered:
    """A reason per pair ("" for one that stays), and what was learnt of all."""

    reasons: list[str]
    lengths: LengthModel
    bound: Bound | None
    likeness: Array | None = field(default=None)
    """How like both sides are, in [-1, 1] [n]; None without a lexicon or an encoder."""


def filter_pairs(
    source: Sequence[str],
    target: Sequence[str],
    *,
    languages: tuple[str, str] | None = None,
    settings: PairFilter | None = None,
    identifier: "Identifier | None" = None,
    lexicon: Lexicon | None = None,
    encoder: "Encoder | None" = None,
) -> Filtered:
    """Return why each pair is left out; the first of several reasons counts.

    ``languages`` are the codes that an identifier has to find. Raises GL-CORPUS-067 (an encoder's
    vectors do not fit), -071 (sides of different lengths) and -072 (an identifier, no languages).
    """
    check(source, target, languages, identifier)
    chosen = settings or PairFilter()
    reasons = [judge_pair(s, t, chosen) for s, t in zip(source, target, strict=True)]
    sizes = measure_lengths(source), measure_lengths(target)
    sound = np.array([not reason for reason in reasons], bool)
    model = fit_lengths(sizes[0][sound], sizes[1][sound])
    if chosen.length_deviations is not None:
        far = np.abs(model.deviations(*sizes)) > chosen.length_deviations
        enter(reasons, far, "lengths do not fit")
    if identifier is not None and languages is not None and chosen.confidence is not None:
        for texts, code, side in zip(
            (source, target), languages, ("source", "target"), strict=True
        ):
            enter_languages(reasons, texts, code, side, identifier, chosen.confidence)
    likeness = compare(source, target, lexicon, encoder)
    bound = None
    if likeness is not None and chosen.chance is not None:
        bound = learn_bound(likeness, [not reason for reason in reasons], chosen.chance)
        if bound.used:
            enter(reasons, likeness.real < bound.value, "unlike in meaning")
    if chosen.duplicates:
        enter_duplicates(reasons, source, target)
    return Filtered(reasons, model, bound, None if likeness is None else likeness.real)


def check(
    source: Sequence[str],
    target: Sequence[str],
    languages: tuple[str, str] | None,
    identifier: "Identifier | None",
) -> None:
    """Refuse sides that do not fit, and an identifier that does not know what to look for."""
    if len(source) != len(target):
        cause = f"{len(source)} source and {len(target)} target sentences are no pairs"
        raise GlotliftError("GL-CORPUS-071", cause, fix="give as many of one as of the other")
    if identifier is not None and languages is None:
        cause = "an identifier needs to know which languages to look for"
        raise GlotliftError("GL-CORPUS-072", cause, fix="set languages=('eng_Latn', 'zul_Latn')")


def judge_pair(source: str, target: str, settings: PairFilter) -> str:
    """Return the reason that a pair shows by itself, or ""."""
    if not source.strip() or not target.strip():
        return "empty side"
    if settings.copied is not None and is_copy(source, target, settings.copied):
        return "untranslated"
    if settings.letters and min(map(letter_share, (source, target))) < settings.letters:
        return "mostly symbols"
    if settings.numbers and not numbers_agree(source, target):
        return "numbers disagree"
    return ""


def is_copy(source: str, target: str, share: float) -> bool:
    """Tell whether the target is the source, or made of its words for the most part."""
    return folded(source) == folded(target) or copied_share(source, target) >= share


def enter(reasons: list[str], marked: NDArray[np.bool_], reason: str) -> None:
    """Enter a reason for the marked pairs that have none yet."""
    for index in np.flatnonzero(marked):
        reasons[index] = reasons[index] or reason


def enter_languages(
    reasons: list[str],
    texts: Sequence[str],
    code: str,
    side: str,
    identifier: "Identifier",
    confidence: float,
) -> None:
    """Enter pairs whose one side is surely in another language."""
    open_ = [k for k, reason in enumerate(reasons) if not reason]
    asked = [k for k in open_ if sum(map(str.isalpha, texts[k])) >= LEAST_LETTERS]
    if code not in identifier.languages:
        return
    for k, guess in zip(asked, identifier.identify([texts[k] for k in asked]), strict=True):
        if guess.language not in (code, "und") and guess.confidence >= confidence:
            reasons[k] = f"{side} in another language"


def compare(
    source: Sequence[str],
    target: Sequence[str],
    lexicon: Lexicon | None,
    encoder: "Encoder | None",
) -> Likeness | None:
    """Return how like both sides are by the encoder, else by the lexicon, else None."""
    if encoder is not None:
        return vector_likeness(source, target, encoder)
    return token_likeness(source, target, lexicon) if lexicon else None


def enter_duplicates(reasons: list[str], source: Sequence[str], target: Sequence[str]) -> None:
    """Enter pairs whose both sides stood together before, but for case, spaces and marks."""
    seen: set[bytes] = set()
    for k, (said, heard) in enumerate(zip(source, target, strict=True)):
        if reasons[k]:
            continue
        key = f"{folded(said)}\0{folded(heard)}".encode()
        digest = hashlib.blake2b(key, digest_size=16).digest()
        if digest in seen:
            reasons[k] = "duplicate pair"
        seen.add(digest)
