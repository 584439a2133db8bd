from collections import Counter
from itertools import product

import pytest
from tests.world.tasks import reader
from tests.world.tasks.reader import read, sentences

from glotlift.runs.errors import GlotliftError
from glotlift.world import LANGUAGES
from glotlift.world.concepts import SPLITS
from glotlift.world.grammar import grammar
from glotlift.world.tasks.diagnostics import PHENOMENA, nli_diagnostics
from glotlift.world.tasks.fragments import NUMBERS, logical
from glotlift.world.tasks.hypotheses import OPPOSITES

LIKING = (
    *("like", "dislike", "only", "either", "likes_both", "if"),
    *("everyone", "nobody", "someone"),
)
EVENTS = (
    *("event", "event_place", "event_not", "consequence", "state"),
    *("wants", "able", "must", "past", "future"),
)
HAVING = ("owning", "at_least", "at_most")


@pytest.fixture(autouse=True)
def _logical(monkeypatch):
    """The reader knows the fragments' patterns too."""
    monkeypatch.setattr(reader, "plain", logical)


def judged(worlds, premises, asked):
    """The label by the definition of entailment: in every world in which the premises hold."""
    values = {asked(world) for world in worlds if all(holds(world) for holds in premises)}
    assert values
    return {(True,): "entailment", (False,): "contradiction"}.get(tuple(values), "neutral")


def by_liking(code, premise, hypothesis):
    told = [read(code, text, *LIKING) for text in sentences(premise)]
    asked = read(code, hypothesis, "like", "dislike")
    people, things = {"one more"}, {"one thing more"}
    for scene in (*told, asked):
        people |= {scene.said[slot] for slot in ("agent", "companion") if slot in scene.said}
        things |= {scene.said[slot] for slot in ("patient", "other") if slot in scene.said}
    pairs = sorted(product(people, things))
    worlds = [
        {pair for pair, liked in zip(pairs, bits, strict=True) if liked}
        for bits in product((False, True), repeat=len(pairs))
    ]

    def holds(scene):
        said = scene.said
        one, other = ((said.get("agent"), said.get(slot)) for slot in ("patient", "other"))
        return {
            "like": lambda world: one in world,
            "dislike": lambda world: one not in world,
            "only": lambda world: {thing for who, thing in world if who == one[0]} == {one[1]},
            "either": lambda world: one in world or other in world,
            "likes_both": lambda world: one in world and other in world,
            "if": lambda world: one not in world or (said["companion"], said["other"]) in world,
            "everyone": lambda world: all((who, one[1]) in world for who in people),
            "nobody": lambda world: not any((who, one[1]) in world for who in people),
            "someone": lambda world: any((who, one[1]) in world for who in people),
        }[scene.pattern]

    return judged(worlds, [holds(scene) for scene in told], holds(asked))


def by_number(code, premise, hypothesis):
    told, asked = (read(code, text, *HAVING) for text in (premise, hypothesis))
    assert all(told.said[slot] == asked.said[slot] for slot in ("person", "thing"))

    def holds(scene):
        bound = NUMBERS.index(scene.said["quantity"])
        return {
            "owning": lambda number: number == bound,
            "at_least": lambda number: number >= bound,
            "at_most": lambda number: number <= bound,
        }[scene.pattern]

    return judged(range(-2, len(NUMBERS) + 2), [holds(told)], holds(asked))


def by_size(code, premise, hypothesis):
    def pair(text):
        said = read(code, text, "bigger").said
        return said["more"], said["less"]

    told, asked = [pair(text) for text in sentences(premise)], pair(hypothesis)
    beings = sorted({name for one in (*told, asked) for name in one})
    assert len(beings) == 3
    worlds = [dict(zip(beings, sizes, strict=True)) for sizes in product(range(3), repeat=3)]
    bigger = [lambda world, one=one: world[one[0]] > world[one[1]] for one in (*told, asked)]
    return judged(worlds, bigger[:-1], bigger[-1])


def by_event(code, premise, hypothesis):
    asked = read(code, hypothesis, "event")
    for text in sentences(premise):
        told = read(code, text, *EVENTS)
        if told.pattern in ("event", "event_place", "consequence", "event_not") and all(
            told.said[slot] == asked.said[slot] for slot in ("agent", "action", "patient")
        ):
            return "contradiction" if told.pattern == "event_not" else "entailment"
    return "neutral"


def by_opposite(code, premise, hypothesis):
    one, other = (read(code, text, "quality").said for text in (premise, hypothesis))
    assert one["thing"] == other["thing"]
    pair = {one["quality"], other["quality"]}
    return "contradiction" if pair in map(set, OPPOSITES) else "neutral"


SOLVERS = {
    **dict.fromkeys(("subsequence", "constituent"), by_liking),
    **dict.fromkeys(("negation", "boolean", "quantifier", "conditional"), by_liking),
    **dict.fromkeys(("counting", "numerical"), by_number),
    **dict.fromkeys(("lexical overlap", "anaphora", "modality", "tense"), by_event),
    "comparative": by_size,
    "antonym": by_opposite,
}


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("phenomenon", sorted(SOLVERS))
def test_labels_are_what_the_texts_entail_in_every_world(code, phenomenon):
    for split in SPLITS if code == "zho_Hans" else ("test",):
        for row in nli_diagnostics(code, 3, phenomenon=phenomenon, split=split, seed=2):
            found = SOLVERS[phenomenon](code, row["premise"], row["hypothesis"])
            assert found == row["label"], row


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_synonym_is_a_second_word_for_the_same(code):
    spoken = grammar(code)

    def said(text, line):
        forms = spoken.forms[line].items()
        heard = text.lower()
        return any(
            name != "class" and spoken.written(word).lower() in heard for name, word in forms
        )

    for row in nli_diagnostics(code, 6, phenomenon="synonym"):
        assert row["label"] == "entailment"
        assert f"/{code}/" in row["id"]
        assert row["premise"] != row["hypothesis"]
        assert any(
            said(row["premise"], one) and said(row["hypothesis"], other)
            for lines in spoken.synonyms.values()
            for one in lines
            for other in lines
            if one != other
        ), row


@pytest.mark.parametrize("phenomenon", PHENOMENA)
def test_every_hypothesis_has_each_label_of_the_phenomenon_once(phenomenon):
    rows = nli_diagnostics("eng_Latn", 36, phenomenon=phenomenon, start=36)
    labels = {
        "heuristics": 2,
        "stress": {"antonym": 1, "synonym": 1, "numerical": 3}.get(phenomenon),
        "phenomena": 3,
        "fragments": 3,
    }[PHENOMENA[phenomenon]]
    assert sorted(Counter(rows["label"]).values()) == [36 // labels] * labels
    assert set(rows["category"]) == {PHENOMENA[phenomenon]}
    if labels > 1 and phenomenon != "numerical":
        for first in range(0, 36, labels):
            assert len(set(rows["hypothesis"][first : first + labels])) == 1
    assert len(set(zip(rows["premise"], rows["hypothesis"], strict=True))) > 20


@pytest.mark.parametrize("phenomenon", sorted(set(PHENOMENA) - {"synonym"}))
def test_ids_labels_and_order_are_shared_by_translations_and_addressable(phenomenon):
    whole = nli_diagnostics("deu_Latn", 12, phenomenon=phenomenon, seed=4)
    part = nli_diagnostics("deu_Latn", 5, phenomenon=phenomenon, seed=4, start=7)
    assert part.to_list() == whole.to_list()[7:]
    other = nli_diagnostics("arb_Arab", 12, phenomenon=phenomenon, seed=4)
    for column in ("id", "label", "category", "phenomenon"):
        assert whole[column] == other[column]
    assert len(set(whole["id"])) == 12


@pytest.mark.parametrize("phenomenon", PHENOMENA)
def test_no_hypothesis_is_in_two_splits(phenomenon):
    said = {
        split: set(
            nli_diagnostics("eng_Latn", 200, phenomenon=phenomenon, split=split)["hypothesis"]
        )
        for split in SPLITS
    }
    assert not said["train"] & said["test"]
    assert not said["validation"] & said["test"]


def test_what_is_not_there_is_refused():
    with pytest.raises(GlotliftError, match="GL-WORLD-070"):
        nli_diagnostics("hin_Latn", 1, phenomenon="negation")
    with pytest.raises(GlotliftError, match="GL-WORLD-071"):
        nli_diagnostics("eng_Latn", 1, phenomenon="idioms")
    with pytest.raises(GlotliftError, match="GL-WORLD-002"):
        nli_diagnostics("eng_Latn", 1, phenomenon="negation", split="dev")
