"""Lists of words of a language: given ones that a text should not be full of, and stop words.

Given lists are those of the user, as "List of Dirty, Naughty, Obscene, and Otherwise Bad Words" or
the toxicity lists of NLLB (NLLB Team 2022, section 7.2): a file for each language, an entry a line.
Stop words are learnt as FineWeb2 does (Penedo et al. 2025, section 4.2): the most frequent words.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.quality.codepoints import (
    DIGIT,
    READ_CHARACTERS,
    Batch,
    Codes,
    Integers,
    Keys,
    batches,
    encode,
    script_table,
)
from glotlift.corpus.quality.measures import share
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

STOP_WORDS = 30
STOP_SHARE = 0.2


@dataclass(frozen=True)
class Words:
    """The words of a batch, [w]: `folded` has small letters, and spaces for all but words."""

    folded: Batch
    begins: Integers
    ends: Integers
    owners: NDArray[np.int32]

    def text(self, index: int) -> str:
        """Return one word."""
        return "".join(map(chr, self.folded.codes[self.begins[index] : self.ends[index]].tolist()))


@dataclass(frozen=True)
class WordList:
    """Entries of one language, each a word or several, in small letters.

    Entries of a language that puts spaces between words match whole words only; between the words
    of an entry one space, line end or sign may stand.
    """

    language: str
    entries: tuple[str, ...]
    spaced: bool

    def shares(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the share of each text that is entries: of its words or its characters, [n].

        What several entries cover counts once. Of a text longer than 200,000 characters the
        beginning is looked at.
        """
        if not self.spaced:
            return np.array([self.character_share(text) for text in texts], np.float32)
        parts = [self.word_shares(word_batch(batch)) for batch in batches(texts)]
        return np.concatenate([*parts, np.empty(0)]).astype(np.float32)

    @cached_property
    def keys(self) -> Mapping[int, Keys]:
        """The hashes of the entries by their number of words."""
        by_length: dict[int, list[str]] = {}
        for entry in self.entries:
            by_length.setdefault(entry.count(" ") + 1, []).append(entry)
        return {length: hash_entries(entries) for length, entries in by_length.items()}

    def word_shares(self, words: Words) -> NDArray[np.float64]:
        """Return the share of words that are in entries, of each document of a batch."""
        listed = np.zeros(len(words.begins), np.bool_)
        for length, keys in self.keys.items():
            size = len(words.begins) - length + 1
            if size < 1:
                continue
            spans = words.folded.hashes(words.begins[:size], words.ends[length - 1 :])
            found = np.isin(spans, keys) & (words.owners[:size] == words.owners[length - 1 :])
            for offset in range(length):
                listed[offset : offset + size] |= found
        count = len(words.folded.starts) - 1
        return share(
            np.bincount(words.owners[listed], minlength=count),
            np.bincount(words.owners, minlength=count),
        )

    def character_share(self, text: str) -> float:
        """Return the share of a text's characters that are in entries."""
        text = text[:READ_CHARACTERS].lower()
        present = [entry for entry in self.entries if entry in text]
        if not present:
            return 0.0
        longest_first = sorted(present, key=lambda entry: (-len(entry), entry))
        pattern = re.compile("|".join(map(re.escape, longest_first)))
        return sum(len(found[0]) for found in pattern.finditer(text)) / len(text)


def word_batch(batch: Batch) -> Words:
    """Return the runs of letters, marks and digits of a batch."""
    inside = batch.classes <= DIGIT
    change = np.diff(np.concatenate([[False], inside]).view(np.int8))
    begins, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    codes = np.where(inside, small_letters()[batch.codes], np.uint32(ord(" ")))
    return Words(Batch(codes, batch.starts), begins, ends, batch.documents[begins])


def hash_entries(entries: Sequence[str]) -> Keys:
    """Return the hashes that entries have as spans of a batch."""
    batch = encode(entries)
    return batch.hashes(batch.starts[:-1], batch.starts[1:] - 1)


@cache
def small_letters() -> Codes:
    """Return the small letter of every code point that has one of one code point, else itself."""
    lowered = (chr(code).lower() for code in range(0x110000))
    pairs = (ord(low) if len(low) == 1 else code for code, low in enumerate(lowered))
    return np.fromiter(pairs, np.uint32, 0x110000)


def fold(entry: str) -> str:
    """Return an entry as words in small letters with single spaces."""
    words = word_batch(encode([unicodedata.normalize("NFC", entry)]))
    return " ".join(map(words.text, range(len(words.begins))))


def read_word_list(path: Path, code: str) -> WordList:
    """Read a file of entries, one a line; empty lines and lines that begin with # are none.

    Raises GL-CORPUS-039 (not a readable UTF-8 file) and -040 (no entry).
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        cause = f"the word list is not readable: {error!s:.120}"
        fix = "name a UTF-8 file with one entry a line"
        raise GlotliftError("GL-CORPUS-039", cause, place=str(path), fix=fix) from None
    return word_list((line for line in lines if not line.startswith("#")), code, str(path))


def word_list(entries: Iterable[str], code: str, place: str = "word list") -> WordList:
    """Return entries as a list for a language.

    Raises GL-CORPUS-040 (no entry) and what `language` raises.
    """
    spaced = language(code).spaced
    cut = (fold(entry) if spaced else entry.strip().lower() for entry in entries)
    kept = tuple(sorted({entry for entry in cut if entry}))
    if not kept:
        fix = "write one entry a line"
        raise GlotliftError("GL-CORPUS-040", "the word list is empty", place=place, fix=fix)
    return WordList(code, kept, spaced)


def read_word_lists(folder: Path) -> dict[str, WordList]:
    """Read every .txt file of a folder; the name of a file is its language: ``tur_Latn.txt``.

    Raises GL-CORPUS-041 (no such file), what `read_word_list` and what `language` raise.
    """
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        fix = "name its files by their language: tur_Latn.txt or tr.txt"
        cause = "the folder has no word list"
        raise GlotliftError("GL-CORPUS-041", cause, place=str(folder), fix=fix)
    codes = [language(path.stem).code for path in paths]
    return {code: read_word_list(path, code) for code, path in zip(codes, paths, strict=True)}


def listed_shares(
    texts: Sequence[str], languages: Sequence[str], lists: Mapping[str, WordList]
) -> NDArray[np.float32]:
    """Return the share of each text that is entries of its language's list, [n].

    Without a list for its language the share is not a number, which no standard judges.
    """
    shares = np.full(len(texts), np.nan, np.float32)
    codes = np.array(languages, dtype=object)
    for code in sorted(set(languages) & lists.keys()):
        rows = np.flatnonzero(codes == code).tolist()
        shares[rows] = lists[code].shares([texts[row] for row in rows])
    return shares


def learn_stop_words(texts: Sequence[str], code: str, count: int = STOP_WORDS) -> WordList:
    """Return the most frequent words of trusted texts, or characters of an unspaced script.

    Only words of more than a fifth of the documents count, so that the subject of one does not.

    Raises GL-CORPUS-040 (no such word) and what `language` raises.
    """
    spaced = language(code).spaced
    times: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    for text in texts:
        words = word_batch(encode([text[:READ_CHARACTERS]]))
        units = list(map(words.text, range(len(words.begins))))
        units = units if spaced else list("".join(units))
        letters = [unit for unit in units if unit[0].isalpha()]
        times.update(letters)
        documents.update(set(letters))
    scripts: Counter[int] = Counter()
    for word, number in times.items():
        scripts[int(script_table()[ord(word[0])])] += number
    least = STOP_SHARE * len(texts)
    script = max(scripts, key=lambda one: (scripts[one], -one), default=0)
    chosen = [
        word
        for _, word in sorted((-number, word) for word, number in times.items())
        if documents[word] > least and script_table()[ord(word[0])] == script
    ]
    return word_list(chosen[:count], code, "stop words")
