"""Dictionaries of every layout, and the nearest words of another language."""

import gzip
import json

import numpy as np
import pytest

from glotlift.objectives.dictionaries import (
    dictionary_of,
    induce_dictionary,
    nearest_translations,
    read_dictionary,
    shuffled,
)
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.word_vectors import WordVectors

FREEDICT = [
    {"src": "Acha", "tgt": ["leave", "quit, stop (doing sth)"], "pos": "v"},
    {"src": "mto", "tgt": ["river"], "pos": "n"},
    {"src": "mto", "tgt": ["pillow", "river"], "pos": "n"},
]
SWADESH = [
    {"lang": "eng", "words": [["dog"], [], ["eat", "devour"]]},
    {"lang": "swh", "words": [["mbwa"], ["x"], ["-la"]]},
]


def vectors(words, rows):
    return WordVectors(tuple(words), np.asarray(rows, np.float32), np.ones(len(words)))


def write(path, entries):
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.write("\n".join(json.dumps(entry) for entry in entries))
    return path


def test_entries_are_cut_at_commas_and_lose_their_remarks(tmp_path):
    found = read_dictionary(write(tmp_path / "swh-eng.jsonl.gz", FREEDICT))
    assert found == {"acha": ("leave", "quit", "stop"), "mto": ("river", "pillow")}


def test_word_lists_are_joined_by_their_concepts(tmp_path):
    path = write(tmp_path / "swadesh.jsonl.gz", SWADESH)
    found = read_dictionary(path, source="eng", target="swh")
    assert found == {"dog": ("mbwa",), "eat": ("-la",), "devour": ("-la",)}
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-052"):
        read_dictionary(path, source="eng", target="deu")


@pytest.mark.parametrize("between", ["\t", " "])
def test_two_columns_are_a_dictionary(tmp_path, between):
    path = tmp_path / "muse.txt"
    path.write_text(f"dog{between}perro\ndog{between}can\n\ncat{between}gato\n", encoding="utf-8")
    assert read_dictionary(path) == {"dog": ("perro", "can"), "cat": ("gato",)}


def test_what_is_no_dictionary_is_refused(tmp_path):
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-051"):
        read_dictionary(tmp_path / "none.tsv")
    (tmp_path / "broken.jsonl").write_text('{"src": 3}\n', encoding="utf-8")
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-051"):
        read_dictionary(tmp_path / "broken.jsonl")
    (tmp_path / "empty.tsv").write_text("\n", encoding="utf-8")
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-052"):
        read_dictionary(tmp_path / "empty.tsv")


def test_the_most_similar_words_are_chosen_and_not_the_least():
    angles = np.deg2rad([0, 10, 25, 90, 180])
    target = vectors(
        "abcde", np.stack([np.cos(angles), np.sin(angles)], 1) * [[9], [1], [3], [1], [5]]
    )
    source = vectors(["Word"], [[0.5, 0.0]])
    assert nearest_translations(source, target, top=3) == {"word": ("a", "b", "c")}
    # argsort of a similarity, ascending, would have said e, d, c.


def test_a_rotated_language_is_found_again_from_the_words_written_alike():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(120, 12)).astype(np.float32)
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    ours = [f"{number}" if number < 14 else f"w{number}" for number in range(120)]
    theirs = [f"{number}" if number < 14 else f"v{number}" for number in range(120)]
    other = rows @ turn + rng.normal(size=rows.shape) * 0.05
    found = induce_dictionary(vectors(ours, rows), vectors(theirs, other), rounds=3)
    assert np.mean([found[f"w{n}"][0] == f"v{n}" for n in range(14, 120)]) > 0.95
    wrong = induce_dictionary(
        vectors(ours, rows),
        vectors(theirs, other),
        pairs=[("w20", "v80"), ("w21", "v81")],
        rounds=0,
    )
    assert np.mean([wrong[f"w{n}"][0] == f"v{n}" for n in range(14, 120)]) < 0.3


def test_a_shuffled_dictionary_has_the_same_words_and_translations_in_other_pairs():
    plain = {f"w{n}": (f"v{n}",) for n in range(50)}
    mixed = shuffled(plain, 0)
    assert set(mixed) == set(plain)
    assert sorted(mixed.values()) == sorted(plain.values())
    assert sum(mixed[word] == plain[word] for word in plain) < 5
    assert mixed == shuffled(plain, 0)


def test_pairs_become_a_dictionary_in_their_order():
    assert dictionary_of([("A", "x"), ("a", "y"), ("a", "x")]) == {"a": ("x", "y")}
