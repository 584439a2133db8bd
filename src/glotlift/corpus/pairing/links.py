"""What an alignment is made of: links between runs of source and target sentences."""

from typing import NamedTuple

# (source sentences, target sentences) of a link, in the order in which ties are broken.
BEADS: tuple[tuple[int, int], ...] = ((1, 1), (1, 0), (0, 1), (2, 1), (1, 2), (2, 2))
BOTH: tuple[tuple[int, int], ...] = tuple(bead for bead in BEADS if bead[0] and bead[1])
# Gale and Church (1993), table 5, but for what has no counterpart: there 0.01 together, in
# a careful translation; text from the web is none.
PRIORS: dict[tuple[int, int], float] = {
    (1, 1): 0.70,
    (1, 0): 0.10,
    (0, 1): 0.10,
    (2, 1): 0.045,
    (1, 2): 0.045,
    (2, 2): 0.01,
}


class Link(NamedTuple):
    """Sentences that translate each other.

    `source` and `target` are runs of sentence positions; one of them is empty where a sentence has
    no counterpart. `score` is the logarithm (nats) of how much likelier the two sides are as
    translations than as sentences that have nothing to do with each other; 0 for no counterpart.
    """

    source: range
    target: range
    score: float

    @property
    def paired(self) -> bool:
        """Whether both sides hold sentences."""
        return bool(self.source) and bool(self.target)
