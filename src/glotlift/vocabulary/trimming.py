"""Trim a vocabulary to the pieces that some text, a size or some scripts need."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.extension import kind_of
from glotlift.vocabulary.rewriting import processors_of
from glotlift.vocabulary.segmentation import (
    LETTERS,
    backend_of,
    encodings,
    fast_backend,
    is_byte_level,
    names_of,
    state_of,
)
from glotlift.vocabulary.trimming_closure import Parts, parts_of
from glotlift.vocabulary.trimming_scripts import written_in

META = "▁"


@dataclass(frozen=True)
class Inventory:
    """A tokenizer read once: its pieces by id, and what must stay."""

    backend: Tokenizer
    state: dict[str, Any]
    """The JSON of the backend."""
    names: list[str]
    """[V] the piece of each id, empty where an id has none."""
    required: NDArray[np.bool_]
    """[V] True for ids that every trim keeps."""
    special: NDArray[np.bool_]
    """[V] True for special and added tokens, which are never spelt from other pieces."""

    @cached_property
    def real(self) -> NDArray[np.bool_]:
        """[V] True for ids that a piece has, or that the tokenizer needs without one."""
        return np.asarray([*map(bool, self.names)], dtype=np.bool_) | self.required


def trim(
    tokenizer: PreTrainedTokenizerFast,
    *,
    texts: Iterable[str] | None = None,
    size: int | None = None,
    coverage: float | None = None,
    scripts: Collection[str] | None = None,
    keep: Iterable[str | int] = (),
    least: int = 1,
) -> VocabularyEdit:
    """Return the edit that drops the pieces which none of the given needs; ids keep their order.

    Each criterion narrows what is kept, and those given together all hold:

    - `texts`: pieces that occur at least `least` times when the old tokenizer segments them (Ushio
      et al. 2023, section 3; Abdaoui et al. 2020);
    - `coverage`: the most frequent of them that make up this share of all their occurrences;
    - `scripts` (ISO 15924 codes such as "Latn"): pieces all of whose letters are of these scripts;
      digits, punctuation and signs belong to every script;
    - `size`: the most frequent, until the tokenizer has this many ids (without `texts`, the lowest
      ids: every family's training numbers pieces by frequency).

    Always kept: special and added tokens with language codes and sentinels, byte pieces and byte
    letters, and `keep` (pieces or ids). A BPE keeps the merges through which each kept piece is
    reached. A tokenizer that cannot fall back on bytes keeps the characters of the pieces in
    `texts`, at the start of a word and inside one, and under `size` they come before longer pieces.

    Text whose pieces are all kept (and known) segments as before, piece for piece, in every family;
    what else changes `trim_report` says. With byte fallback nothing becomes unknown.

    Raises GL-VOCABULARY-001 (slow tokenizer), -013 (a model not known here), -015 (no text), -040
    (nothing says what to keep), -041 (a number out of range), -042 (an unknown script), -043 (size
    too small), -045 (`keep` names what is not there) and -048 (`coverage` without `texts`).
    """
    check_request(texts, size, coverage, scripts, least)
    inventory = read(tokenizer, keep)
    candidates = inventory.real.copy()
    weights = np.arange(len(candidates), 0, -1, dtype=np.int64)
    if scripts is not None:
        candidates &= written_in(inventory.names, scripts, is_byte_level(inventory.backend))
    if texts is not None:
        weights = count_pieces(tokenizer, texts)
        candidates &= weights >= least
    if coverage is not None:
        candidates &= covering(np.where(candidates, weights, 0), coverage)
    spelt = (candidates | inventory.required) & ~inventory.special
    parts = parts_of(inventory.state, inventory.names, spelt)
    weights = np.where(candidates, weights, 0)
    weights[inventory.required] = np.iinfo(np.int64).max // 4
    weights = parts.raised(weights)
    chosen = (weights > 0) & inventory.real
    if size is not None:
        chosen = largest(weights, chosen, parts, inventory, size)
    return edit_keeping(inventory, chosen)


def check_request(
    texts: Iterable[str] | None,
    size: int | None,
    coverage: float | None,
    scripts: Collection[str] | None,
    least: int,
) -> None:
    """Raise GL-VOCABULARY-040, -041 or -048 for a request that makes no sense."""
    if texts is None and coverage is not None:
        raise GlotliftError(
            "GL-VOCABULARY-048",
            "coverage needs text to cover",
            place="coverage",
            fix="give texts too, or leave coverage out",
        )
    if texts is None and size is None and scripts is None:
        raise GlotliftError(
            "GL-VOCABULARY-040",
            "nothing says what to keep",
            place="trim",
            fix="give texts, size or scripts",
        )
    bad = {
        f"size {size}": size is not None and size < 1,
        f"coverage {coverage}": coverage is not None and not 0 < coverage <= 1,
        f"least {least}": least < 1,
    }
    for what, wrong in bad.items():
        if wrong:
            raise GlotliftError(
                "GL-VOCABULARY-041",
                f"{what} is out of range",
                place="trim",
                fix="give a size and a least count of 1 or more, and a coverage in (0, 1]",
            )


def read(tokenizer: PreTrainedTokenizerFast, keep: Iterable[str | int] = ()) -> Inventory:
    """Read a tokenizer and mark what every trim keeps; raises GL-VOCABULARY-001, -013 and -045."""
    backend = fast_backend(tokenizer)
    kind_of(backend)
    state = state_of(backend)
    names = names_in(state)
    places = {name: number for number, name in enumerate(names) if name}
    required = np.zeros(len(names), dtype=np.bool_)
    required[sorted(needed_ids(tokenizer, state, places, is_byte_level(backend)))] = True
    for item in keep:
        if isinstance(item, str):
            number = places.get(item, -1)
        else:
            number = item if 0 <= item < len(names) and names[item] else -1
        if number < 0:
            raise GlotliftError(
                "GL-VOCABULARY-045",
                f"the tokenizer has no piece {item!r} to keep",
                place="keep",
                fix="write pieces as the tokenizer does (▁, ## or byte letters), or give ids",
            )
        required[number] = True
    special = np.zeros_like(required)
    special[[token["id"] for token in state["added_tokens"]]] = True
    return Inventory(backend, state, names, required, special)


def names_in(state: dict[str, Any]) -> list[str]:
    """Return the piece of each id, from a backend's JSON; ids that no piece has are empty."""
    vocabulary = state["model"]["vocab"]
    added = {token["id"]: token["content"] for token in state["added_tokens"]}
    if state["model"]["type"] == "Unigram":
        names = [piece for piece, _ in vocabulary]
    else:
        names = [""] * (max(vocabulary.values(), default=-1) + 1)
        for piece, number in vocabulary.items():
            names[number] = piece
    names += [""] * (max(added, default=-1) + 1 - len(names))
    for number, piece in added.items():
        names[number] = piece
    return names


def needed_ids(
    tokenizer: PreTrainedTokenizerFast,
    state: dict[str, Any],
    places: dict[str, int],
    byte_level: bool,
) -> set[int]:
    """Return the ids without which the tokenizer would lose tokens, bytes or its unknown score."""
    needed = {number for number in tokenizer.all_special_ids if number is not None}
    needed |= {token["id"] for token in state["added_tokens"]}
    for processor in processors_of(state):
        for token in processor.get("special_tokens", {}).values():
            needed |= set(token["ids"])
        needed |= {processor[role][1] for role in ("sep", "cls") if role in processor}
    spelling: Collection[str] = LETTERS.keys() if byte_level else (META,)
    spelling = [*spelling, *(f"<0x{byte:02X}>" for byte in range(256))]
    needed |= {places[name] for name in spelling if name in places}
    model = state["model"]
    if model["type"] == "Unigram":
        # Classes of transformers write the place of the unknown token into their code, and an
        # unknown character scores 10 less than the worst piece: both must stay.
        scores = np.asarray([score for _, score in model["vocab"]])
        unknown = model["unk_id"]
        needed |= {*range(0 if unknown is None else unknown + 1), int(scores.argmin())}
    elif model.get("unk_token") in places:
        needed.add(places[model["unk_token"]])
    return needed


def count_pieces(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]) -> NDArray[np.int64]:
    """Return [V] how often each piece occurs in `texts`, segmented without special tokens.

    Raises GL-VOCABULARY-015 where there is no text.
    """
    backend = fast_backend(tokenizer)
    dropout = isinstance(backend.model, BPE) and backend.model.dropout
    if backend.truncation or backend.padding or dropout:
        backend = backend_of(tokenizer)
    size = max(backend.get_vocab(with_added_tokens=True).values()) + 1
    counts = np.zeros(size, dtype=np.int64)
    held: list[int] = []
    for encoding in encodings(backend, texts):
        held += encoding.ids
        if len(held) > size:
            counts += np.bincount(held, minlength=size)
            held = []
    counts += np.bincount(np.asarray(held, dtype=np.int64), minlength=size)
    if not counts.any():
        raise GlotliftError(
            "GL-VOCABULARY-015", "there is no text to learn from", place="texts", fix="give text"
        )
    return counts


def covering(counts: NDArray[np.int64], coverage: float) -> NDArray[np.bool_]:
    """Return [V] the fewest most frequent pieces that make up `coverage` of all occurrences."""
    order = np.argsort(-counts, kind="stable")
    reached = np.cumsum(counts[order])
    number = int(np.searchsorted(reached, coverage * reached[-1] * (1 - 1e-12))) + 1
    chosen = np.zeros(len(counts), dtype=np.bool_)
    chosen[order[:number]] = True
    return chosen & (counts > 0)


def largest(
    weights: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    parts: Parts,
    inventory: Inventory,
    size: int,
) -> NDArray[np.bool_]:
    """Return [V] at most `size` of the chosen pieces, the heaviest first, parts before wholes.

    Raises GL-VOCABULARY-043 where what must stay is more than `size`.
    """
    floor = int((weights >= np.iinfo(np.int64).max // 4).sum())
    if size < floor:
        raise GlotliftError(
            "GL-VOCABULARY-043",
            f"{size} ids cannot hold the {floor} that must stay",
            place="size",
            fix=f"ask for at least {floor}",
        )
    order = np.lexsort((np.arange(len(weights)), parts.depth, -weights))
    order = order[chosen[order]]
    kept = np.zeros(len(weights), dtype=np.bool_)
    kept[order[:size]] = True
    return kept


def edit_keeping(inventory: Inventory, kept: NDArray[np.bool_]) -> VocabularyEdit:
    """Return the edit that keeps these ids [V], in order, and drops all others."""
    old_to_new = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int64)
    gone = np.flatnonzero(~kept & inventory.real).tolist()
    return VocabularyEdit(
        kind=kind_of(inventory.backend),
        old_to_new=old_to_new,
        dropped=tuple(inventory.names[number] for number in gone),
    )


def kept_pieces(tokenizer: PreTrainedTokenizerFast, edit: VocabularyEdit) -> list[str]:
    """Return the old pieces that an edit keeps, in the order of their new ids."""
    names = names_of(fast_backend(tokenizer))
    old = np.flatnonzero(edit.old_to_new >= 0)
    return [names[number] for number in old[np.argsort(edit.old_to_new[old])].tolist()]
