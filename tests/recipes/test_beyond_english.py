import csv
import json

import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes import beyond_english as study
from glotlift.recipes import instruction_languages as languages
from glotlift.recipes.beyond_english import RECIPES, REPLIES
from glotlift.recipes.instructed_decoders import lessons, ways
from glotlift.recipes.recorded_replies import recorded, script
from glotlift.recipes.tagged_texts import IN_THE_WORLD as TAGS
from glotlift.recipes.tagged_texts import TAGGING, aligned, by_place, by_word, strict
from glotlift.runs.errors import GlotliftError

TOY = study.IN_THE_WORLD | {"known": 30, "asked": 12}
LESSONS = languages.LESSONS | {
    "text": "world:{}?rows=20&sentences=1",
    "languages": ["spa_Latn"],
    "rows": {"train": 60, "test": 6},
    "pieces": 700,
    "steps": 2,
    "tokens": 3000,
}


def test_settings_are_json_and_languages_are_eight_of_a_kind():
    for recipe in RECIPES:
        for setting in recipe.settings:
            assert json.loads(json.dumps(setting.values)) == setting.values
    real = REPLIES.setting("real").values["groups"]
    assert [len(set(codes)) for codes in real.values()] == [8] * 4
    assert all(
        code.endswith("Latn") == ("Latin" in name) for name, codes in real.items() for code in codes
    )


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({"knows": 1, "refuses": 0, "two": 0}, "positive"),
        ({"knows": 0, "refuses": 0, "two": 0}, "negative"),
        ({"knows": 1, "refuses": 1, "two": 0}, "refuses"),
        ({"knows": 1, "refuses": 0, "two": 1}, "both"),
    ],
)
def test_a_script_is_as_good_as_it_is_told(told, outcome):
    draw = np.random.default_rng(0)
    for _ in range(9):
        text = script("positive", told, ["positive", "negative"], draw)
        named = {label for label in ("positive", "negative") if label in text}
        wanted = {"refuses": set(), "both": {"positive", "negative"}}.get(outcome, {outcome})
        assert named == wanted


def write(path, columns, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, delimiter="\t")
        table.writerows([columns, *rows])


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Three rows in one language as the data set's files have them."""
    monkeypatch.setenv("SIB200", str(tmp_path))
    labelled = tmp_path / "data/annotated/deu_Latn"
    for split in ("train", "test"):
        write(
            labelled / f"{split}.tsv",
            ["index_id", "category", "text"],
            *[["7", "travel", "eine Reise"], ["8", "sports", "ein Spiel"]],
        )
    for model in ("gpt4", "gpt3.5"):
        write(
            tmp_path / f"llm-results/output_{model}/deu_Latn.tsv",
            ["", "index_id", "category", "text", "gpt-4"],
            *[["0", "7", "travel", "eine Reise", "This is about Travel."]],
            *[["1", "8", "sports", "ein Spiel", "I'm sorry,\nI cannot say."]],
        )
    return tmp_path


def test_recorded_replies_are_read_row_by_row(published):
    found = recorded(study.REAL, "deu_Latn")
    assert found.ids == ["7", "8"]
    assert [(reply.outcome, reply.label) for reply in found.replies["gpt4"]] == [
        ("one", "travel"),
        ("refusal", None),
    ]


def test_replies_to_other_rows_are_refused(published):
    write(
        published / "llm-results/output_gpt4/deu_Latn.tsv",
        ["", "index_id", "category", "text", "gpt-4"],
        *[["0", "8", "sports", "ein Spiel", "sports"]],
    )
    with pytest.raises(GlotliftError) as error:
        recorded(study.REAL, "deu_Latn")
    assert error.value.code == "GL-RECIPE-019"
    assert "gpt4" in str(error.value)


def test_without_the_data_set_its_variable_is_named(monkeypatch):
    monkeypatch.delenv("SIB200", raising=False)
    with pytest.raises(GlotliftError) as error:
        recorded(study.REAL, "deu_Latn")
    assert error.value.code == "GL-RECIPE-002"
    assert "SIB200" in str(error.value)


def test_replies_are_scored_in_all_ways(tmp_path):
    evidence = run_recipe(REPLIES, Setting("world", TOY), tmp_path, seeds=[0, 1])
    assert [arm["name"] for arm in evidence["arms"]] == [arm.name for arm in REPLIES.arms]
    claims = {claim["id"]: claim for claim in evidence["claims"]}
    assert claims["little text, answers"]["estimate"] > 0.1  # as the scripts are told
    assert len(claims) == len(REPLIES.claims)


def test_lessons_are_in_english_as_often_as_is_asked():
    english = {way.words["positive"] for way in ways(LESSONS, "spa_Latn", "english")}
    for share in (0.0, 0.5, 1.0):
        rows = lessons(LESSONS, 0, share)["spa_Latn"]
        assert set(rows.column_names) >= {"prompt", "response", "text"}
        asked = ["Is this text" in p or "Sentiment (" in p for p in rows["prompt"]]
        assert np.mean(asked) == pytest.approx(share, abs=0.2)
        if share == 1:
            assert english <= {answer.strip() for answer in rows["response"]}


def test_a_toy_of_lessons_runs_and_one_answer_is_as_right_in_any_language(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path / "cache"))
    evidence = run_recipe(
        languages.INSTRUCTIONS, Setting("world", LESSONS), tmp_path / "run", seeds=[0]
    )
    arms = {arm["name"]: arm["metrics"] for arm in evidence["arms"]}
    assert arms[languages.MAJORITY][languages.OWN_LESS]["mean"] == 0
    assert arms[languages.MAJORITY][languages.IN_ENGLISH]["mean"] == pytest.approx(1 / 3)


REPLY = json.dumps([["b", "2"], ["x", "9"], ["a", "3"]])


@pytest.mark.parametrize(
    ("read", "tags"),
    [
        (aligned, [None, "2", "3"]),
        (by_word, ["3", "2", "3"]),
        (by_place, ["2", "9", "3"]),
        (strict, [None] * 3),
    ],
)
def test_a_reply_is_read_in_four_ways(read, tags):
    assert list(read(REPLY, ["a", "b", "a"])) == tags


def test_strict_reading_takes_a_whole_list():
    assert strict('[["a", "1"], ["b", "2"]]', ["a", "b"]) == ["1", "2"]
    assert list(strict("no list", ["a"])) == [None]


def test_a_script_without_faults_is_read_as_it_is(tmp_path):
    spotless = TAGS | {"forgets": 0.0, "adds": 0.0, "wrong": 0.0, "lists": 1.0, "rows": 4}
    evidence = run_recipe(TAGGING, Setting("world", spotless), tmp_path, seeds=[0])
    claims = {claim["id"]: claim for claim in evidence["claims"]}
    assert claims["recovers"]["estimate"] == pytest.approx(1.0, abs=0.02)
    assert claims["unbiased"]["estimate"] == 0
    assert claims["place"]["verdict"] != "CONFIRMED"
