"""Random numbers for many blocks at once, each block's from a generator of its own.

What is drawn for a block is a function of its seed and its length alone, so that workers, processes
and the blocks beside it change nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

Words = NDArray[np.uint32]
POOL = 4  # words
# The constants of numpy's SeedSequence, which are those of O'Neill's seed_seq_fe ("Developing a
# seed_seq Alternative", 2015); numpy promises that the streams of a seed do not change.
FIRST_IN, STEP_IN, FIRST_OUT, STEP_OUT = 0x43B0D7E5, 0x931E8875, 0x8B51F9DD, 0x58F38DED
LEFT, RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
HALF = np.uint32(16)


class Draws:
    """One generator for each of several blocks; `lengths` [blocks] are those of the blocks."""

    def __init__(self, seeds: Sequence[int], salt: int, lengths: Sequence[int], width: int) -> None:
        """`salt` tells one use of a seed from another; `width` is that of what is returned."""
        self.lengths, self.shape = lengths, (len(seeds), width)
        self.generators = generators(seeds, salt)

    def random(self) -> NDArray[np.float64]:
        """Return [blocks, width] numbers in [0, 1), and 1 behind a block's end."""
        drawn = np.ones(self.shape)
        for row, length, generator in zip(drawn, self.lengths, self.generators, strict=True):
            generator.random(out=row[:length])
        return drawn

    def integers(self, below: int) -> NDArray[np.int64]:
        """Return [blocks, width] whole numbers in [0, below), and 0 behind a block's end.

        They are those of ``Generator.integers``, as long as they are the last that is drawn: its
        multiplication of 32 random bits (Lemire 2019, arXiv:1805.10941) is done for all at once,
        and a block of which a number has to be drawn anew, one in many thousands, is left to numpy.
        """
        bits = np.zeros(self.shape, dtype=np.uint32)
        for row, length, generator in zip(bits, self.lengths, self.generators, strict=True):
            drawn = generator.bit_generator.random_raw((length + 1) // 2)
            row[:length] = drawn.view("<u4")[:length]
        product = bits.astype(np.uint64) * np.uint64(below)
        numbers = (product >> np.uint64(32)).astype(np.int64)
        anew = product.astype(np.uint32) < 2**32 % below
        anew &= np.arange(self.shape[1]) < np.asarray(self.lengths)[:, None]
        for block in np.flatnonzero(anew.any(axis=1)).tolist():
            length, generator = self.lengths[block], self.generators[block]
            generator.bit_generator.advance(-((length + 1) // 2))  # type: ignore[attr-defined]
            numbers[block, :length] = generator.integers(below, size=length)
        return numbers


def generators(seeds: Sequence[int], salt: int) -> list[np.random.Generator]:
    """Return ``default_rng([seed, salt])`` for each seed, in a sixth of the time for many.

    Seeds and salt are below 2**32. numpy spreads a seed over a generator's state in one long
    computation for each; here it is done for all of them together, to the same bits.
    """
    given = np.asarray(seeds, dtype=np.uint32)
    states = state_words(given, np.uint32(salt))
    known: list[Any] = [KnownState(state) for state in states]
    return [np.random.Generator(np.random.PCG64(state)) for state in known]


class KnownState(ISeedSequence):
    """A seed sequence whose first words are known."""

    def __init__(self, state: NDArray[np.uint64]) -> None:
        self.state = state

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """Return the words; PCG64 asks for four of 64 bits."""
        return self.state[:n_words].astype(dtype, copy=False)


def state_words(seeds: Words, salt: np.uint32) -> NDArray[np.uint64]:
    """Return [seeds, 4] what ``SeedSequence([seed, salt]).generate_state(4, uint64)`` does."""
    constants = hash_constants(FIRST_IN, STEP_IN)
    nothing = np.zeros_like(seeds)
    pool = [hashed(words, constants) for words in (seeds, nothing + salt, nothing, nothing.copy())]
    for source in range(POOL):
        for target in range(POOL):
            if target != source:
                mixed = LEFT * pool[target] - RIGHT * hashed(pool[source], constants)
                pool[target] = mixed ^ (mixed >> HALF)
    constants = hash_constants(FIRST_OUT, STEP_OUT)
    words = [hashed(pool[place % POOL], constants) for place in range(2 * POOL)]
    return np.ascontiguousarray(np.stack(words, axis=1)).view("<u8")


def hash_constants(first: int, step: int) -> Iterator[tuple[np.uint32, np.uint32]]:
    """Yield each constant of a hash with the one after it."""
    while True:
        following = first * step & 0xFFFFFFFF
        yield np.uint32(first), np.uint32(following)
        first = following


def hashed(words: Words, constants: Iterator[tuple[np.uint32, np.uint32]]) -> Words:
    """Return words [n] hashed with the next constants."""
    before, after = next(constants)
    mixed = (words ^ before) * after
    return mixed ^ (mixed >> HALF)
