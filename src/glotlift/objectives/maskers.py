"""Which positions of a text are hidden: maskers for masked language modelling.

A masker is a pure function of ids, of what is known about each token, and of a generator. All of
them count their budget in pieces: the share of pieces that they hide is the share asked for, in
expectation, wherever there are enough pieces that they may hide. What may not be hidden (special
tokens) never is, and padding is not shown to them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from glotlift.objectives.word_columns import ENTITIES, NAME, NAMED, TAGS, WORDS, tag_number
from glotlift.runs.errors import GlotliftError

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
NOUNS_VERBS_NAMES = ("NOUN", "VERB", "PROPN", NAME)


class Masker(Protocol):
    """Chooses what is hidden. `columns` names the features of tokens that it asks for."""

    columns: tuple[str, ...]

    def __call__(
        self,
        ids: Integers,
        beside: Integers,
        allowed: Flags,
        fraction: float,
        rng: np.random.Generator,
    ) -> Flags:
        """Return [n] which positions are hidden, among those `allowed` [n].

        `ids` is [n], `beside` [n, columns], and `fraction` the share of allowed tokens to hide.
        """
        ...


class Selective(Masker, Protocol):
    """A masker that never hides some of the tokens, and can say which."""

    def reach(self, beside: Integers, allowed: Flags) -> Flags:
        """Return [n] which positions it could hide."""
        ...


@dataclass(frozen=True)
class RandomTokens:
    """Each token is hidden by itself with the same probability (Devlin et al. 2019, 3.1)."""

    columns: tuple[str, ...] = ()

    def __call__(
        self,
        ids: Integers,
        beside: Integers,
        allowed: Flags,
        fraction: float,
        rng: np.random.Generator,
    ) -> Flags:
        """Return [n] which positions are hidden."""
        return allowed & (rng.random(len(ids)) < fraction)


@dataclass(frozen=True)
class WholeWords:
    """Words are hidden with all their pieces, or with one piece each.

    Whole words as in the second release of BERT (github.com/google-research/bert, 2019), but drawn
    independently of each other, so that any share is met exactly in expectation. One piece of a
    word is what entity masking hides of its entities, without regard to what the word is.
    """

    pieces: Literal["all", "one"] = "all"
    columns: tuple[str, ...] = (WORDS,)

    def __call__(
        self,
        ids: Integers,
        beside: Integers,
        allowed: Flags,
        fraction: float,
        rng: np.random.Generator,
    ) -> Flags:
        """Return [n] which positions are hidden."""
        runs = Runs.of(beside[:, 0], allowed)
        return runs.hide(fraction * len(runs.places), self.pieces, rng)


@dataclass(frozen=True)
class Spans:
    """Runs of whole words are hidden (Joshi et al. 2020, "SpanBERT", section 3.1).

    Lengths are geometric with parameter `stop`, in words, and lengths above `longest` are drawn
    anew; spans begin anywhere and keep to their document. They are laid until the budget is spent;
    the word that would overrun it is hidden with the probability that keeps the share exact.
    """

    stop: float = 0.2
    longest: int = 10
    columns: tuple[str, ...] = (WORDS,)

    def __call__(
        self,
        ids: Integers,
        beside: Integers,
        allowed: Flags,
        fraction: float,
        rng: np.random.Generator,
    ) -> Flags:
        """Return [n] which positions are hidden."""
        runs = Runs.of(beside[:, 0], allowed)
        words = len(runs.sizes)
        if not words:
            return np.zeros_like(allowed)
        order = self.visited(runs, 1 + int(fraction * words), rng)
        spent = np.cumsum(runs.sizes[order]) - runs.sizes[order]
        left = fraction * len(runs.places) - spent
        chosen = np.zeros(words, dtype=bool)
        chosen[order] = left > rng.random() * runs.sizes[order]
        return runs.covered(chosen)

    def visited(self, runs: "Runs", spans: int, rng: np.random.Generator) -> Integers:
        """Return every word once: those of the spans first, as they are laid, then the others."""
        words = len(runs.sizes)
        chances = self.stop * (1 - self.stop) ** np.arange(self.longest)
        bounds = np.cumsum(chances / chances.sum())
        lengths = 1 + np.searchsorted(bounds[:-1], rng.random(spans), side="right")
        begins = rng.integers(words, size=spans)
        reached = begins[:, None] + np.arange(self.longest)
        inside = (np.arange(self.longest) < lengths[:, None]) & (reached < words)
        document = runs.documents()
        inside &= document[np.minimum(reached, words - 1)] == document[begins][:, None]
        laid = np.concatenate([reached[inside], rng.permutation(words)])
        _, first = np.unique(laid, return_index=True)
        return laid[np.sort(first)]


@dataclass(frozen=True)
class LinguisticEntities:
    """Nouns, verbs and names are hidden, one piece of each (Fernando and Ranathunga 2025).

    "Linguistic Entity Masking to Improve Cross-Lingual Representation of Multilingual Language
    Models for Low-Resource Languages": the masked positions lie only in such words, and of each
    only one piece is masked. Words that make up one name are one entity. `kinds` are Universal
    Dependencies' parts of speech, and NAME for what a recogniser of names found.

    `share_of` says of which pieces the share is taken: of the ``text``, so that as many are hidden
    as by other maskers as long as there are entities enough, or of the ``entities``, as published.
    `pieces` = ``all`` hides whole entities, the publication's control.
    """

    kinds: tuple[str, ...] = NOUNS_VERBS_NAMES
    pieces: Literal["all", "one"] = "one"
    share_of: Literal["text", "entities"] = "text"
    columns: tuple[str, ...] = (ENTITIES, TAGS)
    wanted: Flags = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises GL-OBJECTIVE-021 for a kind that is no part of speech."""
        wanted = np.zeros(2 * NAMED + 1, dtype=bool)  # the last is the -1 of special tokens
        for kind in self.kinds:
            number = tag_number(kind)
            wanted[slice(NAMED, -1) if kind == NAME else [number, number + NAMED]] = True
        object.__setattr__(self, "wanted", wanted)

    def reach(self, beside: Integers, allowed: Flags) -> Flags:
        """Return [n] which positions belong to an entity."""
        reached: Flags = allowed & self.wanted[beside[:, 1]]
        return reached

    def __call__(
        self,
        ids: Integers,
        beside: Integers,
        allowed: Flags,
        fraction: float,
        rng: np.random.Generator,
    ) -> Flags:
        """Return [n] which positions are hidden."""
        inside = self.reach(beside, allowed)
        runs = Runs.of(beside[:, 0], inside)
        counted = allowed if self.share_of == "text" else inside
        return runs.hide(fraction * int(counted.sum()), self.pieces, rng)


@dataclass(frozen=True)
class Inverse:
    """Everything else: what `of` can never hide, chosen among by `masker`, in equal number."""

    of: Selective
    masker: Masker = RandomTokens()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the features that both maskers ask for."""
        return tuple(dict.fromkeys((*self.of.columns, *self.masker.columns)))

    def __call__(
        self,
        ids: Integers,
        beside: Integers,
        allowed: Flags,
        fraction: float,
        rng: np.random.Generator,
    ) -> Flags:
        """Return [n] which positions are hidden."""
        rest = allowed & ~self.of.reach(self.asked(beside, self.of), allowed)
        share = min(1.0, fraction * int(allowed.sum()) / max(1, int(rest.sum())))
        return self.masker(ids, self.asked(beside, self.masker), rest, share, rng)

    def asked(self, beside: Integers, masker: Masker) -> Integers:
        """Return the columns of `beside` that one of the two asks for, in its order."""
        return beside[:, [self.columns.index(name) for name in masker.columns]]


@dataclass(frozen=True)
class Runs:
    """Words as runs of the `places` [m] that may be hidden: where each starts, and its size."""

    places: Integers
    starts: Integers
    sizes: Integers
    length: int

    @classmethod
    def of(cls, words: Integers, allowed: Flags) -> "Runs":
        """Return the runs of neighbouring allowed places with one word's number."""
        places = np.flatnonzero(allowed)
        mine = words[places]
        begins = np.empty(len(places), dtype=bool)
        begins[:1] = True
        np.not_equal(mine[1:], mine[:-1], out=begins[1:])
        starts = np.flatnonzero(begins)
        return cls(places, starts, np.diff(starts, append=len(places)), len(words))

    def hide(self, budget: float, pieces: Literal["all", "one"], rng: np.random.Generator) -> Flags:
        """Return [length] what is hidden when `budget` pieces are, in expectation."""
        each = len(self.places) if pieces == "all" else len(self.starts)
        chosen = rng.random(len(self.starts)) < budget / max(1, each)
        if pieces == "all":
            return self.covered(chosen)
        drawn = (rng.random(len(self.starts)) * self.sizes).astype(np.int64)
        hidden = np.zeros(self.length, dtype=bool)
        hidden[self.places[(self.starts + drawn)[chosen]]] = True
        return hidden

    def covered(self, chosen: Flags) -> Flags:
        """Return [length] the places of the chosen words."""
        hidden = np.zeros(self.length, dtype=bool)
        hidden[self.places] = np.repeat(chosen, self.sizes)
        return hidden

    def documents(self) -> Integers:
        """Return [words] a number that grows at every special token between two words."""
        gaps = self.places[self.starts[1:]] != self.places[self.starts[1:] - 1] + 1
        return np.concatenate([[0], np.cumsum(gaps)])


MASKERS: Mapping[str, Callable[..., Masker]] = {
    "random": RandomTokens,
    "whole-words": WholeWords,
    "one-piece-of-words": partial(WholeWords, pieces="one"),
    "spans": Spans,
    "entities": LinguisticEntities,
    "whole-entities": partial(LinguisticEntities, pieces="all"),
    "all-but-entities": partial(Inverse, LinguisticEntities()),
}


def masker_named(name: str) -> Masker:
    """Return the masker of that name. Raises GL-OBJECTIVE-020 for an unknown one."""
    if name not in MASKERS:
        raise GlotliftError(
            "GL-OBJECTIVE-020",
            f"unknown masker {name!r}",
            place="masker",
            fix=f"choose one of {', '.join(MASKERS)}",
        )
    return MASKERS[name]()
