"""Replace a whole tokenizer by another, keeping the rows of the pieces that both have."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.alphabets import Alphabet, alphabet_of
from glotlift.vocabulary.edit import VocabularyEdit, other_tokenizer
from glotlift.vocabulary.extension import kind_of
from glotlift.vocabulary.renumbering import renumbered
from glotlift.vocabulary.segmentation import backend_of, unknown_id, vocabulary_of

# What stands for a role that the old tokenizer lacks: encoders and decoders name the same places.
# A token that has several roles follows the first of them here: GPT-2's only one ends text.
STAND_INS = {
    "eos_token": ("eos_token", "sep_token"),
    "bos_token": ("bos_token", "cls_token"),
    "cls_token": ("cls_token", "bos_token"),
    "sep_token": ("sep_token", "eos_token"),
    "pad_token": ("pad_token",),
    "unk_token": ("unk_token",),
    "mask_token": ("mask_token",),
}
SCHEMA = "replacement 1"


@dataclass(frozen=True, eq=False)
class ReplacementEdit(VocabularyEdit):
    """A vocabulary edit whose result is another tokenizer, renumbered: shared pieces first."""

    replacement: PreTrainedTokenizerFast | None = field(default=None, repr=False)
    """The new tokenizer with the new ids."""
    sources: frozenset[str] = field(default=frozenset(), repr=False)
    """The pieces of the old tokenizer, by which it is known again."""

    def tokenizer(self, tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
        """Return the new tokenizer; `tokenizer` must be the old one.

        Raises GL-VOCABULARY-010 for another.
        """
        if self.replacement is None or vocabulary_of(tokenizer).keys() != self.sources:
            raise other_tokenizer(
                f"one of {self.old_size} ids",
                f"{type(tokenizer).__name__} of {len(vocabulary_of(tokenizer))} pieces",
            )
        return self.replacement

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values that `load_edit` refuses: they lack the new tokenizer."""
        return {**super().as_json(), "schema": SCHEMA}


@dataclass(frozen=True)
class Side:
    """One of the two tokenizers, read once."""

    tokenizer: PreTrainedTokenizerFast
    backend: Tokenizer
    alphabet: Alphabet
    vocabulary: Mapping[str, int]
    closed: Mapping[str, int]
    """Added and special tokens, and the unknown token."""
    unknown: int | None
    """The id of the unknown token."""

    @property
    def texts(self) -> dict[bytes, int]:
        """Return what each ordinary piece stands for, with its id; the lowest where two agree."""
        found: dict[bytes, int] = {}
        for piece, number in sorted(self.vocabulary.items(), key=lambda item: item[1]):
            if piece not in self.closed:
                found.setdefault(self.alphabet.read(piece), number)
        return found


def replace_tokenizer(
    old: PreTrainedTokenizerFast, new: PreTrainedTokenizerFast
) -> ReplacementEdit:
    """Return the edit from one tokenizer to another, of any kinds.

    A new piece keeps the row of the old piece that stands for the same bytes, whatever letters
    either writes it with (``Ġthe``, ``▁the`` and WordPiece's ``the`` are one). A special token
    keeps that of the old one with its role (bos and cls, eos and sep stand in for each other), else
    of the old one of the same name. Each old row is kept once; another piece that could have had
    it gets it as its only part. All other new pieces are added with the old pieces that spell their
    text as `parts`, so that any initialiser can fill them; a special token without a counterpart
    has none.

    The new tokenizer comes back, by ``edit.tokenizer(old)``, with its pieces numbered anew: those
    that are kept first, both groups in the order that they had.

    Raises GL-VOCABULARY-001 (slow tokenizer), -013 (unknown kind), -070 (an alphabet that cannot be
    read) and -078 (the two share nothing).
    """
    source, target = side(old), side(new)
    kept, parts = matches(source, target)
    if not kept:
        raise GlotliftError(
            "GL-VOCABULARY-078",
            "the two tokenizers share no piece and no special token",
            place="new",
            fix="check that both are tokenizers of text; to start anew, train a new model",
        )
    names = sorted(target.vocabulary, key=target.vocabulary.__getitem__)
    order = [name for name in names if name in kept] + [name for name in names if name not in kept]
    ids = {name: number for number, name in enumerate(order)}
    old_to_new = np.full(max(source.vocabulary.values()) + 1, -1, dtype=np.int64)
    for name, number in kept.items():
        old_to_new[number] = ids[name]
    added = tuple(order[len(kept) :])
    kind = kind_of(target.backend)
    spelt = {
        name: spelling(source, target.alphabet.read(name)) for name in added if name not in parts
    }
    scores = scores_of(target.backend) if kind == "unigram" else {}
    floor = min(scores.values(), default=0.0)
    return ReplacementEdit(
        kind=kind,
        old_to_new=old_to_new,
        added=added,
        parts=tuple(parts[name] if name in parts else spelt[name] for name in added),
        counts=(1,) * len(added),
        scores=tuple(scores.get(name, floor) for name in added) if scores else (),
        dropped=tuple(
            name
            for name, number in sorted(source.vocabulary.items(), key=lambda item: item[1])
            if old_to_new[number] < 0
        ),
        replacement=renumbered(new, ids),
        sources=frozenset(source.vocabulary),
    )


def side(tokenizer: PreTrainedTokenizerFast) -> Side:
    """Read one of the two tokenizers."""
    backend = backend_of(tokenizer)
    kind_of(backend)
    vocabulary = backend.get_vocab(with_added_tokens=True)
    unknown = unknown_id(backend)
    closed = {
        token.content: number for number, token in backend.get_added_tokens_decoder().items()
    } | {piece: number for piece, number in vocabulary.items() if number == unknown}
    return Side(tokenizer, backend, alphabet_of(backend), vocabulary, closed, unknown)


def matches(source: Side, target: Side) -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
    """Return the old id that each shared piece keeps, and the parts of closed or second pieces."""
    kept: dict[str, int] = {}
    parts: dict[str, tuple[int, ...]] = {}
    taken: set[int] = set()
    texts = source.texts
    roles = role_ids(source, target)
    for name, _ in sorted(target.vocabulary.items(), key=lambda item: item[1]):
        if name in target.closed:
            number = roles.get(name, source.closed.get(name))
        else:
            number = texts.get(target.alphabet.read(name))
        if number is not None and number not in taken:
            kept[name] = number
            taken.add(number)
        elif number is not None or name in target.closed:
            parts[name] = () if number is None else (number,)
    return kept, parts


def role_ids(source: Side, target: Side) -> dict[str, int]:
    """Return the old id for each new special token whose role the old tokenizer has."""
    old = source.tokenizer.special_tokens_map
    found: dict[str, int] = {}
    new = target.tokenizer.special_tokens_map
    for role, candidates in STAND_INS.items():
        number = next(
            (source.vocabulary.get(str(old[name])) for name in candidates if name in old), None
        )
        if role in new and number is not None:
            found.setdefault(str(new[role]), number)
    return found


def spelling(source: Side, text: bytes) -> tuple[int, ...]:
    """Return the old ids that spell a text, in order; unknown ones are left out."""
    ids: list[int] = []
    for letters in source.alphabet.write(text):
        ids += spelt_letters(source, letters)
    return tuple(number for number in ids if number != source.unknown)


def spelt_letters(source: Side, letters: str) -> list[int]:
    """Return the old ids of a string in the old model's letters."""
    model, prefix = source.backend.model, source.alphabet.prefix
    if letters in source.vocabulary and letters not in source.closed:
        return [source.vocabulary[letters]]
    if not isinstance(model, WordPiece) or not letters.startswith(prefix):
        return [token.id for token in model.tokenize(letters)]
    # WordPiece knows no text that goes on from before: only its first piece needs another form.
    tokens = model.tokenize(letters[len(prefix) :])
    within = [source.vocabulary.get(prefix + token.value) for token in tokens[:1]]
    return [
        token.id if place or within[0] is None else within[0] for place, token in enumerate(tokens)
    ]


def scores_of(backend: Tokenizer) -> dict[str, float]:
    """Return the score of each piece of a Unigram model."""
    return {piece: float(score) for piece, score in json.loads(backend.to_str())["model"]["vocab"]}
