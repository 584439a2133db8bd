"""Sentences read back: from the text alone to the scene that it says, a check on the generator."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import product

from glotlift.world.combinations import allows
from glotlift.world.concepts import inventory
from glotlift.world.grammar import SLOT, Grammar, grammar
from glotlift.world.scenes import Scene

# Surface words of a slot -> the concepts that they may say.
Readings = dict[str, set[str]]
# The expression, the slot and the readings of each of its groups, and what every match contains.
Shape = tuple[re.Pattern[str], tuple[tuple[str, Readings], ...], tuple[str, ...]]


def parse(code: str, text: str) -> list[Scene]:
    """Return every scene that `text` can say in a language, read with its tables and patterns.

    Words are looked up, not generated: a form that two concepts share gives two readings, of which
    those stand that the frame of the pattern allows and whose agreement is right.
    Raises GL-WORLD-001 (language).
    """
    spoken = grammar(code)
    return [
        drawn
        for pattern in inventory().patterns
        for drawn in _readings(spoken, pattern, text)
        if spoken.say(drawn) == text
    ]


def _readings(spoken: Grammar, pattern: str, text: str) -> Iterator[Scene]:
    shape, slots, fixed = _shape(spoken.code, pattern)
    for heard in {text, _lowered_first(spoken, text)}:
        matched = all(part in heard for part in fixed) and shape.fullmatch(heard)
        if not matched:
            continue
        found: dict[str, set[str]] = {}
        for place, (slot, readings) in enumerate(slots):
            concepts = readings[matched[place + 1]]
            found[slot] = found.get(slot, concepts) & concepts
        for choice in product(*found.values()):
            said = dict(zip(found, choice, strict=True))
            if allows(inventory().frames[inventory().patterns[pattern].frame], said):
                yield Scene(pattern, said)


def _lowered_first(spoken: Grammar, text: str) -> str:
    opening = len(text) - len(text.lstrip("¿¡"))
    first = text[opening : opening + 1]
    return text[:opening] + (first and spoken.lowered(first)) + text[opening + 1 :]


@cache
def _shape(code: str, pattern: str) -> Shape:
    """Return a pattern as an expression whose groups are its slots, and what is always in it."""
    spoken = grammar(code)
    line, written, slots, fixed, end = spoken.patterns[pattern], "", [], [], 0
    for hole in SLOT.finditer(line):
        slot, form, _ = hole.groups()
        fixed.append(spoken.written(line[end : hole.start()]))
        written += re.escape(fixed[-1])
        end = hole.end()
        domain = _domain(pattern, slot)
        readings = _surface(spoken, domain or (slot,), form or "word")
        words = "|".join(map(re.escape, sorted(readings, key=len, reverse=True)))
        written += f"({words})" if domain else f"(?:{words})"
        if domain:
            slots.append((slot, readings))
        elif len(readings) == 1:
            fixed.extend(readings)
    fixed.append(spoken.written(line[end:]))
    return re.compile(written + re.escape(fixed[-1])), tuple(slots), tuple(fixed)


def _domain(pattern: str, slot: str) -> tuple[str, ...]:
    """Return what may stand in a slot; nothing for a word of the pattern itself."""
    shape = inventory().patterns[pattern]
    names = shape.free.get(slot) or inventory().frames[shape.frame].slots.get(slot)
    return tuple(concept.name for concept in inventory().domain(names)) if names else ()


def _surface(spoken: Grammar, concepts: tuple[str, ...], form: str) -> Readings:
    """Return the words that say `concepts` in a form, whatever they agree with."""
    found: Readings = {}
    for concept in concepts:
        for word in spoken.synonyms.get(concept, (concept,)):
            for name, cell in spoken.forms.get(word, {}).items():
                if name == form or name.startswith(form + "."):
                    found.setdefault(spoken.written(cell), set()).add(concept)
    return found
