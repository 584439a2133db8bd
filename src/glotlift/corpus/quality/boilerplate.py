"""Lines that belong to a page and not to its text: found, cut and counted.

A line is boilerplate when it stands in many documents of the corpus (the line deduplication of
CCNet, Wenzek et al. 2020, section 3.1, with a threshold of documents), or by its form: a row of
short labels between bars, arrows or dots.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.quality.codepoints import DIGIT, NEWLINE, SPACE, Batch, Integers, Keys, batches

REPEATED_LINE = "repeated line"
LABELS = "row of labels"
SHORTEST_LINE, LONGEST_LINE = 12, 400
MINIMUM_DOCUMENTS = 10
MINIMUM_SHARE = 0.0005
MARKS = "|¦│›»→►▸•·"
BAR = re.compile(rf"\s*[{MARKS}]\s*|\s+/\s+")
ROW = re.compile(rf"^.*(?:[{MARKS}]|\s/\s).*$", re.MULTILINE)
SENTENCE_ENDS = ".!?。！？؟۔।॥…:"
SENTENCE = re.compile(rf"[^{MARKS}]*[.!?。！？؟۔।॥…](?:\s+|(?<=[。！？]))(?=[^{MARKS}]*[{MARKS}])")
LABEL_WORDS, LABEL_CHARACTERS, MINIMUM_LABELS, MOST_ROWS = 4, 30, 3, 4


@dataclass(frozen=True)
class Cut:
    """A line that was cut: why, and where it stood in the text given."""

    reason: str
    start: int
    end: int


@dataclass(frozen=True)
class Trimmed:
    """A text without its boilerplate, and what was cut of it, in order."""

    text: str
    cuts: tuple[Cut, ...]


@dataclass(frozen=True)
class LineCounts:
    """In how many of `texts` documents each line stands: `keys` ascending [k], `documents` [k]."""

    keys: Keys
    documents: Integers
    texts: int

    def merge(self, other: "LineCounts") -> "LineCounts":
        """Return the counts of both, which must come from different documents."""
        return gather([self, other])

    def repeated(self, documents: int | None = None) -> Keys:
        """Return the keys of lines that stand in at least so many documents, ascending.

        By default in ten, and in one of two thousand of a large corpus.
        """
        least = documents or max(MINIMUM_DOCUMENTS, round(MINIMUM_SHARE * self.texts))
        return self.keys[self.documents >= least]


def gather(counts: Sequence[LineCounts]) -> LineCounts:
    """Return the counts of several sets of documents together."""
    keys = np.concatenate([each.keys for each in counts])
    number = np.concatenate([each.documents for each in counts])
    distinct, place = np.unique(keys, return_inverse=True)
    documents = np.zeros(len(distinct), np.int64)
    np.add.at(documents, place, number)
    return LineCounts(distinct, documents, sum(each.texts for each in counts))


def count_lines(texts: Sequence[str]) -> LineCounts:
    """Count in how many of the texts each line stands; see `line_keys` for which lines count.

    Documents known to be duplicates of others should be left out.
    """
    keys, documents = np.unique(line_keys(texts)[0], return_counts=True)
    return LineCounts(keys, documents, len(texts))


def line_keys(texts: Sequence[str]) -> tuple[Keys, NDArray[np.uint32]]:
    """Return the key of each line, uint64 [l], and the text it stands in, [l]; once in a text.

    Lines of 12 to 400 characters count (shorter ones are too often text, longer ones are passages).
    Digits count as alike, so that dates and page numbers do not part lines; spaces around a line do
    not count.
    """
    keys, rows, before = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)], 0
    for batch in batches(texts):
        lines = line_spans(batch)
        order = np.lexsort((lines.keys, lines.owners))
        own, owners = lines.keys[order], lines.owners[order]
        new = np.ones(len(own), np.bool_)
        new[1:] = (own[1:] != own[:-1]) | (owners[1:] != owners[:-1])
        keys.append(own[new])
        rows.append((owners[new] + before).astype(np.uint32))
        before += len(batch.starts) - 1
    return np.concatenate(keys), np.concatenate(rows)


def cut_boilerplate(texts: Sequence[str], repeated: Keys) -> list[Trimmed]:
    """Return the texts without lines whose keys are in `repeated` and without rows of labels.

    A text without such lines is returned as it is. Of five or more rows of labels one after another
    none is cut: that is a table.
    """
    trimmed: list[Trimmed] = []
    for batch in batches(texts):
        lines = line_spans(batch)
        hits: dict[int, list[Cut]] = {}
        for i in np.flatnonzero(np.isin(lines.keys, repeated)).tolist():
            owner = int(lines.owners[i])
            first = int(batch.starts[owner])
            cut = Cut(REPEATED_LINE, int(lines.begins[i]) - first, int(lines.ends[i]) - first)
            hits.setdefault(owner, []).append(cut)
        for i in range(len(batch.starts) - 1):
            text = texts[len(trimmed)]
            trimmed.append(without(text, [*hits.get(i, []), *label_rows(text)]))
    return trimmed


@dataclass(frozen=True)
class Lines:
    """The lines of a batch that count: spans without spaces around, documents and keys, [l]."""

    begins: Integers
    ends: Integers
    owners: NDArray[np.int32]
    keys: Keys


def line_spans(batch: Batch) -> Lines:
    """Return the lines of a batch that are neither too short nor too long."""
    shown = np.flatnonzero((batch.classes != SPACE) & (batch.classes != NEWLINE))
    ends = np.flatnonzero(batch.classes == NEWLINE)
    begins = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])[: len(ends)]
    first, last = np.searchsorted(shown, begins), np.searchsorted(shown, ends)
    filled = last > first
    begins, ends = shown[first[filled]], shown[last[filled] - 1] + 1
    size = ends - begins
    counted = (size >= SHORTEST_LINE) & (size <= LONGEST_LINE)
    begins, ends = begins[counted], ends[counted]
    alike = np.where(batch.classes == DIGIT, np.uint32(ord("0")), batch.codes)
    keys = Batch(alike, batch.starts).hashes(begins, ends)
    return Lines(begins, ends, batch.documents[begins], keys)


def label_rows(text: str) -> Iterator[Cut]:
    """Yield the lines of a text that are rows of short labels between bars."""
    if not any(mark in text for mark in MARKS) and " / " not in text:
        return
    held: list[Cut] = []
    for found in ROW.finditer(text):
        if not is_labels(found[0]):
            continue
        if held and text[held[-1].end : found.start()].strip():
            yield from held if len(held) <= MOST_ROWS else ()
            held = []
        held.append(Cut(LABELS, found.start(), found.end()))
    yield from held if len(held) <= MOST_ROWS else ()


def is_labels(line: str) -> bool:
    """Return whether a line is short labels, most with letters, between bars.

    Three or more labels, or two behind a notice; a sentence with a menu path in it is text.
    """
    line = line.strip()
    notice = SENTENCE.match(line)
    labels = [label for label in BAR.split(line[notice.end() if notice else 0 :]) if label]
    if len(labels) < (2 if notice else MINIMUM_LABELS) or labels[-1][-1] in SENTENCE_ENDS:
        return False
    if any(len(each) > LABEL_CHARACTERS or len(each.split()) > LABEL_WORDS for each in labels):
        return False
    lettered = sum(any(character.isalpha() for character in label) for label in labels)
    return lettered > len(labels) / 2 and line[-1] not in MARKS


def without(text: str, cuts: Sequence[Cut]) -> Trimmed:
    """Return a text without spans, each together with the line end behind it."""
    if not cuts:
        return Trimmed(text, ())
    kept: list[str] = []
    made: list[Cut] = []
    at = 0
    for cut in sorted(cuts, key=lambda cut: (cut.start, cut.end)):
        if cut.start < at:
            continue
        start = text.rfind("\n", at, cut.start) + 1 or at
        end = text.find("\n", cut.end)
        kept.append(text[at:start])
        made.append(cut)
        at = len(text) if end < 0 else end + 1
    return Trimmed("".join([*kept, text[at:]]).strip("\n"), tuple(made))
