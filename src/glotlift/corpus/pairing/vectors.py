"""Sentences as vectors, sparse or dense, whose inner products are taken block by block."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from glotlift.runs.protocols import Encoder

Array = NDArray[np.float64]


class Vectors(Protocol):
    """The sentences of one document as vectors.

    A run of sentences is the sum of their vectors, so all that a search needs are inner products of
    single sentences, and of neighbours.
    """

    def __len__(self) -> int: ...

    @property
    def squares(self) -> Array:
        """Squared lengths, [n]."""
        ...

    @property
    def neighbours(self) -> Array:
        """Inner products of sentence k and k + 1, [n - 1] (empty for no sentence)."""
        ...

    @property
    def centre(self) -> Array:
        """The mean of the sentences' unit vectors, [width]; zero vectors count as nothing."""
        ...

    def against(self, centre: Array) -> Array:
        """Return each sentence's cosine with `centre` [width], times the length of that, [n]."""
        ...

    def dense(self, start: int, stop: int, columns: NDArray[np.int64] | None = None) -> Array:
        """Return rows [stop - start, width], or only some columns of them."""
        ...

    def columns(self, start: int, stop: int) -> NDArray[np.int64] | None:
        """Return the columns that hold anything in these rows; None where all may."""
        ...


@dataclass(frozen=True)
class DenseVectors:
    """Rows of an encoder, [n, width]."""

    rows: Array

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def squares(self) -> Array:
        """Squared lengths, [n]."""
        return np.asarray(np.einsum("ij,ij->i", self.rows, self.rows))

    @cached_property
    def neighbours(self) -> Array:
        """Inner products of neighbours, [n - 1]."""
        return np.asarray(np.einsum("ij,ij->i", self.rows[:-1], self.rows[1:]))

    @cached_property
    def centre(self) -> Array:
        """The mean of the unit vectors, [width]."""
        return np.asarray(unit(self.rows, self.squares).sum(0) / max(len(self), 1))

    def against(self, centre: Array) -> Array:
        """Return each sentence's cosine with `centre`, times the length of that, [n]."""
        return np.asarray(unit(self.rows, self.squares) @ centre)

    def dense(self, start: int, stop: int, columns: NDArray[np.int64] | None = None) -> Array:
        """Return rows, or some columns of them."""
        rows = self.rows[start:stop]
        return rows if columns is None else rows[:, columns]

    def columns(self, start: int, stop: int) -> None:
        """Return None: any column may hold something."""
        return


@dataclass(frozen=True)
class SparseVectors:
    """Weights of features: row k holds `features[bounds[k]:bounds[k + 1]]`, in rising order."""

    bounds: NDArray[np.int64]
    features: NDArray[np.int64]
    weights: Array
    width: int

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """The row of each weight."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    @cached_property
    def squares(self) -> Array:
        """Squared lengths, [n]."""
        return np.asarray(np.bincount(self.owners, self.weights**2, len(self)), np.float64)

    @cached_property
    def neighbours(self) -> Array:
        """Inner products of neighbours, [n - 1]."""
        if len(self) < 2 or not len(self.features):
            return np.zeros(max(len(self) - 1, 0))
        keys = self.owners * self.width + self.features
        found = np.minimum(np.searchsorted(keys, keys + self.width), len(keys) - 1)
        both = keys[found] == keys + self.width
        products = self.weights[both] * self.weights[found[both]]
        return np.asarray(np.bincount(self.owners[both], products, len(self))[:-1], np.float64)

    @cached_property
    def centre(self) -> Array:
        """The mean of the unit vectors, [width]."""
        length = np.sqrt(self.squares)[self.owners]
        return np.asarray(
            np.bincount(self.features, self.weights / length, self.width) / max(len(self), 1),
            np.float64,
        )

    def against(self, centre: Array) -> Array:
        """Return each sentence's cosine with `centre`, times the length of that, [n]."""
        length = np.sqrt(self.squares)[self.owners]
        return np.asarray(
            np.bincount(self.owners, self.weights * centre[self.features] / length, len(self)),
            np.float64,
        )

    def dense(self, start: int, stop: int, columns: NDArray[np.int64] | None = None) -> Array:
        """Return rows, or some columns of them (in rising order)."""
        part = slice(self.bounds[start], self.bounds[stop])
        features, weights = self.features[part], self.weights[part]
        rows = self.owners[part] - start
        if columns is None:
            columns = np.arange(self.width)
        table = np.zeros((stop - start, len(columns)))
        if len(columns):
            place = np.minimum(np.searchsorted(columns, features), len(columns) - 1)
            held = columns[place] == features
            table[rows[held], place[held]] = weights[held]
        return table

    def columns(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the features of these rows in rising order."""
        return np.unique(self.features[self.bounds[start] : self.bounds[stop]])


def unit(rows: Array, squares: Array) -> Array:
    """Return rows of length 1; zero rows stay zero."""
    length = np.sqrt(squares)
    return rows / np.where(length > 0, length, 1)[:, None]


def sparse(rows: Sequence[dict[int, float]], width: int) -> SparseVectors:
    """Return rows of feature -> weight as sparse vectors; weights of 0 are left out."""
    ordered = [sorted((f, w) for f, w in row.items() if w > 0) for row in rows]
    bounds = np.concatenate([[0], np.cumsum([len(row) for row in ordered])]).astype(np.int64)
    features = np.array([f for row in ordered for f, _ in row], np.int64)
    weights = np.array([w for row in ordered for _, w in row], np.float64)
    return SparseVectors(bounds, features, weights, width)


def encode(encoder: "Encoder", sentences: Sequence[str]) -> Array:
    """Return an encoder's vectors at length 1, [n, width].

    Raises GL-CORPUS-067 (they do not fit the sentences).
    """
    rows = np.asarray(encoder.encode(list(sentences)), np.float64)
    if rows.ndim != 2 or len(rows) != len(sentences) or not np.isfinite(rows).all():
        cause = (
            f"the encoder gave {rows.shape} values for {len(sentences)} sentences, or not finite"
        )
        fix = "return one vector of finite numbers per sentence"
        raise GlotliftError("GL-CORPUS-067", cause, place="encoder", fix=fix)
    return unit(rows, np.einsum("ij,ij->i", rows, rows))
