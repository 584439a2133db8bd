"""What an edit of a vocabulary changed: as values for a program, and as a page for people."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from transformers import PreTrainedTokenizerFast

from glotlift import __version__
from glotlift.corpus.description.tongues import tongue
from glotlift.runs import machine
from glotlift.runs.page import render_page
from glotlift.vocabulary.comparison import audit
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.report import vocabulary_report
from glotlift.vocabulary.segmentation import (
    backend_of,
    encodings,
    is_byte_level,
    names_of,
    readable,
    vocabulary_of,
)

SCHEMA = 1
SHOWN_PIECES = 200
SHOWN_SENTENCES = 3
LOOKED_AT = 200
LONGEST = 400


@dataclass(frozen=True)
class Change:
    """What an edit was made for: the operation, the initialiser, the command, and remarks."""

    operation: str = "edit"
    initialiser: str = ""
    source: str = ""
    command: str = ""
    settings: str = ""
    """The whole configuration, as it would stand in a YAML file."""
    notes: tuple[str, ...] = ()
    sentences: int = SHOWN_SENTENCES
    """Sentences shown per language."""


class Pieces(NamedTuple):
    """The pieces that one tokenizer has more than another, and less, in the model's alphabet."""

    added: Sequence[str]
    dropped: Sequence[str]
    unreached: Sequence[str] = ()


def pieces_of(edit: VocabularyEdit) -> Pieces:
    """Return an edit's pieces, the most frequent in the text they were learnt from first."""
    order = sorted(range(len(edit.added)), key=lambda place: -edit.counts[place])
    added = [edit.added[place] for place in order]
    return Pieces(added, edit.dropped, edit.unreached)


def pieces_between(before: PreTrainedTokenizerFast, after: PreTrainedTokenizerFast) -> Pieces:
    """Return what two tokenizers do not share, in the order of ids."""
    old, new = vocabulary_of(before), vocabulary_of(after)
    return Pieces(
        sorted(new.keys() - old.keys(), key=new.__getitem__),
        sorted(old.keys() - new.keys(), key=old.__getitem__),
    )


def describe_change(
    before: PreTrainedTokenizerFast,
    after: PreTrainedTokenizerFast,
    pieces: Pieces,
    texts: Mapping[str, Sequence[str]],
    change: Change,
    sizes: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Return what ``audit.json`` holds.

    Keys: schema, kind, operation, initialiser, created, glotlift, command, settings, versions,
    sizes, pieces (counts and samples of the added, dropped, unreached), languages (one row each:
    those of `audit` and of `vocabulary_report` before and after), sentences and notes.
    """
    spelling = {
        "added": is_byte_level(backend_of(after)),
        "dropped": is_byte_level(backend_of(before)),
    }
    spelling["unreached"] = spelling["added"]
    return {
        "schema": SCHEMA,
        "kind": "vocabulary",
        "operation": change.operation,
        "initialiser": change.initialiser,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "glotlift": __version__,
        "command": change.command,
        "settings": change.settings,
        "versions": machine.versions(),
        "source": {"address": change.source},
        "sizes": {
            "pieces_before": max(vocabulary_of(before).values()) + 1,
            "pieces_after": max(vocabulary_of(after).values()) + 1,
            **(sizes or {}),
        },
        "pieces": {
            name: {
                "count": len(found),
                "shown": [readable(piece, spelling[name]) for piece in found[:SHOWN_PIECES]],
            }
            for name, found in pieces._asdict().items()
        },
        "languages": language_rows(before, after, texts),
        "sentences": sentence_rows(before, after, pieces, texts, change.sentences),
        "notes": list(change.notes),
    }


def language_rows(
    before: PreTrainedTokenizerFast,
    after: PreTrainedTokenizerFast,
    texts: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """Return for each language the audit and the measures of both tokenizers."""
    measures = ("fertility", "bytes_per_token", "byte_fallback_fraction", "unknown_fraction")
    old, new = vocabulary_report(before, texts), vocabulary_report(after, texts)
    return [
        row
        | {f"{name}_before": one[name] for name in measures}
        | {f"{name}_after": other[name] for name in measures}
        for row, one, other in zip(audit(before, after, texts), old, new, strict=True)
    ]


def sentence_rows(
    before: PreTrainedTokenizerFast,
    after: PreTrainedTokenizerFast,
    pieces: Pieces,
    texts: Mapping[str, Sequence[str]],
    number: int,
) -> list[dict[str, Any]]:
    """Return sentences segmented before and after, those that changed first.

    Keys: language, text, before and after; a piece is [text, marked], marked where it is dropped
    (before) or added (after).
    """
    rows = []
    for code, found in texts.items():
        looked_at = [text[:LONGEST] for text in found[:LOOKED_AT]]
        shown = [
            {"language": code, "text": text, "before": one, "after": other}
            for text, one, other in zip(
                looked_at,
                marked_pieces(before, looked_at, set(pieces.dropped)),
                marked_pieces(after, looked_at, set(pieces.added)),
                strict=True,
            )
        ]
        rows += sorted(shown, key=is_unchanged)[:number]
    return rows


def is_unchanged(row: Mapping[str, Any]) -> bool:
    """Tell whether a sentence has the same pieces before and after."""
    return [piece for piece, _ in row["before"]] == [piece for piece, _ in row["after"]]


def marked_pieces(
    tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], marked: Collection[str]
) -> list[list[tuple[str, bool]]]:
    """Return the readable pieces of each text, each with whether it is among `marked`."""
    backend = backend_of(tokenizer)
    byte_level, names = is_byte_level(backend), names_of(backend)
    return [
        [(readable(names[number], byte_level), names[number] in marked) for number in encoding.ids]
        for encoding in encodings(backend, texts)
    ]


def page_of(found: Mapping[str, Any]) -> str:
    """Return the page of what `describe_change` found: one file without script or network."""
    # A round trip through JSON, so that the page of a file read again is the same.
    evidence = json.loads(json.dumps(found))
    rows = evidence["languages"]
    content = {
        "title": f"Vocabulary: {evidence['operation']}",
        "eyebrow": "glotlift · vocabulary",
        "source": "audit.json",
        "evidence": evidence,
        "model": evidence["source"],
        "sizes": evidence["sizes"],
        "pieces": evidence["pieces"],
        "rows": rows,
        "changed": sum(row["changed_sentences"] for row in rows),
        "sentences_compared": sum(row["sentences"] for row in rows),
        "groups": by_language(evidence["sentences"]),
        "tongues": tongue,
        "command": evidence["command"],
        "config": evidence["settings"],
    }
    return render_page("vocabulary", content)


def by_language(sentences: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Any]]]:
    """Group sentences by language, in their order."""
    groups: dict[str, list[Any]] = {}
    for row in sentences:
        groups.setdefault(str(row["language"]), []).append(row)
    return list(groups.items())
