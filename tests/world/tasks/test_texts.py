"""Documents with categories and summaries: both read back from the text alone."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.parsing import parse
from glotlift.world.tasks.texts import CATEGORIES, categorised, summaries


def _scenes(code, text):
    sentences = re.findall(r".+?\.(?:\s|$)", text)
    found = [parse(code, sentence.strip()) for sentence in sentences]
    assert all(len(readings) == 1 for readings in found)
    return [readings[0] for readings in found]


@settings(deadline=None, max_examples=12)
@given(st.sampled_from(world.LANGUAGES), st.sampled_from(SPLITS), st.integers(0, 99))
def test_categories_are_balanced_and_lengths_drawn(code, split, seed):
    rows = categorised(code, 14, split=split, seed=seed)
    assert Counter(rows["label"]) == dict.fromkeys(CATEGORIES, 2)
    assert all(5 <= count <= 30 for count in rows["sentences"])
    assert rows["label"] == categorised("eng_Latn", 14, split=split, seed=seed)["label"]
    assert len(set(rows["sentences"])) > 3


@pytest.mark.parametrize("code", ["eng_Latn", "deu_Latn"])
def test_a_reader_finds_the_category_in_every_sentence(code):
    for row in categorised(code, 7):
        scenes = _scenes(code, row["text"])
        assert len(scenes) == row["sentences"]
        topics = {inventory().concepts[scene.said["patient"]].topic for scene in scenes}
        assert topics == {row["label"]}


def test_length_and_first_word_do_not_tell_the_category():
    rows = categorised("eng_Latn", 1400, split="validation").to_list()
    train, test = rows[:700], rows[700:]
    for feature in (
        lambda row: len(row["text"]) // 100,
        lambda row: row["text"].split()[0],
        lambda row: row["sentences"],
    ):
        known = {}
        for row in train:
            known.setdefault(feature(row), Counter())[row["label"]] += 1
        hits = 0
        for row in test:
            guess = known.get(feature(row), Counter(["food"])).most_common(1)[0][0]
            hits += guess == row["label"]
        assert hits / len(test) < 1 / 7 + 0.04


def test_a_reader_finds_the_summary_in_the_document():
    for row in summaries("eng_Latn", 25):
        scenes = _scenes("eng_Latn", row["text"])
        events = Counter(tuple(s.said[x] for x in ("agent", "action", "patient")) for s in scenes)
        (event, most), (_, second) = events.most_common(2)
        assert most >= 3 > second == 1
        about, gist = _scenes("eng_Latn", row["summary"])
        assert [gist.said[x] for x in ("agent", "action", "patient")] == [*event] == row["event"]
        topics = {inventory().concepts[s.said["patient"]].topic for s in scenes}
        assert topics == {about.said["topic"]} == {row["topic"]}
        assert gist not in scenes
        assert 6 <= len(scenes) <= 12


@pytest.mark.parametrize("code", world.LANGUAGES)
@pytest.mark.parametrize("task", [categorised, summaries])
def test_rows_are_addressable_and_share_ids_over_languages(task, code):
    whole = task(code, 9, seed=1)
    assert task(code, 4, seed=1, start=5).to_list() == whole.to_list()[5:]
    assert whole["id"] == task("eng_Latn", 9, seed=1)["id"]
    assert all(whole["text"])


@pytest.mark.parametrize("task", [categorised, summaries])
def test_no_sentence_about_an_event_is_in_two_splits(task):
    said = {}
    for split in SPLITS:
        texts = task("eng_Latn", 40, split=split)["text"]
        said[split] = {part for text in texts for part in re.findall(r"[^.]+\.", text)}
    assert not said["train"] & said["validation"]
    assert not said["train"] & said["test"]
    assert not said["validation"] & said["test"]


def test_summaries_are_in_no_two_splits_and_not_at_the_beginning():
    gists = {split: {*summaries("spa_Latn", 60, split=split)["summary"]} for split in SPLITS}
    assert not gists["train"] & (gists["validation"] | gists["test"])
    rows = summaries("eng_Latn", 100)
    lead = 0
    for row in rows:
        scenes = _scenes("eng_Latn", row["text"].split(". ")[0] + ".")
        lead += [scenes[0].said[x] for x in ("agent", "action", "patient")] == row["event"]
    assert 0.2 < lead / 100 < 0.55
