import json
import os

import numpy as np
import pytest

from glotlift.evaluation.constraints.checkers import CHECKERS
from glotlift.evaluation.constraints.composing import TURNS
from glotlift.evidence import Setting, run_recipe
from glotlift.recipes import multi_if
from glotlift.recipes.constraint_talks import (
    ABOVE,
    FALL,
    FIRST,
    THIRD,
    conversations,
    moved,
    single,
    talked,
    together,
    unrelated,
)
from glotlift.recipes.multi_if import ADDED, ALONE, APART, CHECKING, FOR_ENGLISH, OWN, TALKING, YES

TOY = {"languages": ["zho_Hans"], "pairs": [40], "kept": 20, "taught": 12, "asked": 2,
       "pieces": 600, "tokens": 1_500}  # fmt: skip


def setting(recipe, name="world", **own):
    return Setting(name, dict(recipe.setting(name).values) | own)


def arms(recipe):
    return {arm.name: arm for arm in recipe.arms}


def talks(count=6):
    values = dict(setting(TALKING, **TOY).values) | {"taught": count}
    known = json.dumps(values, sort_keys=True)
    return conversations(known, 0, "train")["eng_Latn"]


def test_layouts_teach_the_same_replies_to_the_same_constraints():
    rows = talks()
    laid = {way: way(rows, 0) for way in (together, single, unrelated)}
    replies = {
        way: sorted(turn.gold for talk in found for turn in talk) for way, found in laid.items()
    }
    assert replies[together] == replies[single] == replies[unrelated]
    assert {len(talk) for talk in laid[single]} == {1}
    assert {len(talk) for talk in laid[unrelated]} == {len(talk) for talk in laid[together]} == {3}


def test_unrelated_turns_ask_for_themselves_and_have_nothing_in_common():
    rows = talks()
    owner = {turn.gold: row.id for row in rows for turn in row.turns}
    for talk in unrelated(rows, 0):
        assert len({owner[turn.gold] for turn in talk}) == TURNS
        assert sorted(len(turn.constraints) for turn in talk) == [1, 2, 3]
        request = rows[0].turns[0].prompt.split("\n")[0]
        assert all(turn.prompt.startswith(request) for turn in talk)


class Gold:
    """A client that says what follows everything, or only what the last turn asked."""

    def __init__(self, rows):
        self.replies = {"\n".join(t.prompt for t in row.turns[: n + 1]): row.turns[n].gold
                        for row in rows for n in range(TURNS)}  # fmt: skip

    def chat(self, conversations, *, max_new_tokens, stop=()):
        asked = [
            "\n".join(m["content"] for m in told if m["role"] == "user") for told in conversations
        ]
        return [self.replies.get(text, "") for text in asked]


def test_talks_with_one_who_follows_everything_score_one():
    rows = talks(8)
    scores, cost = talked(Gold(rows), rows)
    assert scores[FIRST].tolist() == scores[THIRD].tolist() == [1.0] * 8
    assert scores[FALL].tolist() == [0.0] * 8
    assert scores[ABOVE].mean() > 0.3
    assert cost["forgotten in turn 2"] == 0
    replies = [[row.id] for row in rows]
    assert all(a != b for a, b in zip(moved(replies, rows), replies, strict=True))


def test_arms_are_taught_for_equal_tokens_and_judged(tmp_path, monkeypatch):
    monkeypatch.setattr("glotlift.recipes.constraint_talks.LONGEST", 6)
    evidence = run_recipe(TALKING, setting(TALKING, **TOY), tmp_path, seeds=[0])
    assert {arm["budget_spent"]["0"] for arm in evidence["arms"]} == {TOY["tokens"]}
    assert [arm["name"] for arm in evidence["arms"]] == [ALONE, APART, ADDED]
    assert len(evidence["claims"]) == len(TALKING.claims)
    assert all(arm["cost"]["steps"] > 0 for arm in evidence["arms"])


def test_checkers_by_language_are_right_and_yes_is_right_by_half(tmp_path):
    toy = setting(CHECKING, languages=["spa_Latn", "hin_Deva", "zho_Hans"], pairs=[60], draws=2)
    evidence = run_recipe(CHECKING, toy, tmp_path, seeds=[0])
    right = {arm["name"]: arm["metrics"] for arm in evidence["arms"]}
    assert right[OWN][multi_if.ALL]["mean"] > 0.98
    assert right[YES][multi_if.ALL]["mean"] == pytest.approx(0.5, abs=0.05)
    gap = [right[OWN][group]["mean"] - right[FOR_ENGLISH][group]["mean"]
           for group in (multi_if.ELSEWHERE, multi_if.IN_ENGLISH)]  # fmt: skip
    assert gap[0] > gap[1] > 0


def test_every_constraint_of_the_paper_is_certified_both_ways():
    values = dict(setting(CHECKING, languages=["hin_Deva"], pairs=[60], draws=1).values)
    found = multi_if.made(json.dumps(values, sort_keys=True), 0)
    for code in ("eng_Latn", "hin_Deva"):
        made = {(c.constraint.name, c.right) for _, c in found if c.code == code}
        both = {name for name, right in made if (name, not right) in made}
        english = {"change_case:english_capital", "change_case:english_lowercase"}
        assert both == set(list(CHECKERS)[:25]) - (set() if code == "eng_Latn" else english)


@pytest.mark.skipif("GLOTLIFT_DATA" not in os.environ, reason="GLOTLIFT_DATA is not set")
def test_real_sentences_are_plain_enough_to_certify():
    toy = setting(CHECKING, "real", languages=["fra_Latn"], draws=1)
    found = multi_if.certify(toy, 0, None, checkers=CHECKERS)
    assert found.budget > 100
    assert np.mean(found.scores[multi_if.ALL]) > 0.95
