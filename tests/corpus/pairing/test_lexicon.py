"""Lexicons: learnt from pairs, read from files."""

import random
from pathlib import Path

import pytest

from glotlift.corpus.pairing.lexicon import Lexicon, induce_lexicon, read_lexicon
from glotlift.runs.errors import GlotliftError


def test_a_code_is_broken_by_its_pairs() -> None:
    draw = random.Random(0)
    words = [f"w{chr(97 + k // 26)}{chr(97 + k % 26)}" for k in range(60)]
    sentences = [draw.sample(words, 6) for _ in range(400)]
    target = [draw.sample([w[::-1] for w in s], 6) for s in sentences]
    lexicon = induce_lexicon(sentences, target)
    best = {w: max(e, key=lambda t: e[t]) for w, e in lexicon.forward.items()}
    assert best == {w: w[::-1] for w in words}
    back = {w: max(e, key=lambda t: e[t]) for w, e in lexicon.back.items()}
    assert back == {w[::-1]: w for w in words}


def test_probabilities_of_a_word_sum_to_one_at_most() -> None:
    lexicon = induce_lexicon([["a", "b"], ["a"], ["b"]] * 3, [["x", "y"], ["x"], ["y"]] * 3)
    for entries in (lexicon.forward, lexicon.back):
        assert entries
        assert all(0 < sum(entry.values()) <= 1 + 1e-9 for entry in entries.values())
    assert lexicon.forward["a"]["x"] > 0.9


def test_what_stood_together_once_is_no_translation() -> None:
    assert len(induce_lexicon([["a"]], [["x"]])) == 0
    assert len(induce_lexicon([], [])) == 0


def test_joining_keeps_the_higher_probability() -> None:
    joined = Lexicon({"a": {"x": 0.2}}, {}).join(
        Lexicon({"a": {"x": 0.5, "y": 0.1}}, {"x": {"a": 1}})
    )
    assert joined == Lexicon({"a": {"x": 0.5, "y": 0.1}}, {"x": {"a": 1}})


def test_a_file_is_read_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    path.write_text("# comment\nhouse\ttalo\t0.5\n\ncountry house\tkartano\n", encoding="utf-8")
    lexicon = read_lexicon(path)
    assert lexicon.forward["house"] == {"talo": 0.5, "kartan": 1.0}
    assert lexicon.back["kartan"] == {"countr": 1.0, "house": 1.0}


@pytest.mark.parametrize("line", ["house talo", "house\ttalo\tmuch", "house\ttalo\t0", "a\tb\t1.5"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "words.tsv"
    path.write_text(f"a\tb\n{line}\n", encoding="utf-8")
    with pytest.raises(GlotliftError, match=r"GL-CORPUS-066.*words\.tsv:2"):
        read_lexicon(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GlotliftError, match="GL-CORPUS-065"):
        read_lexicon(tmp_path / "none.tsv")
