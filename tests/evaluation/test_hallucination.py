import numpy as np
import pytest
from datasets import Dataset

from glotlift.evaluation.hallucination import (
    SPANS,
    answer_words,
    carried_over,
    label_agreement,
    links_by_position,
    plan_swaps,
    plant,
    project_spans,
    token_f1_rows,
    word_labels,
    words_lacking,
)
from glotlift.evaluation.planted_answers import KINDS, planted_answers
from glotlift.evaluation.prevalence import checked
from glotlift.runs.errors import GlotliftError


def answer(text, *spans, language="eng_Latn"):
    rows = Dataset.from_dict({"id": ["a"], "language": [language], "text": [text]})
    named = [{"start": start, "end": end, "kind": "entity"} for start, end in spans]
    return rows.add_column("spans", [named], feature=SPANS)


def test_a_word_is_wrong_where_a_span_covers_any_of_it():
    assert word_labels(answer("Anna, the chef, eats.", (10, 12))) == [[False, False, True, False]]
    assert word_labels(answer("安娜吃饭。", (2, 4), language="zho_Hans")) == [
        [False, False, True, True]
    ]
    assert answer_words("— 3 eggs!", "eng_Latn") == [(2, 3), (4, 8)]


def test_f1_is_that_of_all_words_together():
    rng = np.random.default_rng(0)
    made, people = ([list(rng.random(n) < 0.4) for n in (5, 9, 1, 12)] for _ in range(2))
    rows = token_f1_rows(checked(made, people))
    one, other = (np.concatenate(part) for part in (made, people))
    precision, recall = (one & other).sum() / one.sum(), (one & other).sum() / other.sum()
    assert rows.mean() == pytest.approx(2 * precision * recall / (precision + recall))


def test_agreement_tells_words_and_shares_apart():
    people = [[True, False, False, True]] * 30
    moved = [[False, True, True, False]] * 30
    found = label_agreement(moved, people)
    assert found.excess.estimate == 0
    assert found.kappa == pytest.approx(-1)
    assert (found.precision, found.recall) == (0, 0)
    more = label_agreement([[True, True, False, True]] * 30, people)
    chance = 0.75 * 0.5 + 0.25 * 0.5
    assert more.kappa == pytest.approx((0.75 - chance) / (1 - chance))
    assert (more.precision, more.recall) == pytest.approx((2 / 3, 1))
    assert more.excess.estimate == pytest.approx(0.25)


def test_labels_without_anything_wrong_do_not_agree():
    with pytest.raises(GlotliftError) as error:
        label_agreement([[False]] * 3, [[True]] * 3)
    assert error.value.code == "GL-EVALUATION-080"


def test_spans_follow_the_links_of_words():
    source, target = (
        answer_words("the red car", "eng_Latn"),
        answer_words("el coche rojo", "spa_Latn"),
    )
    links = [(0, 0), (1, 2), (2, 1)]
    spans = [{"start": 4, "end": 7, "kind": "entity"}, {"start": 4, "end": 11, "kind": "entity"}]
    assert project_spans(spans, source, target, links) == [
        {"start": 9, "end": 13, "kind": "entity"},
        {"start": 3, "end": 13, "kind": "entity"},
    ]
    assert project_spans(spans[:1], source, target, [(0, 0)]) == []


def test_links_by_position_keep_order_and_ends():
    assert links_by_position(2, 4) == [(0, 0), (1, 2)]
    assert links_by_position(4, 2) == [(0, 0), (1, 0), (2, 1), (3, 1)]
    assert links_by_position(3, 0) == []


def test_spans_carried_over_to_the_same_text_stay():
    rows = planted_answers("eng_Latn", 20, share=0.5)
    assert word_labels(carried_over(rows, rows)) == word_labels(rows)
    turkish = planted_answers("tur_Latn", 20, share=0.5)
    over = carried_over(rows, turkish)
    assert over["text"][:] == turkish["text"][:]
    found = label_agreement(word_labels(over), word_labels(turkish))
    assert 0.3 < found.kappa < 0.99


def test_what_is_planted_is_the_same_in_every_language_and_share():
    some, same = (planted_answers(code, 90, share=0.7) for code in ("eng_Latn", "zho_Hans"))
    assert some["id"][:] == same["id"][:]
    kinds = [[[span["kind"] for span in spans] for spans in rows["spans"]] for rows in (some, same)]
    assert kinds[0] == kinds[1]
    assert {kind for spans in kinds[0] for kind in spans} == set(KINDS)
    right = planted_answers("eng_Latn", 90, share=0.0)
    assert right["reference"][:] == some["reference"][:]
    assert all(not spans for spans in right["spans"])
    for one, other in zip(right["text"], right["reference"], strict=True):
        assert all(sentence in other for sentence in one.split(". "))


def test_a_wrong_span_changes_what_the_answer_says():
    right, wrong = (planted_answers("eng_Latn", 80, share=share) for share in (0.0, 1.0))
    for one, other in zip(right, wrong, strict=True):
        assert len(other["spans"]) == 2
        for span in other["spans"]:
            said = other["text"][span["start"] : span["end"]]
            assert said
            if span["kind"] in ("contradictory", "invented", "unverifiable", "subjective"):
                assert said not in one["text"]


def test_more_is_wrong_with_a_larger_share():
    found = [
        np.concatenate(word_labels(planted_answers("spa_Latn", 80, share=share))).mean()
        for share in (0.1, 0.4, 0.9)
    ]
    assert found == sorted(found)
    with pytest.raises(GlotliftError) as error:
        planted_answers("spa_Latn", 1, share=1.5)
    assert error.value.code == "GL-EVALUATION-075"


QA = [
    ("q1", "g1", "Rome fell in 476. It was old.", "Rome fell in 476.", "476"),
    ("q2", "g2", "Ada won 12 games. She left.", "Ada won 12 games.", "12"),
    ("q3", "g3", "Bern is small. It has bears.", "Bern is small.", "Bern"),
    ("q4", "g4", "Oslo is cold. It snows.", "Oslo is cold.", "Oslo"),
]  # fmt: skip


def questions(language="eng_Latn", change=str):
    names = ("id", "group", "reference", "text", "key")
    rows = [dict(zip(names, row, strict=True)) for row in QA]
    for row in rows:
        row |= {name: change(row[name]) for name in ("reference", "text", "key")}
        row |= {"language": language, "start": row["text"].index(row["key"])}
    return Dataset.from_list(rows)


def test_real_answers_get_the_key_of_another_passage():
    rows = questions()
    seen = set()
    for seed in range(20):
        plan = plan_swaps(rows, share=1.0, seed=seed)
        assert set(plan) == set(rows["id"])
        for row, true in zip(plant(rows, plan), rows, strict=True):
            (span,) = row["spans"]
            said = row["text"][span["start"] : span["end"]]
            seen.add(span["kind"])
            assert said not in row["reference"]
            if span["kind"] == "invented":
                assert row["text"] == f"{true['text']} {said}"
            else:
                assert span["kind"] == ("number" if true["key"].isdigit() else "entity")
                assert row["text"] == true["text"].replace(true["key"], said)
    assert seen == {"number", "entity", "invented"}


def test_one_plan_serves_every_language():
    plan = plan_swaps(questions(), share=0.6, seed=1)
    assert plan
    one, other = plant(questions(), plan), plant(questions("spa_Latn", str.upper), plan)
    assert [[s["kind"] for s in spans] for spans in one["spans"]] == [
        [s["kind"] for s in spans] for spans in other["spans"]
    ]
    assert [text.upper() for text in one["text"]] == other["text"][:]


def test_nothing_planned_is_nothing_changed():
    rows = questions()
    assert plan_swaps(rows, share=0.0, seed=0) == {}
    assert plant(rows, {})["text"][:] == rows["text"][:]


def test_words_that_the_reference_lacks():
    rows = Dataset.from_dict(
        {
            "reference": ["The cook sees Anna.", "猫吃鱼。"],
            "text": ["Anna sees the red cook.", "狗吃鱼。"],
            "language": ["eng_Latn", "zho_Hans"],
        }
    )
    assert words_lacking(rows) == [[False, False, False, True, False], [True, False, False]]
    rows = planted_answers("eng_Latn", 30, share=0.0)
    assert not any(map(any, words_lacking(rows)))
