"""Vectors from files, between languages, over pieces, and from text."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from scipy.linalg import orthogonal_procrustes

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.learnt_vectors import (
    learn_dictionary,
    neighbours_of,
    token_vectors,
    train_vectors,
    words_of,
)
from glotlift.vocabulary.vector_files import read_vectors
from glotlift.vocabulary.word_vectors import (
    WordVectors,
    align,
    joined,
    piece_vectors,
    rotation,
)

from .vocabulary_samples import SOURCE, TARGET, trained

FIGURES = json.loads((Path(__file__).parent / "figures/initialisers.json").read_text())["words"]
ROWS = np.array([[1, 2.5, -3e-2], [0, 0.125, 4]], dtype=np.float32)


def vectors_of(words, rows, counts=None):
    rows = np.asarray(rows, dtype=np.float32)
    return WordVectors(tuple(words), rows, np.asarray(counts or np.ones(len(words))))


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("head", ["2 3\n", ""])
@pytest.mark.parametrize("ending", ["\n", " \n", "\r\n"])
def test_text_is_read_with_and_without_sizes(tmp_path, head, ending):
    lines = ["kọ́ 1 2.5 -3e-2", "బాష 0 0.125 4"]
    path = written(tmp_path, "a.vec", head + "".join(line + ending for line in lines))
    found = read_vectors(path)
    assert found.words == ("kọ́", "బాష")
    assert np.array_equal(found.rows, ROWS)
    assert read_vectors(path, limit=1).words == ("kọ́",)


def test_a_word_may_hold_a_space_and_the_first_of_two_counts(tmp_path):
    path = written(tmp_path, "a.txt", "3 2\nnew york 1 2\na 3 4\na 5 6\n")
    found = read_vectors(path)
    assert found.words == ("new york", "a")
    assert found.rows.tolist() == [[1, 2], [3, 4]]


def test_many_lines_are_read_in_batches(tmp_path):
    lines = "".join(f"w{number} {number} {number / 4}\n" for number in range(10_000))
    found = read_vectors(written(tmp_path, "a.vec", lines))
    assert found.words[9_999] == "w9999"
    assert np.array_equal(found.rows[:, 1] * 4, np.arange(10_000))


@pytest.mark.parametrize("suffix", [".npy", ".safetensors"])
def test_matrices_are_read_with_the_words_beside_them(tmp_path, suffix):
    path = tmp_path / f"v{suffix}"
    np.save(path, ROWS) if suffix == ".npy" else save_file({"vectors": ROWS}, path)
    written(tmp_path, "v.words.txt", "one\ntwo\n")
    found = read_vectors(path)
    assert found.words == ("one", "two")
    assert np.array_equal(found.rows, ROWS)


BROKEN = {
    "no such file": ("none.vec", None, "080"),
    "another kind": ("a.bin", b"x", "055"),
    "a short line": ("a.vec", "2 3\na 1 2 3\nb 1 2\n", "056"),
    "a long line without a word": ("a.vec", "2 3\na 1 2 3\n\n", "056"),
    "letters for numbers": ("a.vec", "2 2\na 1 2\nb 1 x\n", "057"),
    "infinity": ("a.vec", "a 1 inf\n", "057"),
    "no number": ("a.vec", "a 1 nan\n", "057"),
    "cut off": ("a.vec", "3 2\na 1 2\n", "058"),
    "empty": ("a.vec", "", "060"),
    "sizes alone": ("a.vec", "0 3\n", "060"),
    "words alone": ("a.txt", "a\nb\n", "056"),
    "no npy": ("a.npy", b"\x93NUMPY\x01", "081"),
    "no safetensors": ("a.safetensors", b"abc", "081"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files_are_refused(tmp_path, case):
    name, content, code = BROKEN[case]
    path = tmp_path / name if content is None else written(tmp_path, name, content)
    with pytest.raises(GlotliftError) as refused:
        read_vectors(path)
    assert refused.value.code == f"GL-VOCABULARY-{code}"


@pytest.mark.parametrize(
    ("array", "words", "code"),
    [
        (ROWS[0], "a\n", "056"),
        (np.ones((2, 2), dtype=np.int64), "a\nb\n", "056"),
        (ROWS, None, "059"),
        (ROWS, "a\n", "059"),
        (np.empty((0, 3)), "", "060"),
        (np.array([["a"]], dtype=object), "a\n", "081"),
    ],
)
def test_broken_matrices_are_refused(tmp_path, array, words, code):
    np.save(tmp_path / "v.npy", array)
    if words is not None:
        written(tmp_path, "v.words.txt", words)
    with pytest.raises(GlotliftError) as refused:
        read_vectors(tmp_path / "v.npy")
    assert refused.value.code == f"GL-VOCABULARY-{code}"


def test_piece_vectors_are_those_of_wechsel():
    """Against wechsel 0.0.4 without subword information, on the same words."""
    given = vectors_of(FIGURES["words"], FIGURES["vectors"], FIGURES["counts"])
    found = piece_vectors(trained("wordpiece"), given)
    names = trained("wordpiece").convert_ids_to_tokens(range(len(found)))
    covered = {name for name, row in zip(names, found, strict=True) if row.any()}
    assert covered == set(FIGURES["pieces"])
    for name, row in zip(names, found, strict=True):
        expected = torch.tensor(FIGURES["pieces"].get(name, [0.0] * 4))
        assert torch.allclose(row, expected, atol=1e-6), name


def test_piece_vectors_by_hand():
    tokenizer = trained("bpe")
    words = ("the", "then")
    rows = piece_vectors(tokenizer, vectors_of(words, [[1, 0], [0, 1]], [3, 1]))
    for piece in {number for word in words for number in tokenizer(word).input_ids[1:]}:
        holders = [
            (count, place)
            for place, (word, count) in enumerate(zip(words, (3, 1), strict=True))
            for form in (word, " " + word)
            if piece in tokenizer(form).input_ids[1:]
        ]
        expected = torch.zeros(2)
        for count, place in holders:
            expected[place] += count / sum(count for count, _ in holders)
        assert torch.allclose(rows[piece], expected)
    capital = piece_vectors(tokenizer, vectors_of(words, [[1, 0], [0, 1]]), capitals=True)
    assert (capital.any(1) & ~rows.any(1)).any()


def test_alignment_is_the_official_one():
    source = vectors_of(FIGURES["words"], FIGURES["vectors"])
    target = vectors_of(FIGURES["words"], FIGURES["target"])
    pairs = [(word, word) for word in FIGURES["words"][: FIGURES["pairs"]]]
    expected = source.rows @ np.array(FIGURES["rotation"])
    assert np.allclose(align(source, target, pairs).rows, expected, atol=1e-5)


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 12))
@settings(deadline=None)
def test_rotation_is_procrustes_and_undoes_a_rotation(seed, width, number):
    draw = np.random.default_rng(seed)
    source = draw.normal(size=(number, width)).astype(np.float32)
    target = draw.normal(size=(number, width)).astype(np.float32)
    found = rotation(source, target)
    assert np.allclose(found @ found.T, np.eye(width), atol=1e-5)
    best, _ = orthogonal_procrustes(source, target)
    gaps = [np.linalg.norm(source @ turn - target) for turn in (found, best)]
    assert gaps[0] <= gaps[1] * (1 + 1e-4) + 1e-5
    turned = source @ np.linalg.qr(draw.normal(size=(width, width)))[0].astype(np.float32)
    assert np.allclose(source @ rotation(source, turned), turned, atol=1e-3)


def test_vectors_that_share_nothing_are_refused():
    one, wide = vectors_of(["a"], [[1, 2]]), vectors_of(["b"], [[1, 2, 3]])
    for call, code in (
        (lambda: align(one, wide, [("a", "b")]), "061"),
        (lambda: align(one, one, [("x", "y")]), "062"),
        (lambda: train_vectors(["all words differ here"]), "063"),
        (lambda: train_vectors([]), "063"),
        (lambda: token_vectors(trained("bpe"), []), "063"),
    ):
        with pytest.raises(GlotliftError) as refused:
            call()
        assert refused.value.code == f"GL-VOCABULARY-{code}"


def test_counts_of_neighbours_by_hand():
    keys, counts = neighbours_of([np.array([0, 1, -1, 2]), np.array([0])], 3, 2)
    found = {divmod(int(key), 3): count for key, count in zip(keys, counts, strict=True)}
    assert found == {(0, 1): 1, (1, 0): 1, (1, 2): 1, (2, 1): 1, (0, 2): 0.5, (2, 0): 0.5}


def test_words_that_stand_for_each_other_are_near():
    draw = np.random.default_rng(0)
    colours, animals = ["red", "blue", "pink"], ["dog", "cat", "cow"]
    texts = [
        f"the {draw.choice(colours)} paint dries"
        if draw.random() < 0.5
        else f"my {draw.choice(animals)} eats grass"
        for _ in range(400)
    ]
    found = train_vectors(texts, width=6)
    rows = dict(
        zip(found.words, found.rows / np.linalg.norm(found.rows, axis=1)[:, None], strict=True)
    )
    assert rows["red"] @ rows["blue"] > rows["red"] @ rows["dog"] + 0.3
    assert np.array_equal(found.rows, train_vectors(texts, width=6).rows)
    assert found.counts.tolist() == sorted(found.counts, reverse=True)


def test_token_vectors_cover_what_the_text_uses():
    tokenizer = trained("bpe")
    rows = token_vectors(tokenizer, SOURCE, width=10, least=5)
    seen = np.bincount(
        [i for text in SOURCE for i in tokenizer(text).input_ids[1:]], minlength=len(rows)
    )
    assert rows.shape == (len(tokenizer), 10)
    assert torch.equal(rows.any(1), torch.from_numpy(seen >= 5))


def test_a_dictionary_is_learnt_from_translations():
    meaning = {"sun": "soleil", "cat": "chat", "eats": "mange", "old": "vieux", "house": "maison"}
    draw = np.random.default_rng(1)
    pairs = []
    for _ in range(80):
        words = draw.choice(list(meaning), size=3, replace=False)
        pairs.append((" ".join(words), " ".join(draw.permutation([meaning[w] for w in words]))))
    assert dict(learn_dictionary(pairs)) == meaning
    assert learn_dictionary([]) == []
    assert learn_dictionary([("a", "b")]) == []


def test_text_to_rows_end_to_end():
    source, target = train_vectors(SOURCE, width=8), train_vectors(TARGET, width=8)
    pairs = learn_dictionary(zip(SOURCE, SOURCE, strict=True))
    assert all(one == other for one, other in pairs)
    space = joined(align(source, target, [("the", "the")]), target)
    rows = piece_vectors(trained("unigram"), space, weights="equal", capitals=True)
    assert rows.any(1).sum() > 30


def test_words_keep_their_marks():
    assert words_of("Ọmọ tó ń kọ́, l'été — భాష.") == ["Ọmọ", "tó", "ń", "kọ́", "l'été", "భాష"]
