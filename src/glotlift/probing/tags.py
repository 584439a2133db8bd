"""Tags of words read off a frozen model's states by linear probes, with a control task.

A probe that learns parts of speech may have learnt the words by heart. Hewitt and Liang (2019,
arXiv:1909.03368, section 2) give it a control task: tags drawn once for every word, the same
wherever it stands, which only memory can know. Selectivity is the accuracy in the task less that
in the control.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from glotlift.clients.vectors import Piece, Pooling, Span
from glotlift.probing.linear import LinearProbe, fit_probe
from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]


class LayerEncoder(Protocol):
    """What has hidden states by layer: a `LocalModel`, or what stands in for one."""

    def encode_layers(
        self,
        texts: Sequence[str],
        *,
        layers: Sequence[int] | None = None,
        pooling: Pooling = "mean",
    ) -> NDArray[np.float32]:
        """Return one vector per text and layer, [layers, texts, width]."""
        ...

    def encode_words(
        self,
        texts: Sequence[str],
        spans: Sequence[Sequence[Span]],
        *,
        layers: Sequence[int] | None = None,
        piece: Piece = "first",
    ) -> NDArray[np.float32]:
        """Return one vector per word and layer, [layers, words, width], text after text."""
        ...


@dataclass(frozen=True)
class TaggedTexts:
    """Texts whose words have tags: by text, where its words stand and what they are."""

    texts: list[str]
    spans: list[list[Span]]
    tags: list[list[str]]

    @property
    def words(self) -> list[str]:
        """The words of all texts, one after the other."""
        pairs = zip(self.texts, self.spans, strict=True)
        return [text[start:end] for text, own in pairs for start, end in own]

    @property
    def tags_of_words(self) -> list[str]:
        """The tags of all words, one after the other."""
        return [tag for own in self.tags for tag in own]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of words of each text, [texts]."""
        return np.array([len(own) for own in self.tags], np.int64)


def tagged_texts(rows: Iterable[Mapping[str, Any]]) -> TaggedTexts:
    """Return rows with ``tokens`` and ``tags`` as tagged texts.

    The ``text`` of a row holds its tokens in order; without one they are joined by spaces. Raises
    GL-PROBING-060 where tokens are not in their text, -061 where tags do not pair with them.
    """
    found = TaggedTexts([], [], [])
    for number, row in enumerate(rows):
        tokens, tags = list(row["tokens"]), list(row["tags"])
        if len(tokens) != len(tags):
            raise GlotliftError(
                "GL-PROBING-061",
                f"{len(tokens)} tokens do not pair with {len(tags)} tags",
                place=f"row {row.get('id', number)}",
                fix="give one tag per token",
            )
        text = row.get("text") or " ".join(tokens)
        found.texts.append(text)
        found.spans.append(word_spans(text, tokens))
        found.tags.append(tags)
    return found


def word_spans(text: str, words: Sequence[str]) -> list[Span]:
    """Return where words stand in their text, one behind the other; raises GL-PROBING-060."""
    spans: list[Span] = []
    end = 0
    for word in words:
        start = text.find(word, end)
        if start < 0 or not word:
            raise GlotliftError(
                "GL-PROBING-060",
                f"{word!r} does not stand in its text, or not in its place",
                place=f"{text!r:.60}",
                fix="give the text that the tokens were cut from, or none",
            )
        end = start + len(word)
        spans.append((start, end))
    return spans


def control_tags(words: Sequence[str], tags: Sequence[str], seed: int = 0) -> list[str]:
    """Return a tag for each word, drawn once for the word and the same wherever it stands.

    Tags are drawn as often as `tags` has them. What is drawn depends on the word and the seed
    alone, so that training and test agree.
    """
    counts = sorted(Counter(tags).items())
    edges = np.cumsum([count for _, count in counts]) / len(tags)
    drawn = [int(np.searchsorted(edges, share(word, seed), side="right")) for word in words]
    return [counts[min(place, len(counts) - 1)][0] for place in drawn]


def share(word: str, seed: int) -> float:
    """Return a number in [0, 1) that a word and a seed decide."""
    told = hashlib.blake2b(f"{seed} {word}".encode(errors="surrogatepass"), digest_size=8)
    return int.from_bytes(told.digest()) / 2**64


@dataclass(frozen=True)
class TagReader:
    """Probes that name tags, one for each layer."""

    names: tuple[str, ...]
    probes: tuple[LinearProbe, ...]

    def right(self, states: NDArray[np.floating], tags: Sequence[str]) -> NDArray[np.bool_]:
        """Return [layers, words] whether each word's tag is named; an unknown tag never is."""
        numbers = {name: number for number, name in enumerate(self.names)}
        wanted = np.array([numbers.get(tag, -1) for tag in tags])
        named = [probe.classes(layer) for probe, layer in zip(self.probes, states, strict=True)]
        return np.asarray(np.stack(named) == wanted)


def learn_tags(states: NDArray[np.floating], tags: Sequence[str]) -> TagReader:
    """Fit a linear probe to each layer's states, [layers, words, width], of words with `tags`.

    Raises what `fit_probe` raises.
    """
    names = tuple(sorted(set(tags)))
    labels = [names.index(tag) for tag in tags]
    return TagReader(names, tuple(fit_probe(layer, labels) for layer in states))


class TagScores(NamedTuple):
    """How well tags are read: [layers, words] 1 where right, in the task and in the control.

    `known` [words] says which words the probes have met in training, `reader` are those of the
    task, and `states` [layers, words, width] what they were asked about.
    """

    task: Floats
    control: Floats
    known: NDArray[np.bool_]
    reader: TagReader
    states: NDArray[np.floating]


def read_tags(
    client: LayerEncoder,
    train: TaggedTexts,
    test: TaggedTexts,
    *,
    layers: Sequence[int] | None = None,
    piece: Piece = "first",
    seed: int = 0,
) -> TagScores:
    """Learn the tags of `train` and their control from each layer, and read those of `test`.

    Raises what the client and `fit_probe` raise.
    """
    states, tested = (
        client.encode_words(part.texts, part.spans, layers=layers, piece=piece)
        for part in (train, test)
    )
    words, told = train.words, train.tags_of_words
    reader = learn_tags(states, told)
    control = learn_tags(states, control_tags(words, told, seed))
    expected = control_tags(test.words, told, seed)
    met = set(words)
    return TagScores(
        reader.right(tested, test.tags_of_words).astype(np.float64),
        control.right(tested, expected).astype(np.float64),
        np.array([word in met for word in test.words]),
        reader,
        tested,
    )


def by_text(scores: NDArray[Any], lengths: NDArray[np.int64]) -> Floats:
    """Return the mean of words' scores [..., words] in each text, [..., texts].

    Weighted by `lengths` [texts] their mean is that over words. Words of one text are not
    independent, so intervals are over texts.
    """
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return np.asarray(np.add.reduceat(scores, starts, axis=-1) / lengths, np.float64)


def commonest(train: Sequence[str], test: Sequence[str]) -> float:
    """Return the accuracy of naming the commonest tag of `train` for every word of `test`."""
    often = Counter(train).most_common(1)[0][0]
    return float(np.mean([tag == often for tag in test]))
