"""What is changed in a row, what is not, and that its label is still right."""

import re
from itertools import pairwise

import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.evaluation import perturbations
from glotlift.evaluation.perturbations import (
    _phrases,
    bounded_numbers,
    distracted,
    homophones,
    swapped_words,
)
from glotlift.languages.romanisation import romanise
from glotlift.runs.errors import GlotliftError
from glotlift.world import LANGUAGES


def _rows(*pairs, code="eng_Latn", label="neutral"):
    return Dataset.from_list(
        [
            {
                "id": f"{place}",
                "language": code,
                "premise": premise,
                "hypothesis": hypothesis,
                "label": label,
                "genre": "x",
            }
            for place, (premise, hypothesis) in enumerate(pairs)
        ]
    )


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_tautology_follows_in_every_language_and_the_label_stays(code):
    rows = world.tasks.nli(code, 3)
    for side, other in (("premise", "hypothesis"), ("hypothesis", "premise")):
        found = distracted(rows, side=side, times=2)
        assert found["label"] == rows["label"]
        assert found[other] == rows[other]
        for before, after in zip(rows[side], found[side], strict=True):
            assert after.startswith(before)
            assert after.count(_phrases()[code]["truth"]) == 2
    assert distracted(rows, negated=True)["hypothesis"] != distracted(rows)["hypothesis"]
    assert set(found["phenomenon"]) == {"distraction, hypothesis"}


def test_a_text_without_an_end_gains_one_and_other_columns_go():
    found = distracted(_rows(("猫很大", "猫大"), code="zho_Hans"))
    assert found["hypothesis"] == ["猫大。真的就是真的。"]
    assert "genre" not in found.column_names
    assert found["id"] == ["0/distraction, hypothesis"]


@given(seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=6)
def test_a_homophone_sounds_alike_and_makes_no_word_of_the_rows(seed):
    rows = world.tasks.nli("zho_Hans", 60)
    found = homophones(rows, seed=seed)
    before = {row["id"]: row for row in rows}
    pairs = {
        pair for row in rows for side in ("premise", "hypothesis") for pair in _pairs(row[side])
    }
    assert len(found) > 20
    for row in found:
        old = before[row["id"].rsplit("/", 1)[0]]
        assert row["label"] == old["label"]
        assert row["premise"] == old["premise"]
        assert len(row["hypothesis"]) == len(old["hypothesis"])
        changed = [
            place
            for place, (a, b) in enumerate(zip(row["hypothesis"], old["hypothesis"], strict=True))
            if a != b
        ]
        assert len(changed) == 1
        (at,) = changed
        sounds = romanise([row["hypothesis"][at], old["hypothesis"][at]], "zho_Hans")
        assert len({_toneless(sound) for sound in sounds}) == 1
        beside = row["hypothesis"][max(0, at - 1) : at + 2]
        assert not pairs.intersection(_pairs(beside))


def _pairs(text):
    return list(pairwise(text))


def _toneless(sound):
    marks = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ", "aaaaeeeeiiiioooouuuuüüüü")
    return sound.translate(marks)


def test_letters_of_an_alphabet_are_homophones_too(monkeypatch):
    sounds = dict(zip("ηιυεκ", "iiiek", strict=True))
    monkeypatch.setattr(
        perturbations, "romanise", lambda letters, code: [sounds[letter] for letter in letters]
    )
    (row,) = homophones(_rows(("κι κε", "κη υ"), code="ell_Grek"), side="premise")
    assert row["premise"] == "κυ κε"  # beside κ, η is known


def test_as_many_letters_change_as_are_asked_for():
    rows = world.tasks.nli("zho_Hans", 60)
    found = homophones(rows, edits=2, side="premise")
    before = {row["id"]: row["premise"] for row in rows}
    for row in found:
        old = before[row["id"].rsplit("/", 1)[0]]
        assert 1 <= sum(a != b for a, b in zip(row["premise"], old, strict=True)) <= 2


def test_one_word_of_a_premise_is_swapped_either_way():
    rows = _rows(
        ("Big dogs bark.", "x"),
        ("The small cat sleeps.", "x"),
        ("A cat.", "x"),
        ("Big dogs bark.", "y"),
    )
    found = swapped_words(rows, [("big", "small")], label="contradiction", phenomenon="antonym")
    assert found["hypothesis"] == ["Small dogs bark.", "The big cat sleeps."]
    assert found["label"] == ["contradiction"] * 2
    chinese = _rows(("他很高兴", "x"), ("他难过", "x"), code="zho_Hans")
    found = swapped_words(chinese, [("高兴", "难过")], label="contradiction", phenomenon="antonym")
    assert found["hypothesis"] == ["他很难过", "他高兴"]


@pytest.mark.parametrize(
    ("code", "text", "thing"),
    [("eng_Latn", "In May 1998 40 people came.", "people"), ("zho_Hans", "来了40个人", "个")],
)
def test_bounds_on_a_number_are_entailed_contradicted_or_not_told(code, text, thing):
    for seed in range(6):
        found = bounded_numbers(_rows((text, "x"), code=code), [thing], seed=seed)
        assert found["label"] == ["entailment", "neutral", "contradiction"]
        entailed, turned, wrong = found
        assert (turned["premise"], turned["hypothesis"]) == (entailed["hypothesis"], text)
        for row, holds in ((entailed, True), (wrong, False)):
            (bound,) = [int(n) for n in re.findall(r"\d+", row["hypothesis"]) if n != "1998"]
            least = _phrases()[code]["at_least"].split("{")[0] in row["hypothesis"]
            assert (bound <= 40 if least else bound >= 40) == holds
            assert row["premise"] == text


@pytest.mark.parametrize(
    "text", ["On 5 May.", "Bus 12 came.", "3.50 people", "1 people", "A380 people"]
)
def test_numbers_that_count_nothing_are_left_alone(text):
    rows = _rows((text, "x"), ("There are 40 people here.", "x"))
    assert len(bounded_numbers(rows, ["people"])) == 3


def test_what_cannot_be_done_is_refused():
    with pytest.raises(GlotliftError, match="GL-EVALUATION-070"):
        distracted(_rows(("a", "b"), code="yor_Latn"))
    with pytest.raises(GlotliftError, match="GL-EVALUATION-071"):
        homophones(_rows(("The cat.", "A cat."), code="eng_Latn"))
    with pytest.raises(GlotliftError, match="GL-EVALUATION-072"):
        swapped_words(_rows(("a", "b")), [("c", "d")], label="entailment", phenomenon="synonym")
    with pytest.raises(GlotliftError, match="GL-EVALUATION-070"):
        bounded_numbers(_rows(("Mutane 40 ne.", "x"), code="hau_Latn"), ["ne"])
    with pytest.raises(GlotliftError, match="GL-EVALUATION-074"):
        bounded_numbers(_rows(("No number.", "x")), ["people"])
    with pytest.raises(GlotliftError, match="GL-EVALUATION-007"):
        distracted(_rows(("a", "b")).remove_columns("label"))
