"""Tags in replies, put back where the tokens stand."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evaluation.tagged_replies import aligned_tags, tagged_pairs, tagged_right


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ('[["The", "DET"], ["cat", "NOUN"]]', [("The", "DET"), ("cat", "NOUN")]),
        ('Sure! [["it\'s", "X"], ["cut", "VER', [("it's", "X")]),
        ("[('a', 'B-PER'), ('b', 'O')]", [("a", "B-PER"), ("b", "O")]),
        (r'[["say \"no\"", "X"]]', [('say "no"', "X")]),
        ("1. cat NOUN\n- dog: NOUN\nsea/NOUN\n: PUNCT", [
            ("cat", "NOUN"), ("dog", "NOUN"), ("sea", "NOUN"), (":", "PUNCT"),
        ]),
        ("a/b/NOUN", [("a/b", "NOUN")]),
        ("I cannot tag this sentence.", []),
        ("", []),
    ],
)  # fmt: skip
def test_pairs_are_found_in_every_format(text, pairs):
    assert tagged_pairs(text) == pairs


def test_code_in_a_reply_is_not_run():
    assert tagged_pairs("__import__('os').abort()") == []


def test_a_token_dropped_or_added_moves_no_other_tag():
    tokens = ["the", "cat", "saw", "the", "dog"]
    said = [("the", "1"), ("saw", "3"), ("big", "x"), ("the", "4"), ("Dog", "5")]
    assert aligned_tags(said, tokens) == ["1", None, "3", "4", "5"]


words = st.lists(st.sampled_from("abcd"), max_size=12)


@given(words, words)
def test_as_many_tokens_are_found_as_the_longest_common_subsequence_has(asked, said):
    tags = aligned_tags([(token, str(n)) for n, token in enumerate(said)], asked)
    places = [int(tag) for tag in tags if tag is not None]
    assert places == sorted(set(places))
    assert all(
        tag is None or said[int(tag)] == token for tag, token in zip(tags, asked, strict=True)
    )
    best = [[0] * (len(said) + 1) for _ in range(len(asked) + 1)]
    for i, one in enumerate(asked):
        for j, other in enumerate(said):
            grown = best[i][j] + (one == other)
            best[i + 1][j + 1] = max(grown, best[i][j + 1], best[i + 1][j])
    assert len(places) == best[-1][-1]


def test_a_scripted_tagger_scores_what_it_was_set_to():
    draw = np.random.default_rng(0)
    right, asked = 0, 0
    for sentence in range(200):
        tokens = [f"w{sentence}.{place}" for place in range(20)]
        kept = [token for token in tokens if draw.random() < 0.8]
        tags = ["NOUN" if draw.random() < 0.9 else "VERB" for _ in kept]
        reply = json.dumps([list(pair) for pair in zip(kept, tags, strict=True)])
        found = aligned_tags(tagged_pairs(reply), tokens)
        right += sum(tag == "NOUN" for tag in found)
        asked += len(tokens)
    assert right / asked == pytest.approx(0.8 * 0.9, abs=0.02)


def test_tokens_without_their_tag_count_as_wrong():
    tokens, tags = ["the", "cat", "sleeps", "."], ["DET", "NOUN", "VERB", "PUNCT"]
    cut_off = '[["the", "det"], ["cat", "VERB"], ["sleeps", "VERB"], ["."'
    assert tagged_right(cut_off, tokens, tags) == 0.5
    assert tagged_right("I cannot tag this.", tokens, tags) == 0


shown = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)


@given(st.lists(st.tuples(shown, st.sampled_from(["NOUN", "VERB"])), min_size=1, max_size=6))
def test_the_right_list_is_right_whatever_the_tokens(pairs):
    tokens, tags = zip(*pairs, strict=True)
    assert tagged_right(json.dumps(pairs, ensure_ascii=False), tokens, tags) == 1
