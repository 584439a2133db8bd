import json
import random
from collections import Counter

import pytest

from glotlift.recipes.raw_documents import (
    LINES,
    NOTICES,
    PAGES,
    PLANTED,
    WORLD,
    built,
    held_out,
    junk_text,
    raw_documents,
    rows_of,
)

from .made_up import write_mono

VALUES = {"text": WORLD, "documents": {"cat_Latn": 60, "spa_Latn": 10}, "held_out": 20}
MONO = VALUES | {"text": "$GLOTLIFT_DATA/mono/{}.jsonl", "documents": {"cat_Latn": 50}}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    return raw_documents(VALUES, 1, tmp_path_factory.mktemp("crawl"))


@pytest.fixture
def planted(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_DATA", str(tmp_path))
    write_mono(tmp_path, ["cat_Latn"], 80)
    return raw_documents(MONO, 1, tmp_path)


def test_a_crawl_shows_more_than_its_pages_are_about(crawled):
    assert [path.name for path in crawled.files] == [PAGES, LINES]
    kinds = Counter(id.split("/")[0] for id in crawled.shown["id"])
    assert kinds == {"cat_Latn": 60, "spa_Latn": 10, "junk": 2}
    shown = "\n".join(crawled.shown["text"])
    assert "Tots els drets reservats." in shown
    assert "Tots els drets reservats." not in "\n".join(crawled.clean["cat_Latn"]["text"])


def test_the_truth_repeats_nothing_and_is_in_one_language(crawled):
    clean = crawled.clean["cat_Latn"]["text"]
    assert len(set(clean)) == len(clean) < 60
    lines = {line for text in clean for line in text.split("\n")}
    spanish = {line for text in crawled.clean["spa_Latn"]["text"] for line in text.split("\n")}
    assert len(lines & spanish) < 0.05 * len(spanish)


def test_a_seed_has_documents_of_its_own(crawled, tmp_path):
    again = raw_documents(VALUES, 1, tmp_path)
    other = raw_documents(VALUES, 2, tmp_path)
    assert again.shown["text"] == crawled.shown["text"]
    assert set(other.shown["text"]).isdisjoint(crawled.shown["text"])


def test_held_out_pages_are_clean_and_in_no_crawl(crawled):
    rows = held_out(VALUES, ["cat_Latn"])["cat_Latn"]
    assert len(rows) == 20
    shown = "\n".join(crawled.shown["text"])
    assert not any(text in shown for text in rows["text"])
    assert not any("@" in text for text in rows["text"])


def test_what_is_planted_has_its_share(planted):
    kinds = Counter(id.split("/")[0] for id in planted.shown["id"])
    assert kinds["cat_Latn"] == 50
    for kind, (share, _) in PLANTED.items():
        assert kinds[kind] == round(share * 50)
    assert kinds["junk"] == round(0.03 * (len(planted.shown) - kinds["junk"]))
    assert len(planted.clean["cat_Latn"]) == 50


def test_nothing_is_planted_from_held_out_documents(planted):
    rows = held_out(MONO | {"held_out": 3}, ["cat_Latn"])["cat_Latn"]
    assert set(rows["text"]).isdisjoint(planted.shown["text"])
    assert set(rows["id"]).isdisjoint(planted.clean["cat_Latn"]["id"])


def test_the_file_holds_what_is_shown(planted):
    (path,) = planted.files
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in told] == list(planted.shown["text"])


@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_planted_is_not_the_document_itself(kind):
    text, chance = "El gos és a la casa.\nLa nena canta una cançó.", random.Random(0)
    spoilt = PLANTED[kind][1](text, "Otro documento en otra lengua.", chance)
    assert (spoilt == text) == (kind == "exact")


def test_a_near_duplicate_bears_a_notice():
    lines = [f"línia {number}" for number in range(50)]
    spoilt = PLANTED["near"][1]("\n".join(lines), "", random.Random(0)).split("\n")
    assert spoilt[0] in NOTICES
    assert 35 < len(spoilt) < 50


def test_junk_is_of_several_kinds():
    texts = [junk_text(random.Random(seed)) for seed in range(30)]
    assert {"\t" in text for text in texts} == {", " in text for text in texts} == {True, False}


def test_empty_documents_are_no_rows():
    assert rows_of([("a", "text"), ("b", "")])["id"] == ["a"]


def test_the_pipeline_reads_the_same_documents(crawled, tmp_path):
    texts = built(crawled, tmp_path / "corpus", languages=("cat_Latn",))
    assert list(texts) == ["cat_Latn"]
    kept = texts["cat_Latn"]["text"]
    assert 0 < len(kept) < 60
    assert not any("Tots els drets reservats." in text for text in kept)
