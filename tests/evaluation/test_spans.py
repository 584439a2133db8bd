import pytest

from glotlift.evaluation.spans import entities, span_scores
from glotlift.runs.errors import GlotliftError


def test_entities_begin_where_another_type_or_a_b_stands():
    tags = ["B-PER", "I-PER", "B-PER", "I-LOC", "O", "I-ORG"]
    assert list(entities(tags)) == [
        ("PER", 0, 2), ("PER", 2, 3), ("LOC", 3, 4), ("ORG", 5, 6),
    ]  # fmt: skip


def test_part_of_an_entity_is_wrong():
    found = span_scores([["B-PER", "O"]], [["B-PER", "I-PER"]])
    assert (found.precision, found.recall, found.f1) == (0, 0, 0)


def test_gold_scores_one_and_nothing_scores_zero():
    gold = [["B-PER", "I-PER", "O"], ["O", "B-LOC"]]
    assert span_scores(gold, gold).f1 == 1
    assert span_scores([["O"] * 3, ["O"] * 2], gold).f1 == 0
    assert span_scores([["O"]], [["O"]]).f1 == 0


def test_tags_must_pair():
    with pytest.raises(GlotliftError) as error:
        span_scores([["O"], ["O"]], [["O"], ["O", "O"]])
    assert error.value.code == "GL-EVALUATION-011"
    assert error.value.place == "sentence 1"
