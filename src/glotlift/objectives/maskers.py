"""Which positions of a text are hidden: maskers for masked language modelling.

A masker is a pure function of ids, of what is known about each token, and of what is drawn. It
works on many blocks at once and treats each as if it were alone. All count their budget in pieces:
the share of a block's pieces that they hide is the share asked for, in expectation, wherever there
are enough pieces that they may hide. What may not be hidden (special tokens, padding) never is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from glotlift.objectives.draws import Draws
from glotlift.objectives.word_columns import ENTITIES, NAME, NAMED, TAGS, WORDS, tag_number
from glotlift.runs.errors import GlotliftError

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Share = float | NDArray[np.float64]
NOUNS_VERBS_NAMES = ("NOUN", "VERB", "PROPN", NAME)


class Masker(Protocol):
    """Chooses what is hidden."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the features of tokens that it asks for."""
        ...

    def __call__(
        self,
        ids: Integers,
        beside: Integers,
        allowed: Flags,
        fraction: Share,
        draws: Draws,
    ) -> Flags:
        """Return [blocks, n] which positions are hidden, among those `allowed` [blocks, n].

        `ids` is [blocks, n], `beside` [blocks, n, columns], and `fraction` the share of each
        block's allowed tokens to hide: a number, or [blocks, 1].
        """
        ...


class Selective(Masker, Protocol):
    """A masker that never hides some of the tokens, and can say which."""

    def reach(self, beside: Integers, allowed: Flags) -> Flags:
        """Return [blocks, n] which positions it could hide."""
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
        fraction: Share,
        draws: Draws,
    ) -> Flags:
        """Return [blocks, n] which positions are hidden."""
        return allowed & (draws.random() < fraction)


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
        fraction: Share,
        draws: Draws,
    ) -> Flags:
        """Return [blocks, n] which positions are hidden."""
        runs = Runs.of(beside[..., 0], allowed)
        return runs.hide(fraction * counts(allowed), self.pieces, draws)


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
        fraction: Share,
        draws: Draws,
    ) -> Flags:
        """Return [blocks, n] which positions are hidden."""
        runs = Runs.of(beside[..., 0], allowed)
        visits = self.visits(runs, fraction, draws)
        order = np.lexsort((visits, runs.blocks))
        before = np.cumsum(runs.sizes[order]) - runs.sizes[order]
        first = np.searchsorted(runs.blocks, np.arange(len(ids)))  # word of each block
        spent = before - np.append(before, 0)[first][runs.blocks]
        left = (fraction * counts(allowed))[runs.blocks, 0] - spent
        chosen = np.zeros(len(order), dtype=bool)
        chosen[order] = left > runs.drawn(draws)[order] * runs.sizes[order]
        return runs.covered(chosen)

    def visits(self, runs: "Runs", fraction: Share, draws: Draws) -> NDArray[np.float64]:
        """Return when each word is visited: the spans' first, as they are laid, then the others.

        A block of w words has ``1 + fraction x w`` spans, more than its budget takes. What they
        need is drawn at its first words.
        """
        places, begins, visits = (runs.drawn(draws) for _ in range(3))
        words = len(runs.sizes)
        in_block = np.bincount(runs.blocks, minlength=runs.shape[0])
        ends = np.cumsum(in_block)
        number = np.arange(words) - (ends - in_block)[runs.blocks]
        most = 1 + np.broadcast_to(fraction, (len(in_block), 1))[:, 0] * in_block
        spans = np.flatnonzero(number < most[runs.blocks])
        block = runs.blocks[spans]
        begin = (ends - in_block)[block] + (begins[spans] * in_block[block]).astype(np.int64)
        chances = self.stop * (1 - self.stop) ** np.arange(self.longest)
        bounds = np.cumsum(chances / chances.sum())[:-1]
        steps = np.arange(self.longest)
        inside = steps <= np.searchsorted(bounds, places[spans], side="right")[:, None]
        reached = begin[:, None] + steps
        document = np.append(runs.documents(), -1)
        inside &= document[np.minimum(reached, words)] == document[begin][:, None]
        when = (number[spans][:, None] + steps / self.longest)[inside]
        visits += words + 1
        visits[reached[inside][::-1]] = when[::-1]  # of several visits the first one stays
        return visits


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
        """Return [blocks, n] which positions belong to an entity."""
        reached: Flags = allowed & self.wanted[beside[..., 1]]
        return reached

    def __call__(
        self,
        ids: Integers,
        beside: Integers,
        allowed: Flags,
        fraction: Share,
        draws: Draws,
    ) -> Flags:
        """Return [blocks, n] which positions are hidden."""
        inside = self.reach(beside, allowed)
        runs = Runs.of(beside[..., 0], inside)
        counted = allowed if self.share_of == "text" else inside
        return runs.hide(fraction * counts(counted), self.pieces, draws)


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
        fraction: Share,
        draws: Draws,
    ) -> Flags:
        """Return [blocks, n] which positions are hidden."""
        rest = allowed & ~self.of.reach(self.asked(beside, self.of), allowed)
        share = fraction * counts(allowed) / np.maximum(counts(rest), 1)
        return self.masker(ids, self.asked(beside, self.masker), rest, share, draws)

    def asked(self, beside: Integers, masker: Masker) -> Integers:
        """Return the columns of `beside` that one of the two asks for, in its order."""
        return beside[..., [self.columns.index(name) for name in masker.columns]]


@dataclass(frozen=True)
class Runs:
    """Words as runs of the `places` [m] that may be hidden, block by block.

    Places count through blocks of `shape` [blocks, n]. `starts` [words] says at which of the places
    a word begins, `sizes` how many it has, and `blocks` in which block it is.
    """

    places: Integers
    starts: Integers
    sizes: Integers
    blocks: Integers
    shape: tuple[int, ...]

    @classmethod
    def of(cls, words: Integers, allowed: Flags) -> "Runs":
        """Return the runs of allowed places between which the word's number does not change."""
        fresh = np.ones(words.shape, dtype=bool)
        np.not_equal(words[:, 1:], words[:, :-1], out=fresh[:, 1:])
        places = np.flatnonzero(allowed)
        run = np.cumsum(fresh.ravel())[places]
        begins = np.ones(len(places), dtype=bool)
        np.not_equal(run[1:], run[:-1], out=begins[1:])
        starts = np.flatnonzero(begins)
        sizes = np.diff(starts, append=len(places))
        return cls(places, starts, sizes, places[starts] // words.shape[1], words.shape)

    def drawn(self, draws: Draws) -> NDArray[np.float64]:
        """Return [words] a number between 0 and 1 for each word: that of its first place."""
        return draws.random().ravel()[self.places[self.starts]]

    def hide(
        self, budgets: NDArray[np.float64], pieces: Literal["all", "one"], draws: Draws
    ) -> Flags:
        """Return [blocks, n] what is hidden when `budgets` [blocks, 1] pieces are, on average."""
        spent = self.sizes if pieces == "all" else np.ones_like(self.sizes)
        most = np.bincount(self.blocks, weights=spent, minlength=self.shape[0])
        chances = budgets[:, 0] / np.maximum(most, 1)
        chosen = self.drawn(draws) < chances[self.blocks]
        if pieces == "all":
            return self.covered(chosen)
        within = (self.drawn(draws) * self.sizes).astype(np.int64)
        hidden = np.zeros(self.shape, dtype=bool)
        hidden.ravel()[self.places[(self.starts + within)[chosen]]] = True
        return hidden

    def covered(self, chosen: Flags) -> Flags:
        """Return [blocks, n] the places of the chosen words."""
        hidden = np.zeros(self.shape, dtype=bool)
        hidden.ravel()[self.places] = np.repeat(chosen, self.sizes)
        return hidden

    def documents(self) -> Integers:
        """Return [words] a number that grows at each block, and at what lies between two words."""
        ends = self.places[self.starts + self.sizes - 1]
        gaps = self.places[self.starts[1:]] != ends[:-1] + 1
        gaps |= self.blocks[1:] != self.blocks[:-1]
        return np.concatenate([[0], np.cumsum(gaps)])[: len(self.starts)]


def counts(flags: Flags) -> NDArray[np.float64]:
    """Return [blocks, 1] how many are set in each block."""
    found: NDArray[np.float64] = flags.sum(axis=1, keepdims=True, dtype=np.float64)
    return found


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
