"""Sentence alignment of documents that are translations of one another.

Dynamic programming over links of up to two sentences on either side (Gale and Church 1993), by
lengths, by tokens that both languages share, and by a lexicon or sentence vectors where there are
such; later passes use the lexicon that the ones before taught (Moore 2002; Varga et al. 2005).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.pairing.evidence import Evidence, match_tokens
from glotlift.corpus.pairing.lengths import (
    LengthModel,
    fit_lengths,
    measure_lengths,
    usual_lengths,
)
from glotlift.corpus.pairing.lexicon import Lexicon, induce_lexicon
from glotlift.corpus.pairing.links import BEADS, BOTH, PRIORS, Link
from glotlift.corpus.pairing.search import BLOCK, find_path
from glotlift.corpus.pairing.tokens import tokens
from glotlift.corpus.pairing.vectors import DenseVectors, encode
from glotlift.runs.progress import track

if TYPE_CHECKING:
    from glotlift.runs.protocols import Encoder

Array = NDArray[np.float64]
Documents = tuple[Sequence[str], Sequence[str]]
TOKENS_WORTH = 12.0  # nats that equal shared tokens add
VECTORS_WORTH = 16.0  # nats that equal vectors add
SURE = 2.0  # nats; links from here on teach, and the better half in any case


@dataclass(frozen=True)
class Aligner:
    """What is known of a pair of languages: lengths, how often links of a kind occur, words."""

    lengths: LengthModel | None = None
    """None: the ratio of each two documents' lengths."""
    priors: dict[tuple[int, int], float] = field(default_factory=lambda: dict(PRIORS))
    lexicon: Lexicon | None = None
    encoder: "Encoder | None" = None
    use_tokens: bool = True
    """Whether tokens that both sides share count; without them and an encoder only lengths do."""

    def align(self, source: Sequence[str], target: Sequence[str]) -> list[Link]:
        """Return links that cover both sides once and in order.

        Cost: time grows with the product of the lengths up to 4 million, then with their sum;
        memory likewise. Raises GL-CORPUS-067 where the encoder's vectors do not fit the sentences.
        """
        sizes = measure_lengths(source), measure_lengths(target)
        if not source or not target:
            lonely = [Link(range(k, k + 1), range(0), 0.0) for k in range(len(source))]
            return lonely + [Link(range(0), range(k, k + 1), 0.0) for k in range(len(target))]
        gains = Gains(sizes, self.lengths or fit_lengths(*totals(sizes)), self.find(source, target))
        prior = {bead: -float(np.log(self.priors[bead])) for bead in BEADS}

        def costs(i: int, k: int, j: int, m: int) -> dict[tuple[int, int], Array]:
            return {bead: prior[bead] - gain for bead, gain in gains.block((i, k), (j, m)).items()}

        skips = np.full(len(source), prior[1, 0]), np.full(len(target), prior[0, 1])
        return as_links(find_path(costs, *skips).beads, gains)

    def find(self, source: Sequence[str], target: Sequence[str]) -> list[Evidence]:
        """Return the evidence beside lengths that there is for two documents."""
        found = []
        if self.use_tokens:
            said, heard = [tokens(s) for s in source], [tokens(s) for s in target]
            found.append(Evidence(*match_tokens(said, heard, self.lexicon), TOKENS_WORTH))
        if self.encoder is not None:
            vectors = (
                DenseVectors(encode(self.encoder, source)),
                DenseVectors(encode(self.encoder, target)),
            )
            found.append(Evidence(*vectors, VECTORS_WORTH))
        return found

    def learn(self, documents: Sequence[Documents], links: Sequence[Sequence[Link]]) -> "Aligner":
        """Return an aligner with lengths, priors and a lexicon learnt from links."""
        scores = [link.score for found in links for link in found if link.paired]
        least = min(SURE, float(np.median(scores))) if scores else SURE
        sure = [
            (" ".join(source[k] for k in link.source), " ".join(target[k] for k in link.target))
            for (source, target), found in zip(documents, links, strict=True)
            for link in found
            if link.paired and link.score >= least
        ]
        sizes = measure_lengths([s for s, _ in sure]), measure_lengths([t for _, t in sure])
        lengths = fit_lengths(*sizes) if len(sure) >= 20 else self.lengths
        lexicon = self.lexicon
        if self.use_tokens:
            learnt = induce_lexicon([tokens(s) for s, _ in sure], [tokens(t) for _, t in sure])
            lexicon = lexicon.join(learnt) if lexicon else learnt
        priors = count_beads([link for found in links for link in found])
        return replace(self, lengths=lengths, priors=priors, lexicon=lexicon)


@dataclass(frozen=True)
class Gains:
    """What a link of any kind gains over chance, block by block."""

    sizes: tuple[Array, Array]
    lengths: LengthModel
    evidence: Sequence[Evidence]

    def block(
        self, rows: tuple[int, int], columns: tuple[int, int]
    ) -> dict[tuple[int, int], Array]:
        """Return gains (nats) of links that end after row i and column j, [rows, columns] each.

        -inf where a link would begin before the document.
        """
        source = {k: run_lengths(self.sizes[0], k, rows) for k in (1, 2)}
        target = {k: run_lengths(self.sizes[1], k, columns) for k in (1, 2)}
        extra = [evidence.gains(rows, columns) for evidence in self.evidence]
        found = {}
        for up, left in BOTH:
            gain = self.lengths.gain(
                source[up][:, None], target[left][None], self.usual(left)
            ) + sum(gains[up, left] for gains in extra)
            gain[: max(up - rows[0], 0)] = -np.inf
            gain[:, : max(left - columns[0], 0)] = -np.inf
            found[up, left] = gain
        return found

    def usual(self, size: int) -> tuple[float, float]:
        """Return mean and deviation of log lengths of runs of `size` target sentences."""
        target = self.sizes[1]
        if len(target) < size:
            return usual_lengths(target * size)
        return usual_lengths(target if size == 1 else target[:-1] + target[1:] + 1)


def run_lengths(lengths: Array, size: int, ends: tuple[int, int]) -> Array:
    """Return the lengths of runs of `size` sentences (and a space between) that end at `ends`.

    1 where a run would begin before the document.
    """
    total = np.concatenate([[0.0], np.cumsum(lengths)])
    last = np.arange(*ends)
    return np.where(last >= size, total[last] - total[np.maximum(last - size, 0)] + size - 1, 1.0)


def totals(sizes: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return both documents' whole lengths, [1] each."""
    return sizes[0].sum(keepdims=True), sizes[1].sum(keepdims=True)


def as_links(beads: Sequence[tuple[int, int]], gains: Gains) -> list[Link]:
    """Return beads in order as links with their scores."""
    ends = np.cumsum(np.array(beads, np.int64).reshape(-1, 2), 0)
    links: list[Link] = []
    for start in range(0, len(beads), BLOCK):
        part = ends[start : start + BLOCK]
        low, high = np.maximum(part[0], 1), part[-1] + 1
        block = gains.block((int(low[0]), int(high[0])), (int(low[1]), int(high[1])))
        for (up, left), (i, j) in zip(beads[start:], part.tolist(), strict=False):
            score = float(block[up, left][i - low[0], j - low[1]]) if up and left else 0.0
            links.append(Link(range(i - up, i), range(j - left, j), score))
    return links


def count_beads(links: Sequence[Link]) -> dict[tuple[int, int], float]:
    """Return how often each kind of link occurs, with a hundred usual links counted beside them."""
    counts = {bead: 100 * PRIORS[bead] for bead in BEADS}
    for link in links:
        counts[len(link.source), len(link.target)] += 1
    total = sum(counts.values())
    return {bead: count / total for bead, count in counts.items()}


def align_documents(
    source: Sequence[str],
    target: Sequence[str],
    *,
    lexicon: Lexicon | None = None,
    encoder: "Encoder | None" = None,
    aligner: Aligner | None = None,
) -> list[Link]:
    """Align the sentences of one document and its translation, in one pass.

    Links cover both sides once and in order; those with an empty side have no counterpart. Raises
    GL-CORPUS-067 (an encoder's vectors do not fit).
    """
    return (aligner or Aligner(lexicon=lexicon, encoder=encoder)).align(source, target)


def align_corpus(
    documents: Sequence[Documents],
    *,
    aligner: Aligner | None = None,
    passes: int = 3,
    label: str = "align",
) -> tuple[list[list[Link]], Aligner]:
    """Align many documents of two languages; return links of each, and what was learnt of them.

    Each pass after the first uses lengths, priors and a lexicon learnt from the pass before. Raises
    GL-CORPUS-067 (an encoder's vectors do not fit).
    """
    known = given = aligner or Aligner()
    links: list[list[Link]] = []
    for turn in range(passes):
        if turn:
            known = given.learn(documents, links)
        shown = track(documents, total=len(documents), label=f"{label}, pass {turn + 1}")
        links = [known.align(source, target) for source, target in shown]
    return links, known
