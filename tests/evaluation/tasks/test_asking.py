import numpy as np
import pytest

from glotlift.clients import ScriptedModel
from glotlift.evaluation.tasks.asking import (
    ask_rows,
    last_number,
    listed,
    names_f1,
    number,
    score_answers,
)
from glotlift.evaluation.tasks.kinds import OPTIONS, VECTORS, WORLD
from glotlift.evaluation.tasks.sources import task_source
from glotlift.evaluation.tasks.wording import wordings
from glotlift.runs.errors import GlotliftError

WRITTEN = [name for name, kind in WORLD.items() if kind not in (*OPTIONS, *VECTORS)]
CHOSEN = [name for name, kind in WORLD.items() if kind in OPTIONS]


def oracle(wording, rows, *, wrong=False):
    """Return a client that knows the right answers, or gives another row's."""
    questions = [wording.ask(row) for row in rows]
    moved = questions[1:] + questions[:1] if wrong else questions
    right = {q.prompt: other.right for q, other in zip(questions, moved, strict=True)}
    chosen = {(q.prompt, o.right.strip()) for q, o in zip(questions, moved, strict=True)}
    return ScriptedModel(
        reply=lambda prompt: f" {right[prompt]}\n\nmore",
        likelihood=lambda prompt, option: 0.0 if (prompt, option.strip()) in chosen else -9.0,
    )


@pytest.mark.parametrize("name", [*WRITTEN, *CHOSEN])
@pytest.mark.parametrize("code", ["eng_Latn", "arb_Arab", "zho_Hans"])
def test_gold_scores_one_and_shuffled_gold_less(name, code):
    source = task_source(f"world:{name}")
    rows = list(source.rows(code, 6))
    wording = wordings(source.kind, code)[0]
    samples = ask_rows(oracle(wording, rows), name, wording, rows)
    assert [s.score for s in samples] == pytest.approx([1.0] * 6, abs=1e-6)
    wrong = ask_rows(oracle(wording, rows, wrong=True), name, wording, rows)
    assert np.mean([s.score for s in wrong]) < 1


@pytest.mark.parametrize("name", CHOSEN)
def test_every_choice_keeps_its_scores(name):
    source = task_source(f"world:{name}")
    rows = list(source.rows("spa_Latn", 4))
    wording = wordings(source.kind, "spa_Latn")[2]
    for sample in ask_rows(oracle(wording, rows), name, wording, rows, formulation=2):
        assert len(sample.scores) == len(sample.options) >= 2
        assert sample.answer in sample.options
        assert sample.formulation == 2


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_written_scores_nothing(name):
    rows = list(task_source(f"world:{name}").rows("deu_Latn", 8))
    scores = score_answers(WORLD[name], "deu_Latn", [""] * 8, rows)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.mean() < 0.5  # a sentence without names has none to list


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("so 3 + 4 = 7.", 7), ("१२ और ३", 3), ("1,234 birds", 1234), ("-5", -5), ("2.5 km", 2.5),
        ("كان ٤٢", 42), ("none", None), ("3.", 3), ("18 dollars and 5", 5),
    ],
)  # fmt: skip
def test_the_last_number_of_a_solution(text, value):
    assert last_number(text) == value


def test_numbers_in_any_digits():
    assert number("१२३") == number("123") == 123
    assert number("twelve") is None


def test_names_are_compared_with_their_types():
    assert listed("PER: Ada, Lee; LOC: Rome") == {("per", "Ada"), ("per", "Lee"), ("loc", "Rome")}
    assert names_f1("LOC: Ada", "PER: Ada") == 0
    assert names_f1("PER: Ada", "PER: Ada; LOC: Rome") == pytest.approx(2 / 3)
    assert names_f1("–", "–") == 1


def test_published_instructions_are_checked_by_name():
    constraints = [
        {"name": "keywords:existence", "arguments": '{"keywords": ["мир"]}'},
        {"name": "punctuation:no_comma", "arguments": "{}"},
    ]
    rows = [{"constraints": constraints}] * 3
    said = ["Миру мир", "мир, труд", "мирный, труд"]
    assert score_answers("instructions", "rus_Cyrl", said, rows).tolist() == [1.0, 0.5, 0.0]


class Writer:
    """A client that writes replies and scores nothing."""

    def __init__(self, replies):
        self.replies = replies

    def generate(self, prompts, **_):
        return self.replies[: len(prompts)]


def test_an_option_is_found_in_what_is_written():
    source = task_source("world:sentiment")
    rows = list(source.rows("spa_Latn", 3))
    wording = wordings(source.kind, "spa_Latn")[0]
    own, english = wording.words[rows[0]["label"]], rows[1]["label"]
    client = Writer([f"Creo que es {own}.", english, "Lo siento."])
    first, second, third = ask_rows(client, "t", wording, rows, answers="written")
    assert (first.score, first.answer, first.notes["outcome"]) == (1, own, "one")
    assert (second.score, second.notes["reply"]) == (1, english)  # the label's English name
    assert (third.score, third.answer, third.notes["outcome"]) == (0, "", "none")
    assert first.scores == []
    assert len(first.options) == 3


def test_options_that_cannot_be_told_apart_name_their_row():
    rows = [{"id": "q/7", "language": "eng_Latn", "prompt": "P", "options": ["Yes", "yes."],
             "answer": 0}]  # fmt: skip
    wording = wordings("choice", "eng_Latn")[2]
    with pytest.raises(GlotliftError) as error:
        ask_rows(Writer(["yes"]), "t", wording, rows, answers="written")
    assert error.value.code == "GL-EVALUATION-122"
    assert "row q/7" in str(error.value)
