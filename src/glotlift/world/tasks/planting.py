"""Errors planted in a sentence: a word that is wrong, missing, doubled, foreign or out of place."""

import unicodedata
from collections.abc import Callable

from glotlift.world.asking import alternatives
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar
from glotlift.world.scenes import Scene, draws, pick
from glotlift.world.truth import Token, tokens_of

Address = tuple[object, ...]
Numbers = tuple[int, ...]
# A verb said twice may be right (Chinese), and so may a number or a time.
_TWICE = ("patient", "place", "recipient", "companion", "agent")
_TURNED = ("company", "event_place")


def spoil(spoken: Grammar, heard: Grammar, kind: str, drawn: Scene, address: Address) -> str:
    """Return the sentence for `drawn` with an error of one of `KINDS`, drawn by `address`.

    `heard` is the language from which the sentence is translated; it speaks the foreign word.
    """
    return _SPOILERS[kind](spoken, heard, drawn, draws("spoil", *address))


def _wrong_word(spoken: Grammar, heard: Grammar, drawn: Scene, numbers: Numbers) -> str:
    """Say something else in a slot, in a sentence that is right by itself."""
    others = {slot: alternatives(drawn, slot) for slot in drawn.said}
    slot = pick(tuple(slot for slot, names in others.items() if names), numbers[0])
    changed = drawn.said | {slot: pick(others[slot], numbers[1])}
    return spoken.say(Scene(drawn.pattern, changed))


def _dropped_word(spoken: Grammar, heard: Grammar, drawn: Scene, numbers: Numbers) -> str:
    text = spoken.say(drawn)
    token = pick(_words(spoken, drawn, _TWICE), numbers[0])
    return text[: token.start].rstrip() + text[token.end :]


def _repeated_word(spoken: Grammar, heard: Grammar, drawn: Scene, numbers: Numbers) -> str:
    text = spoken.say(drawn)
    token = pick(_words(spoken, drawn, _TWICE), numbers[0])
    return text[: token.end] + spoken.join(("", token.text)) + text[token.end :]


def _untranslated_word(spoken: Grammar, heard: Grammar, drawn: Scene, numbers: Numbers) -> str:
    """Put the source's word for a slot, or the whole source where all words are alike."""
    text = spoken.say(drawn)
    concepts = inventory().concepts
    slots = tuple(slot for slot in drawn.said if concepts[drawn.said[slot]].category != "names")
    found = tuple(
        text[: token.start] + foreign.text + text[token.end :]
        for token in _words(spoken, drawn, slots)
        for foreign in _words(heard, drawn, (token.slot or "",))[:1]
        if _plain(foreign.text) != _plain(token.text)
    )
    return pick(found or (heard.say(drawn),), numbers[0])


def _wrong_order(spoken: Grammar, heard: Grammar, drawn: Scene, numbers: Numbers) -> str:
    """Turn the order of all words round; capitals stay with the words to which they belonged.

    Only sentences in which most languages have an adposition (company, event_place) are turned:
    without one, a free order (Russian, Turkish) makes them unusual rather than wrong.
    """
    text, tokens = spoken.say(drawn), tokens_of(spoken, drawn)
    said = [token.text for token in tokens if any(map(str.isalnum, token.text))]
    return spoken.join(said[::-1]) + text[tokens[-1].start :]


def _plain(word: str) -> str:
    """Return a word without accents and capitals: Félix is no foreign word beside Felix."""
    letters = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _words(spoken: Grammar, drawn: Scene, slots: tuple[str, ...]) -> tuple[Token, ...]:
    """Return the words that say some slots, but for the first of the sentence where others do."""
    tokens = [token for token in tokens_of(spoken, drawn) if token.slot in slots and token.content]
    return tuple([token for token in tokens if token.start] or tokens)


_SPOILERS: dict[str, Callable[[Grammar, Grammar, Scene, Numbers], str]] = {
    "wrong_word": _wrong_word,
    "dropped_word": _dropped_word,
    "repeated_word": _repeated_word,
    "untranslated_word": _untranslated_word,
    "wrong_order": _wrong_order,
}
KINDS = tuple(_SPOILERS)


def kinds(pattern: str) -> tuple[str, ...]:
    """Return the kinds of error that can be planted in a sentence of a pattern."""
    return KINDS if pattern in _TURNED else tuple(kind for kind in KINDS if kind != "wrong_order")
