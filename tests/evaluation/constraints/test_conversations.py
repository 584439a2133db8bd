"""Published rows as conversations, grading, turns held with scripted clients, and measures."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from glotlift.clients import ScriptedModel
from glotlift.evaluation.constraints import (
    Constraint,
    Conversation,
    Turn,
    converse,
    follows,
    grade,
    read_conversations,
    summarise,
)
from glotlift.evaluation.constraints.composing import ASKED, alone, compose, reply
from glotlift.evaluation.constraints.grading import variants
from glotlift.evaluation.constraints.measures import corrected, forgotten, mean, turn_rows
from glotlift.runs.errors import GlotliftError

TITLE, COMMA = Constraint("detectable_format:title"), Constraint("punctuation:no_comma")
QUOTED = Constraint("startend:quotation")
SENTENCES = ["The baker opens her shop.", "Anna reads a book.", "Tom found two stones."]
DATA = os.environ.get("GLOTLIFT_DATA")


def packed(*constraints):
    return {
        "instruction_id_list": json.dumps([one.name for one in constraints]),
        "kwargs": json.dumps([json.dumps(dict(one.arguments)) for one in constraints]),
    }


def published(*turns, **columns):
    """Return a row as Multi-IF lays it out."""
    row = {"key": "1:en", "language": "English"}
    for number, constraints in enumerate(turns, 1):
        told = json.dumps({"role": "user", "content": f"Turn {number}."})
        row |= {f"turn_{number}_prompt": told}
        row |= {f"turn_{number}_{key}": value for key, value in packed(*constraints).items()}
    return row | columns


def written(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def refused(path):
    with pytest.raises(GlotliftError) as error:
        read_conversations(path)
    return error.value


def test_rows_of_multi_if_are_read_from_json_lines_and_csv(tmp_path):
    row = published([TITLE], [TITLE, COMMA], turn_3_prompt="None")
    (found,) = read_conversations(written(tmp_path / "a.jsonl", row))
    assert found == Conversation(
        "1:en", "eng_Latn", (Turn("Turn 1.", (TITLE,)), Turn("Turn 2.", (TITLE, COMMA)))
    )
    with (tmp_path / "a.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(row))
        table.writeheader()
        table.writerow(row)
    assert read_conversations(tmp_path / "a.csv") == [found]


def test_rows_that_cannot_be_graded_are_refused_with_their_key(tmp_path):
    broken = Constraint("keywords:letter_frequency", {"letter": "", "let_frequency": 3})
    for error, row in {
        "GL-EVALUATION-061": published([broken]),
        "GL-EVALUATION-060": published([Constraint("keywords:rhyme")]),
        "GL-EVALUATION-063": published([TITLE], [COMMA]),
        "GL-EVALUATION-062": published([TITLE], turn_1_kwargs="[]"),
    }.items():
        found = refused(written(tmp_path / "a.jsonl", row))
        assert found.code == error
        assert "key 1:en" in str(found)
    for row in (
        published([TITLE], turn_1_prompt='"Hello"'),
        published([]),
        published([TITLE], language=""),
        {"key": 1, "language": "English", "prompt": "Hello"},
    ):
        assert refused(written(tmp_path / "a.jsonl", row)).code == "GL-EVALUATION-062"
    assert refused(written(tmp_path / "a.jsonl", {"key": 1})).code == "GL-EVALUATION-062"
    (tmp_path / "a.jsonl").write_text("{")
    assert "line 1" in str(refused(tmp_path / "a.jsonl"))


@pytest.mark.skipif(not DATA, reason="GLOTLIFT_DATA is not set")
@pytest.mark.parametrize(
    ("code", "rows"), [("eng_Latn", 541), ("fra_Latn", 235), ("spa_Latn", 115)]
)
def test_all_rows_of_m_ifeval_are_read(code, rows):
    found = read_conversations(Path(DATA) / "m_ifeval" / f"{code}.jsonl", code)
    assert len(found) == rows
    assert all(len(row.turns) == 1 and row.turns[0].constraints for row in found)


def test_loose_grading_tries_eight_forms():
    said = 'Sure:\n"*<<A>>*"\nBye'
    assert len(variants(said)) == 8
    assert len(set(variants(said))) == 8
    assert follows(said, "eng_Latn", [QUOTED, TITLE]) == [False, True]
    assert follows(said, "eng_Latn", [QUOTED, TITLE], loose=True) == [True, True]
    assert follows("", "eng_Latn", [COMMA], loose=True) == [False]


def three(*verdicts):
    """Return a conversation in which constraints are asked one by one, graded so."""
    asked = (TITLE, COMMA, QUOTED)
    turns = tuple(Turn("", asked[: n + 1]) for n in range(len(verdicts)))
    row = Conversation("x", "eng_Latn", turns)
    (graded,) = grade([row], [[""] * len(verdicts)])
    return type(graded)(row, verdicts, verdicts)


def test_measures_are_those_of_a_worked_example():
    rows = [
        three((True,), (True, False), (False, True, True)),
        three((False,), (True, True), (True, False, True)),
    ]
    assert turn_rows(rows, 0).mean() == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert turn_rows(rows, 1).mean() == pytest.approx((1 / 2 + 3 / 4) / 2)
    assert turn_rows(rows, 2).mean() == pytest.approx((0 + 4 / 6) / 2)
    assert mean(forgotten(rows, 1)) == 0
    assert mean(corrected(rows, 1)) == 1
    assert mean(forgotten(rows, 2)) == pytest.approx(2 / 3)
    assert mean(corrected(rows, 2)) == 1
    first, _, third = summarise(rows)
    assert (first.turn, first.conversations, first.prompt_strict) == (1, 2, 0.5)
    assert first.forgotten is None
    assert third.forgotten.estimate == pytest.approx(2 / 3)
    assert third.corrected.estimate == 1
    assert third.score.estimate == pytest.approx(1 / 3)
    assert third.score.low <= third.score.estimate <= third.score.high
    assert third.instruction_loose == pytest.approx(4 / 6)


def test_a_share_of_constraints_counts_each_alike():
    rows = [three((True,)), three((True,), (False, False))]
    many = type(rows[0])(rows[1].conversation, ((False, False),), ((False, False),))
    assert turn_rows([rows[0], many], 0).mean() == pytest.approx((1 / 2 + 1 / 3) / 2)


class Pupil:
    """A scripted pupil that does what it is told, but forgets each earlier thing with `chance`."""

    def __init__(self, conversations, chance=0.0):
        self.gold = {
            alone(row, turn).prompt: (row, turn) for row in conversations for turn in range(3)
        }
        self.chance, self.draw, self.heard = chance, np.random.default_rng(0), []

    def __call__(self, messages):
        self.heard.append(list(messages))
        asked = "\n".join(m["content"] for m in messages if m["role"] == "user")
        row, turn = self.gold[asked]
        kept = [
            one
            for place, one in enumerate(row.turns[turn].constraints)
            if place == turn or self.draw.random() >= self.chance
        ]
        return reply([*SENTENCES, SENTENCES[0]], row.language, kept)


def talks(count, code="eng_Latn"):
    return compose(SENTENCES, code, count, seed=3)


def test_a_perfect_pupil_scores_one_in_every_turn():
    rows = talks(20)
    graded = grade(rows, converse(ScriptedModel(talk=Pupil(rows)), rows))
    assert [turn_rows(graded, turn).mean() for turn in range(3)] == pytest.approx([1, 1, 1])


def test_forgetting_is_measured_as_it_was_made():
    rows = talks(400)
    graded = grade(rows, converse(ScriptedModel(talk=Pupil(rows, chance=0.3)), rows))
    scores = [turn_rows(graded, turn).mean() for turn in range(3)]
    assert scores[0] == pytest.approx(1)
    assert scores[0] > scores[1] + 0.1 > scores[2] + 0.2
    ratio = forgotten(graded, 1)
    spread = np.sqrt(0.3 * 0.7 / ratio.weights.sum())
    assert mean(ratio) == pytest.approx(0.3, abs=3 * spread)


def test_history_is_the_models_own_unless_gold_is_asked_for():
    rows = talks(2)
    pupil = Pupil(rows, chance=1.0)
    own = converse(ScriptedModel(talk=pupil), rows)
    asked, answered = pupil.heard[-1][:2]
    assert asked == {"role": "user", "content": rows[1].turns[0].prompt}
    assert answered == {"role": "assistant", "content": own[1][0]}
    assert [m["role"] for m in pupil.heard[-1]] == ["user", "assistant"] * 2 + ["user"]
    converse(ScriptedModel(talk=pupil), rows, history="gold")
    assert pupil.heard[-1][3]["content"] == rows[1].turns[1].gold != own[1][1]


def test_everything_may_be_said_again():
    rows = talks(1)
    heard = []
    converse(
        ScriptedModel(talk=lambda messages: str(heard.append(list(messages)))), rows, repeat=True
    )
    assert heard[2][-1]["content"] == alone(rows[0], 2).prompt
    assert heard[2][0]["content"] == rows[0].turns[0].prompt


def test_shorter_conversations_end_earlier():
    rows = talks(2)
    short = Conversation("short", "eng_Latn", rows[0].turns[:2])
    said = converse(ScriptedModel(talk=lambda messages: str(len(messages))), [short, rows[1]])
    assert said == [["1", "3"], ["1", "3", "5"]]


def test_what_cannot_be_held_or_graded_is_refused():
    rows = talks(1)
    for error, call in {
        "GL-EVALUATION-065": lambda: converse(object(), rows),
        "GL-EVALUATION-066": lambda: grade(rows, [["one reply"]]),
        "GL-EVALUATION-067": lambda: converse(
            ScriptedModel(talk=str), [three((True,), (True, True)).conversation], history="gold"
        ),
    }.items():
        with pytest.raises(GlotliftError, match=error):
            call()


@pytest.mark.parametrize("code", ["eng_Latn", "deu_Latn", "fra_Latn", "zho_Hans", "hin_Deva"])
def test_gold_replies_follow_everything_and_without_one_constraint_not(code):
    sentences = (
        ["今天她卖面包。", "他看书。"] if code == "zho_Hans" else ["Anna isst Brot.", "Tom liest."]
    )
    rows = compose(sentences, code, 60, seed=0)
    names = set()
    for row in rows:
        for turn in row.turns:
            assert all(follows(turn.gold, code, turn.constraints))
        before, last = row.turns[1], row.turns[2]
        assert follows(before.gold, code, last.constraints)[:2] == [True, True]
        assert not follows(before.gold, code, last.constraints)[2]
        names |= {one.name for one in last.constraints}
    assert names == set(ASKED)
