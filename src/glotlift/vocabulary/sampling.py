"""Text for a tokenizer within a budget of bytes, whatever the size of its source."""

import heapq
from collections.abc import Iterable, Iterator
from random import Random
from typing import NamedTuple

from glotlift.corpus.mixture import Mixture
from glotlift.runs.errors import GlotliftError

POSITIONS = 1024


class Sample(NamedTuple):
    """Texts drawn from a stream, in its order, and the UTF-8 bytes before and after."""

    texts: list[str]
    bytes_read: int
    bytes_kept: int


def sample_texts(texts: Iterable[str], budget_bytes: int, *, seed: int = 0) -> Sample:
    """Draw texts uniformly from a stream of unknown length until they fill `budget_bytes`.

    Every text draws a number, and those with the lowest are held: bottom-k sampling (Cohen and
    Kaplan 2007) with k in bytes, so that memory is bounded by the budget. A stream within the
    budget is kept whole. Raises GL-VOCABULARY-086 (budget below 1).
    """
    check_budget(budget_bytes)
    draw = Random(seed)
    held: list[tuple[float, int, str, int]] = []
    read = kept = 0
    for position, text in enumerate(texts):
        size = len(text.encode())
        read, kept = read + size, kept + size
        heapq.heappush(held, (-draw.random(), position, text, size))
        while kept > budget_bytes:
            kept -= heapq.heappop(held)[3]
    ordered = sorted(held, key=lambda item: item[1])
    return Sample([text for _, _, text, _ in ordered], read, kept)


def mixture_texts(mixture: Mixture, budget_bytes: int | None = None) -> Iterator[str]:
    """Yield the texts of a mixture from its first position on until they fill the budget.

    The default are as many bytes as the sources hold; with a policy other than natural, small
    languages are then read more than once and large ones in part. Raises GL-VOCABULARY-086.
    """
    left = sum(mixture.sizes.values()) if budget_bytes is None else budget_bytes
    check_budget(left)
    start = 0
    while True:
        for text in texts_at(mixture, start, start + POSITIONS):
            left -= len(text.encode())
            if left < 0:
                return
            yield text
        start += POSITIONS


def texts_at(mixture: Mixture, start: int, stop: int) -> list[str]:
    """Return the texts at positions [start, stop)."""
    sources, rows = mixture.items(start, stop)
    found = [""] * len(rows)
    for source, name in enumerate(mixture.names):
        places = (sources == source).nonzero()[0]
        if len(places):
            texts = mixture.sources[name][rows[places].tolist()]["text"]
            for place, text in zip(places.tolist(), texts, strict=True):
                found[place] = text
    return found


def check_budget(budget_bytes: int) -> None:
    """Raise GL-VOCABULARY-086 for a budget that holds no text."""
    if budget_bytes < 1:
        raise GlotliftError(
            "GL-VOCABULARY-086",
            f"{budget_bytes} bytes hold no text",
            place="budget_bytes",
            fix="give at least 1, such as 20000000 for 20 MB",
        )
