import json

import numpy as np
import pytest

from glotlift.evaluation.hallucination import answer_words, word_labels
from glotlift.evidence import Setting
from glotlift.recipes import hallucination as recipe
from glotlift.recipes import hallucination_rates as rates
from glotlift.recipes.hallucination_data import (
    REAL,
    WORLD,
    answers,
    expected,
    true_answers,
    true_rate,
)
from glotlift.recipes.hallucination_detector import (
    first_pieces,
    lessons,
    marks_before,
    masked_encoder,
)

TOY = WORLD | {
    "languages": ["tur_Latn"],
    "text": "world:{}?rows=20&sentences=3",
    "pieces": 400,
    "steps": 2,
    "taught": 12,
    "tested": 8,
    "epochs": 1,
    "labelled": 8,
    "asked": 8,
    "shares": [0.3, 0.8],
    "counted": 20,
}
KEY = json.dumps(TOY, sort_keys=True)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def test_every_arm_detects_in_the_same_answers(tmp_path):
    found = {arm.name: arm.run(Setting("world", TOY), 0, tmp_path) for arm in recipe.DETECTOR.arms}
    assert {one.budget for one in found.values()} == {12}
    for one in found.values():
        assert len(one.rows[recipe.ABROAD]) == 8
        assert one.cost["F1, eng_Latn"] == pytest.approx(one.scores[recipe.HOME].mean())
        others = [one.cost[f"F1, {code}"] for code in TOY["languages"]]
        assert one.scores[recipe.ABROAD].mean() == pytest.approx(np.mean(others))
    share = found[recipe.EVERY].cost["wrong words, eng_Latn"]
    assert found[recipe.EVERY].scores[recipe.HOME].mean() == pytest.approx(2 * share / (1 + share))


def test_every_way_makes_a_rate_of_the_same_cases(tmp_path):
    found = {arm.name: arm.run(Setting("world", TOY), 0, tmp_path) for arm in rates.RATES.arms}
    assert {one.budget for one in found.values()} == {8}
    for one in found.values():
        assert len(one.rows[rates.MISSED]) == 2
        assert np.allclose(np.abs(one.scores[rates.LEANS]), one.scores[rates.MISSED])
    assert found[rates.RAW].cost["kappa of silver labels"] < 1


def test_a_detector_without_worth_has_no_rate(tmp_path):
    def refuse(case):
        return rates.rogan_gladen_rate(
            case.asked, rates.Checked(*np.ones((2, 9)), *np.zeros((2, 9)))
        )

    one = rates.estimate(Setting("world", TOY), 0, tmp_path, guess=refuse)
    assert one.cost["cases without a rate"] == 2
    assert one.scores[rates.COVERED].tolist() == [1.0] * 2


def test_answers_are_dealt_and_no_ones_translations():
    dealt = lessons(TOY, ["eng_Latn", "tur_Latn"], 1, moved=False)
    ids = [id for rows in dealt for id in rows["id"]]
    assert len(ids) == len(set(ids)) == 12
    moved = lessons(TOY, ["eng_Latn", "tur_Latn"], 1, moved=True)
    assert [rows["text"][:] for rows in moved] == [rows["text"][:] for rows in dealt]
    assert moved[0]["spans"][:] == dealt[0]["spans"][:]
    assert moved[1]["spans"][:] != dealt[1]["spans"][:]


def test_every_word_of_an_answer_is_read_at_one_piece():
    _, tokenizer = masked_encoder(KEY)
    for code in ("eng_Latn", "tur_Latn"):
        rows = answers(TOY, code=code, split="test", rows=range(5), share=0.5, seed=0)
        for (ids, firsts), text in zip(first_pieces(tokenizer, rows), rows["text"], strict=True):
            words = [word for word in firsts if word is not None]
            assert words == sorted(set(words))
            assert len(words) == len(answer_words(text, code))
            assert len(ids) == len(firsts)


def test_the_true_rate_is_that_of_many_answers():
    rows = answers(TOY, code="tur_Latn", split="test", rows=range(400), share=0.3, seed=5)
    labels = np.concatenate(word_labels(rows))
    many = json.dumps(TOY | {"counted": 400}, sort_keys=True)
    assert true_rate(many, "tur_Latn", 0.3) == pytest.approx(labels.mean(), rel=0.15)
    wrong, words, _ = expected(many, "tur_Latn")
    assert true_rate(many, "tur_Latn", 1.0) == pytest.approx(wrong / words)
    assert true_rate(many, "tur_Latn", 0.0) == 0


def test_words_that_the_reference_lacks_are_marked():
    text, spans = marks_before("Anna sees it.", "eng_Latn", [True, False, True], "[M]")
    assert text == "[M]Anna sees [M]it."
    assert [text[start:end] for start, end in spans] == ["Anna", "sees", "it"]


def test_real_answers_stand_where_rows_say(glotlift_data):
    known = true_answers(REAL["answers"], (REAL["pivot"], *REAL["languages"]))
    assert len({tuple(rows["id"]) for rows in known.values()}) == 1
    for rows in known.values():
        for row in rows:
            assert row["text"][row["start"] :].startswith(row["key"])
            assert row["text"] in row["reference"]


def test_real_splits_share_no_passage(glotlift_data):
    drawn = {
        split: answers(REAL, code="tur_Latn", split=split, rows=range(200), share=0.5, seed=0)
        for split in ("train", "validation", "test")
    }
    ids = {split: set(rows["id"]) for split, rows in drawn.items()}
    assert not ids["train"] & ids["test"]
    assert not ids["validation"] & (ids["train"] | ids["test"])
    assert all(len(rows) == 200 for rows in drawn.values())
