"""Alignment: invariants, and right links on text whose links are known."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from glotlift.corpus.pairing import Aligner, Link, align_corpus, align_documents
from glotlift.corpus.pairing.lengths import LengthModel, fit_lengths
from glotlift.runs.errors import GlotliftError

SENTENCE = st.text(st.characters(codec="utf-8"), max_size=30)
DOCUMENT = st.lists(SENTENCE, max_size=9)


@settings(deadline=None, max_examples=60)
@given(source=DOCUMENT, target=DOCUMENT)
def test_links_cover_both_sides_once_and_in_order(source: list[str], target: list[str]) -> None:
    links = align_documents(source, target)
    assert [k for link in links for k in link.source] == list(range(len(source)))
    assert [k for link in links for k in link.target] == list(range(len(target)))
    assert all(np.isfinite(link.score) for link in links)
    assert links == align_documents(source, target)


WORDS = st.lists(
    st.sampled_from(["alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf"]), min_size=3
)


@settings(deadline=None, max_examples=30)
@given(document=st.lists(WORDS.map(" ".join), min_size=1, max_size=12))
def test_identical_documents_align_one_to_one(document: list[str]) -> None:
    links = align_documents(document, document)
    assert [(link.source, link.target) for link in links] == [
        (range(k, k + 1), range(k, k + 1)) for k in range(len(document))
    ]
    assert all(link.paired and link.score > 0 for link in links)


def cipher(sentence: str) -> str:
    """Translate a sentence word by word into a language that shares no word with it."""
    return " ".join("q" + word[::-1] for word in sentence.split())


def documents(count: int, seed: int) -> list[tuple[list[str], list[str], list[tuple[int, int]]]]:
    """Return documents, their translations with a fifth left out, and the true links."""
    draw = random.Random(seed)
    words = [
        f"{draw.choice('bdfgklmnprst')}{v}{c}{k}" for k in "aeiou" for v in "aeiou" for c in "lmnrs"
    ]
    made = []
    for _ in range(count):
        source = [" ".join(draw.choices(words, k=draw.randint(4, 14))) for _ in range(20)]
        kept = [k for k in range(20) if draw.random() > 0.2]
        made.append(
            (source, [cipher(source[k]) for k in kept], list(zip(kept, range(20), strict=False)))
        )
    return made


def share_right(
    links: Sequence[Sequence[Link]], truth: Sequence[Sequence[tuple[int, int]]]
) -> float:
    """Return the F1 of links against true ones."""
    right = said = true = 0
    for found, gold in zip(links, truth, strict=True):
        mine = {
            (k.source.start, k.target.start) for k in found if len(k.source) == len(k.target) == 1
        }
        right += len(mine & set(gold))
        said += sum(link.paired for link in found)
        true += len(gold)
    return 2 * right / (said + true)


def test_a_lexicon_of_the_first_pass_finds_what_was_left_out() -> None:
    made = documents(30, 0)
    texts, truth = [(s, t) for s, t, _ in made], [gold for _, _, gold in made]
    once, _ = align_corpus(texts, passes=1)
    thrice, learnt = align_corpus(texts, passes=3)
    assert share_right(thrice, truth) > 0.97
    assert share_right(thrice, truth) > share_right(once, truth) + 0.1
    assert learnt.lexicon is not None
    assert learnt.priors[1, 0] > learnt.priors[0, 1]
    assert sum(learnt.priors.values()) == pytest.approx(1)


def test_joined_sentences_are_found() -> None:
    source = [
        "The committee met in 1998 with 12 members.",
        "It rained for 40 days and 40 nights.",
        "Of the 300 guests nobody came.",
        "That was the end, on page 77.",
    ]
    target = [
        "El comité se reunió en 1998 con 12 miembros.",
        "Llovió 40 días y 40 noches, y de los 300 invitados no vino nadie.",
        "Ese fue el fin, en la página 77.",
    ]
    links = [(link.source, link.target) for link in align_documents(source, target)]
    assert links == [
        (range(1), range(1)),
        (range(1, 3), range(1, 2)),
        (range(3, 4), range(2, 3)),
    ]


class Lookup:
    """An encoder that knows every sentence of both languages."""

    def __init__(self, sentences: Sequence[str], noise: float) -> None:
        draw = np.random.default_rng(0)
        self.vectors = {}
        for sentence in sentences:
            vector = draw.normal(size=32)
            self.vectors[sentence] = vector
            self.vectors[cipher(sentence)] = vector + noise * draw.normal(size=32)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the known vectors."""
        return np.array([self.vectors[text] for text in texts], np.float32)


def test_vectors_of_an_encoder_lead() -> None:
    source, target, gold = documents(1, 5)[0]
    links = align_documents(source, target, encoder=Lookup(source, 0.4))
    assert share_right([links], [gold]) == 1.0
    assert share_right([Aligner(use_tokens=False).align(source, target)], [gold]) < 1.0


def test_vectors_that_do_not_fit_are_refused() -> None:
    class Short:
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return np.zeros((1, 4), np.float32)

    with pytest.raises(GlotliftError, match="GL-CORPUS-067"):
        align_documents(["a", "b"], ["c", "d"], encoder=Short())


def test_long_documents_align_in_a_band(monkeypatch: pytest.MonkeyPatch) -> None:
    made = documents(12, 3)
    source = [s for document in made for s in document[0]]
    target = [s for document in made for s in document[1]]
    whole = align_documents(source, target)
    monkeypatch.setattr("glotlift.corpus.pairing.search.FULL", 1000)
    monkeypatch.setattr("glotlift.corpus.pairing.search.HALF", 60)
    banded = align_documents(source, target)
    assert [link[:2] for link in banded] == [link[:2] for link in whole]


def test_lengths_are_learnt_in_spite_of_wrong_pairs() -> None:
    draw = np.random.default_rng(0)
    source = draw.integers(20, 200, 500).astype(np.float64)
    target = 1.3 * source + draw.normal(size=500) * np.sqrt(5 * 1.3 * source)
    target[:60] = draw.integers(20, 400, 60)
    model = fit_lengths(source, np.maximum(target, 1))
    assert model.ratio == pytest.approx(1.3, abs=0.05)
    assert model.variance == pytest.approx(5, rel=0.4)


def test_the_expected_length_gains_most_and_an_odd_one_loses_little() -> None:
    lengths = np.arange(1.0, 400.0)
    gain = LengthModel(1.5).gain(np.array([100.0]), lengths, (4.6, 0.7))
    assert 135 <= lengths[gain.argmax()] <= 165
    assert gain.min() >= np.log(0.001)
    assert gain[-1] < 0 < gain.max()
