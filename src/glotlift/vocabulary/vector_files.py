"""Word vectors from the user's files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.word_vectors import WordVectors

LINES = 4096
DIGITS = 18  # of a size; more do not fit a machine's integers
SUFFIXES = (".vec", ".txt", ".npy", ".safetensors")


def read_vectors(path: str | Path, *, limit: int | None = None) -> WordVectors:
    """Read word vectors: word2vec text (``.vec``, ``.txt``), ``.npy`` or ``.safetensors``.

    The text form has a line for each word, with or without a first line of the two sizes. The
    others hold a matrix [n, e] (in safetensors the only one or "vectors") beside a file of the same
    name ending in ``.words.txt`` with one word a line. `limit` takes the first words. A word that
    comes twice keeps its first vector.

    Raises GL-VOCABULARY-080 (no such file), -055 (another kind of file), -081 (a file of numbers
    that cannot be read), -053 (a first line of impossible sizes), -056 (a line or matrix of the
    wrong width), -057 (what is no finite number), -058 (fewer vectors than the file promises),
    -059 (the count of words beside a matrix), -052 (words that are no UTF-8) and -060 (no vectors
    at all).
    """
    path = Path(path)
    check_path(path)
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


def check_path(path: Path) -> None:
    """Raise GL-VOCABULARY-080 where there is no file and -055 for a file of another kind."""
    if not path.is_file():
        raise GlotliftError(
            "GL-VOCABULARY-080",
            "there is no such file of word vectors",
            place=str(path),
            fix="check the path; nothing is downloaded",
        )
    if path.suffix not in SUFFIXES:
        raise GlotliftError(
            "GL-VOCABULARY-055",
            "the name of the file is not one of word vectors",
            place=str(path),
            fix=f"give a file that ends in {', '.join(SUFFIXES)}",
        )


def read_text(path: Path, limit: int | None) -> tuple[list[str], NDArray[np.float32]]:
    """Read the word2vec text form, a few thousand lines at a time."""
    words: list[str] = []
    parts: list[NDArray[np.float32]] = []
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        first = file.readline()
        promised, width = sizes_in(first, path)
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


def sizes_in(first: str, path: Path) -> tuple[int | None, int]:
    """Return how many vectors a first line promises, if it does, and their width."""
    sizes = first.split()
    if len(sizes) != 2 or not all(map(str.isdecimal, sizes)):
        return None, len(first.rstrip().split(" ")) - 1
    if max(map(len, sizes)) > DIGITS:
        raise GlotliftError(
            "GL-VOCABULARY-053",
            "the first line promises more than any file holds",
            place=f"{path}:1",
            fix="write the number of vectors and their width there",
        )
    return int(sizes[0]), int(sizes[1])


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
    rows: list[NDArray[np.float32]] = []
    for place, line in enumerate(lines):
        word, *numbers = line.rstrip().rsplit(" ", width)
        if len(numbers) != width or not width:
            raise wrong_width(
                f"{len(numbers)} numbers where {width} belong", f"{path}:{number + place}"
            )
        try:
            rows.append(np.array(numbers, dtype=np.float32))
        except ValueError:
            raise not_a_number(f"{path}:{number + place}") from None
        words.append(word)
    return words, np.stack(rows)


def read_matrix(path: Path, limit: int | None) -> tuple[list[str], NDArray[np.float32]]:
    """Read a matrix from ``.npy`` or ``.safetensors``, and its words from beside it."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        if path.suffix == ".npy":
            matrix = np.load(path, allow_pickle=False)
            if not isinstance(matrix, np.ndarray):
                raise ValueError("it holds several arrays")
        else:
            tensors = load_file(path)
            matrix = tensors.get("vectors", next(iter(tensors.values()), np.empty((0, 0))))
    except (
        ValueError,
        TypeError,
        KeyError,
        OSError,
        EOFError,
        MemoryError,
        SafetensorError,
    ) as error:
        raise GlotliftError(
            "GL-VOCABULARY-081",
            f"the file cannot be read as a matrix: {str(error).splitlines()[0]:.120}",
            place=str(path),
            fix="write it with numpy.save or safetensors.numpy.save_file",
        ) from None
    if matrix.ndim != 2 or not np.issubdtype(matrix.dtype, np.floating):
        raise wrong_width(f"an array of shape {matrix.shape} and type {matrix.dtype}", str(path))
    beside = path.with_suffix(".words.txt")
    words = read_words(beside) if beside.is_file() else []
    if len(words) != len(matrix):
        raise GlotliftError(
            "GL-VOCABULARY-059",
            f"{len(words)} words for {len(matrix)} vectors",
            place=str(beside),
            fix="write one word a line, in the order of the rows",
        )
    return words[:limit], matrix[:limit].astype(np.float32)


def read_words(path: Path) -> list[str]:
    """Read one word a line; raises GL-VOCABULARY-052."""
    try:
        words = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise GlotliftError(
            "GL-VOCABULARY-052",
            f"the words are no UTF-8: {error.reason} at byte {error.start}",
            place=str(path),
            fix="write them as UTF-8, one a line",
        ) from None
    return words if words[-1] else words[:-1]


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
