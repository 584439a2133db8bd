"""Sentences and documents of CoNLL-U treebanks."""

import re
from collections.abc import Iterator
from pathlib import Path

from glotlift.corpus.fields import INVALID, ROW_BYTES, TOO_LONG, Row
from glotlift.corpus.lines import Documents, gather

COLUMNS = 10
RANGE = re.compile(r"(\d+)-(\d+)")
NUMBER = re.compile(r"\d+(\.\d+)?")
MALFORMED = "malformed CoNLL-U"
Sentence = tuple[int, dict[str, str], str, str]  # line, comments, text, fault


def read_treebank(path: Path, documents: Documents) -> Iterator[Row]:
    """Yield a row for every document of a CoNLL-U file, or every sentence where it marks none.

    A document begins at ``# newdoc`` and a paragraph, a line of its text, at ``# newpar``.
    `documents` is ``line`` for sentences, ``file`` for the whole file, else ``auto``. The text is
    the comment ``# text``, else the words with spaces but for ``SpaceAfter=No`` (Universal
    Dependencies, CoNLL-U format). Ids are the document's or the sentence's own.
    """
    whole = documents == "file"
    parts: list[str] = []
    start, id, license, size, open_document = 0, "", "", 0, whole
    for line, comments, text, fault in read_sentences(path):
        license = comments.get("license") or comments.get("licence") or license
        if documents in ("auto", "blank") and any(name.startswith("newdoc") for name in comments):
            if parts:
                yield document_row(start, id, license, parts, size)
            parts, size, id, open_document = [], 0, comments.get("newdoc id", ""), True
        if fault:
            yield Row(line, {}, fault)
        elif not open_document:
            yield document_row(line, comments.get("sent_id", ""), license, [text], len(text))
        else:
            start = start if parts else line
            size += len(text) + 1
            if size <= ROW_BYTES:
                fresh = any(name.startswith("newpar") for name in comments)
                parts += [("\n" if fresh else " ") if parts else "", text]
    if parts:
        yield document_row(start, id, license, parts, size)


def document_row(line: int, id: str, license: str, parts: list[str], size: int) -> Row:
    """Return the row of a document's sentences."""
    values = {"id": id, "license": license, "text": "".join(parts)}
    fault = TOO_LONG if size > ROW_BYTES else ""
    return Row(line, {key: value for key, value in values.items() if value}, fault)


def read_sentences(path: Path) -> Iterator[Sentence]:
    """Yield every sentence of a treebank."""
    for lines in gather(path, "blank"):
        fault = next((problem for *_, problem in lines if problem), "")
        try:
            rows = [(line or b"").decode("utf-8-sig") for _, line, _ in lines]
        except UnicodeDecodeError:
            yield lines[0][0], {}, "", fault or INVALID
            continue
        comments = dict(map(comment, (row for row in rows if row.startswith("#"))))
        words = [row.split("\t") for row in rows if not row.startswith("#")]
        sound = words and all(len(word) == COLUMNS and sound_id(word[0]) for word in words)
        text = comments.get("text") or (spell(words) if sound else "")
        yield lines[0][0], comments, text, fault or ("" if sound else MALFORMED)


def comment(row: str) -> tuple[str, str]:
    """Return name and value of a comment line: ``# newdoc id = x``, ``# newpar``."""
    name, _, value = row[1:].partition("=")
    return name.strip(), value.strip()


def sound_id(id: str) -> bool:
    """Return whether this is the id of a word, a range of words or an empty node."""
    return bool(NUMBER.fullmatch(id) or RANGE.fullmatch(id))


def spell(words: list[list[str]]) -> str:
    """Return the text of a sentence's words; a word of several tokens is spelt once."""
    text, end = "", 0
    for id, form, *_, misc in words:
        span = RANGE.fullmatch(id)
        if "." in id or (not span and int(id) <= end):
            continue
        end = int(span.group(2)) if span else end
        text += form + ("" if "SpaceAfter=No" in misc.split("|") else " ")
    return text.rstrip()
