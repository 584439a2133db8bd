"""Replies to questions of choice: what they say, and accuracies under three policies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evaluation.replies import OUTCOMES, accuracies, outcome_shares, read_reply
from glotlift.runs.errors import GlotliftError

LABELS = {
    "science/technology": ["science/technology", "science", "technology"],
    "sports": ["sports", "sport"],
    "travel": ["travel"],
}
CHINESE = {"sports": ["体育", "sports"], "travel": ["旅行", "travel"]}


@pytest.mark.parametrize(
    ("text", "outcome", "named"),
    [
        ("sports", "exact", ("sports",)),
        (" “Sports.”\n", "exact", ("sports",)),
        ("This is about Science/Technology.", "one", ("science/technology",)),
        ("It seems to be science, or rather technology.", "one", ("science/technology",)),
        ("Travel; maybe sport.", "several", ("travel", "sports")),
        ("I'm sorry, but the text is no news.", "refusal", ()),
        ("I'm sorry; sports, I think.", "one", ("sports",)),
        ("history", "none", ()),
        ("transport and travelling", "none", ()),  # whole words alone count
        (" \n.", "empty", ()),
    ],
)
def test_what_a_reply_says(text, outcome, named):
    read = read_reply(text, LABELS, "eng_Latn")
    assert (read.outcome, read.named) == (outcome, named)


def test_labels_are_found_inside_text_without_spaces_but_latin_ones_as_words():
    assert read_reply("这是体育新闻", CHINESE, "zho_Hans").label == "sports"
    assert read_reply("这是sports新闻", CHINESE, "zho_Hans").outcome == "none"
    assert read_reply("是 travel", CHINESE, "zho_Hans").label == "travel"


def test_a_longer_spelling_hides_a_shorter_one_inside_it():
    labels = {"yes": ["sport"], "no": ["no sport"]}
    assert read_reply("There is no sport here", labels, "eng_Latn").named == ("no",)


def test_the_three_policies_by_hand():
    replies = [
        read_reply(text, LABELS, "eng_Latn")
        for text in ("sports", "travel, then sports", "I cannot say", "It is travel")
    ]
    found = accuracies(replies, ["sports", "travel", "sports", "sports"])
    assert found.raw.mean() == 0.25
    assert found.answered.mean() == pytest.approx(0.5)  # one of the two that name one label
    assert found.first.mean() == 0.5
    assert found.parsed.tolist() == [1, 0, 0, 1]
    shares = outcome_shares(replies)
    assert set(shares) == set(OUTCOMES)
    assert shares["several"] == shares["refusal"] == shares["exact"] == shares["one"] == 0.25


def test_accuracy_of_no_answer_at_all_has_no_meaning():
    found = accuracies([read_reply("", LABELS, "eng_Latn")], ["sports"])
    assert np.isnan(found.answered).all()
    assert found.raw.tolist() == found.first.tolist() == [0]


@given(st.text(), st.sampled_from(["eng_Latn", "zho_Hans", "arb_Arab", "tha_Thai"]))
def test_any_text_is_read(text, code):
    read = read_reply(text, LABELS, code)
    assert (read.outcome in ("exact", "one")) == (len(read.named) == 1)
    assert read.label in (None, read.first)


@given(st.lists(st.sampled_from(["sports", "travel", "sports, travel", "no"]), min_size=1))
def test_a_kinder_policy_never_scores_less_and_raw_is_answered_times_parsed(texts):
    found = accuracies([read_reply(t, LABELS, "eng_Latn") for t in texts], ["sports"] * len(texts))
    assert (found.first >= found.raw).all()
    if found.parsed.any():
        assert found.answered.mean() * found.parsed.mean() == pytest.approx(found.raw.mean())


@pytest.mark.parametrize(
    "spellings", [{"a": ["x"], "b": ["X."]}, {"a": []}, {"a": ["x"], "b": ["…", "."], "c": [" "]}]
)
def test_labels_that_cannot_be_told_apart_are_refused(spellings):
    with pytest.raises(GlotliftError) as error:
        read_reply("x", spellings, "eng_Latn")
    assert error.value.code == "GL-EVALUATION-122"


def test_replies_and_labels_that_do_not_pair_are_refused():
    for replies, right in (([], []), ([read_reply("x", LABELS, "eng_Latn")], [])):
        with pytest.raises(GlotliftError) as error:
            accuracies(replies, right)
        assert error.value.code == "GL-EVALUATION-123"
