"""Questions about pictures, in the world's own words, with options of which one is right.

What is asked for is one slot of the scene. Where the language has a question for it ("where is the
apple?"), that is the question; else the sentence with a gap. A gap spans all words that the options
change, so nothing around it agrees with the right one alone, and no option spells out a whole
combination of concepts of another split.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from glotlift.world.combinations import combinations
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.scenes import Scene, draws, pick

GAP = "___"
_OPTIONS = 4
_RELATIONS = ("on_top", "under", "beside")
# What is asked about a picture of each pattern, and the pattern that asks it (None: a gap).
_ASKED: dict[str, tuple[str, str | None]] = {
    "colour": ("colour", None),
    "count_place": ("quantity", None),
    "owning": ("quantity", "how_many"),
    "location": ("place", "ask_where"),
    "bigger": ("more", None),
    "state": ("state", None),
    "gift": ("patient", None),
    "event": ("patient", "ask_what"),
    "event_place": ("patient", "ask_what"),
    "event_colour": ("colour", None),
    "event_count": ("quantity", None),
}


class Asked(NamedTuple):
    """A question, its options and the position of the right one."""

    question: str
    options: list[str]
    answer: int


def ask(spoken: Grammar, drawn: Scene, address: tuple[object, ...]) -> Asked:
    """Return a question about `drawn`, the same one in every language for one address."""
    if drawn.pattern not in _RELATIONS:
        slot, question = _ASKED[drawn.pattern]
        others = _few(alternatives(drawn, slot), address)
        return ask_among(spoken, drawn, slot, others, address, question)
    spoken = plain(spoken.code)
    scenes = [drawn, *(drawn._replace(pattern=name) for name in _RELATIONS)]
    scenes = [scene for i, scene in enumerate(scenes) if scene not in scenes[:i]]
    if _suits("ask_where", drawn):
        question = spoken.say(Scene("ask_where", drawn.said))
        return placed(question, [spoken.say(scene) for scene in scenes], address)
    gapped, options = _gap([_words(spoken, scene) for scene in scenes])
    return placed(spoken.written(gapped), list(map(spoken.written, options)), address)


def ask_among(
    spoken: Grammar,
    drawn: Scene,
    slot: str,
    others: list[str],
    address: tuple[object, ...],
    question: str | None = None,
) -> Asked:
    """Return a question for `slot`, where the wrong options are `others`: a pattern's, or a gap."""
    spoken = plain(spoken.code)
    scenes = [drawn, *(Scene(drawn.pattern, drawn.said | {slot: name}) for name in others)]
    gapped, options = _gap([[piece.text for piece in spoken.pieces(one)] for one in scenes])
    asked = spoken.written(gapped)
    if question and _suits(question, drawn):
        asked = spoken.say(Scene(question, drawn.said))
    return placed(asked, list(map(spoken.written, options)), address)


def placed(question: str, options: list[str], address: tuple[object, ...]) -> Asked:
    """Move the right option, which is the first, to a position drawn by `address`."""
    answer = draws("position", *address)[0] % len(options)
    options.insert(answer, options.pop(0))
    return Asked(question, options, answer)


def is_askable(drawn: Scene) -> bool:
    """Whether something else than the truth could be answered about `drawn`."""
    if drawn.pattern in _RELATIONS:
        return True
    return bool(alternatives(drawn, _ASKED[drawn.pattern][0]))


def alternatives(drawn: Scene, slot: str) -> tuple[str, ...]:
    """Return what could stand in `slot` instead, in a scene of any split."""
    pattern = inventory().patterns[drawn.pattern]
    if slot in pattern.free:
        names = tuple(concept.name for concept in inventory().domain(pattern.free[slot]))
    else:
        names = _index(drawn.pattern, slot)[_rest(drawn.said, slot, drawn.pattern)]
    return tuple(name for name in names if name != drawn.said[slot] and name != "many")


def said_of(spoken: Grammar, drawn: Scene) -> Mapping[str, str]:
    """Return the words with which a sentence says each of its slots, as they stand in it."""
    found: dict[str, str] = {}
    last = None
    for slot, text in spoken.pieces(drawn):
        if slot in drawn.said:
            gap = "" if slot == last or slot not in found else " "
            found[slot] = f"{found.get(slot, '')}{gap}{text}"
        last = slot
    return {slot: spoken.written(text) for slot, text in found.items()}


@cache
def plain(code: str) -> Grammar:
    """Return a grammar with one word for a concept, so that options differ in nothing else."""
    return replace(grammar(code), synonyms={}, compiled={})


@cache
def _index(pattern: str, slot: str) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return what may stand in a slot, by what stands in the other slots of the frame."""
    found: dict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
    for split in SPLITS:
        for group in combinations(pattern, split).get((None, None), ()):
            for said in group:
                found[_rest(said, slot, pattern)][said[slot]] = None
    return {rest: tuple(names) for rest, names in found.items()}


def _rest(said: Mapping[str, str], slot: str, pattern: str) -> tuple[str, ...]:
    frame = inventory().frames[inventory().patterns[pattern].frame]
    return tuple(said[other] for other in frame.key if other != slot)


def _few(names: tuple[str, ...], address: tuple[object, ...]) -> list[str]:
    left, chosen = list(names), []
    for number in draws("wrong", *address)[: min(_OPTIONS - 1, len(names))]:
        name = pick(tuple(left), number)
        left.remove(name)
        chosen.append(name)
    return chosen


@cache
def _domain(pattern: str) -> Mapping[str, frozenset[str]]:
    slots = inventory().frames[inventory().patterns[pattern].frame].slots
    return {
        slot: frozenset(concept.name for concept in inventory().domain(names))
        for slot, names in slots.items()
    }


def _suits(question: str, drawn: Scene) -> bool:
    """Whether everything that a question could name is in the question's own frame."""
    return all(drawn.said.get(slot) in names for slot, names in _domain(question).items())


def _words(spoken: Grammar, drawn: Scene) -> list[str]:
    text, found, end = "".join(piece.text for piece in spoken.pieces(drawn)), [], 0
    for match in spoken.token.finditer(text):
        found += [text[end : match.start()], match.group()]
        end = match.end()
    return found


def _gap(sentences: list[list[str]]) -> tuple[str, list[str]]:
    """Return what sentences share, with a gap where they differ, and what each has in the gap."""
    least = min(map(len, sentences))
    before = _shared(sentences, least)
    behind = _shared([sentence[::-1] for sentence in sentences], least - before)
    ends = [len(sentence) - behind for sentence in sentences]
    head, tail = "".join(sentences[0][:before]), "".join(sentences[0][ends[0] :])
    middles = ["".join(sentence[before:end]) for sentence, end in zip(sentences, ends, strict=True)]
    lead = " " if middles[0].startswith(" ") else ""
    trail = " " if middles[0].endswith(" ") else ""
    return f"{head}{lead}{GAP}{trail}{tail}", [middle.strip() for middle in middles]


def _shared(sentences: list[list[str]], most: int) -> int:
    count = 0
    while count < most and len({sentence[count] for sentence in sentences}) == 1:
        count += 1
    return count
