"""Parts of speech by what words were and how they end: the simplest tagger that is one."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

LONGEST = 5  # characters of an ending


@dataclass(frozen=True)
class LexicalTagger:
    """Gives a word the part of speech that it had most often, or that of words of its ending.

    A word that was never seen has what words with its longest known ending had most often, each
    word counted once (as in TnT: Brants 2000, section 2.3, without its smoothing and its context).
    Capital letters count in endings only, since they tell names from nouns in many languages; the
    first word of a sentence is read in small letters.
    """

    words: Mapping[str, str]
    endings: Mapping[str, str]

    @classmethod
    def learn(cls, sentences: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Self:
        """Return the tagger of sentences: words, and the part of speech of each.

        A token of several words, as Vietnamese treebanks have, counts as each of its words.
        """
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        ending: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for tokens, tags in sentences:
            parts = [(p, tag) for t, tag in zip(tokens, tags, strict=True) for p in t.split()]
            for place, (word, tag) in enumerate(parts):
                if not seen[word.lower()][tag]:
                    for end in endings(word if place else word.lower()):
                        ending[end][tag] += 1
                seen[word.lower()][tag] += 1
        return cls(commonest(seen), commonest(ending))

    def tags(self, words: Sequence[str]) -> list[str]:
        """Return the part of speech of each word of a sentence."""
        return [
            self.words.get(word.lower()) or self.by_ending(word if place else word.lower())
            for place, word in enumerate(words)
        ]

    def by_ending(self, word: str) -> str:
        """Return the part of speech that words with the longest known ending had most often."""
        return next((self.endings[end] for end in endings(word) if end in self.endings), "X")


def endings(word: str) -> list[str]:
    """Return a word's endings, the longest first and the empty one last, capitals told apart."""
    case = "A" if word[:1].isupper() else "a"
    return [
        f"{case}{word[len(word) - n :].lower()}" for n in range(min(LONGEST, len(word)), -1, -1)
    ]


def commonest(counts: Mapping[str, Counter[str]]) -> dict[str, str]:
    """Return the tag that each key had most often; of equal ones, the first in the alphabet."""
    return {key: max(sorted(tags), key=tags.__getitem__) for key, tags in counts.items()}
