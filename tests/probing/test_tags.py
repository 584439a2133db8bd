from collections import Counter

import numpy as np
import pytest

import tiny
from glotlift.clients.local import LocalModel
from glotlift.probing.letters import LetterCounts
from glotlift.probing.tags import (
    TaggedTexts,
    by_text,
    commonest,
    control_tags,
    read_tags,
    tagged_texts,
    word_spans,
)
from glotlift.runs.errors import GlotliftError

VERBS, NOUNS = ("runs", "sees", "eats", "waits"), ("dog", "bird", "cat", "tree")


def sentences(count, seed=0, nouns=NOUNS):
    """Return sentences whose verbs all end alike, so that letters alone tell the parts apart."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        tokens = [*rng.choice(nouns, 1), *rng.choice(VERBS, 1), *rng.choice(nouns, 1), "."]
        rows.append({"tokens": tokens, "tags": ["NOUN", "VERB", "NOUN", "PUNCT"]})
    return rows


class OneHot:
    """A stand-in whose vectors name the word and nothing else."""

    def __init__(self, words):
        self.words = sorted(words)

    def encode_words(self, texts, spans, *, layers=None, piece="first"):
        found = [t[a:b] for t, own in zip(texts, spans, strict=True) for a, b in own]
        return np.array([[[float(w == known) for known in self.words] for w in found]])


class Noise:
    """A stand-in whose vectors say nothing."""

    def encode_words(self, texts, spans, *, layers=None, piece="first"):
        rng = np.random.default_rng(len(texts))
        return rng.standard_normal((2, sum(map(len, spans)), 5))


def test_words_are_found_in_their_text():
    assert word_spans("我喜欢书。", ["我", "喜欢", "书", "。"]) == [(0, 1), (1, 3), (3, 4), (4, 5)]
    assert word_spans("no, no", ["no", ",", "no"]) == [(0, 2), (2, 3), (4, 6)]
    found = tagged_texts([{"tokens": ["a", "b"], "tags": ["X", "Y"]}])
    assert (found.texts, found.words, found.tags_of_words) == (["a b"], ["a", "b"], ["X", "Y"])
    for row, code in (
        ({"tokens": ["b", "a"], "tags": ["X", "Y"], "text": "a b"}, "GL-PROBING-060"),
        ({"tokens": [""], "tags": ["X"], "text": "a"}, "GL-PROBING-060"),
        ({"tokens": ["a"], "tags": []}, "GL-PROBING-061"),
    ):
        with pytest.raises(GlotliftError) as error:
            tagged_texts([row])
        assert error.value.code == code


def test_control_tags_are_of_words_and_as_frequent_as_the_true_ones():
    tags = ["NOUN"] * 60 + ["VERB"] * 30 + ["PUNCT"] * 10
    words = [f"word {number}" for number in range(4000)]
    drawn = control_tags(words, tags)
    assert control_tags(words[::-1], tags) == drawn[::-1]
    assert control_tags(words, tags, seed=1) != drawn
    shares = {tag: count / 4000 for tag, count in Counter(drawn).items()}
    assert shares == pytest.approx({"NOUN": 0.6, "VERB": 0.3, "PUNCT": 0.1}, abs=0.03)


def test_who_knows_words_alone_learns_both_tasks_by_heart():
    train, test = tagged_texts(sentences(60)), tagged_texts(sentences(30, seed=1))
    scores = read_tags(OneHot({*VERBS, *NOUNS, "."}), train, test)
    assert scores.known.all()
    assert scores.task.mean() == scores.control.mean() == 1


def test_what_is_spelt_is_read_in_new_words_and_is_selective():
    train = tagged_texts(sentences(60))
    test = tagged_texts(sentences(30, seed=1, nouns=("horse", "river", "stone")))
    scores = read_tags(LetterCounts(), train, test)
    words = np.array(test.words)
    assert (scores.known == np.isin(words, [*VERBS, "."])).all()
    assert scores.task[0, scores.known].mean() == 1
    assert scores.task[0, ~scores.known].mean() > 0.8
    assert scores.task.mean() - scores.control.mean() > 0.1


def test_selectivity_of_tags_drawn_for_words_is_nothing_and_noise_reads_nothing():
    words = [f"w{number}" for number in range(40)]
    rng = np.random.default_rng(0)

    def drawn(count, seed):
        rows = [list(rng.choice(words, 6)) for _ in range(count)]
        tagged = [control_tags(row, ["A", "B", "C"], seed) for row in rows]
        return tagged_texts(
            {"tokens": row, "tags": tags} for row, tags in zip(rows, tagged, strict=True)
        )

    differences = [
        (scores.task - scores.control).mean()
        for seed in range(5, 11)
        for scores in [read_tags(LetterCounts(16), drawn(40, seed), drawn(40, seed), seed=99)]
    ]
    assert abs(np.mean(differences)) < 0.08
    noise = read_tags(Noise(), drawn(80, 1), drawn(60, 1))
    assert noise.task.mean() == pytest.approx(1 / 3, abs=0.12)


def test_a_reader_is_asked_in_another_language_and_never_names_an_unknown_tag():
    train, test = tagged_texts(sentences(60)), tagged_texts(sentences(5, seed=1))
    reader = read_tags(LetterCounts(), train, test).reader
    states = LetterCounts().encode_words(test.texts, test.spans)
    assert reader.right(states, test.tags_of_words).mean() == 1
    assert not reader.right(states, ["X"] * len(test.words)).any()


def test_means_by_text_weigh_up_to_the_mean_over_words():
    scores, lengths = np.random.default_rng(0).random((3, 9)), np.array([2, 3, 4])
    found = by_text(scores, lengths)
    assert found.shape == (3, 3)
    assert np.average(found, axis=1, weights=lengths) == pytest.approx(scores.mean(1))
    assert commonest(["A", "A", "B"], ["A", "B", "B", "B"]) == 0.25


def test_a_real_model_is_probed_in_every_layer():
    client = LocalModel(tiny.model_of("llama"), tiny.tokenizer())
    spans = [[(0, 3), (4, 7)], [(0, 1), (2, 5)]]
    texts = TaggedTexts(["the cat", "a dog"], spans, [["D", "N"]] * 2)
    scores = read_tags(client, texts, texts)
    assert scores.task.shape == scores.control.shape == (3, 4)
    assert scores.task.mean() == 1
