import re
from functools import cache
from string import ascii_lowercase

import numpy as np
import pytest

from glotlift import world
from glotlift.evaluation.reasoning import CATEGORIES, above_chance, reasoning
from glotlift.evaluation.shortcuts import shortcut_accuracies
from glotlift.evaluation.tasks.sources import task_source
from glotlift.runs.errors import GlotliftError

ROWS = 160
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@cache
def rows(category, split="test", count=ROWS, language="eng_Latn"):
    return list(reasoning(category, language, count, split=split))


def sentences(prompt):
    return re.findall(r"[^.?]+[.?]", prompt.replace("  ", " "))


def likings(text):
    return re.findall(r"([A-Z]\w+) likes ([\w ]+?)[,.]", text)


def deductive(prompt):
    one, then, other, instead, fact = likings(prompt)
    return "{} likes {}.".format(*{one: then, other: instead}[fact])


def abductive(prompt):
    one, then, other, instead, fact = likings(prompt)
    return "{} likes {}.".format(*{then: one, instead: other}[fact])


def inductive(prompt):
    jobs = re.findall(r"(\w+) works as (an? [\w ]+)\.", prompt)
    pets = dict(re.findall(r"(\w+) has (an? [\w ]+)\.", prompt))
    who, job = next((who, job) for who, job in jobs if who not in pets)
    alike = next(other for other, done in jobs if done == job and other != who)
    return f"{who} has {pets[alike]}."


def temporal(prompt):
    times = ("In the morning", "In the evening", "At night")
    told = [one.strip().split(", ", 1) for one in sentences(prompt)[:-1]]
    ordered = sorted(told, key=lambda one: times.index(one[0]))
    return ordered[0 if prompt.endswith("first?") else -1][1]


def spatial(prompt):
    thing = re.search(r"Where is the (\w+)\?", prompt)[1]
    near = re.search(rf"The {thing} is (?:on|under|next to) the (\w+)\.", prompt)[1]
    return (
        f"The {thing} is "
        + re.search(rf"The {near} is ((?:in|at|on|by) the \w+)\.", prompt)[1]
        + "."
    )


def multi_hop(prompt):
    deed = re.search(r"Who (.+)\?", prompt)[1]
    worker = re.search(rf"The (\w+) {deed}\.", prompt)[1]
    return re.search(rf"(\w+) works as an? {worker}\.", prompt)[1] + f" {deed}."


def mathematical(prompt):
    thing, person = re.search(r"How many ([\w ]+) does (\w+) have", prompt).groups()
    count = 0
    for who, verb, number, what in re.findall(r"(\w+) (has|buys|sells) (\w+) ([\w ]+)\.", prompt):
        if (who, what) == (person, thing):
            count += NUMBERS.index(number) * (-1 if verb == "sells" else 1)
    return str(count)


def analogical(prompt):
    shown, done, asked = (part.split() for part in re.split("[>,]", prompt)[:3])
    if sorted(shown) == sorted(done):
        return " ".join(asked[shown.index(letter)] for letter in done)
    return " ".join(
        ascii_lowercase[ascii_lowercase.index(letter) + ord(new) - ord(old)]
        for letter, old, new in zip(asked, shown, done, strict=True)
    )


SOLVERS = {
    "deductive": deductive,
    "inductive": inductive,
    "abductive": abductive,
    "mathematical": mathematical,
    "temporal": temporal,
    "spatial": spatial,
    "multi-hop": multi_hop,
    "analogical": analogical,
}


@pytest.mark.parametrize("category", SOLVERS)
def test_the_right_answer_is_the_one_that_a_reader_finds(category):
    for row in rows(category):
        found = SOLVERS[category](row["prompt"])
        assert row["options"].index(found) == row["answer"], row


def test_a_thing_of_common_sense_is_what_the_action_is_for():
    kinds = {
        "read": "book letter newspaper map",
        "play": "guitar violin flute drum",
        "cook": "soup rice egg fish",
        "plant": "flower tree rose",
        "close": "door window box suitcase",
    }
    for row in rows("commonsense"):
        action = re.search(r"does \w+ (\w+)\?", row["prompt"])[1]
        fits = [option.split()[-1] in kinds[action].split() for option in row["options"]]
        assert fits == [place == row["answer"] for place in range(2)]


@pytest.mark.parametrize("category", CATEGORIES)
def test_what_is_trivial_is_at_chance(category):
    test, train = rows(category), rows(category, "train")
    chance = CATEGORIES[category].chance
    places = np.bincount([row["answer"] for row in test])
    assert set(places) == {ROWS * chance}
    from datasets import Dataset

    found = shortcut_accuracies(
        Dataset.from_list(train),
        Dataset.from_list(test),
        reads=("prompt", "options"),
        answer="answer",
    )
    found["longest"] = np.mean([longest(row) for row in test])
    found["last mentioned"] = np.mean([mentioned(row) for row in test])
    assert max(found.values()) < chance + 0.14, found


def longest(row):
    lengths = [len(option) for option in row["options"]]
    return (lengths[row["answer"]] == max(lengths)) / lengths.count(max(lengths))


def mentioned(row):
    """Of the options, choose the one whose last word stands last in the prompt."""
    places = [row["prompt"].rfind(option.rstrip(".").split()[-1]) for option in row["options"]]
    return (places[row["answer"]] == max(places)) / places.count(max(places))


@pytest.mark.parametrize("category", CATEGORIES)
def test_no_question_with_its_answer_is_in_two_splits(category):
    asked, taught = (
        {(row["prompt"], row["options"][row["answer"]]) for row in rows(category, split)}
        for split in ("test", "train")
    )
    assert not asked & taught
    if category in ("deductive", "abductive", "inductive", "temporal", "spatial", "multi-hop"):
        options = {option for row in rows(category) for option in row["options"]}
        assert not options & {o for row in rows(category, "train") for o in row["options"]}


@pytest.mark.parametrize("category", CATEGORIES)
def test_rows_are_the_same_ones_in_every_language(category):
    english = rows(category)[:4]
    seen = set()
    for code in world.LANGUAGES:
        made = rows(category, count=4, language=code)
        assert made == rows(category, count=4, language=code)
        for one, other in zip(english, made, strict=True):
            assert (one["id"], one["answer"]) == (other["id"], other["answer"])
            assert other["language"] == code
            assert other["category"] == category
            assert len(set(other["options"])) == len(one["options"])
        seen.add(made[0]["prompt"])
    assert len(seen) == (1 if category == "analogical" else len(world.LANGUAGES))


def test_rows_depend_on_seed_and_place_alone():
    for category in CATEGORIES:
        again = reasoning(category, "eng_Latn", 3, start=2)
        assert list(again) == rows(category)[2:5]
        assert reasoning(category, "eng_Latn", 3, seed=1)["prompt"] != again["prompt"]


def test_scores_are_freed_from_chance():
    assert above_chance([1, 0, 1, 0], [2, 2, 4, 4]).tolist() == [1, -1, 1, pytest.approx(-1 / 3)]
    guesses = np.random.default_rng(0).integers(4, size=20_000) == 0
    assert above_chance(guesses, np.full(20_000, 4)).mean() == pytest.approx(0, abs=0.02)


def test_a_category_is_a_task():
    source = task_source("reasoning:deductive")
    assert (source.kind, source.name) == ("choice", "deductive")
    assert list(source.rows("deu_Latn", 2)) == rows("deductive", count=2, language="deu_Latn")


@pytest.mark.parametrize(
    ("arguments", "options", "code"),
    [
        (("lateral", "eng_Latn", 2), {}, "GL-EVALUATION-130"),
        (("", "eng_Latn", 2), {}, "GL-EVALUATION-130"),
        (("deductive", "hin_Latn", 2), {}, "GL-EVALUATION-131"),
        (("deductive", "../etc", 2), {}, "GL-EVALUATION-131"),
        (("deductive", "eng_Latn", -1), {}, "GL-WORLD-007"),
        (("deductive", "eng_Latn", 2), {"split": "dev"}, "GL-WORLD-002"),
        (("causal", "eng_Latn", 2), {"start": -1}, "GL-WORLD-007"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments, options, code):
    with pytest.raises(GlotliftError, match=code):
        reasoning(*arguments, **options)


def test_addresses_and_scores_that_mean_nothing_are_refused():
    with pytest.raises(GlotliftError, match="GL-EVALUATION-130"):
        task_source("reasoning:lateral")
    for correct, options in (([1], [2, 2]), ([1], [1]), ([1], [0])):
        with pytest.raises(GlotliftError, match="GL-EVALUATION-132"):
            above_chance(correct, options)
