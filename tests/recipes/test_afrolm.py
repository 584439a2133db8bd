import json

import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.afrolm import (
    CHANCE,
    CUT,
    NONE,
    ONCE,
    ONGOING,
    RECIPES,
    RELEASED,
    UNSURE,
    WHOLE,
)
from glotlift.recipes.self_taught import by_chance, material, writer
from glotlift.synthesis import cut_off

(RECIPE,) = RECIPES
TOY = dict(RECIPE.setting("world").values) | {
    "languages": ["swh_Latn", "tur_Latn"],
    "documents": 16,
    "held_out": 3,
    "rounds": 2,
    "per_round": 5,
    "topic_rows": {"train": 8, "test": 6},
    "pieces": 420,
    "bytes_a_round": 1_500,
    "epochs": 1,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield tmp_path_factory.mktemp("afrolm")


@pytest.fixture(scope="module")
def arms(folder):
    evidence = run_recipe(RECIPE, Setting("world", TOY), folder, seeds=[0])
    return {arm["name"]: arm for arm in evidence["arms"]}


def ledger(folder, arm):
    path = folder / "cells" / f"{arm}-0" / "work" / "rounds" / "round-1" / "ledger.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
def test_arms_read_equal_bytes_and_nothing_held_out(arms):
    assert set(arms) == {NONE, RELEASED, ONGOING, ONCE, UNSURE, CUT, CHANCE, WHOLE}
    for arm in arms.values():
        assert arm["budget_spent"]["0"] == pytest.approx(3_000, rel=0.01)
        assert arm["cost"]["held-out texts among them"] == 0


@pytest.mark.slow
def test_rows_join_in_all_arms_but_one(arms):
    rows = {name: arm["cost"]["rows to learn from"] for name, arm in arms.items()}
    first = len(material(json.dumps(TOY, sort_keys=True)).data)
    assert rows.pop(NONE) == first
    assert all(first < count <= first + 10 for count in rows.values())
    assert rows[ONCE] == rows[ONGOING]


@pytest.mark.slow
def test_arms_by_chance_choose_the_same_sentences(arms, folder):
    chosen = {
        name: [entry["source"] for entry in ledger(folder, name)]
        for name in (RELEASED, ONGOING, CUT, CHANCE, WHOLE, UNSURE)
    }
    unsure = chosen.pop(UNSURE)
    assert len({tuple(ids) for ids in chosen.values()}) == 1
    assert unsure != chosen[ONGOING]


@pytest.mark.slow
def test_writers_end_sentences_as_they_say(arms, folder):
    shared = material(json.dumps(TOY, sort_keys=True))
    pool = dict(zip(shared.pool["id"], shared.pool["text"], strict=True))
    for name in (CUT, WHOLE, CHANCE):
        for entry in ledger(folder, name):
            text = pool[entry["source"]]
            start, gone = cut_off(text)
            assert entry["text"].startswith(start)
            if name == CUT:
                assert entry["text"] == start
            if name == WHOLE:
                assert entry["text"] == text
            if name == CHANCE:
                assert len(entry["text"].split()) == len(start.split()) + gone


def test_chance_depends_on_seed_and_id_alone(folder):
    shared = material(json.dumps(TOY, sort_keys=True))
    one, other = by_chance(0)(None, shared.pool), by_chance(1)(None, shared.pool)
    assert one == by_chance(0)(None, shared.pool)
    assert one != other
    assert writer(WHOLE, shared, 0)(None, shared.pool) == list(shared.pool["text"])
    starts = [cut_off(text)[0] for text in shared.pool["text"]]
    assert writer(CUT, shared, 0)(None, shared.pool) == starts


def test_text_to_begin_with_pool_and_test_share_no_document(folder):
    shared = material(json.dumps(TOY, sort_keys=True))
    parts = [
        {id.split("#")[0] for id in rows["id"]}
        for rows in (shared.data, shared.pool, shared.held_out)
    ]
    assert all(parts)
    assert not parts[0] & parts[1] | parts[1] & parts[2] | parts[0] & parts[2]
