"""Text of several languages in shares, so that none crowds the others out of a vocabulary."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle

from glotlift.runs.errors import GlotliftError


def balanced_texts(
    texts_by_language: Mapping[str, Sequence[str]], *, alpha: float = 0.0
) -> list[str]:
    """Return texts in which each language has a share of the bytes, for `extend` or training.

    Shares go as bytes ** alpha (Conneau et al. 2020, section 3.1): 0 gives every language the same,
    1 leaves the shares as they are. The bytes in all stay about as they are: a large language gives
    its first texts, a small one is repeated, and pieces are counted in proportion.

    Raises GL-VOCABULARY-079 (a language without text) and -049 (`alpha` outside [0, 1]).
    """
    written = {
        code: [text for text in texts if text.strip()] for code, texts in texts_by_language.items()
    }
    empty = [code for code, texts in written.items() if not texts]
    if empty or not written:
        raise GlotliftError(
            "GL-VOCABULARY-079",
            f"these languages have no text to balance: {', '.join(empty) or 'none is given'}",
            place="texts_by_language",
            fix="give every language text, or leave it out",
        )
    if not 0 <= alpha <= 1:
        raise GlotliftError(
            "GL-VOCABULARY-049",
            f"cannot balance with an exponent of {alpha}",
            place="alpha",
            fix="give one from 0 (equal shares) to 1 (the shares as they are)",
        )
    sizes = {code: [len(text.encode()) for text in texts] for code, texts in written.items()}
    total = sum(map(sum, sizes.values()))
    weights = {code: sum(lengths) ** alpha for code, lengths in sizes.items()}
    chosen: list[str] = []
    for code, texts in written.items():
        chosen += filled(texts, sizes[code], total * weights[code] / sum(weights.values()))
    return chosen


def filled(texts: Sequence[str], sizes: Sequence[int], wanted: float) -> Iterator[str]:
    """Yield texts, again from the first after the last, until about `wanted` bytes are out."""
    for text, size in cycle(zip(texts, sizes, strict=True)):
        # Half of the last text: rounding to the nearer side keeps the shares unbiased.
        if wanted < size / 2:
            return
        yield text
        wanted -= size
