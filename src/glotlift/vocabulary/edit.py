"""A change of vocabulary as pure data."""

import copy
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import orjson
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from glotlift.models.loading import LARGEST_ID
from glotlift.runs.atomic import write_json
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.rewriting import renumber, rewrite
from glotlift.vocabulary.segmentation import fast_backend, pieces_in, state_of

ModelKind = Literal["bpe", "unigram", "wordpiece"]
KINDS: tuple[ModelKind, ...] = get_args(ModelKind)
SCHEMA = 1
# Where classes of transformers keep what they built their backend from.
TABLES = {"_vocab": "vocab", "_vocab_scores": "vocab", "_merges": "merges"}


@dataclass(frozen=True, eq=False)
class VocabularyEdit:
    """What a tokenizer loses and gains, and where each id goes.

    The ids of what is kept come first and the added pieces take the ids from
    ``new_size - len(added)`` on, in order; nothing is ever an added token of the tokenizer.
    """

    kind: ModelKind
    """The segmentation model: "bpe", "unigram" or "wordpiece"."""
    old_to_new: NDArray[np.int64]
    """[old_size] new id of each old id, -1 where it is dropped."""
    added: tuple[str, ...] = ()
    """New pieces in the model's own alphabet (byte-level letters, ``▁``, ``##``)."""
    parts: tuple[tuple[int, ...], ...] = ()
    """For each new piece the old ids that spelt it before the edit."""
    counts: tuple[int, ...] = ()
    """How often each new piece occurs in the text it was learnt from, after the edit."""
    merges: tuple[tuple[str, str], ...] = ()
    """BPE: the merges that follow the old ones; their wholes are the last of `added`, in order."""
    scores: tuple[float, ...] = ()
    """Unigram: the natural-log score of each new piece."""
    dropped: tuple[str, ...] = ()
    """Old pieces that go."""

    def __post_init__(self) -> None:
        check(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VocabularyEdit) and self.as_json() == other.as_json()

    def __hash__(self) -> int:
        return hash((self.kind, self.old_size, self.added, self.merges, self.dropped))

    @property
    def old_size(self) -> int:
        """Ids of the old tokenizer, added and special tokens included (the highest id plus 1)."""
        return len(self.old_to_new)

    @property
    def new_size(self) -> int:
        """Ids of the new tokenizer (the highest id plus 1)."""
        return int(self.old_to_new.max(initial=-1)) + 1 + len(self.added)

    @property
    def added_ids(self) -> range:
        """The new pieces' ids, in the order of `added`."""
        return range(self.new_size - len(self.added), self.new_size)

    @property
    def steps(self) -> tuple[str, ...]:
        """New pieces that the learnt text never ends in, but that a BPE builds others from."""
        lost = set(self.unreached)
        return tuple(
            piece
            for piece, count in zip(self.added, self.counts, strict=True)
            if not count and piece not in lost
        )

    @property
    def unreached(self) -> tuple[str, ...]:
        """New pieces that segmentation of the learnt text neither yields nor passes through."""
        needed = {piece for piece, count in zip(self.added, self.counts, strict=True) if count}
        for piece, merge in reversed(self.wholes()):
            if piece in needed:
                needed.update(merge)
        return tuple(piece for piece in self.added if piece not in needed)

    def wholes(self) -> list[tuple[str, tuple[str, str]]]:
        """Return each merged piece of a BPE with the two that it is made of, in order of rank."""
        merged = self.added[len(self.added) - len(self.merges) :]
        return list(zip(merged, self.merges, strict=True))

    def tokenizer(self, tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
        """Return an edited copy; special tokens, chat template and every setting are kept.

        Raises GL-VOCABULARY-001 (slow tokenizer), -010 (not the tokenizer the edit is for) and
        -044 (the edit drops a token that the tokenizer puts around text).
        """
        state = state_of(fast_backend(tokenizer))
        vocabulary = pieces_in(state)
        size = max(vocabulary.values()) + 1
        clash = next((piece for piece in self.added if piece in vocabulary), None)
        lost = next((piece for piece in self.dropped if piece not in vocabulary), None)
        if size != self.old_size or state["model"]["type"].lower() != self.kind or clash or lost:
            expected = f"{self.kind} of {self.old_size} ids"
            expected += f" without {clash!r}" if clash else ""
            expected += f" with {lost!r}" if lost else ""
            raise other_tokenizer(expected, f"{state['model']['type']} of {size} ids")
        rewrite(state, self, vocabulary)
        backend = Tokenizer.from_str(orjson.dumps(state).decode())
        old = fast_backend(tokenizer)
        backend.encode_special_tokens = old.encode_special_tokens
        # The copy takes the new backend and tables in place of the old: copying those would cost
        # more than the edit.
        replaced: dict[int, Any] = {id(old): backend}
        for name, part in TABLES.items():
            if name in vars(tokenizer) and part in state["model"]:
                replaced[id(vars(tokenizer)[name])] = state["model"][part]
        edited = copy.deepcopy(tokenizer, replaced)
        renumber(edited, self)
        return edited

    def without(self, unwanted: Collection[str]) -> "VocabularyEdit":
        """Return the edit without some added pieces and, in a BPE, all that are built on them."""
        gone = set(unwanted)
        if self.kind == "bpe":
            for piece, merge in self.wholes():
                if not gone.isdisjoint(merge):
                    gone.add(piece)
        kept = [place for place, piece in enumerate(self.added) if piece not in gone]
        return replace(
            self,
            added=tuple(self.added[place] for place in kept),
            parts=tuple(self.parts[place] for place in kept),
            counts=tuple(self.counts[place] for place in kept),
            scores=tuple(self.scores[place] for place in kept) if self.scores else (),
            merges=tuple(merge for piece, merge in self.wholes() if piece not in gone),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the edit as plain JSON values; the id map as runs [old, new, length]."""
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "old_size": self.old_size,
            "old_to_new": runs_of(self.old_to_new),
            "added": list(self.added),
            "parts": [list(ids) for ids in self.parts],
            "counts": list(self.counts),
            "merges": [list(merge) for merge in self.merges],
            "scores": list(self.scores),
            "dropped": list(self.dropped),
        }

    def save(self, path: Path) -> None:
        """Write the edit as JSON, whole or not at all.

        Raises GL-VOCABULARY-050 for an edit whose tokenizer JSON alone cannot make again.
        """
        values = self.as_json()
        if values["schema"] != SCHEMA:
            raise GlotliftError(
                "GL-VOCABULARY-050",
                f"a {type(self).__name__} cannot be read back from JSON",
                place=str(path),
                fix="save what it made: edit_checkpoint(...), or edit.tokenizer(old)",
            )
        write_json(path, values, indent=None)


def other_tokenizer(expected: str, found: str) -> GlotliftError:
    """Return GL-VOCABULARY-010 for a tokenizer that an edit was not made from."""
    return GlotliftError(
        "GL-VOCABULARY-010",
        f"the edit is for another tokenizer: {expected}",
        place=found,
        fix="use the tokenizer that the edit was made from",
    )


def load_edit(path: Path) -> VocabularyEdit:
    """Read an edit that `VocabularyEdit.save` wrote.

    Raises GL-VOCABULARY-011 (not such a file) and -012 (inconsistent).
    """
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
        if value["schema"] != SCHEMA:
            raise ValueError(f"schema {value['schema']}")
        return VocabularyEdit(
            kind=value["kind"],
            old_to_new=map_of(value["old_size"], value["old_to_new"]),
            added=tuple(value["added"]),
            parts=tuple(tuple(ids) for ids in value["parts"]),
            counts=tuple(value["counts"]),
            merges=tuple((left, right) for left, right in value["merges"]),
            scores=tuple(value["scores"]),
            dropped=tuple(value["dropped"]),
        )
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise GlotliftError(
            "GL-VOCABULARY-011",
            f"not a vocabulary edit: {type(error).__name__} {error}",
            place=str(path),
            fix="give a file that VocabularyEdit.save wrote",
        ) from None
    except GlotliftError as error:
        raise GlotliftError(error.code, error.cause, place=str(path), fix=error.fix) from None


def runs_of(old_to_new: NDArray[np.int64]) -> list[list[int]]:
    """Return the kept ids of a map [old_size] as runs [first old, first new, length]."""
    old = np.flatnonzero(old_to_new >= 0)
    new = old_to_new[old]
    if not len(old):
        return []
    starts = np.flatnonzero(np.r_[True, (np.diff(old) != 1) | (np.diff(new) != 1)])
    lengths = np.diff(np.r_[starts, len(old)])
    return [
        [int(old[start]), int(new[start]), int(length)]
        for start, length in zip(starts, lengths, strict=True)
    ]


def map_of(old_size: int, runs: list[list[int]]) -> NDArray[np.int64]:
    """Return the map [old_size] whose runs are given, the inverse of `runs_of`."""
    if not 0 <= old_size <= LARGEST_ID or any(run[0] + run[2] > old_size for run in runs):
        raise ValueError(f"there are no {old_size} old ids in these runs")
    old_to_new = np.full(old_size, -1, dtype=np.int64)
    for old, new, length in runs:
        old_to_new[old : old + length] = np.arange(new, new + length)
    return old_to_new


def check(edit: VocabularyEdit) -> None:
    """Raise GL-VOCABULARY-012 where an edit contradicts itself."""
    kept = edit.old_to_new[edit.old_to_new >= 0]
    spelt = [number for ids in edit.parts for number in ids]
    problems = {
        f"unknown kind {edit.kind!r}": edit.kind not in KINDS,
        "an id is below -1": bool((edit.old_to_new < -1).any()),
        "two old ids share a new one": len(np.unique(kept)) != len(kept),
        "a piece is added twice": len(set(edit.added)) != len(edit.added),
        "an added piece is empty": "" in edit.added,
        "an added piece is no text": not all(isinstance(piece, str) for piece in edit.added),
        "parts do not match the added pieces": len(edit.parts) != len(edit.added),
        "counts do not match the added pieces": len(edit.counts) != len(edit.added),
        "a part is no old id": bool(spelt) and not 0 <= min(spelt) <= max(spelt) < edit.old_size,
        "scores do not match the added pieces": edit.kind == "unigram"
        and len(edit.scores) != len(edit.added),
        "a score is not a number": not np.isfinite(edit.scores).all(),
        "there are more merges than added pieces": len(edit.merges) > len(edit.added),
        "merges belong to a BPE": bool(edit.merges) and edit.kind != "bpe",
        "scores belong to a Unigram model": bool(edit.scores) and edit.kind != "unigram",
        "the kept ids leave holes": len(kept) != int(kept.max(initial=-1)) + 1,
    }
    for problem, found in problems.items():
        if found:
            raise GlotliftError(
                "GL-VOCABULARY-012", problem, place="VocabularyEdit", fix="make the edit again"
            )
