"""Which word translates which: given, or learnt from pairs by IBM Model 1 (Brown et al. 1993)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.pairing.tokens import tokens
from glotlift.runs.errors import GlotliftError

Entries = Mapping[str, Mapping[str, float]]
ROUNDS = 5
LEAST = 0.1  # translations less probable than this are not kept
WIDEST = 40_000_000  # word pairs that one training holds at most


@dataclass(frozen=True)
class Lexicon:
    """Token -> its translations with their probabilities, `forward` from the source and `back`.

    Tokens are those of `tokens`: words cut to six letters in lower case.
    """

    forward: Entries = field(default_factory=dict)
    back: Entries = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.forward)

    def join(self, other: "Lexicon") -> "Lexicon":
        """Return both as one; the higher probability counts."""
        return Lexicon(merge(self.forward, other.forward), merge(self.back, other.back))


def merge(first: Entries, second: Entries) -> Entries:
    """Return the entries of both with the higher probability of each."""
    found = {token: dict(entry) for token, entry in first.items()}
    for token, entry in second.items():
        known = found.setdefault(token, {})
        for translation, chance in entry.items():
            known[translation] = max(known.get(translation, 0.0), chance)
    return found


def read_lexicon(path: Path) -> Lexicon:
    """Read a bilingual lexicon: lines of ``source<TAB>target[<TAB>probability]``.

    Entries of several words count for each of their words. Raises GL-CORPUS-065 (not readable) and
    -066 (a line without a tab, or a probability that is none).
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        fix = "check the path; it has to be UTF-8 text"
        cause = f"the lexicon is not readable: {error!s:.120}"
        raise GlotliftError("GL-CORPUS-065", cause, place=str(path), fix=fix) from None
    forward: dict[str, dict[str, float]] = {}
    back: dict[str, dict[str, float]] = {}
    for line, text in enumerate(lines, start=1):
        if not text.strip() or text.startswith("#"):
            continue
        source, target, probability = read_entry(text, f"{path}:{line}")
        for said in set(tokens(source)):
            for heard in set(tokens(target)):
                for known, word, other in ((forward, said, heard), (back, heard, said)):
                    entry = known.setdefault(word, {})
                    entry[other] = max(entry.get(other, 0.0), probability)
    return Lexicon(forward, back)


def read_entry(text: str, place: str) -> tuple[str, str, float]:
    """Return source, target and probability (1 where none is given) of one line."""
    cells = text.split("\t")
    try:
        source, target = cells[0], cells[1]
        probability = float(cells[2]) if len(cells) > 2 and cells[2].strip() else 1.0
    except (IndexError, ValueError):
        probability = -1.0
    if not 0 < probability <= 1:
        fix = "write source<TAB>target, with a probability in (0, 1] after another tab if known"
        cause = f"not an entry of a lexicon: {text!r:.80}"
        raise GlotliftError("GL-CORPUS-066", cause, place=place, fix=fix)
    return source, target, probability


@dataclass(frozen=True)
class Numbered:
    """The different tokens, and each sentence's set of them as rising numbers."""

    names: list[str]
    rows: list[NDArray[np.int64]]


def induce_lexicon(
    source: Sequence[Sequence[str]], target: Sequence[Sequence[str]], rounds: int = ROUNDS
) -> Lexicon:
    """Learn from pairs of token lists how tokens translate, both ways, by IBM Model 1.

    Each side of a pair counts as the set of its tokens. A translation is kept from probability 0.1
    on, and where the two stood together twice at least. Pairs beyond 40 million pairs of words are
    left out.
    """
    said, heard = number_tokens(source), number_tokens(target)
    return Lexicon(train(said, heard, rounds), train(heard, said, rounds))


def train(source: Numbered, target: Numbered, rounds: int) -> Entries:
    """Return p(target token | source token) by expectation maximisation over all pairs.

    Beside the source's words stands an empty one, number 0, for target words without a source.
    """
    width = len(target.names) + 1
    pairs = cooccurrences(source.rows, target.rows, width)
    if not len(pairs.cell):
        return {}
    cells, cell, counts = np.unique(pairs.cell, return_inverse=True, return_counts=True)
    spoken = cells // width
    chance = np.ones(len(cells))
    for _ in range(rounds):
        share = chance[cell]
        total = np.bincount(pairs.token, share)
        expected = np.bincount(cell, share / total[pairs.token], len(cells))
        chance = expected / np.bincount(spoken, expected)[spoken]
    found: dict[str, dict[str, float]] = {}
    for index in np.flatnonzero((chance >= LEAST) & (counts > 1) & (spoken > 0)):
        entry = found.setdefault(source.names[int(spoken[index]) - 1], {})
        entry[target.names[int(cells[index] % width)]] = float(chance[index])
    return found


@dataclass(frozen=True)
class Cooccurrences:
    """One entry per pair of words in a sentence pair: its cell, and its target token's number."""

    cell: NDArray[np.int64]
    token: NDArray[np.int64]


def number_tokens(sentences: Sequence[Sequence[str]]) -> Numbered:
    """Number the tokens in the order in which they come."""
    names: dict[str, int] = {}
    rows = [
        np.array(sorted({names.setdefault(t, len(names)) for t in sentence}), np.int64)
        for sentence in sentences
    ]
    return Numbered(list(names), rows)


def cooccurrences(
    source: list[NDArray[np.int64]], target: list[NDArray[np.int64]], width: int
) -> Cooccurrences:
    """Return all pairs of words, source word 0 being the empty one."""
    cells: list[NDArray[np.int64]] = []
    owners: list[NDArray[np.int64]] = []
    held = done = 0
    for said, heard in zip(source, target, strict=True):
        size = (len(said) + 1) * len(heard)
        if held + size > WIDEST:
            break
        held += size
        words = np.concatenate([[0], said + 1])
        cells.append((words[:, None] * width + heard[None]).ravel())
        owners.append(np.tile(np.arange(done, done + len(heard)), len(words)))
        done += len(heard)
    none = np.empty(0, np.int64)
    return Cooccurrences(
        np.concatenate([none, *cells]).astype(np.int64),
        np.concatenate([none, *owners]).astype(np.int64),
    )
