"""Word vectors: read from the user's file, aligned between languages, carried to pieces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.neighbours import mixed
from glotlift.vocabulary.segmentation import backend_of, encodings

LINES = 4096
SUFFIXES = (".vec", ".txt", ".npy", ".safetensors")


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words, most frequent first where known, with a vector and a count each."""

    words: tuple[str, ...]
    rows: NDArray[np.float32]
    """[n, e]"""
    counts: NDArray[np.float64]
    """[n] how often each word was seen; ones where a file does not say."""


def read_vectors(path: str | Path, *, limit: int | None = None) -> WordVectors:
    """Read word vectors: word2vec text (``.vec``, ``.txt``), ``.npy`` or ``.safetensors``.

    The text form has a line for each word, with or without a first line of the two sizes. The
    others hold a matrix [n, e] (in safetensors the only one or "vectors") beside a file of the same
    name ending in ``.words.txt`` with one word a line. `limit` takes the first words. A word that
    comes twice keeps its first vector.

    Raises GL-VOCABULARY-055 (no such file, or another kind), -056 (a line or matrix of the wrong
    width), -057 (what is no finite number), -058 (fewer vectors than the file promises), -059 (the
    words beside a matrix) and -060 (no vectors at all).
    """
    path = Path(path)
    if not path.is_file() or path.suffix not in SUFFIXES:
        raise GlotliftError(
            "GL-VOCABULARY-055",
            "no file of word vectors" if path.is_file() else "there is no such file",
            place=str(path),
            fix=f"give a file that ends in {', '.join(SUFFIXES)}",
        )
    text = path.suffix in {".vec", ".txt"}
    words, rows = read_text(path, limit) if text else read_matrix(path, limit)
    if not len(words) or not rows.shape[1]:
        raise GlotliftError(
            "GL-VOCABULARY-060", "there are no vectors", place=str(path), fix="check the file"
        )
    wrong = np.flatnonzero(~np.isfinite(rows).all(1))
    if len(wrong):
        raise not_a_number(f"{path}: {words[wrong[0]]!r}")
    first = np.unique(np.array(words, dtype=object), return_index=True)[1]
    order = np.sort(first)
    kept = tuple(words[place] for place in order.tolist())
    return WordVectors(kept, np.ascontiguousarray(rows[order]), np.ones(len(kept)))


def read_text(path: Path, limit: int | None) -> tuple[list[str], NDArray[np.float32]]:
    """Read the word2vec text form, a few thousand lines at a time."""
    words: list[str] = []
    parts: list[NDArray[np.float32]] = []
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        first = file.readline()
        sizes = first.split()
        promised = int(sizes[0]) if len(sizes) == 2 and all(map(str.isdecimal, sizes)) else None
        width = int(sizes[1]) if promised is not None else len(first.rstrip().split(" ")) - 1
        number = 2 if promised is not None else 1
        batch = [first] if promised is None and first.strip() else []
        wanted = promised if limit is None else min(limit, promised or limit)
        while True:
            while len(batch) < LINES and (wanted is None or len(words) + len(batch) < wanted):
                line = file.readline()
                if not line:
                    break
                batch.append(line)
            if not batch:
                break
            found, rows = parse_lines(batch, width, path, number)
            words.extend(found)
            parts.append(rows)
            number += len(batch)
            batch = []
    if promised is not None and len(words) < (wanted or 0):
        raise GlotliftError(
            "GL-VOCABULARY-058",
            f"the first line promises {promised} vectors but there are {len(words)}",
            place=str(path),
            fix="copy the file again: it is cut off",
        )
    return words, np.concatenate(parts) if parts else np.empty((0, width), np.float32)


def parse_lines(
    lines: list[str], width: int, path: Path, number: int
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the words and vectors of lines that begin at line `number` of a file."""
    pairs = [line.rstrip().split(" ", 1) for line in lines]
    if all(len(pair) == 2 and pair[1].count(" ") == width - 1 for pair in pairs):
        try:
            numbers = np.fromstring(" ".join(pair[1] for pair in pairs), sep=" ", dtype=np.float32)
        except ValueError:
            numbers = np.empty(0, np.float32)
        if len(numbers) == len(lines) * width:
            return [pair[0] for pair in pairs], numbers.reshape(len(lines), width)
    return slowly(lines, width, path, number)


def slowly(
    lines: list[str], width: int, path: Path, number: int
) -> tuple[list[str], NDArray[np.float32]]:
    """Read lines one by one, so that a word may hold a space and a fault has a place."""
    words: list[str] = []
    rows = np.empty((len(lines), width), np.float32)
    for place, line in enumerate(lines):
        word, *numbers = line.rstrip().rsplit(" ", width)
        if len(numbers) != width or not width:
            raise wrong_width(
                f"{len(numbers)} numbers where {width} belong", f"{path}:{number + place}"
            )
        try:
            rows[place] = np.array(numbers, dtype=np.float32)
        except ValueError:
            raise not_a_number(f"{path}:{number + place}") from None
        words.append(word)
    return words, rows


def read_matrix(path: Path, limit: int | None) -> tuple[list[str], NDArray[np.float32]]:
    """Read a matrix from ``.npy`` or ``.safetensors``, and its words from beside it."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        if path.suffix == ".npy":
            matrix = np.load(path, allow_pickle=False)
        else:
            tensors = load_file(path)
            matrix = tensors.get("vectors", next(iter(tensors.values()), np.empty((0, 0))))
    except (ValueError, EOFError, OSError, SafetensorError) as error:
        raise GlotliftError(
            "GL-VOCABULARY-055",
            f"no file of word vectors: {str(error).splitlines()[0]:.120}",
            place=str(path),
            fix="write it with numpy.save or safetensors.numpy.save_file",
        ) from None
    if matrix.ndim != 2 or not np.issubdtype(matrix.dtype, np.floating):
        raise wrong_width(f"an array of shape {matrix.shape} and type {matrix.dtype}", str(path))
    beside = path.with_suffix(".words.txt")
    words = beside.read_text(encoding="utf-8").split("\n") if beside.is_file() else []
    words = words[:-1] if words and not words[-1] else words
    if len(words) != len(matrix):
        raise GlotliftError(
            "GL-VOCABULARY-059",
            f"{len(words)} words for {len(matrix)} vectors" if words else "the words are missing",
            place=str(beside),
            fix="write one word a line, in the order of the rows",
        )
    return words[:limit], matrix[:limit].astype(np.float32)


def wrong_width(found: str, place: str) -> GlotliftError:
    """Return GL-VOCABULARY-056."""
    return GlotliftError(
        "GL-VOCABULARY-056",
        f"{found} is no vector of words",
        place=place,
        fix="give one word and the same count of numbers on every line, or a matrix of floats",
    )


def not_a_number(place: str) -> GlotliftError:
    """Return GL-VOCABULARY-057."""
    return GlotliftError(
        "GL-VOCABULARY-057",
        "a vector holds what is no finite number",
        place=place,
        fix="remove the word or write its vector again",
    )


def align(
    source: WordVectors, target: WordVectors, pairs: Sequence[tuple[str, str]]
) -> WordVectors:
    """Rotate `source` into the space of `target` by a dictionary of (source, target) words.

    The orthogonal map that brings the pairs nearest in squared distance (Schönemann 1966; Smith et
    al. 2017); also tries both words in lower case and title case, as WECHSEL does (Minixhofer et
    al. 2022, section 3.1).

    Raises GL-VOCABULARY-061 (vectors of different widths) and -062 (no pair has vectors).
    """
    if source.rows.shape[1] != target.rows.shape[1]:
        raise GlotliftError(
            "GL-VOCABULARY-061",
            f"vectors of {source.rows.shape[1]} and {target.rows.shape[1]} numbers share no space",
            place="vectors",
            fix="train or choose both with the same number of dimensions",
        )
    left = {word: place for place, word in enumerate(source.words)}
    right = {word: place for place, word in enumerate(target.words)}
    found = [
        (left[one], right[other])
        for first, second in pairs
        for one in (first, first.lower(), first.title())
        for other in (second, second.lower(), second.title())
        if one in left and other in right
    ]
    if not found:
        raise GlotliftError(
            "GL-VOCABULARY-062",
            f"none of {len(pairs)} word pairs has a vector on both sides",
            place="pairs",
            fix="give pairs (source word, target word) written as in the vectors",
        )
    ours, theirs = np.array(found).T
    return replace(source, rows=source.rows @ rotation(source.rows[ours], target.rows[theirs]))


def rotation(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the orthogonal [e, e] that minimises the distance of source @ it to target [n, e]."""
    left, _, right = np.linalg.svd(source.astype(np.float64).T @ target.astype(np.float64))
    turned: NDArray[np.float32] = (left @ right).astype(np.float32)
    return turned


def joined(*vectors: WordVectors) -> WordVectors:
    """Return the words of several languages in one space; a word of two has a row for each."""
    return WordVectors(
        tuple(word for some in vectors for word in some.words),
        np.concatenate([some.rows for some in vectors]),
        np.concatenate([some.counts for some in vectors]),
    )


def piece_vectors(
    tokenizer: PreTrainedTokenizerFast,
    vectors: WordVectors,
    *,
    weights: Literal["counts", "equal"] = "counts",
    capitals: bool = False,
) -> Tensor:
    """Return [V, e] in float32: each piece's mean over the words that it occurs in; zeros if none.

    Words are segmented as they are and after a space, with `capitals` also capitalised. Weighted
    by the words' counts for WECHSEL (Minixhofer et al. 2022, section 3.2, eq. 2), "equal" with
    capitals for OFA (Liu et al. 2024, section 3.2). Raises GL-VOCABULARY-001.
    """
    backend = backend_of(tokenizer)
    forms = [vectors.words, [" " + word for word in vectors.words]]
    if capitals:
        upper = [word[:1].upper() + word[1:] for word in vectors.words]
        forms += [upper, [" " + word for word in upper]]
    pieces, words = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for form in forms:
        ids = [encoding.ids for encoding in encodings(backend, form)]
        owner = np.repeat(np.arange(len(ids)), [len(some) for some in ids])
        flat = np.concatenate([np.array(some, dtype=np.int64) for some in ids])
        both = np.unique(flat * len(ids) + owner)
        pieces.append(both // len(ids))
        words.append(both % len(ids))
    return means(
        np.concatenate(pieces),
        np.concatenate(words),
        vectors.rows,
        vectors.counts if weights == "counts" else np.ones(len(vectors.words)),
        max(backend.get_vocab(with_added_tokens=True).values()) + 1,
    )


def means(
    pieces: NDArray[np.int64],
    words: NDArray[np.int64],
    rows: NDArray[np.float32],
    weights: NDArray[np.float64],
    size: int,
) -> Tensor:
    """Return [size, e]: the weighted mean of the rows of each piece's words."""
    order = np.argsort(pieces, kind="stable")
    counts = np.bincount(pieces, minlength=size)
    weight = weights[words[order]]
    total = np.bincount(pieces[order], weight, minlength=size)
    share = weight / np.maximum(total[pieces[order]], np.finfo(np.float64).tiny)
    return mixed(
        torch.from_numpy(rows),
        torch.from_numpy(words[order]),
        torch.from_numpy(share.astype(np.float32)),
        torch.from_numpy(np.cumsum(counts) - counts),
    )
