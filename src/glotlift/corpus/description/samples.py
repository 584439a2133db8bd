"""Samples that come out the same however a corpus is cut into shards: by hash, never by order."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from glotlift.corpus.description.text_counts import words_of

SAMPLE_CHARACTERS = 60_000
ROW_CHARACTERS = 4_000
EXAMPLES = 3
EXAMPLE_CHARACTERS = 200


def content_hash(*parts: str) -> int:
    """Return a 64-bit hash of texts, the same on every machine."""
    joined = "\0".join(parts).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest(), "big")


def level_of(text: str) -> int:
    """Return how many halvings of the sample a text outlives: the trailing zeros of its hash."""
    found = content_hash(text)
    return (found & -found).bit_length() - 1 if found else 64


@dataclass
class WordSample:
    """Word frequencies of a hash sample of texts, in bounded memory and whatever the order.

    Texts are drawn by hash: those of level L or more are a share of 2**-L of all. `floor` is the
    lowest level at which the sampled texts (each cut after `ROW_CHARACTERS`) hold at most
    `SAMPLE_CHARACTERS` characters, so it follows from `sizes` alone, and merging keeps it exact.
    Words are lower-cased. A word that makes up a share p of n sampled words is known to about
    2 * sqrt(p / n) (95 %), and more coarsely if it stands in few texts only.

    Source: level sampling after Wegman, in Flajolet, On adaptive sampling, 1990, section 1.
    """

    sizes: Counter[int] = field(default_factory=Counter)
    words: dict[int, Counter[str]] = field(default_factory=dict)

    @property
    def floor(self) -> int:
        """The lowest level whose texts fit into the sample."""
        held, floor = 0, 0
        for level in sorted(self.sizes, reverse=True):
            held += self.sizes[level]
            if held > SAMPLE_CHARACTERS:
                floor = level + 1
                break
        return floor

    def add(self, texts: Iterable[str], split: Callable[[str], Sequence[str]] = words_of) -> None:
        """Add texts; `split` cuts a text into words, and is called for those in the sample only."""
        levels: dict[int, list[str]] = {}
        for text in texts:
            level = level_of(text)
            levels.setdefault(level, []).append(text[:ROW_CHARACTERS])
        for level, found in levels.items():
            self.sizes[level] += sum(map(len, found))
        self.prune()
        for level, found in levels.items():
            if level >= self.floor:
                counter = self.words.setdefault(level, Counter())
                counter.update(split("\n".join(found).lower()))

    def prune(self) -> None:
        """Forget the words of texts that no longer fit into the sample."""
        floor = self.floor
        for level in [level for level in self.words if level < floor]:
            del self.words[level]

    def merge(self, other: "WordSample") -> None:
        """Take in another sample."""
        self.sizes.update(other.sizes)
        for level, counter in other.words.items():
            self.words.setdefault(level, Counter()).update(counter)
        self.prune()

    def counts(self) -> Counter[str]:
        """Return the words of the sample with their frequencies."""
        total: Counter[str] = Counter()
        for counter in self.words.values():
            total.update(counter)
        return total

    def most_common(self, number: int) -> list[tuple[str, int]]:
        """Return the most frequent words that are no numbers, ties in the order of code points."""
        found = (item for item in self.counts().items() if not item[0].isnumeric())
        return sorted(found, key=lambda item: (-item[1], item[0]))[:number]

    def to_json(self) -> dict[str, Any]:
        """Return the sample as a JSON value."""
        words = {
            str(level): dict(sorted(self.words[level].items())) for level in sorted(self.words)
        }
        return {"sizes": {str(level): self.sizes[level] for level in sorted(self.sizes)}} | {
            "words": words
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "WordSample":
        """Return the sample that `to_json` wrote."""
        return cls(
            Counter({int(level): size for level, size in value["sizes"].items()}),
            {int(level): Counter(found) for level, found in value["words"].items()},
        )


class Example(NamedTuple):
    """A text that was dropped or changed: the start of it, and what became of it."""

    hash: int
    before: str
    after: str
    reason: str


def excerpt(before: str, after: str) -> tuple[str, str]:
    """Return the places where two texts begin to differ, each clipped to 200 characters."""
    same = next(
        (place for place, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    start = max(0, same - EXAMPLE_CHARACTERS // 4) if same > EXAMPLE_CHARACTERS // 2 else 0
    return clipped(before, start), clipped(after, start)


def clipped(text: str, start: int) -> str:
    """Return 200 characters of a text from `start` on, with an ellipsis where it was cut."""
    part = text[start : start + EXAMPLE_CHARACTERS + 1].encode("utf-8", "replace").decode()
    shown = f"…{part[1:]}" if start and part else part
    whole = len(shown) <= EXAMPLE_CHARACTERS
    return shown if whole else f"{shown[: EXAMPLE_CHARACTERS - 1]}…"


def add_example(
    examples: list[Example], before: str, after: str, reason: str = "", *, secret: bool = False
) -> None:
    """Add an example to those that are kept, which are the ones with the smallest hashes.

    Of a `secret` one, the text before is used only to find the place where the two differ.
    """
    found = content_hash("" if secret else before, after, reason)
    if len(examples) < EXAMPLES or found <= examples[-1].hash:
        first, second = excerpt(before, after)
        example = Example(found, "" if secret else first, second, reason)
        examples[:] = smallest([*examples, example])


def smallest(examples: Iterable[Example]) -> list[Example]:
    """Return the examples with the smallest hashes, each text once."""
    return sorted(set(examples))[:EXAMPLES]
