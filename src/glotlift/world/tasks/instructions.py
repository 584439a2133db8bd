"""Instructions whose fulfilment a program can check, after IFEval (Zhou et al. 2023, section 2)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.combinations import combinations, split_of
from glotlift.world.concepts import inventory
from glotlift.world.drawing import QUANTITY
from glotlift.world.grammar import SLOT, Grammar, grammar
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.sentences import dataset, numbers

# What is asked: kind (words, sentences, about, with, ending, no_comma), how many, which concept.
Constraint = Mapping[str, Any]
KINDS = ("words", "sentences", "about", "with", "ending", "no_comma")
# Topics of which there are enough things to name.
_TOPICS = ("food", "school", "music", "home", "travel", "garden", "clothes")
_SENTENCES = ("two", "three", "four", "five")
_PLAIN = ("event", "event_place", "past", "future", "wants", "able", "like", "location", "quality")
_NAMED = ("thing", "patient")
_TRIES, _REDRAWS = 40, 1000
_COMMAS = ",，、،՝"
_ENDS = ".!?"


def instructions(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return prompts of one to three instructions that do not contradict each other.

    Fields: prompt, constraints (kind of `KINDS`, count and concept, 0 and "" where they say
    nothing; the same in every language) and response, which fulfils them all. Two splits share no
    set of instructions. A response is plain sentences where some are found that fit, else a list
    of words; it holds no apostrophe, about which those who count words differ.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-007 (rows) and GL-WORLD-045
    where the language file gives no response.
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {name: [] for name in ("prompt", "constraints", "response")}
    for row in addresses:
        address = ("instructions", seed, split, row)
        asked = _asked(address, split)
        fields["prompt"].append(spoken.join(spoken.say(_said(one)) for one in asked))
        fields["constraints"].append(asked)
        fields["response"].append(_response(spoken, asked, address, split))
    ids = [f"world/instructions/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def fulfils(text: str, constraints: Sequence[Constraint], language: str) -> list[bool]:
    """Return which of `constraints` a text fulfils, in their order.

    words        exactly `count` words: tokens of the language (l' is one, 's another) with a letter
                 or digit; where words are not parted, the fewest words of the language file that
                 make the text, other characters being words of their own
    sentences    exactly `count` stretches with a word, up to a full stop, question or exclamation
    about        a word of the topic `concept` (in any form), and none of another topic more often;
                 people, in whom every text abounds, are not counted
    with, ending the word for `concept` as it stands in the instruction, anywhere or as last word
    no_comma     no comma of any script

    Case does not matter. Raises GL-WORLD-001 (language), GL-WORLD-046 (a kind that there is not).
    """
    spoken = grammar(language)
    said = words(text, language)
    return [_fulfils(spoken, text, said, constraint) for constraint in constraints]


def words(text: str, language: str) -> list[str]:
    """Return the words of a text as they stand within a sentence, without punctuation."""
    spoken = grammar(language)
    found: list[str] = []
    for token in spoken.token.findall(text):
        parts = [token] if spoken.spaced else _segmented(token, _lexicon(language))
        found += [spoken.lowered(part) for part in parts if any(map(str.isalnum, part))]
    return found


def _fulfils(spoken: Grammar, text: str, said: list[str], constraint: Constraint) -> bool:
    match constraint["kind"]:
        case "words":
            return len(said) == int(constraint["count"])
        case "sentences":
            stretches = re.split(f"[{re.escape(_ends(spoken.code))}]", text)
            filled = sum(any(map(str.isalnum, stretch)) for stretch in stretches)
            return filled == int(constraint["count"])
        case "about":
            counts = _mentions(spoken.code, said)
            return counts[constraint["concept"]] > 0 == max(
                counts[other] - counts[constraint["concept"]] for other in counts
            )
        case "with":
            return _holds(said, words(_bare(spoken, constraint["concept"]), spoken.code))
        case "ending":
            last = words(_bare(spoken, constraint["concept"]), spoken.code)
            return said[-len(last) :] == last
        case "no_comma":
            return not any(comma in text for comma in _COMMAS)
    raise GlotliftError(
        "GL-WORLD-046",
        f"there is no constraint {constraint['kind']!r}",
        fix=f"use some of {', '.join(KINDS)}",
    )


def _asked(address: tuple[object, ...], split: str) -> list[dict[str, Any]]:
    """Draw one to three instructions that belong to a split, in an order drawn by hash."""
    for attempt in range(_REDRAWS):
        first, second, third, fourth, fifth, sixth, *_ = draws(*address, attempt)
        unit = pick(("words", "sentences"), first)
        topic = pick(_TOPICS, second)
        things = tuple(name for name in _things() if inventory().concepts[name].topic == topic)
        count = pick(_SENTENCES, third) if unit == "sentences" else pick(tuple(QUANTITY), third)
        # The word to use or to end with is one of the topic; sentences end as the language has it.
        named = ("with", "with") if unit == "sentences" else ("with", "ending")
        known = {
            unit: {"kind": unit, "count": QUANTITY[count], "concept": ""},
            "about": {"kind": "about", "count": 0, "concept": topic},
            "named": {"kind": pick(named, fourth), "count": 0, "concept": pick(things, fifth)},
            "no_comma": {"kind": "no_comma", "count": 0, "concept": ""},
        }
        order = sorted(known, key=lambda name: draws("order", *address, attempt, name))
        chosen = [known[name] for name in order[: pick((1, 2, 3), sixth)]]
        key = [f"{one['kind']} {one['count']} {one['concept']}" for one in chosen]
        if split_of("instructions", *sorted(key)) == split and _is_possible(chosen):
            return chosen
    raise GlotliftError(
        "GL-WORLD-045", f"no instructions were found for {address}", fix="use another seed"
    )


def _is_possible(chosen: list[dict[str, Any]]) -> bool:
    """A word in its plain form can be held by a list of words, but not by any sentence."""
    kinds = {one["kind"] for one in chosen}
    return not {"with", "sentences"} <= kinds


@cache
def _things() -> tuple[str, ...]:
    return inventory().of("things")


def _said(constraint: Constraint) -> Scene:
    """Return the scene that says an instruction."""
    kind, concept = constraint["kind"], constraint["concept"]
    if kind in ("words", "sentences"):
        quantity = next(name for name, count in QUANTITY.items() if count == constraint["count"])
        return Scene("write_units", {"unit": kind[:-1], "quantity": quantity})
    slot = {"about": "topic", "with": "thing", "ending": "thing"}.get(kind)
    return Scene(f"write_{kind}", {slot: concept} if slot else {})
