from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.world.tasks.reader import read, sentences

from glotlift.evaluation.shortcuts import shortcut_accuracies
from glotlift.runs.errors import GlotliftError
from glotlift.world import LANGUAGES
from glotlift.world.concepts import SPLITS
from glotlift.world.tasks.inference import CATEGORIES, LABELS, nli

_EVENTS = ("event", "event_place", "event_time", "event_not", "sale")
_OPPOSITE = dict(
    pair
    for one, other in (
        ("good", "bad"),
        ("beautiful", "ugly"),
        ("new", "old"),
        ("cheap", "expensive"),
        ("big", "small"),
    )
    for pair in ((one, other), (other, one))
)


def _events(code, premise, hypothesis):
    asked = read(code, hypothesis, "event", "event_place")
    act = (asked.said["agent"], asked.said["action"], asked.said["patient"])
    for text in sentences(premise):
        told = read(code, text, *_EVENTS)
        said = told.said
        if told.pattern == "sale":
            if act == (said["recipient"], "buy", said["patient"]):
                return "entailment"
        elif act == (said["agent"], said["action"], said["patient"]):
            if told.pattern == "event_not":
                return "contradiction"
            if asked.pattern == "event" or said.get("place") == asked.said["place"]:
                return "entailment"
    return "neutral"


def _comparison(code, premise, hypothesis):
    def pair(text):
        said = read(code, text, "bigger", "smaller").said
        return said["more"], said["less"]

    known, asked = set(map(pair, sentences(premise))), pair(hypothesis)
    if asked in known:
        return "entailment"
    return "contradiction" if asked[::-1] in known else "neutral"


def _negation(code, premise, hypothesis):
    asked = read(code, hypothesis, "like", "dislike", "location_not", "quality_not")
    kind = asked.pattern.removesuffix("_not")
    if kind in ("like", "dislike"):
        told = [read(code, text, "likes_one").said for text in sentences(premise)]
        pair = asked.said["agent"], asked.said["patient"]
        liked = pair in [(said["agent"], said["patient"]) for said in told]
        spurned = pair in [(said["agent"], said["other"]) for said in told]
        if not liked and not spurned:
            return "neutral"
        return "entailment" if liked == (kind == "like") else "contradiction"
    slot = "place" if kind == "location" else "quality"
    for text in sentences(premise):
        told = read(code, text, kind, f"{kind}_not")
        if told.pattern == kind and told.said["thing"] == asked.said["thing"]:
            same = told.said[slot] == asked.said[slot]
            assert same or slot == "place" or _OPPOSITE[told.said[slot]] == asked.said[slot]
            return "contradiction" if same else "entailment"
    return "neutral"


_SOLVERS = {
    "negation": _negation,
    "restriction": _events,
    "roles": _events,
    "comparison": _comparison,
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_reader_of_the_text_alone_gives_every_label(code):
    for split in SPLITS:
        for row in nli(code, 24, split=split, seed=3):
            solve = _SOLVERS[row["category"]]
            assert solve(code, row["premise"], row["hypothesis"]) == row["label"], row


@given(seed=st.integers(0, 10**6), block=st.integers(0, 10**5), code=st.sampled_from(LANGUAGES))
@settings(deadline=None, max_examples=15)
def test_labels_and_categories_are_balanced_and_each_hypothesis_has_all_labels(seed, block, code):
    rows = nli(code, 12, seed=seed, start=12 * block)
    cells = Counter(zip(rows["label"], rows["category"], strict=True))
    assert cells == Counter({(label, kind): 1 for label in LABELS for kind in CATEGORIES})
    pairs = set(zip(rows["hypothesis"], rows["label"], strict=True))
    assert len(pairs) == 12
    assert all((text, label) in pairs for text in rows["hypothesis"] for label in LABELS)


def test_the_premises_of_one_hypothesis_are_made_of_the_same_words():
    rows = nli("eng_Latn", 360, split="train")
    for first in range(0, 360, 3):
        bags = {tuple(sorted(text.lower().split())) for text in rows["premise"][first : first + 3]}
        bags = {tuple(sorted(word.strip(".,") for word in bag)) for bag in bags}
        assert len(bags) == 1, rows["premise"][first : first + 3]


@pytest.mark.parametrize("code", ["tur_Latn", "zho_Hans"])
def test_trivial_features_stay_at_chance(code):
    train, test = nli(code, 1200, split="train"), nli(code, 1200)
    found = shortcut_accuracies(train, test, reads=("premise", "hypothesis"), answer="label")
    assert max(found.values()) < 1 / 3 + 0.03, found


def test_no_hypothesis_is_in_two_splits():
    said = {split: set(nli("eng_Latn", 600, split=split)["hypothesis"]) for split in SPLITS}
    assert not said["train"] & said["test"]
    assert not said["train"] & said["validation"]
    assert not said["validation"] & said["test"]


def test_rows_are_addressable_and_the_same_in_every_language():
    whole = nli("deu_Latn", 30, seed=5)
    assert nli("deu_Latn", 7, seed=5, start=13).to_list() == whole.to_list()[13:20]
    other = nli("hin_Deva", 30, seed=5)
    for column in ("id", "label", "category"):
        assert whole[column] == other[column]
    assert whole["id"][0] == "world/nli/5/test/0"
    assert whole["premise"] != nli("deu_Latn", 30, seed=6)["premise"]


def test_unknown_languages_and_splits_are_refused():
    with pytest.raises(GlotliftError, match="GL-WORLD-001"):
        nli("xxx_Latn", 1)
    with pytest.raises(GlotliftError, match="GL-WORLD-002"):
        nli("eng_Latn", 1, split="dev")
