"""Random numbers for many blocks at once, each block's from a generator of its own.

What is drawn for a block is a function of its seed and its length alone, so that workers, processes
and the blocks beside it change nothing.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Draws:
    """One generator for each of several blocks; `lengths` [blocks] are those of the blocks."""

    def __init__(self, seeds: Sequence[int], salt: int, lengths: Sequence[int], width: int) -> None:
        """`salt` tells one use of a seed from another; both are below 2**32.

        `width` is that of the arrays that are returned.
        """
        self.lengths, self.shape = lengths, (len(seeds), width)
        self.generators = [
            np.random.Generator(np.random.PCG64(np.asarray([seed, salt], dtype=np.uint32)))
            for seed in seeds
        ]

    def random(self) -> NDArray[np.float64]:
        """Return [blocks, width] numbers in [0, 1), and 1 behind a block's end."""
        drawn = np.ones(self.shape)
        for row, length, generator in zip(drawn, self.lengths, self.generators, strict=True):
            generator.random(out=row[:length])
        return drawn

    def integers(self, below: int) -> NDArray[np.int64]:
        """Return [blocks, width] whole numbers in [0, below), and 0 behind a block's end."""
        drawn = np.zeros(self.shape, dtype=np.int64)
        for row, length, generator in zip(drawn, self.lengths, self.generators, strict=True):
            row[:length] = generator.integers(below, size=length)
        return drawn
