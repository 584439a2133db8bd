"""Words as bags of a vector of their own and of their n-grams, learnt from translations or pairs.

The vector of a text is the mean of those of its words, and translations are drawn together in a
contrast (the additive model of Hermann and Blunsom 2014, arXiv:1404.4641, with InfoNCE for its
margin). A word's own vector is of its language; n-grams are shared by all languages, as
in Bojanowski et al. 2017 (arXiv:1607.04606), so that words spelt alike begin alike.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cosine_similarity

from glotlift.languages import split_words
from glotlift.objectives.contrast import Contrast
from glotlift.probing.spelling import n_grams

Word = tuple[str, str]  # language, word
Row = Mapping[str, str]  # translations of one sentence, by language
Parts = NDArray[np.int64]
BUCKETS, ORDERS = 8000, (2, 3, 4)


@dataclass(frozen=True)
class Words:
    """What the words of a text are made of: [parts] each; a word never seen has n-grams alone."""

    own: dict[Word, int]
    spelt: bool

    @classmethod
    def of(cls, rows: Iterable[Row], *, least: int, spelt: bool) -> "Words":
        """Return the words that stand in at least so many sentences."""
        counts = Counter(
            (code, word) for row in rows for code in row for word in set(words_of(row[code], code))
        )
        kept = [word for word, count in counts.items() if count >= least]
        return cls({word: BUCKETS + place for place, word in enumerate(kept)}, spelt)

    def parts(self, word: Word) -> list[int]:
        """Return the parts of a word; empty for one never seen that is not spelt out."""
        own = [self.own[word]] if word in self.own else []
        return own + (n_gram_parts(word[1]) if self.spelt else [])

    def parts_of(self, text: str, code: str) -> Parts:
        """Return the parts of all words of a text."""
        words = words_of(text, code)
        return np.array([part for word in words for part in self.parts((code, word))], np.int64)


@dataclass(frozen=True)
class WordEncoder:
    """Vectors of parts, and how a cosine becomes the log-odds that two words mean the same."""

    words: Words
    vectors: nn.EmbeddingBag
    scale: nn.Parameter
    shift: nn.Parameter

    @classmethod
    def untrained(cls, words: Words, width: int, seed: int) -> "WordEncoder":
        """Return an encoder whose vectors are drawn by chance."""
        torch.manual_seed(seed)
        vectors = nn.EmbeddingBag(BUCKETS + len(words.own), width, mode="mean", sparse=True)
        nn.init.normal_(vectors.weight, std=width**-0.5)
        return cls(words, vectors, nn.Parameter(torch.tensor(5.0)), nn.Parameter(torch.tensor(0.0)))

    def encode(self, texts: Sequence[Parts]) -> torch.Tensor:
        """Return the mean vector of each text's parts, [texts, width]; zero for none."""
        starts = np.cumsum([0, *map(len, texts[:-1])])
        ids = torch.from_numpy(np.concatenate(texts))
        found: torch.Tensor = self.vectors(ids, torch.from_numpy(starts))
        return found

    def similarity(self, firsts: Sequence[Word], seconds: Sequence[Word]) -> torch.Tensor:
        """Return the cosine of each pair of words, [n]."""
        one, other = (
            self.encode([np.array(self.words.parts(word), np.int64) for word in words])
            for words in (firsts, seconds)
        )
        return cosine_similarity(one, other)

    def log_odds(self, firsts: Sequence[Word], seconds: Sequence[Word]) -> torch.Tensor:
        """Return the log-odds that two words mean the same, [n]."""
        return self.scale * self.similarity(firsts, seconds) + self.shift


def learn_translations(
    encoder: WordEncoder, rows: Sequence[Row], *, steps: int, batch: int, rate: float, seed: int
) -> None:
    """Draw together the two languages, by chance two of a row's, of `batch` rows a step."""
    generator = np.random.default_rng(seed)
    optimiser = torch.optim.SparseAdam(encoder.vectors.parameters(), lr=rate)
    split = [[encoder.words.parts_of(row[code], code) for code in sorted(row)] for row in rows]
    contrast = Contrast(temperature=0.1, negatives="other side")
    for _ in range(steps):
        places = generator.choice(len(split), size=min(batch, len(split)), replace=False)
        texts = [
            split[place][side]
            for place in places
            for side in generator.choice(len(split[place]), size=2, replace=False)
        ]
        vectors = encoder.encode(texts)
        loss = contrast.losses(vectors.reshape(-1, 2, vectors.shape[1])).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()  # type: ignore[no-untyped-call]


def learn_pairs(
    encoder: WordEncoder,
    pairs: Sequence[tuple[Word, Word, bool]],
    *,
    epochs: int,
    batch: int,
    rate: float,
    seed: int,
) -> None:
    """Learn which pairs of words mean the same, by logistic regression on their cosine."""
    generator = np.random.default_rng(seed)
    optimisers = (
        torch.optim.SparseAdam(encoder.vectors.parameters(), lr=rate),
        torch.optim.Adam([encoder.scale, encoder.shift], lr=rate),
    )
    for _ in range(epochs):
        order = generator.permutation(len(pairs))
        for start in range(0, len(order), batch):
            firsts, seconds, same = zip(
                *(pairs[at] for at in order[start : start + batch]), strict=True
            )
            loss = binary_cross_entropy_with_logits(
                encoder.log_odds(firsts, seconds), torch.tensor(same, dtype=torch.float32)
            )
            for optimiser in optimisers:
                optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            for optimiser in optimisers:
                optimiser.step()  # type: ignore[no-untyped-call]


def scores(values: torch.Tensor) -> NDArray[np.float64]:
    """Return figures without their gradients."""
    return np.asarray(values.detach().double().numpy())


def words_of(text: str, code: str) -> list[str]:
    """Return the words of a text that have letters, in small letters."""
    return [
        word.casefold()
        for word in split_words(text, code)
        if any(letter.isalpha() for letter in word)
    ]


@cache
def n_gram_parts(word: str) -> list[int]:
    """Return the number of each n-gram of a word, ends included; several may share a number."""
    return [zlib.crc32(gram.encode()) % BUCKETS for gram in n_grams(word, ORDERS)]
