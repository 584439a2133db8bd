"""A reader of the tasks' sentences that knows the language file, and nothing of the generator."""

import re
from functools import cache
from itertools import product

from glotlift.world.asking import plain
from glotlift.world.concepts import inventory
from glotlift.world.grammar import SLOT
from glotlift.world.parsing import _surface
from glotlift.world.scenes import Scene

# Whatever could stand in a slot, sensible or not.
_SLOTS = {
    "agent": "people names animals",
    "person": "names",
    "recipient": "people",
    "companion": "people names",
    "patient": "things animals people",
    "other": "things animals deeds",
    "thing": "things animals",
    "more": "animals",
    "less": "animals",
    "place": "places",
    "city": "cities",
    "value": "cities jobs animals things colours",
    "action": "actions deeds",
    "quality": "qualities",
    "state": "states",
    "cause": "states weather",
    "weather": "weather",
    "colour": "colours",
    "time": "times",
    "quantity": "quantities",
}


def sentences(text: str) -> list[str]:
    return [found.strip() for found in re.findall(r".+?[.!?;。！？।؟]+", text)]


def read(code: str, text: str, *patterns: str) -> Scene:
    """Return the one scene that a sentence says in one of `patterns`.

    Of actions for which a language has one word, the first by name.
    """
    found = [drawn for pattern in patterns for drawn in _read(code, pattern, text)]
    others = {(drawn.pattern, *sorted(drawn.said.items() - set(_action(drawn)))) for drawn in found}
    assert len(others) == 1, (text, found)
    return min(found, key=_action)


def is_said(code: str, text: str, *patterns: str) -> bool:
    return any(_read(code, pattern, text) for pattern in patterns)


def _action(drawn: Scene) -> tuple[tuple[str, str], ...]:
    return (("action", drawn.said["action"]),) if "action" in drawn.said else ()


def _read(code: str, pattern: str, text: str) -> list[Scene]:
    spoken = plain(code)
    expression, slots = _expression(code, pattern)
    opening = len(text) - len(text.lstrip("¿¡"))
    found: dict[tuple[str, ...], Scene] = {}
    for heard in {text, text[:opening] + spoken.lowered(text[opening]) + text[opening + 1 :]}:
        if matched := expression.fullmatch(heard):
            readings: dict[str, set[str]] = {}
            for number, (slot, words) in enumerate(slots, start=1):
                concepts = words[matched[number]]
                readings[slot] = readings.get(slot, concepts) & concepts
            for choice in product(*readings.values()):
                drawn = Scene(pattern, dict(zip(readings, choice, strict=True)))
                if spoken.say(drawn) == text:
                    found[choice] = drawn
    return list(found.values())


@cache
def _expression(code: str, pattern: str) -> tuple[re.Pattern[str], list[tuple[str, dict]]]:
    spoken = plain(code)
    line, written, slots, end = spoken.patterns[pattern], "", [], 0
    for hole in SLOT.finditer(line):
        slot, form, _ = hole.groups()
        written += re.escape(spoken.written(line[end : hole.start()]))
        end = hole.end()
        categories = _SLOTS[slot].split() if slot in _SLOTS else []
        concepts = tuple(name for kind in categories for name in inventory().of(kind))
        words = _surface(spoken, concepts or (slot,), form or "word")
        several = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        written += f"({several})" if concepts else f"(?:{several})"
        if concepts:
            slots.append((slot, words))
    return re.compile(written + re.escape(spoken.written(line[end:]))), slots
