"""Instructions whose fulfilment a program can check, after IFEval (Zhou et al. 2023, section 2)."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.asking import plain
from glotlift.world.combinations import combinations, split_of
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.fulfilment import Constraint, bare, fulfils, quoted, words

# Topics of which there are enough things to name.
_TOPICS = ("food", "school", "music", "home", "travel", "garden", "clothes")
_MOST_SENTENCES = 5
# What answers are made of: patterns without slots that are free of the key of their frame.
_PLAIN = ("event", "past", "future", "wants", "able", "like", "location", "quality")
_TRIES, _REDRAWS = 24, 1000


def instructions(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return prompts of one to three instructions that do not contradict each other.

    Fields: prompt, constraints (kind, count and concept as `fulfils` reads them; the same in
    every language) and response, which fulfils them all. Two splits share no
    set of instructions. A response is plain sentences where some are found that fit, else a list
    of words; it holds no apostrophe, about which those who count words differ.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-007 (rows), -049 and -045
    where the language file gives no response.
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {name: [] for name in ("prompt", "constraints", "response")}
    for row in addresses:
        address = ("instructions", seed, split, row)
        asked = _asked(address, split)
        fields["prompt"].append(spoken.join(plain(language).say(_said(one)) for one in asked))
        fields["constraints"].append(asked)
        fields["response"].append(_response(spoken, asked, address, split))
    ids = [f"world/instructions/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _asked(address: tuple[object, ...], split: str) -> list[dict[str, Any]]:
    """Draw one to three instructions that belong to a split, in an order drawn by hash."""
    for attempt in range(_REDRAWS):
        numbers = draws(*address, attempt)
        unit = pick(("words", "sentences"), numbers[0])
        topic = pick(_TOPICS, numbers[1])
        count = numbers[2] % (_MOST_SENTENCES - 1) + 2
        if unit == "words":
            count = pick(tuple(_counts()), numbers[2])
        named = pick(("with", "ending"), numbers[3])
        known = [
            {"kind": unit, "count": count, "concept": ""},
            {"kind": "about", "count": 0, "concept": topic},
            {"kind": named, "count": 0, "concept": pick(_things(topic), numbers[4])},
            {"kind": "no_comma", "count": 0, "concept": ""},
        ]
        order = sorted(range(len(known)), key=lambda place: numbers[5 + place])
        chosen = [known[place] for place in order[: numbers[9] % 3 + 1]]
        key = [f"{one['kind']} {one['count']} {one['concept']}" for one in chosen]
        if _is_possible(chosen) and split_of("instructions", *sorted(key)) == split:
            return chosen
    raise GlotliftError(
        "GL-WORLD-049", f"no instructions were found for {address}", fix="use another seed"
    )


def _is_possible(chosen: Sequence[Constraint]) -> bool:
    """Whether every language can do it, if need be with a list of words of the topic."""
    wanted = {one["kind"]: one["concept"] or one["count"] for one in chosen}
    if "sentences" in wanted:
        return wanted.keys().isdisjoint(("with", "ending"))
    return "about" not in wanted or wanted.get("words", 0) < len(_things(wanted["about"]))


@cache
def _counts() -> dict[int, str]:
    """Return the numbers that the world can ask for: two to ten."""
    return dict(enumerate(inventory().frames["writing"].slots["quantity"], start=2))


@cache
def _things(topic: str) -> tuple[str, ...]:
    found = inventory().domain(("things",))
    return tuple(thing.name for thing in found if topic in ("", thing.topic))


def _said(constraint: Constraint) -> Scene:
    """Return the scene that says an instruction."""
    kind, concept = constraint["kind"], constraint["concept"]
    if kind in ("words", "sentences"):
        quantity = _counts()[constraint["count"]]
        return Scene("write_units", {"unit": kind[:-1], "quantity": quantity})
    slot = {"about": "topic", "with": "thing", "ending": "thing"}.get(kind)
    return Scene(f"write_{kind}", {slot: concept} if slot else {})


def _response(
    spoken: Grammar, asked: Sequence[Constraint], address: tuple[object, ...], split: str
) -> str:
    """Return the first text that fulfils all: sentences, or else a list of words."""
    wanted = {one["kind"]: one["concept"] or one["count"] for one in asked}
    named = str(wanted.get("with") or wanted.get("ending") or "")
    topic = str(wanted.get("about") or (named and inventory().concepts[named].topic) or "")
    for attempt in range(_TRIES):
        count = int(wanted.get("sentences") or attempt % 2 + 1)
        scenes = [
            _answer(
                spoken,
                named if place == count - 1 else "",
                topic,
                (*address, attempt, place),
                split,
            )
            for place in range(count)
        ]
        text = spoken.join(map(spoken.say, scenes))
        differ = len(set(map(str, scenes))) == count
        fulfilled = differ and all(fulfils(text, asked, spoken.code))
        if fulfilled and all(_is_plain(spoken, scene) for scene in scenes):
            return text
    listed = _list(spoken, named, topic, int(wanted.get("words") or 3), address)
    if all(fulfils(listed, asked, spoken.code)):
        return listed
    raise GlotliftError(
        "GL-WORLD-045",
        f"nothing was found that fulfils {list(asked)}",
        place=f"world/languages/{spoken.code}.yaml",
        fix="give the things of this topic names of one word",
    )


def _answer(
    spoken: Grammar, named: str, topic: str, address: tuple[object, ...], split: str
) -> Scene:
    """Return a sentence about `topic`, or one that names a thing; if need be a plain one."""
    choices = tuple(name for name in _PLAIN if (None, topic or None) in combinations(name, split))
    for attempt in range(_TRIES):
        number = draws(*address, attempt)[0]
        if named:
            drawn = pick(_naming(split)[named], number)
        else:
            drawn = scene_of(pick(choices, number), (*address, attempt), split, topic or None)
        if _is_plain(spoken, drawn):
            break
    return drawn


@cache
def _naming(split: str) -> dict[str, tuple[Scene, ...]]:
    """Return the sentences in which a thing is seen, bought, found..., by the thing."""
    found: dict[str, list[Scene]] = defaultdict(list)
    for pattern in _PLAIN:
        for group in combinations(pattern, split)[None, None]:
            for said in group:
                found[said.get("patient") or said["thing"]].append(Scene(pattern, said))
    return {thing: tuple(scenes) for thing, scenes in found.items()}


def _is_plain(spoken: Grammar, scene: Scene) -> bool:
    """Whether nobody would count the words in another way."""
    text = spoken.say(scene)
    if any(mark in text for mark in "'’"):
        return False
    tokens = spoken.token.findall("".join(piece for _, piece in spoken.pieces(scene)))
    cut = [spoken.lowered(token) for token in tokens if any(map(str.isalnum, token))]
    return cut == words(text, spoken.code)


def _list(spoken: Grammar, named: str, topic: str, count: int, address: tuple[object, ...]) -> str:
    """Return a list of words, of one topic as far as it has them, the named one last."""
    near, every = _things(topic), _things("")
    order = sorted(every, key=lambda name: (name not in near, draws("list", *address, name)))
    single = [name for name in order if name != named and len(bare(name, spoken.code)) == 1]
    last = [named] if named else []
    count -= sum(len(bare(name, spoken.code)) for name in last)
    return " ".join(quoted(name, spoken.code) for name in [*single[:count], *last])
