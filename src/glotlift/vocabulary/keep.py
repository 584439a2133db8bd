"""Cap how much text of other languages a vocabulary edit segments differently."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from transformers import PreTrainedTokenizerFast

from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.segmentation import backend_of, encodings

Fired = list[set[str]]


def cap_changes(
    edit: VocabularyEdit,
    tokenizer: PreTrainedTokenizerFast,
    groups: Mapping[str, Sequence[str]],
    max_changed: float,
) -> VocabularyEdit:
    """Drop new pieces until at most `max_changed` of each group's sentences segment differently.

    The rule is greedy: of all new pieces that occur in changed sentences, the one with the most
    changed sentences per occurrence in the text it was learnt from goes first, together with the
    pieces built on it, until enough sentences have lost every new piece; then kept text is
    segmented again. Sentences without new pieces can only stay so, hence the end is reached.
    """
    allowed = {name: math.floor(max_changed * len(texts)) for name, texts in groups.items()}
    left = dict(groups)
    while True:
        fired = {name: pieces_fired(edit, tokenizer, texts) for name, texts in left.items()}
        if all(len(found) <= allowed[name] for name, (_, found) in fired.items()):
            return edit
        left = {name: texts for name, (texts, _) in fired.items()}
        edit = edit.without(
            costliest(edit, {name: found for name, (_, found) in fired.items()}, allowed)
        )


def pieces_fired(
    edit: VocabularyEdit, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]
) -> tuple[list[str], Fired]:
    """Return the texts in which new pieces occur, and for each the pieces it passed through."""
    backend = backend_of(edit.tokenizer(tokenizer))
    behind = pieces_behind(edit)
    start = edit.added_ids.start
    changed: list[str] = []
    fired: Fired = []
    for text, encoding in zip(texts, encodings(backend, texts), strict=True):
        ids = np.unique(encoding.ids)
        new = [edit.added[number - start] for number in ids[ids >= start].tolist()]
        if new:
            changed.append(text)
            fired.append(set().union(*(behind[piece] for piece in new)))
    return changed, fired


def pieces_behind(edit: VocabularyEdit) -> dict[str, frozenset[str]]:
    """Return for each new piece itself and the new pieces that a BPE builds it from."""
    behind = {piece: frozenset({piece}) for piece in edit.added}
    for piece, merge in edit.wholes():
        behind[piece] = behind[piece].union(*(behind.get(part, frozenset()) for part in merge))
    return behind


def costliest(
    edit: VocabularyEdit, fired: Mapping[str, Fired], allowed: Mapping[str, int]
) -> set[str]:
    """Return the pieces to drop by the greedy rule, judged on the sentences `fired` in."""
    behind = pieces_behind(edit)
    worth = dict.fromkeys(edit.added, 0)
    built: dict[str, list[str]] = {piece: [] for piece in edit.added}
    for piece, count in zip(edit.added, edit.counts, strict=True):
        for part in behind[piece]:
            worth[part] += count
            built[part].append(piece)
    where: dict[str, list[tuple[str, int]]] = {piece: [] for piece in edit.added}
    for name, sentences in fired.items():
        if len(sentences) > allowed[name]:
            for number, pieces in enumerate(sentences):
                for piece in pieces:
                    where[piece].append((name, number))
    remaining = {name: [len(pieces) for pieces in found] for name, found in fired.items()}
    changed = {name: len(found) for name, found in fired.items()}
    harmful = [piece for piece in edit.added if where[piece]]
    harmful.sort(key=lambda piece: (-len(where[piece]) / (worth[piece] + 1), piece))
    gone: set[str] = set()
    for candidate in harmful:
        if all(changed[name] <= allowed[name] for name in changed):
            break
        for piece in set(built[candidate]) - gone:
            gone.add(piece)
            for name, number in where[piece]:
                remaining[name][number] -= 1
                changed[name] -= remaining[name][number] == 0
    return gone
