"""Rewrite a tokenizer's own state, the JSON of its backend, for a vocabulary edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from glotlift.vocabulary.edit import VocabularyEdit


def rewrite(state: dict[str, Any], edit: VocabularyEdit, vocabulary: Mapping[str, int]) -> None:
    """Edit the JSON of a tokenizer in place: its model, and every other place that holds an id.

    `vocabulary` maps the old pieces to ids, added tokens included. Raises GL-VOCABULARY-044 where
    the edit drops a token that the tokenizer puts around text.
    """
    EDITORS[edit.kind](state, edit, vocabulary)
    kept = [token for token in state["added_tokens"] if edit.old_to_new[token["id"]] >= 0]
    for token in kept:
        token["id"] = int(edit.old_to_new[token["id"]])
    state["added_tokens"] = kept
    if state.get("padding"):
        state["padding"]["pad_id"] = moved(state["padding"]["pad_id"], edit)
    for processor in processors_of(state):
        for role in ("sep", "cls"):
            if role in processor:
                token, number = processor[role]
                processor[role] = [token, moved(number, edit)]
        for token in processor.get("special_tokens", {}).values():
            token["ids"] = [moved(number, edit) for number in token["ids"]]


def moved(number: int, edit: VocabularyEdit) -> int:
    """Return the new id of an old one that the tokenizer needs; raises GL-VOCABULARY-044."""
    if number >= edit.old_size:
        return number
    new = int(edit.old_to_new[number])
    if new < 0:
        raise GlotliftError(
            "GL-VOCABULARY-044",
            f"the edit drops id {number}, which the tokenizer itself puts around or beside text",
            place="VocabularyEdit",
            fix="keep it: name its token in keep=",
        )
    return new


def processors_of(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the post-processors of a tokenizer's JSON, those inside a sequence one by one."""
    processor = state.get("post_processor")
    if processor is None:
        return []
    return list(processor.get("processors", [processor]))


def edit_mapping(
    state: dict[str, Any], edit: VocabularyEdit, vocabulary: Mapping[str, int]
) -> None:
    """Edit the model of a BPE or WordPiece tokenizer in place.

    Special and added tokens join the model's own vocabulary: the library numbers those that are
    not in it by the vocabulary's size, so that otherwise they would move when it grows. A merge
    stays where both its parts and its whole do.
    """
    model = state["model"]
    places = edit.old_to_new.tolist()
    pieces = {piece: places[number] for piece, number in vocabulary.items()}
    if edit.dropped:
        pieces = {piece: number for piece, number in pieces.items() if number >= 0}
    if edit.kind == "bpe" and edit.dropped:
        cut = len(model.get("continuing_subword_prefix") or "")
        model["merges"] = [
            merge
            for merge in model["merges"]
            if (merge[0] + merge[1][cut:] if cut else "".join(merge)) in pieces
            and merge[0] in pieces
            and merge[1] in pieces
        ]
    pieces |= zip(edit.added, edit.added_ids, strict=True)
    model["vocab"] = pieces
    if edit.kind == "bpe":
        model["merges"].extend(list(merge) for merge in edit.merges)


def edit_scores(state: dict[str, Any], edit: VocabularyEdit, vocabulary: Mapping[str, int]) -> None:
    """Edit the model of a Unigram tokenizer in place; the position in the list is the id."""
    model = state["model"]
    pieces = model["vocab"]
    floor = min(score for _, score in pieces)
    if len(pieces) < edit.old_size:
        names = {number: piece for piece, number in vocabulary.items()}
        for number in range(len(pieces), edit.old_size):
            pieces.append([names.get(number, f"<unused{number}>"), floor])
    placed: list[Any] = [None] * (edit.new_size - len(edit.added))
    for item, number in zip(pieces, edit.old_to_new.tolist(), strict=False):
        if number >= 0:
            placed[number] = item
    placed.extend([piece, score] for piece, score in zip(edit.added, edit.scores, strict=True))
    model["vocab"] = placed
    if model.get("unk_id") is not None:
        model["unk_id"] = moved(model["unk_id"], edit)


EDITORS = {"bpe": edit_mapping, "wordpiece": edit_mapping, "unigram": edit_scores}

# What the classes of transformers keep beside the backend (mBART, mBART-50, NLLB).
ID_OF_TOKEN = ("lang_code_to_id", "fairseq_tokens_to_ids")
TOKEN_OF_ID = ("id_to_lang_code", "fairseq_ids_to_tokens")
SINGLE_IDS = ("cur_lang_code", "cur_lang_code_id")
LISTS_OF_IDS = ("prefix_tokens", "suffix_tokens")


def renumber(tokenizer: Any, edit: VocabularyEdit) -> None:
    """Renumber the ids that a tokenizer of transformers keeps beside its backend, in place."""

    def place(number: int) -> int:
        return int(edit.old_to_new[number]) if 0 <= number < edit.old_size else number

    attributes = vars(tokenizer)
    for name in ID_OF_TOKEN:
        if name in attributes:
            new = {token: place(number) for token, number in attributes[name].items()}
            setattr(
                tokenizer, name, {token: number for token, number in new.items() if number >= 0}
            )
    for name in TOKEN_OF_ID:
        if name in attributes:
            old = {place(number): token for number, token in attributes[name].items()}
            setattr(
                tokenizer, name, {number: token for number, token in old.items() if number >= 0}
            )
    for name in SINGLE_IDS:
        if isinstance(attributes.get(name), int):
            setattr(tokenizer, name, moved(attributes[name], edit))
    for name in LISTS_OF_IDS:
        if isinstance(attributes.get(name), list):
            setattr(tokenizer, name, [moved(number, edit) for number in attributes[name]])
