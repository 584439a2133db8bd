"""Bilingual dictionaries: read from files, or induced from word vectors of two languages."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.word_vectors import WordVectors, align
from glotlift.world.concepts import SPLITS

Dictionary = Mapping[str, Sequence[str]]
"""From a word in lower case to its translations, the best first."""
TOP = 3  # translations of a word that are kept (Zan et al. 2022)
ASIDE = regex.compile(r"\([^)]*\)|\[[^\]]*\]|<[^>]*>")  # remarks beside a translation
ROWS = 1024  # of a matrix of similarities, at a time


def read_dictionary(
    path: str | Path, *, source: str | None = None, target: str | None = None
) -> dict[str, tuple[str, ...]]:
    """Read translations from a file, compressed by gzip or not.

    JSON lines are of one of two layouts: FreeDict's ``{"src": word, "tgt": [translation, ...]}``,
    or a word list by concepts, ``{"lang": code, "words": [[word, ...], ...]}`` as PanLex's Swadesh
    lists are, of which `source` and `target` name two languages. Other files have two columns,
    parted by a tab or white space, as MUSE's dictionaries have. Translations are cut at commas and
    semicolons, and remarks in brackets are dropped.

    Raises GL-OBJECTIVE-051 (a file that cannot be read) and -052 (no translations in it).
    """
    path = Path(path)
    lines = list(read_lines(path))
    if not any(line.startswith("{") for line in lines[:1]):
        pairs = [columns_of(line) for line in lines]
    else:
        try:
            entries = [json.loads(line) for line in lines]
            pairs = list(pairs_of(entries, source, target))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise unreadable(path, f"{type(error).__name__} {error}") from None
    kept = dictionary_of(
        (said, meant) for word, heard in pairs for said in senses(word) for meant in senses(heard)
    )
    if not kept:
        raise GlotliftError(
            "GL-OBJECTIVE-052",
            "there are no translations in the dictionary",
            place=f"{path}, {source} to {target}" if source else str(path),
            fix="check the file, and the two languages where it has several",
        )
    return kept


def world_lexicon(one: str, other: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the sample world's dictionaries of two languages, from each into the other.

    Words stand as a dictionary has them, so that inflected words of a text have no entry. Raises
    GL-WORLD-001 (a language that the world does not speak).
    """
    return {
        source: dictionary_of(
            (row["source_word"], row["word"])
            for split in SPLITS
            for row in world.tasks.lexicon(source, target, split=split)
        )
        for source, target in ((one, other), (other, one))
    }


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file that hold something. Raises GL-OBJECTIVE-051."""
    opened: Any = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    yield line.strip()
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise unreadable(path, str(error)) from None


def unreadable(path: Path, why: str) -> GlotliftError:
    """Return GL-OBJECTIVE-051 for a file that is no dictionary."""
    return GlotliftError(
        "GL-OBJECTIVE-051",
        f"the dictionary cannot be read: {why:.120}",
        place=str(path),
        fix='give two columns, or lines of {"src": word, "tgt": [translation]}',
    )


def columns_of(line: str) -> tuple[str, str]:
    """Return the word and the translation of a line with two columns."""
    word, _, translation = line.partition("\t")
    if not translation:
        word, _, translation = line.partition(" ")
    return word, translation.split("\t")[0]


def pairs_of(
    entries: Sequence[Mapping[str, Any]], source: str | None, target: str | None
) -> Iterator[tuple[str, str]]:
    """Yield words and translations of FreeDict's entries, or of two languages' word lists."""
    if "src" in entries[0]:
        for entry in entries:
            yield from ((entry["src"], translation) for translation in entry["tgt"])
        return
    lists = {entry["lang"]: entry["words"] for entry in entries}
    both = zip(lists.get(source, ()), lists.get(target, ()), strict=False)
    for ours, theirs in both:
        yield from ((word, translation) for word in ours for translation in theirs)


def senses(text: str) -> list[str]:
    """Return the words or phrases that an entry lists."""
    return [part.strip() for part in regex.split("[,;]", ASIDE.sub("", text)) if part.strip()]


def shuffled(dictionary: Dictionary, seed: int) -> dict[str, tuple[str, ...]]:
    """Return a dictionary whose words have each other's translations: a control."""
    words = list(dictionary)
    order = np.random.default_rng(seed).permutation(len(words))
    return {word: tuple(dictionary[words[int(at)]]) for word, at in zip(words, order, strict=True)}


def dictionary_of(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the dictionary of words and their translations, in the order of the pairs."""
    found: dict[str, dict[str, None]] = {}
    for word, translation in pairs:
        found.setdefault(word.lower(), {})[translation] = None
    return {word: tuple(known) for word, known in found.items()}


def induce_dictionary(
    source: WordVectors,
    target: WordVectors,
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
    rounds: int = 5,
    top: int = TOP,
) -> dict[str, tuple[str, ...]]:
    """Return the nearest words of `target` for each word of `source`, without any dictionary.

    The vectors of both languages are brought to unit length and centred, and rotated onto each
    other by `pairs`, or by the words that both languages write alike, numerals above all; then, in
    `rounds`, by the words that are each other's nearest: self-learning, as in Artetxe et al. 2017,
    "Learning Bilingual Word Embeddings with (Almost) No Bilingual Data", section 3. Code-switching
    restore makes its lexicon so from a task's own text (Zan et al. 2022).

    Raises GL-VOCABULARY-061 (vectors of different widths) and -062 (no pair to begin from).
    """
    ours, theirs = centred(source), centred(target)
    shared = set(target.words)
    known = list(pairs or [(word, word) for word in source.words if word in shared])
    mapped = align(ours, theirs, known)
    for _ in range(rounds):
        there = nearest(mapped.rows, theirs.rows, 1)[:, 0]
        back = nearest(theirs.rows, mapped.rows, 1)[:, 0]
        mutual = np.flatnonzero(back[there] == np.arange(len(there)))
        known = [(ours.words[place], theirs.words[there[place]]) for place in mutual.tolist()]
        mapped = align(ours, theirs, known)
    return nearest_translations(mapped, theirs, top=top)


def nearest_translations(
    source: WordVectors, target: WordVectors, *, top: int = TOP
) -> dict[str, tuple[str, ...]]:
    """Return the `top` words of `target` most similar to each word of `source`, by cosine.

    Both are in one space. The most similar, not the least: the published code of code-switching
    restore sorts similarities as if they were distances.
    """
    places = nearest(source.rows, target.rows, top)
    found: dict[str, tuple[str, ...]] = {}
    for word, row in zip(source.words, places.tolist(), strict=True):
        found.setdefault(word.lower(), tuple(target.words[place] for place in row))
    return found


def nearest(ours: NDArray[np.float32], theirs: NDArray[np.float32], top: int) -> NDArray[np.int64]:
    """Return [n, top] the places of the rows of `theirs` most similar to each of `ours` [n, e]."""
    keys = unit(theirs).T
    found = [
        np.argsort(-(unit(ours[at : at + ROWS]) @ keys), axis=1, kind="stable")[:, :top]
        for at in range(0, len(ours), ROWS)
    ]
    return np.concatenate(found).astype(np.int64)


def centred(vectors: WordVectors) -> WordVectors:
    """Return vectors of unit length whose mean is taken away."""
    rows = unit(vectors.rows)
    return replace(vectors, rows=unit(rows - rows.mean(0)))


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows of unit length; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = rows / np.maximum(lengths, np.finfo(np.float32).tiny)
    return scaled
