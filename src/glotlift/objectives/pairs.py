"""Rows of pairs as features: two texts, one after the other, and which token is of which."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.languages.romanisation import romanise
from glotlift.objectives.packing import Ids, columns
from glotlift.objectives.word_columns import ENTITIES, WORDS

SIDES = "sides"
SOURCE, SOURCE_TEXT = "source_", "source_text"
COUNTED = (WORDS, ENTITIES)  # numbered from 0 in every text
KEPT = ("id", "source", "license")
Romaniser = Callable[[Iterable[str], str], Sequence[str]]


def pair_features(
    prepare: Callable[[Dataset], Dataset], rows: Dataset, beside: Sequence[str], *, skip: int = 0
) -> Dataset:
    """Return the features of pairs: those of `source_text`, then those of `text`.

    What else is known of the source stands in columns of its name: `source_language`,
    `source_tokens`, `source_pos`. `prepare` makes the features of texts: `input_ids`, `bytes` and
    those named in `beside`. Of a text that follows its source the first `skip` tokens are left out.
    `sides` is 0 for each token of the first text of a row and 1 for those of the second; `bytes`
    are those of both. A row without `source_text` is a single text.
    """
    given = rows[SOURCE_TEXT] if SOURCE_TEXT in rows.column_names else []
    paired = [row for row, text in enumerate(given) if text]
    texts = prepare(rows)
    pieces, lengths = split(texts, beside), lengths_of(texts)
    made = [with_side(piece, 0) for piece in pieces]
    if paired:
        sources = prepare(source_side(rows.select(paired)))
        lengths[paired] += lengths_of(sources)
        counted = [1 + at for at, name in enumerate(beside) if name in COUNTED]
        for row, source in zip(paired, split(sources, beside), strict=True):
            text = pieces[row][skip:].copy()
            for column in counted:
                text[:, column] += (text[:, column] >= 0) * (1 + source[:, column].max())
            made[row] = np.concatenate([with_side(source, 0), with_side(text, 1)])
    return features_of(made, ("input_ids", *beside, SIDES), lengths)


def source_side(rows: Dataset) -> Dataset:
    """Return the sources of pairs as rows of their own: `source_text` as `text`, and so on."""
    names = [name for name in rows.column_names if name.startswith(SOURCE)]
    sources = rows.select_columns(names)
    return sources.rename_columns({name: name.removeprefix(SOURCE) for name in names})


def split(features: Dataset, beside: Sequence[str]) -> list[Ids]:
    """Return each row's [tokens, 1 + beside], the ids first."""
    if not len(features):
        return []
    flat, offsets = columns(features, beside)
    return np.split(flat.reshape(len(flat), -1), offsets[1:-1])


def lengths_of(features: Dataset) -> NDArray[np.int64]:
    """Return the bytes of each row."""
    return np.array(features["bytes"] if len(features) else [], dtype=np.int64)


def with_side(piece: Ids, side: int) -> Ids:
    """Return a piece with one more column, which tells its side."""
    return np.concatenate([piece, np.full((len(piece), 1), side, dtype=piece.dtype)], axis=1)


def features_of(pieces: Sequence[Ids], names: Sequence[str], lengths: NDArray[np.int64]) -> Dataset:
    """Return pieces [tokens, names] as a data set with a list per row and name, and `bytes`."""
    flat = np.concatenate([*pieces, np.empty((0, len(names)), dtype=np.int32)])
    offsets = pa.array(np.cumsum([0, *map(len, pieces)]), pa.int32())
    table: dict[str, Any] = {
        name: pa.ListArray.from_arrays(offsets, pa.array(flat[:, column], pa.int32()))
        for column, name in enumerate(names)
    }
    order = {"input_ids": table.pop("input_ids"), "bytes": pa.array(lengths), **table}
    return Dataset(pa.table(order))


def transliterated(rows: Dataset, romaniser: Romaniser = romanise) -> Dataset:
    """Return pairs of each row's text, as `source_text`, and the same in Latin letters, as `text`.

    As MuRIL (Khanuja et al. 2021, arXiv:2103.10730) and TransliCo pair them. Rows that have a
    column `romanised` are taken at their word; the others' text is written by `romaniser`, which
    is given texts and the code of their language. Ids stay, so that a split by id never leaks.

    Raises what the romaniser raises.
    """
    codes = list(rows["language"])
    if "romanised" in rows.column_names:
        latin, native = list(rows["romanised"]), rows.remove_columns("romanised")
    else:
        latin, native = [""] * len(rows), rows
        for code in dict.fromkeys(codes):
            mine = [row for row, other in enumerate(codes) if other == code]
            written = romaniser([rows[row]["text"] for row in mine], code)
            for row, text in zip(mine, written, strict=True):
                latin[row] = text
    names = {name: f"{SOURCE}{name}" for name in native.column_names if name not in KEPT}
    latin_codes = [f"{code.partition('_')[0]}_Latn" for code in codes]
    pairs = native.rename_columns(names)
    return pairs.add_column("language", latin_codes).add_column("text", latin)
