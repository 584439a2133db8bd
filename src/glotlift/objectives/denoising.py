"""Denoising for encoder-decoders: what was said, from shuffled sentences with spans to fill in.

BART's best noise (Lewis et al. 2020, arXiv:1910.13461, section 2.2), text infilling and sentence
permutation, as mBART pretrains with (Liu et al. 2020, arXiv:2001.08210, section 2.2) and mBART-50
goes on with (Tang et al. 2020, arXiv:2008.00401). Both sides are ``[code] text [end]``, mBART-50's
form; where the tokenizer has no language codes, ``text [end]``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from datasets import Dataset
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.languages.codes import language
from glotlift.languages.words import Span
from glotlift.objectives.draws import generators
from glotlift.objectives.features import mask_id, tokenise
from glotlift.objectives.noise import infilled, permuted
from glotlift.objectives.packing import Ids
from glotlift.objectives.prefix import PrefixLanguageModelling, decoder_start_of
from glotlift.objectives.word_columns import (
    NONE,
    PLAIN,
    WORDS,
    Integers,
    TokenColumns,
    word_numbers,
)
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.language_codes import language_codes

SENTENCES, CODES = "sentences", "codes"
SALT = 0x424152


class Denoising:
    """The encoder reads noised text, the decoder writes the text that it was.

    A piece is a document, or a part of one that is longer than a block; the first token of a part
    from its midst gives way to the language code, so that no piece grows.
    """

    overlap = 0

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        decoder_start: int | None,
        *,
        fraction: float = 0.35,
        mean_span: float = 3.5,
        permute: bool = True,
        codes: Mapping[str, str] | None = None,
    ) -> None:
        """Say how much is noise.

        `fraction` is the share of words in hidden spans, whose lengths in words are Poisson with
        mean `mean_span`; `permute` shuffles sentences; `codes` names the tokenizer's code for a
        language where the tokenizer does not write it as a code of that language.

        Raises GL-OBJECTIVE-002 (no mask token), -003 (no decoder start), -024 (an unknown code).
        """
        self.sides = PrefixLanguageModelling(tokenizer, decoder_start)
        self.tokenizer, self.mask, self.end = tokenizer, mask_id(tokenizer), self.sides.end
        self.fraction, self.mean_span = fraction, mean_span
        self.beside = NoiseColumns(code_ids(tokenizer, codes or {}), permute)
        self.columns = self.beside.columns

    @classmethod
    def for_model(
        cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, **settings: Any
    ) -> Self:
        """Return the objective for a model and its tokenizer."""
        return cls(tokenizer, decoder_start_of(model), **settings)

    def packs(self, model: nn.Module) -> bool:
        """Return False: a block is one piece."""
        return False

    def prepare(self, rows: Dataset) -> Dataset:
        """Return features `input_ids`, `bytes`, `words`, `sentences` and `codes`, a row each.

        Raises GL-OBJECTIVE-025 (the tokenizer has codes, but none for a row's language) and what
        `sentence_spans` and `word_spans` raise.
        """
        place = list(self.beside.codes.values())[:1]  # of the code, which `collate` writes
        return tokenise(self.tokenizer, rows, prefix=place, suffix=self.end, beside=self.beside)

    def collate(self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int]) -> dict[str, Any]:
        """Return encoder ids and mask [blocks, s], decoder ids and labels [blocks, t]."""
        empty = np.empty((0, 1 + len(self.columns)), dtype=np.int32)
        pieces = [np.concatenate([*block, empty]) for block in blocks]
        targets = [self.target(piece) for piece in pieces]
        sources = [
            self.noised(target, piece[:, 1], piece[:, 2], rng)
            for target, piece, rng in zip(targets, pieces, generators(seeds, SALT), strict=True)
        ]
        return self.sides.pairs(sources, targets)

    def target(self, piece: Ids) -> Ids:
        """Return the ids [n] of a piece [n, 1 + columns] with the language code in front."""
        ids = piece[:, 0].copy()
        code = piece[:, 3].max(initial=NONE)  # what is no text has none
        if code != NONE:
            ids[0] = code
        return ids

    def noised(self, ids: Ids, words: Ids, sentences: Ids, rng: np.random.Generator) -> Ids:
        """Return what the encoder reads in place of `ids` [n]."""
        first = min(len(ids), len(self.beside.codes) and 1)
        last = len(ids) - bool(len(ids) and words[-1] == NONE)
        inner = slice(first, max(first, last))
        text, numbers = ids[inner], words[inner]
        if self.beside.permute:
            order = permuted(sentences[inner], rng)
            text, numbers = text[order], numbers[order]
        noise = infilled(text, numbers, self.mask, self.fraction, self.mean_span, rng)
        return np.concatenate([ids[:first], noise.astype(np.int32), ids[inner.stop :]])

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the summed cross-entropy in nats, and each written position's."""
        return self.sides.loss(model, batch)


@dataclass(frozen=True)
class NoiseColumns:
    """Makes columns of tokens: numbers of words and sentences, and the id of the language code."""

    codes: Mapping[str, int]
    permute: bool
    columns: tuple[str, ...] = field(default=(WORDS, SENTENCES, CODES), init=False)

    def __call__(
        self, rows: Mapping[str, Sequence[Any]], offsets: Sequence[Sequence[Span]]
    ) -> dict[str, list[Integers]]:
        """Return the columns of a batch of rows, one array per row; `offsets` are of its tokens."""
        made = TokenColumns((WORDS,))(rows, offsets)
        spoken = rows.get("language") or [None] * len(offsets)
        counts = [len(places) for places in offsets]
        made[CODES] = [
            np.full(count, self.code(code)) for count, code in zip(counts, spoken, strict=True)
        ]
        made[SENTENCES] = [
            self.sentences(text, code or PLAIN, places)
            for text, code, places in zip(rows["text"], spoken, offsets, strict=True)
        ]
        return made

    def sentences(self, text: str, code: str, offsets: Sequence[Span]) -> Integers:
        """Return [tokens] the number of each token's sentence; one where none are moved."""
        if not self.permute:
            return np.zeros(len(offsets), dtype=np.int64)
        from glotlift.languages.sentences import sentence_spans

        places = np.asarray(offsets, dtype=np.int64).reshape(-1, 2)
        return word_numbers(places, sentence_spans(text, code))

    def code(self, spoken: str | None) -> int:
        """Return the id of a language's code; -1 where the tokenizer has no codes at all."""
        if not self.codes:
            return NONE
        found = self.codes.get(language(spoken).code if spoken else "")
        if found is None:
            raise GlotliftError(
                "GL-OBJECTIVE-025",
                f"the tokenizer has language codes, but none for {spoken or 'rows without one'}",
                place="language",
                fix="name one in the setting codes, or add it with 'glotlift vocab'",
            )
        return found


def code_ids(tokenizer: PreTrainedTokenizerFast, named: Mapping[str, str]) -> dict[str, int]:
    """Return the id of each language's code: those `named`, and those written like a language's.

    Raises GL-OBJECTIVE-024 for a named code that the tokenizer does not have.
    """
    found: dict[str, int] = {}
    listed = language_codes(tokenizer)
    for code, number in listed.items():
        try:
            found.setdefault(language(code.strip("_<>2")).code, number)
        except GlotliftError:
            continue  # a code of no language that we know; it can still be named
    known = tokenizer.get_vocab()
    for spoken, code in named.items():
        if code not in known:
            raise GlotliftError(
                "GL-OBJECTIVE-024",
                f"the tokenizer has no language code {code!r}",
                place=f"codes.{spoken}",
                fix=f"choose one of {', '.join(listed) or 'its tokens'}",
            )
        found[language(spoken).code] = known[code]
    return found
