"""Vectors and dictionaries learnt from the user's own text, by counting."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import regex
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.segmentation import backend_of, encodings
from glotlift.vocabulary.word_vectors import WordVectors

WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’\-][\p{L}\p{M}\p{N}]+)*")
PAIRS = 1 << 24  # neighbouring pairs counted at a time: 128 MiB of keys


def words_of(text: str) -> list[str]:
    """Return the words of a text: letters, marks and digits, joined by apostrophes and hyphens."""
    return list(WORD.findall(text))


def train_vectors(
    texts: Iterable[str], *, width: int = 300, window: int = 5, least: int = 3, seed: int = 0
) -> WordVectors:
    """Train vectors of the words of plain text by factorising their association.

    Positive pointwise mutual information with smoothed contexts, and the truncated decomposition
    with the square root of the singular values (Levy, Goldberg and Dagan 2015, section 3): as good
    as skip-gram on small text, the same on every run, and without another library. Words seen
    fewer than `least` times are left out. A text whose script writes no spaces needs
    `token_vectors` instead.

    Raises GL-VOCABULARY-063 where too few words recur.
    """
    number: dict[str, int] = {}
    counts: Counter[str] = Counter()
    documents = []
    for text in texts:
        words = words_of(text)
        counts.update(words)
        documents.append(
            np.array([number.setdefault(word, len(number)) for word in words], np.int64)
        )
    frequent = [(word, seen) for word, seen in counts.most_common() if seen >= least]
    place = np.full(len(number) + 1, -1, np.int64)
    place[[number[word] for word, _ in frequent]] = np.arange(len(frequent))
    rows = associate([place[ids] for ids in documents], len(frequent), width, window, seed)
    return WordVectors(
        tuple(word for word, _ in frequent),
        rows.numpy(),
        np.array([seen for _, seen in frequent], dtype=np.float64),
    )


def token_vectors(
    tokenizer: PreTrainedTokenizerFast,
    texts: Iterable[str],
    *,
    width: int = 300,
    window: int = 5,
    least: int = 3,
    seed: int = 0,
) -> Tensor:
    """Return [V, width] vectors of a tokenizer's pieces from text that it segments, for FOCUS.

    As `train_vectors`, over pieces instead of words (Dobler and de Melo 2023, section 2.1, trains
    fastText on them); pieces seen fewer than `least` times get zeros.

    Raises GL-VOCABULARY-001 and -063.
    """
    backend = backend_of(tokenizer)
    size = max(backend.get_vocab(with_added_tokens=True).values()) + 1
    documents = [np.array(encoding.ids, np.int64) for encoding in encodings(backend, texts)]
    counts = np.bincount(np.concatenate([*documents, np.empty(0, np.int64)]), minlength=size)
    frequent = np.flatnonzero(counts >= least)
    place = np.full(size, -1, np.int64)
    place[frequent] = np.arange(len(frequent))
    rows = torch.zeros((size, width))
    rows[torch.from_numpy(frequent)] = associate(
        [place[ids] for ids in documents], len(frequent), width, window, seed
    )
    return rows


def associate(
    documents: Sequence[NDArray[np.int64]], size: int, width: int, window: int, seed: int
) -> Tensor:
    """Return [size, width] vectors of the ids in documents; ids of -1 are passed over."""
    keys, counts = neighbours_of(documents, size, window)
    if size < 2 or not len(keys):
        raise GlotliftError(
            "GL-VOCABULARY-063",
            f"only {size} words recur in the text: no vectors can be trained",
            place="texts",
            fix="give more text, or ask for rarer words too (least=1)",
        )
    matrix = information(keys, counts, size)
    rank = min(width, size - 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        left, singular, _ = torch.svd_lowrank(matrix, min(rank + 16, size), niter=4)
    rows = torch.zeros((size, width))
    rows[:, :rank] = left[:, :rank] * singular[:rank].sqrt()
    return rows


def neighbours_of(
    documents: Sequence[NDArray[np.int64]], size: int, window: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count ordered pairs within `window`, nearer ones for more: keys first * size + second."""
    flat = np.concatenate([*documents, np.empty(0, np.int64)])
    owner = np.repeat(np.arange(len(documents)), [len(ids) for ids in documents])
    owner, flat = owner[flat >= 0], flat[flat >= 0]
    keys: NDArray[np.int64] = np.empty(0, np.int64)
    counts: NDArray[np.float64] = np.empty(0)
    for start in range(0, len(flat), PAIRS):
        for step in range(1, window + 1):
            left = flat[start : start + PAIRS]
            right = flat[start + step : start + PAIRS + step]
            same = owner[start : start + len(right)] == owner[start + step : start + PAIRS + step]
            one, two = left[: len(right)][same], right[same]
            found, seen = np.unique(
                np.concatenate([one * size + two, two * size + one]), return_counts=True
            )
            both = np.concatenate([keys, found])
            keys, places = np.unique(both, return_inverse=True)
            weight = np.r_[counts, seen * ((window + 1 - step) / window)]
            counts = np.bincount(places, weight, minlength=len(keys)).astype(np.float64)
    return keys, counts


def information(keys: NDArray[np.int64], counts: NDArray[np.float64], size: int) -> Tensor:
    """Return the sparse [size, size] of positive pointwise mutual information.

    Contexts are smoothed by the power 0.75 (Levy, Goldberg and Dagan 2015, section 3.2).
    """
    first, second = keys // size, keys % size
    totals = np.bincount(first, counts, minlength=size)
    context = totals**0.75
    value = np.log(counts / totals[first] / (context / context.sum())[second])
    kept = value > 0
    return torch.sparse_coo_tensor(
        torch.from_numpy(np.stack([first[kept], second[kept]])),
        torch.from_numpy(value[kept].astype(np.float32)),
        (size, size),
        check_invariants=False,
    ).coalesce()


def learn_dictionary(
    pairs: Iterable[tuple[str, str]], *, least: int = 2, strength: float = 0.3
) -> list[tuple[str, str]]:
    """Learn word pairs (source, target) from sentences that translate each other.

    A pair counts when each word is the other's best partner by the Dice coefficient of the
    sentences that they occur in, at least `least` sentences and `strength` (Dice 1945; Melamed
    2000 on mutual best partners). Strongest first.
    """
    sides: list[dict[str, int]] = [{}, {}]
    cells, seen = [], [Counter[int](), Counter[int]()]
    for sentence in pairs:
        ids = [
            np.unique([side.setdefault(word, len(side)) for word in words_of(text)] or [])
            for side, text in zip(sides, sentence, strict=True)
        ]
        for count, some in zip(seen, ids, strict=True):
            count.update(some.astype(np.int64).tolist())
        cells.append((ids[0].astype(np.int64)[:, None] << 32 | ids[1].astype(np.int64)).ravel())
    keys, together = np.unique(np.concatenate([*cells, np.empty(0, np.int64)]), return_counts=True)
    left, right = keys >> 32, keys & 0xFFFFFFFF
    alone = [np.array([count[place] for place in range(len(count))]) for count in seen]
    kept = together >= least
    left, right, together = left[kept], right[kept], together[kept]
    dice = 2 * together / (alone[0][left] + alone[1][right]) if len(left) else np.empty(0)
    best = [np.zeros(len(side)) for side in sides]
    np.maximum.at(best[0], left, dice)
    np.maximum.at(best[1], right, dice)
    mutual = (dice == best[0][left]) & (dice == best[1][right]) & (dice >= strength)
    order = np.flatnonzero(mutual)[np.argsort(-dice[mutual], kind="stable")]
    names = [list(side) for side in sides]
    return [(names[0][left[place]], names[1][right[place]]) for place in order.tolist()]
