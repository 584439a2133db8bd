"""Span corruption, and mixtures of denoisers with mode tokens (UL2, UL2R).

UL2 (Tay et al. 2022, "Unifying Language Learning Paradigms", arXiv:2205.05131, table 1) mixes
regular span corruption (R), extreme span corruption (X: long spans, or half of the text) and
sequential denoising (S: a text is continued). UL2R (Tay et al. 2022, "Transcending Scaling Laws
with 0.1% Extra Compute", arXiv:2210.11399, section 3) trains a finished decoder a little further
on half S, a quarter R and a quarter X. The figures of table 1 and of UL2R's spans were checked in
a third party's code (Levanter); UL2R's shares are known here from a third party's summary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.draws import generators
from glotlift.objectives.features import end_id, tokenise
from glotlift.objectives.layouts import Attention, Batch, Example, Layout, joined, layout_for
from glotlift.objectives.packing import Ids
from glotlift.objectives.spans import DENSITY, MEAN, Mask, hide_all, random_spans
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.denoising_tokens import EXTREME, REGULAR, SEQUENTIAL, sentinel
from glotlift.vocabulary.segmentation import vocabulary_of

SALT = 0x554C32
Sentinels = NDArray[np.int64]


@dataclass(frozen=True)
class Spans:
    """Hide a share of the tokens, in spans of a mean length."""

    density: float = DENSITY
    mean: float = MEAN
    mode: str = ""
    roll: bool = True
    """Make all places equally likely; T5's published code does not, see `random_spans`."""

    def __post_init__(self) -> None:
        """Raises GL-OBJECTIVE-046."""
        if not 0 < self.density < 1 or self.mean < 1:
            raise GlotliftError(
                "GL-OBJECTIVE-046",
                f"spans of {self.mean:g} tokens over {self.density:g} of a text cannot be hidden",
                place="objective.settings",
                fix="give a density between 0 and 1, and a mean length of 1 or more",
            )

    def mask(self, length: int, most: int, rng: np.random.Generator) -> Mask:
        """Return [length] which tokens are hidden, in `most` spans at the most."""
        return random_spans(length, self.density, self.mean, rng, most=most, roll=self.roll)


@dataclass(frozen=True)
class Continuation:
    """Cut the text in two at a place that is drawn uniformly: the first part is read."""

    mode: str = ""

    def __call__(self, ids: Ids, rng: np.random.Generator) -> Example:
        """Return the text before the cut, and behind it."""
        cut = int(rng.integers(1, max(len(ids), 2)))
        return Example(ids[:cut], ids[cut:], whole=False)


@dataclass(frozen=True)
class Everything:
    """Read nothing and write the text: causal language modelling."""

    mode: str = ""

    def __call__(self, ids: Ids, rng: np.random.Generator) -> Example:
        """Return nothing, and the text."""
        return Example(ids[:0], ids, whole=False)


Denoiser = Spans | Continuation | Everything
DENOISERS: Mapping[str, Denoiser] = {
    "R": Spans(0.15, 3, REGULAR),
    "R long": Spans(0.15, 8, REGULAR),
    "X half": Spans(0.5, 3, EXTREME),
    "X half, long": Spans(0.5, 8, EXTREME),
    "X half, very long": Spans(0.5, 64, EXTREME),
    "X long": Spans(0.15, 32, EXTREME),
    "X very long": Spans(0.15, 64, EXTREME),
    "S": Continuation(SEQUENTIAL),
    "causal": Everything(),
}
UL2 = ("R", "R long", "X half", "X half, long", "X half, very long", "X very long", "S")
MIXTURES: Mapping[str, Mapping[str, float]] = {
    "ul2": dict.fromkeys(UL2, 1 / len(UL2)),
    "ul2r": {"S": 0.5, "R": 0.25, "X long": 0.125, "X half": 0.125},
}


class MixtureOfDenoisers:
    """Each text meets one denoiser, drawn by its share; a mode token says which kind.

    A decoder reads with prefix attention, see `layouts`. What a text meets, and what is hidden in
    it, is a function of its block's seed and its place in the block.
    """

    overlap = 0
    columns: tuple[str, ...] = ()

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        layout: Layout,
        denoisers: Mapping[Denoiser, float],
    ) -> None:
        """Raises GL-OBJECTIVE-040 when the tokenizer lacks a sentinel or a mode token."""
        self.tokenizer, self.layout = tokenizer, layout
        self.denoisers = tuple(denoisers)
        shares = np.array(list(denoisers.values()), dtype=np.float64)
        self.limits = np.cumsum(shares / shares.sum())
        self.end = end_id(tokenizer)
        spans = any(isinstance(denoiser, Spans) for denoiser in denoisers)
        self.sentinels = sentinels_of(tokenizer) if spans else np.empty(0, dtype=np.int64)
        self.modes = {
            mode: mode_ids(tokenizer, mode) for mode in {denoiser.mode for denoiser in denoisers}
        }

    @classmethod
    def for_model(
        cls,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        *,
        mixture: str | Mapping[str, float] | None = None,
        causal: float = 0.0,
        attention: Attention = "prefix",
    ) -> Self:
        """Return the objective for a model and its tokenizer.

        `mixture` is "ul2" (what an encoder-decoder learns by default), "ul2r" (a decoder), or
        shares of `DENOISERS`; `causal` is the share of texts that are written from nothing instead.
        With `attention` "causal" a decoder reads from left to right: a control, not the method.

        Raises GL-OBJECTIVE-040, -045 (no such mixture or denoiser) and what `layout_for` raises.
        """
        layout = layout_for(model, tokenizer, attention)
        chosen = mixture or ("ul2" if model.config.is_encoder_decoder else "ul2r")
        return cls(tokenizer, layout, denoisers_of(chosen, causal))

    def packs(self, model: nn.Module) -> bool:
        """Tell whether documents may share a block."""
        return self.layout.packs(model)

    def prepare(self, rows: Dataset) -> Dataset:
        """Return features `input_ids` and `bytes`, one row per document."""
        return tokenise(self.tokenizer, rows, prefix=[], suffix=self.end)

    def collate(self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int]) -> Batch:
        """Return the batch that the layout makes of the examples; one seed per block."""
        drawn = zip(blocks, generators(seeds, SALT), strict=True)
        met = [(piece, rng) for pieces, rng in drawn for piece in pieces]
        made = iter(self.examples(met))
        return self.layout.lay_out([[next(made) for _ in pieces] for pieces in blocks])

    def example(self, piece: Ids, rng: np.random.Generator) -> Example:
        """Return what is read and written of one piece of a document."""
        return self.examples([(piece, rng)])[0]

    def examples(self, met: Sequence[tuple[Ids, np.random.Generator]]) -> list[Example]:
        """Return what is read and written of each piece, which meets a denoiser by its generator.

        A piece that holds the end of its document ends with an end token, which is never hidden.
        """
        made: list[Example] = []
        spans: list[tuple[int, str, Ids, Mask]] = []  # place, mode, text, and what is hidden in it
        for place, (piece, rng) in enumerate(met):
            ends = bool(self.end) and len(piece) > 0 and int(piece[-1]) == self.end[0]
            body = piece[:-1] if ends else piece
            found = Example(body, body, whole=False)
            if len(body):
                drawn = int(np.searchsorted(self.limits[:-1], rng.random(), "right"))
                denoiser = self.denoisers[drawn]
                if isinstance(denoiser, Spans):
                    mask = denoiser.mask(len(body), len(self.sentinels), rng)
                    spans.append((place, denoiser.mode, body, mask))
                    found = Example(body, body, whole=ends or len(body) > 1)
                else:
                    said = denoiser(body, rng)
                    source = joined(self.modes[denoiser.mode], said.source)
                    found = Example(source, said.target, ends)
            made.append(found)
        hidden = hide_all([s[2] for s in spans], [s[3] for s in spans], self.sentinels)
        for (place, mode, _, _), (source, target) in zip(spans, hidden, strict=True):
            source = joined(self.modes[mode], source) if mode else source
            made[place] = Example(source, target, made[place].whole)
        return made

    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, Batch]:
        """Return the summed cross-entropy in nats, and each written position's."""
        return self.layout.loss(model, batch)


class SpanCorruption(MixtureOfDenoisers):
    """T5's objective: 15 % of the tokens, in spans of 3, hidden behind sentinels."""

    @classmethod
    def for_model(  # type: ignore[override]
        cls,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        *,
        density: float = DENSITY,
        mean: float = MEAN,
        roll: bool = False,
        attention: Attention = "prefix",
    ) -> Self:
        """Return the objective for a model and its tokenizer.

        Raises GL-OBJECTIVE-040, -046 and what `layout_for` raises.
        """
        layout = layout_for(model, tokenizer, attention)
        return cls(tokenizer, layout, {Spans(density, mean, roll=roll): 1.0})


def denoisers_of(mixture: str | Mapping[str, float], causal: float) -> dict[Denoiser, float]:
    """Return denoisers with their shares. Raises GL-OBJECTIVE-045."""
    shares = MIXTURES.get(mixture) if isinstance(mixture, str) else mixture
    if not shares or not set(shares) <= set(DENOISERS) or not 0 <= causal <= 1:
        raise GlotliftError(
            "GL-OBJECTIVE-045",
            f"no mixture of denoisers: {mixture!r:.80}, with {causal:g} causal",
            place="objective.settings",
            fix=f"choose {' or '.join(MIXTURES)}, or give shares of {', '.join(DENOISERS)}",
        )
    scale = (1 - causal) / sum(shares.values())
    found = {DENOISERS[name]: scale * share for name, share in shares.items() if scale * share}
    if causal:
        found[Everything()] = found.get(Everything(), 0.0) + causal
    return found


def sentinels_of(tokenizer: PreTrainedTokenizerFast) -> Sentinels:
    """Return the ids of a tokenizer's sentinels in order. Raises GL-OBJECTIVE-040 for none."""
    known = vocabulary_of(tokenizer)
    found: list[int] = []
    while sentinel(len(found)) in known:
        found.append(known[sentinel(len(found))])
    if not found:
        raise lacking(sentinel(0), tokenizer)
    return np.array(found, dtype=np.int64)


def mode_ids(tokenizer: PreTrainedTokenizerFast, mode: str) -> list[int]:
    """Return the id of a mode token; none for no mode. Raises GL-OBJECTIVE-040 where it lacks."""
    known = vocabulary_of(tokenizer)
    if mode and mode not in known:
        raise lacking(mode, tokenizer)
    return [known[mode]] if mode else []


def lacking(token: str, tokenizer: PreTrainedTokenizerFast) -> GlotliftError:
    """Return GL-OBJECTIVE-040 for a tokenizer without a token that denoising needs."""
    return GlotliftError(
        "GL-OBJECTIVE-040",
        f"the tokenizer has no {token}",
        place=str(tokenizer.name_or_path),
        fix="add it: apply_edit(model, add_denoising_tokens(tokenizer), random_rows)",
    )
