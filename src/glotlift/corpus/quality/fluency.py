"""A small language model of characters that tells fluent text from letters or words at random.

Interpolated n-grams after Witten and Bell (1991) in the form of Chen and Goodman (1999, section
2.4), as CCNet (Wenzek et al. 2020, section 4.2) filters by the perplexity of a model of n-grams.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.quality.codepoints import (
    DIGIT,
    NEWLINE,
    SPACE,
    Batch,
    Codes,
    Integers,
    Keys,
    batches,
    encode,
    finish,
)
from glotlift.runs.errors import GlotliftError

ORDER = 5
MINIMUM_CHARACTERS, MOST_CHARACTERS = 1000, 2_000_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Values by 64-bit keys, found through the keys' upper bits."""

    keys: Keys
    values: NDArray[np.float32]
    shift: np.uint64 = field(init=False, repr=False)
    starts: Integers = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Note where the keys of each bucket begin."""
        bits = max(len(self.keys).bit_length(), 1)
        shift = np.uint64(64 - bits)
        limits = np.arange(1 << bits, dtype=np.uint64) << shift
        starts = np.append(np.searchsorted(self.keys, limits), len(self.keys))
        object.__setattr__(self, "shift", shift)
        object.__setattr__(self, "starts", starts)

    def find(self, wanted: Keys) -> Integers:
        """Return where each key stands, -1 for one that does not, [n]."""
        place = np.full(len(wanted), -1, np.int64)
        bucket = (wanted >> self.shift).astype(np.int64)
        at, end = self.starts[bucket], self.starts[bucket + 1]
        open_rows = np.flatnonzero(at < end)
        while len(open_rows):
            here = at[open_rows]
            hit = self.keys[here] == wanted[open_rows]
            place[open_rows[hit]] = here[hit]
            at[open_rows] += 1
            open_rows = open_rows[~hit & (here + 1 < end[open_rows])]
        return place


@dataclass(frozen=True)
class CharacterModel:
    """Chances of a character after up to four others.

    `grams` has, for each length from 1, the log2 chance of a character seen after a context;
    `contexts` the log2 share that a context leaves to what was not seen after it. `vocabulary` is
    the number of different characters, one for all unknown ones included.
    """

    grams: tuple[Table, ...]
    contexts: tuple[Table, ...]
    vocabulary: int

    def bits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the bits per character of each text, [n]; NaN for one without characters.

        Small and capital letters are different; digits count as alike, spaces and line ends too.
        Of a text longer than 200,000 characters the beginning is read.
        """
        parts = []
        for batch in batches(texts):
            plain = simplified(batch)
            chances = self.log_chances(plain)
            counted = np.ones(len(chances), np.bool_)
            counted[plain.starts[1:] - 1] = False
            total = np.bincount(plain.documents[counted], -chances[counted], len(plain.starts) - 1)
            size = np.diff(plain.starts) - 1
            parts.append(np.where(size > 0, total / np.maximum(size, 1), np.nan))
        return np.concatenate([*parts, np.empty(0)]).astype(np.float32)

    def log_chances(self, batch: Batch) -> Floats:
        """Return the log2 chance of each code point after those before it in its text, [c]."""
        result = np.zeros(len(batch.codes))
        rows = np.arange(len(batch.codes))
        begins = batch.starts[batch.documents]
        for size in range(len(self.grams), 0, -1):
            rows = self.settle(batch, rows, begins, size, result)
        result[rows] -= np.log2(self.vocabulary)
        return result

    def settle(
        self, batch: Batch, rows: Integers, begins: Integers, size: int, result: Floats
    ) -> Integers:
        """Add to `result` what n-grams of `size` say of rows; return those they do not settle."""
        possible = rows - (size - 1) >= begins[rows]
        asked, rest = rows[possible], rows[~possible]
        place = self.grams[size - 1].find(gram_keys(batch, asked - (size - 1), asked + 1))
        seen = place >= 0
        result[asked[seen]] += self.grams[size - 1].values[place[seen]]
        missed = asked[~seen]
        context = self.contexts[size - 1].find(gram_keys(batch, missed - (size - 1), missed))
        known = context >= 0
        result[missed[known]] += self.contexts[size - 1].values[context[known]]
        return np.concatenate([rest, missed])

    def save(self, path: Path) -> None:
        """Write the model to an .npz file."""
        arrays = {"vocabulary": np.array(self.vocabulary)}
        for size, (gram, context) in enumerate(zip(self.grams, self.contexts, strict=True), 1):
            arrays |= {f"gram_keys_{size}": gram.keys, f"gram_values_{size}": gram.values}
            arrays |= {
                f"context_keys_{size}": context.keys,
                f"context_values_{size}": context.values,
            }
        with path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]


def load_character_model(path: Path) -> CharacterModel:
    """Read a model that `CharacterModel.save` wrote.

    Raises GL-CORPUS-042 (not such a file).
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            order = sum(name.startswith("gram_keys_") for name in stored.files)
            sizes = range(1, order + 1)
            grams = tuple(
                Table(stored[f"gram_keys_{n}"], stored[f"gram_values_{n}"]) for n in sizes
            )
            contexts = tuple(
                Table(stored[f"context_keys_{n}"], stored[f"context_values_{n}"]) for n in sizes
            )
            return CharacterModel(grams, contexts, int(stored["vocabulary"]))
    except (OSError, KeyError, ValueError) as error:
        cause = f"not a character model: {error!s:.120}"
        fix = "train it again: train_character_model(texts).save(path)"
        raise GlotliftError("GL-CORPUS-042", cause, place=str(path), fix=fix) from None


def train_character_model(texts: Sequence[str], order: int = ORDER) -> CharacterModel:
    """Return the model of trusted texts of one language, of their first two million characters.

    p(c | h) = (n(h c) + d(h) p(c | h')) / (n(h) + d(h)), with n(h) how often a context stands
    before a character, d(h) how many different characters follow it and h' the context without its
    first character; below that, every character of the vocabulary is as likely as any other.

    Raises GL-CORPUS-043 (fewer than a thousand characters).
    """
    batch = simplified(encode(beginning(texts)))
    if len(batch.codes) < MINIMUM_CHARACTERS:
        cause = f"{len(batch.codes)} characters are too few for a character model"
        fix = f"give at least {MINIMUM_CHARACTERS} characters of clean text, better a million"
        raise GlotliftError("GL-CORPUS-043", cause, place="texts", fix=fix)
    vocabulary = len(np.unique(batch.codes)) + 1
    shorter = Table(np.zeros(1, np.uint64), np.full(1, -np.log2(vocabulary), np.float32))
    grams: list[Table] = []
    contexts: list[Table] = []
    for size in range(1, order + 1):
        gram, context = count_grams(batch, size, shorter)
        grams.append(gram)
        contexts.append(context)
        shorter = gram
    return CharacterModel(tuple(grams), tuple(contexts), vocabulary)


def beginning(texts: Sequence[str]) -> list[str]:
    """Return the texts up to the number of characters that a model is trained on."""
    ends = np.cumsum([len(text) for text in texts])
    last = int(np.searchsorted(ends, MOST_CHARACTERS))
    return [text[:MOST_CHARACTERS] for text in texts[: last + 1]]


def count_grams(batch: Batch, size: int, shorter: Table) -> tuple[Table, Table]:
    """Return the log2 chances of n-grams of one size, and the shares their contexts leave."""
    positions = np.arange(len(batch.codes))
    rows = positions[positions - (size - 1) >= batch.starts[batch.documents]]
    keys, first, times = np.unique(
        gram_keys(batch, rows - (size - 1), rows + 1), return_index=True, return_counts=True
    )
    ends = rows[first]
    heads, place = np.unique(gram_keys(batch, ends - (size - 1), ends), return_inverse=True)
    total = np.bincount(place, weights=times)
    kinds = np.bincount(place)
    # The last characters of an n-gram are an n-gram that was counted before.
    suffix = shorter.find(gram_keys(batch, ends - (size - 2), ends + 1)) if size > 1 else 0
    lower = np.exp2(shorter.values[suffix].astype(np.float64))
    chances = (times + kinds[place] * lower) / (total + kinds)[place]
    left = np.log2(kinds / (total + kinds))
    return Table(keys, np.log2(chances).astype(np.float32)), Table(heads, left.astype(np.float32))


def gram_keys(batch: Batch, begins: Integers, ends: Integers) -> Keys:
    """Return keys of spans; spans of one text are different where their lengths are."""
    return finish(batch.hashes(begins, ends) ^ (ends - begins).astype(np.uint64))


def simplified(batch: Batch) -> Batch:
    """Return a batch with one digit for all, and one space for spaces and line ends."""
    codes: Codes = batch.codes.copy()
    codes[batch.classes == DIGIT] = ord("0")
    codes[(batch.classes == SPACE) | (batch.classes == NEWLINE)] = ord(" ")
    return Batch(codes, batch.starts)
