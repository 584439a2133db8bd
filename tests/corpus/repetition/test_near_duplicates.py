import gzip
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus.repetition import bands
from glotlift.corpus.repetition.fingerprints import text_keys
from glotlift.corpus.repetition.near_duplicates import (
    EXACT,
    NEAR,
    NORMALISED,
    PARTIAL,
    find_duplicates,
)
from glotlift.runs.errors import GlotliftError

WORDS = ("mill", "river", "stone", "bread", "winter", "letter", "window", "market", "garden")


def make_text(seed, words=120):
    generator = random.Random(seed)
    return " ".join(f"{generator.choice(WORDS)}{generator.randrange(1000)}" for _ in range(words))


def edited(text, share, seed=0):
    generator = random.Random(seed)
    return " ".join("zzz" if generator.random() < share else word for word in text.split(" "))


def decide(texts, **settings):
    keys = text_keys(texts)
    return find_duplicates(keys.exact, keys.normalised, keys.fingerprints, keys.sizes, **settings)


def test_each_kind_is_told_by_its_name():
    text, other = make_text(1), make_text(2)
    half = " ".join(text.split(" ")[:60])
    texts = [half, text, text, text.upper() + "!", edited(text, 0.1), other, "", "", "…", "!"]
    found = decide(texts)
    assert found.reasons.tolist() == [PARTIAL, 0, EXACT, NORMALISED, NEAR, 0, 0, EXACT, 0, 0]
    assert found.kept.tolist() == [1, 1, 1, 1, 1, 5, 6, 6, 8, 9]
    assert 0.4 < found.similarity[4] < 0.95
    assert found.similarity[0] > 0.9
    assert found.counts() == {
        "exact duplicate": 2,
        "normalised duplicate": 1,
        "near duplicate": 1,
        "partial duplicate": 1,
    }


def test_every_row_that_goes_is_similar_to_a_row_that_stays():
    # A chain of ever more edited texts: components would join them all.
    texts = [make_text(3)]
    for step in range(30):
        texts.append(edited(texts[-1], 0.08, seed=step).replace("zzz", f"new{step}"))
    keys = text_keys(texts)
    found = decide(texts, threshold=0.4)
    gone = np.flatnonzero(found.reasons)
    assert 0 < len(gone) < 30
    assert (found.reasons[found.kept] == 0).all()
    assert (found.kept[gone] < gone).all()
    shares = bands.agreement(keys.fingerprints, gone, found.kept[gone])
    assert (shares >= 0.4).all()
    assert shares == pytest.approx(found.similarity[gone])
    stays = np.flatnonzero(found.reasons == 0)
    left, right = np.meshgrid(stays, stays)
    apart = bands.agreement(keys.fingerprints, left[left < right], right[left < right])
    assert (apart < 0.4).all()


@given(st.permutations(range(12)))
@settings(deadline=None, max_examples=20)
def test_the_first_is_kept_in_any_order(order):
    texts = [edited(make_text(number % 4), 0.05, seed=number) for number in range(12)]
    found = decide([texts[number] for number in order])
    sources = [number % 4 for number in order]
    assert found.kept.tolist() == [sources.index(source) for source in sources]


def test_translations_of_one_item_are_no_duplicates():
    text = make_text(5)
    texts = [text, edited(text, 0.05), text, edited(text, 0.05, seed=1)]
    languages, items = np.array([0, 1, 1, 0]), np.array([7, 7, 8, 9])
    assert decide(texts, languages=languages, items=items).kept.tolist() == [0, 1, 0, 0]
    assert decide(texts, languages=languages).kept.tolist() == [0, 0, 0, 0]
    apart = decide(texts, languages=languages, across_languages=False)
    assert apart.kept.tolist() == [0, 1, 1, 0]
    within = decide(texts, languages=languages, items=items, across_languages=False)
    assert within.kept.tolist() == [0, 1, 1, 0]


def test_overlaps_found_in_texts_are_taken_in():
    texts = [make_text(1, 20), make_text(2, 200), make_text(3, 300)]
    overlaps = np.array([[0, 1], [1, 2]]), np.array([0.95, 0.5])
    found = decide(texts, overlaps=overlaps)
    assert found.reasons.tolist() == [PARTIAL, 0, 0]
    assert found.kept.tolist() == [1, 1, 2]


def test_thousands_of_rows_in_one_bucket_stay_linear(monkeypatch):
    compared = 0
    measure = bands.agreement

    def count(fingerprints, left, right):
        nonlocal compared
        compared += len(left)
        return measure(fingerprints, left, right)

    monkeypatch.setattr(bands, "agreement", count)
    rows = 4000
    template = text_keys([make_text(9)]).fingerprints[0]
    generator = np.random.default_rng(0)
    prints = np.tile(template, (rows, 1))
    for row in range(rows):
        prints[row, generator.integers(0, 128, 6)] = generator.integers(0, 2**16, 6)
    keys = np.arange(rows, dtype=np.uint64)
    found = find_duplicates(keys, keys, prints, np.full(rows, 700, np.uint32), threshold=0.8)
    assert (found.kept == 0).all()
    used = len(bands.choose_bands(rows, 128, 0.8))
    assert compared <= rows * (used + 2) * (bands.NEIGHBOURS + 1)


def test_rows_crowded_out_of_a_bucket_are_looked_at_again():
    # Pairs that share a bucket with a hundred rows of which the first is not like them.
    generator = np.random.default_rng(0)
    prints = generator.integers(0, 2**16, (400, 128)).astype(np.uint16)
    prints[200:] = prints[:200]
    prints[200:, :20] = generator.integers(0, 2**16, (200, 20))
    prints[:, 30:40] = 7
    keys = np.arange(400, dtype=np.uint64)
    found = find_duplicates(keys, keys, prints, np.full(400, 700, np.uint32), threshold=0.5)
    assert found.kept[:200].tolist() == list(range(200))
    assert found.kept[200:].tolist() == list(range(200))


@pytest.mark.parametrize("rows", [1000, 100_000, 5_000_000])
@pytest.mark.parametrize(("similarity", "least"), [(0.3, 0.75), (0.5, 0.99)])
def test_bands_find_similar_rows_in_a_corpus_of_any_size(rows, similarity, least):
    chosen = bands.choose_bands(rows, 128, 0.25)
    generator = np.random.default_rng(rows)
    equal = generator.random((2000, 128)) < similarity
    found = equal[:, chosen].all(axis=2).any(axis=1).mean()
    assert found >= least
    chance = (generator.random((2000, 128)) < 0.005)[:, chosen].all(axis=2).any(axis=1).mean()
    assert chance < 0.01


def test_rows_that_are_all_alike_get_wider_bands():
    # Two of three pairs agree in nothing, the others in a tenth of their values.
    drawn = np.repeat([0.0, 0.0, 0.1], 1000).astype(np.float32)
    rows = 2_000_000
    chosen = bands.choose_bands(rows, 128, 0.25, drawn)
    assert len(bands.choose_bands(rows, 128, 0.25)[0]) < len(chosen[0])
    candidates = rows * len(chosen) * np.mean(drawn.astype(float) ** len(chosen[0]))
    assert candidates <= 4 * bands.NEIGHBOURS
    for similarity, least in ((0.6, 0.95), (0.7, 0.99)):
        equal = np.random.default_rng(0).random((2000, 128)) < similarity
        assert equal[:, chosen].all(axis=2).any(axis=1).mean() > least


def test_shares_are_drawn_of_different_rows():
    prints = np.random.default_rng(0).integers(0, 2**16, (50, 128)).astype(np.uint16)
    prints[:, :32] = 5
    shares = bands.drawn_shares(prints, np.arange(10, 50))
    assert len(shares) > 0.9 * bands.PAIRS
    assert shares.max() < 0.5
    assert shares.mean() == pytest.approx(0.25, abs=0.01)


def test_memmaps_give_the_same(tmp_path):
    texts = [edited(make_text(number % 20), 0.1, seed=number) for number in range(60)]
    keys = text_keys(texts)
    stored = np.memmap(tmp_path / "prints", np.uint16, "w+", shape=keys.fingerprints.shape)
    stored[:] = keys.fingerprints
    one = find_duplicates(keys.exact, keys.normalised, stored, keys.sizes)
    assert one.kept.tolist() == decide(texts).kept.tolist() == [n % 20 for n in range(60)]


def test_no_rows_and_one_row():
    assert decide([]).kept.tolist() == []
    assert decide(["a"]).kept.tolist() == [0]


def test_arrays_of_other_rows_and_shares_that_are_none_are_refused():
    keys = text_keys(["a", "b"])
    with pytest.raises(GlotliftError, match="GL-CORPUS-046"):
        find_duplicates(keys.exact, keys.normalised[:1], keys.fingerprints, keys.sizes)
    for wrong in ({"threshold": 0.0}, {"contained": 1.5}):
        with pytest.raises(GlotliftError, match="GL-CORPUS-047"):
            decide(["a", "b"], **wrong)


def read(name):
    data = os.environ.get("GLOTLIFT_DATA")
    if not data:
        pytest.skip("GLOTLIFT_DATA is not set")
    with gzip.open(Path(data) / "webmix" / name, "rt") as lines:
        return [json.loads(line) for line in lines]


def test_labelled_duplicates_of_webmix():
    rows, labels = read("docs.jsonl.gz"), read("gold.jsonl.gz")
    gold = {label["id"]: label for label in labels}
    places = {row["id"]: index for index, row in enumerate(rows)}
    found = decide([row["text"] for row in rows])

    def source(row):
        label = gold[rows[row]["id"]]
        label = gold[label.get("dup_of", label["id"])]
        return label.get("src", label.get("junk"))

    kinds = {"exact_dup": 1.0, "normalised_dup": 1.0, "near_dup": 0.95, "partial_dup": 0.9}
    for kind, least in kinds.items():
        pairs = [(places[g["id"]], places[g["dup_of"]]) for g in labels if g["kind"] == kind]
        hits = [found.kept[a] == found.kept[b] for a, b in pairs]
        assert np.mean(hits) >= least
    for code, least in ((EXACT, 1.0), (NORMALISED, 1.0), (NEAR, 0.95), (PARTIAL, 0.9)):
        gone = np.flatnonzero(found.reasons == code)
        assert np.mean([source(row) == source(found.kept[row]) for row in gone]) >= least
