"""The knowledge graph: held-out edges between known nodes, questions with one right tail."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.world.asking import plain
from glotlift.world.combinations import fact_base, fact_split
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import grammar
from glotlift.world.scenes import Scene
from glotlift.world.tasks.graph import RELATIONS, entities, link_prediction, relations, triples


def _edges(split):
    return {(row["head"], row["relation"], row["tail"]) for row in triples(split)}


def test_held_out_edges_are_new_and_their_nodes_known():
    train, validation, test = (_edges(split) for split in SPLITS)
    assert not train & validation | train & test | validation & test
    known = {node for head, _, tail in train for node in (head, tail)}
    for head, _, tail in validation | test:
        assert {head, tail} <= known
    assert len(test) > 200
    assert {relation for _, relation, _ in test} == set(RELATIONS)


def test_edges_are_true():
    world_ = inventory()
    for head, relation, tail in set.union(*map(_edges, SPLITS)):
        one, other = world_.concepts[head], world_.concepts[tail]
        match relation:
            case "is bigger than":
                assert one.size > other.size > 0
            case "has topic":
                assert one.topic == tail
            case "is found at":
                assert (one.topic or "animals") in other.fits["topics"]
            case "can be made of":
                assert head in other.fits["things"]
            case _:
                assert fact_base()[head][RELATIONS[relation].pattern]["value"] == tail


def test_facts_are_held_out_as_where_they_are_asked_for():
    for split in SPLITS:
        for head, relation, _ in _edges(split):
            pattern = RELATIONS[relation].pattern
            if inventory().patterns[pattern].fact:
                assert fact_split(head, pattern) == split


@settings(deadline=None, max_examples=12)
@given(st.sampled_from(world.LANGUAGES), st.sampled_from(SPLITS), st.integers(0, 99))
def test_positions_are_balanced_and_options_differ(code, split, seed):
    rows = link_prediction(code, 16, split=split, seed=seed)
    assert Counter(rows["answer"]) == dict.fromkeys(range(4), 4)
    for row in rows:
        assert len(set(row["options"])) == 4
        assert all(row["options"])
    other = link_prediction("eng_Latn", 16, split=split, seed=seed)
    for field in ("id", "answer", "head", "tail"):
        assert rows[field] == other[field]


def test_the_right_option_alone_completes_an_edge():
    spoken = plain(grammar("eng_Latn").code)
    everything = set.union(*map(_edges, SPLITS))
    held = _edges("test")
    for row in link_prediction("eng_Latn", 60):
        assert (row["head"], row["relation"], row["tail"]) in held
        known = RELATIONS[row["relation"]]
        tails = {tail for _, relation, tail in everything if relation == row["relation"]}
        said = {}
        for tail in tails:
            slots = {} if known.before else {known.head: row["head"]}
            text = spoken.say(Scene(known.pattern, slots | {known.tail: tail}))
            said[tail] = text
        for place, option in enumerate(row["options"]):
            meant = {tail for tail, text in said.items() if f" {option}." in text}
            meant = meant or {tail for tail, text in said.items() if option in text}
            true = any((row["head"], row["relation"], tail) in everything for tail in meant)
            assert meant
            assert true == (place == row["answer"])


def test_options_alone_say_nothing():
    rows = link_prediction("eng_Latn", 4000).to_list()
    right = {}
    for row in rows[:3000]:
        for place, option in enumerate(row["options"]):
            right.setdefault((row["relation"], option), []).append(place == row["answer"])
    score = {key: sum(hits) / len(hits) for key, hits in right.items()}
    hits = 0
    for row in rows[3000:]:
        rated = [score.get((row["relation"], option), 0.25) for option in row["options"]]
        hits += rated.index(max(rated)) == row["answer"]
    assert abs(hits / 1000 - 0.25) < 0.05


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_labels_and_templates_say_what_is_stated(code):
    labels = entities(code)
    assert all(labels["label"])
    assert len(set(labels["entity"])) == labels.num_rows
    nodes = {node for split in SPLITS for h, _, t in _edges(split) for node in (h, t)}
    assert set(labels["entity"]) == nodes
    for row in relations(code):
        assert row["template"].count("{tail}") == row["template"].count("{head}") == 1
        rest = [part for hole in row["template"].split("{head}") for part in hole.split("{tail}")]
        assert all(part.strip() in row["text"] for part in rest)
    assert triples("test", language=code)["id"] == triples("test")["id"]
    whole = link_prediction(code, 9, seed=1)
    assert link_prediction(code, 4, seed=1, start=5).to_list() == whole.to_list()[5:]


def test_wrong_calls_are_refused():
    with pytest.raises(GlotliftError, match="GL-WORLD-002"):
        triples("dev")
    with pytest.raises(GlotliftError, match="GL-WORLD-001"):
        entities("tlh_Latn")
