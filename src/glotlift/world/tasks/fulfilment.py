"""Whether a text does what it was told: instructions that a program can check (IFEval)."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from glotlift.runs.errors import GlotliftError
from glotlift.world.asking import plain
from glotlift.world.concepts import Concept, inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.scenes import Scene

# What is asked: kind (one of `KINDS`), count and concept, 0 and "" where they say nothing.
Constraint = Mapping[str, Any]
KINDS = ("words", "sentences", "about", "with", "ending", "no_comma")
COMMAS = ",，、،՝"
_SLOT = re.compile(r"\{[^}]*\}")


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
    concept = constraint["concept"]
    match constraint["kind"]:
        case "words":
            return len(said) == int(constraint["count"])
        case "sentences":
            return _sentences(text, spoken.code) == int(constraint["count"])
        case "about":
            return _is_about(concept, said, spoken.code)
        case "with":
            word = bare(concept, spoken.code)
            return any(said[i : i + len(word)] == word for i in range(len(said)))
        case "ending":
            word = bare(concept, spoken.code)
            return said[-len(word) :] == word
        case "no_comma":
            return not any(comma in text for comma in COMMAS)
    raise GlotliftError(
        "GL-WORLD-046",
        f"there is no constraint {constraint['kind']!r}",
        fix=f"use some of {', '.join(KINDS)}",
    )


def _sentences(text: str, language: str) -> int:
    """Count the stretches with a word between marks that end a sentence of the language."""
    marks = {"!", "?", ".", *(line[-1] for line in grammar(language).patterns.values())}
    stretches = re.split(f"[{re.escape(''.join(sorted(marks)))}]", text)
    return sum(any(map(str.isalnum, stretch)) for stretch in stretches)


def _is_about(topic: str, said: list[str], language: str) -> bool:
    """Whether no topic is named more often; a word of several meanings speaks for `topic`."""
    sayings = _sayings(language)
    longest = max(map(len, sayings))
    content = [word for word in said if word not in grammar(language).function_words]
    counts: Counter[str] = Counter()
    place = 0
    while place < len(content):
        sizes = range(longest, 0, -1)
        size = next((n for n in sizes if tuple(content[place : place + n]) in sayings), 1)
        topics = sayings.get(tuple(content[place : place + size]), frozenset())
        counts.update({topic} if topic in topics else topics if len(topics) == 1 else ())
        place += size
    if topic != "people":
        del counts["people"]
    return counts[topic] > 0 and counts[topic] == max(counts.values())


@cache
def _sayings(language: str) -> dict[tuple[str, ...], frozenset[str]]:
    """Return the topics of which each word or phrase of a language file may speak ("": none)."""
    spoken, found = grammar(language), defaultdict(set)
    for word, forms in spoken.forms.items():
        known = inventory().concepts.get(word.partition(" (")[0])
        for form, cell in forms.items():
            parts = [spoken.lowered(part) for part in cell.split()]
            content = tuple(part for part in parts if part not in spoken.function_words)
            if known and content and form != "class":
                found[content].add(_topic(known))
    return {content: frozenset(topics) for content, topics in found.items()}


def _topic(known: Concept) -> str:
    return "people" if known.category in ("people", "names") else known.topic or ""


@cache
def bare(concept: str, language: str) -> list[str]:
    """Return the words for a thing as an instruction quotes them."""
    return words(quoted(concept, language), language)


def quoted(concept: str, language: str) -> str:
    """Return a thing as an instruction quotes it."""
    spoken = plain(language)
    pieces = spoken.pieces(Scene("write_with", {"thing": concept}))
    return spoken.written("".join(piece.text for piece in pieces if piece.slot == "thing"))


@cache
def _lexicon(language: str) -> frozenset[str]:
    """Return every word of a language file."""
    spoken = grammar(language)
    cells = [cell for forms in spoken.forms.values() for cell in forms.values()]
    literals = [_SLOT.sub(" ", line) for line in spoken.patterns.values()]
    return frozenset(word for text in (*cells, *literals) for word in spoken.token.findall(text))


def _segmented(text: str, lexicon: frozenset[str]) -> list[str]:
    """Cut a text into the fewest words, and among those into the fewest unknown ones."""
    longest = max(map(len, lexicon))
    best: list[tuple[int, int, list[str]]] = [(0, 0, [])]
    for end in range(1, len(text) + 1):
        ways = []
        for start in range(max(0, end - longest), end):
            word, (count, unknown, before) = text[start:end], best[start]
            if word in lexicon or len(word) == 1:
                ways.append((count + 1, unknown + (word not in lexicon), [*before, word]))
        best.append(min(ways, key=lambda way: way[:2]))
    return best[-1][2]
