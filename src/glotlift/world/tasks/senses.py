"""Words and what they mean: bilingual lexicons with senses, and cognates.

A word is shown as a dictionary has it, where the language file has that form (a noun in the
singular, a verb in the infinitive), and as near to that as the file comes where it has not: Turkish
knows its places only at and to them. Articles and prepositions are left out. Names, cities and
weather are no entries, nor are jobs, which are people once more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.runs.yaml_text import read_yaml
from glotlift.world.combinations import hundredth
from glotlift.world.concepts import FOLDER, inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.shuffling import shuffled

_TAGS = {
    "NOUN": "topics people animals things places harms materials",
    "ADJ": "colours states qualities",
    "VERB": "actions deeds",
    "NUM": "quantities",
    "ADV": "times",
}
_TAG_OF = {category: tag for tag, categories in _TAGS.items() for category in categories.split()}
# The first of these that a word has is shown.
_FORMS = (
    "sg nom dir bare inf inf.m adj adj.m base active m word word.m nom.m few.m two.m past.m pres "
    "is is.m clause clause.m the to acc at of from as as.m count pl"
)
# Concepts that some language says with one word, and opposites, go with another one, so that no
# word is in two splits of a lexicon and no opposites are parted.
_KIN = {
    "school_house": "school",
    "house": "home",
    "garden_plot": "garden",
    "labour": "work",
    "chef": "cook",
    "water_plants": "water",
    "eat": "food",
    "wear": "carry",
    "nine": "new",
    "old": "new",
    "thirsty": "seven",
    "paint": "seven",
    "mirror": "woman",
    "bad": "good",
    "ugly": "beautiful",
    "cheap": "expensive",
    "small": "big",
    "black": "white",
    "sad": "happy",
    "close": "open",
    "sell": "buy",
    "cry": "laugh",
    "find": "hide",
    "winter": "summer",
    "evening": "morning",
}
# This deals enough opposites, and enough words of each kind, to every split.
_SALT = "lexicon 3696"
_TRAIN, _VALIDATION = 60, 75
Row = TypeVar("Row")


class Entry(NamedTuple):
    """A word of a language and what it says; `line` is its line in the language file."""

    concept: str
    line: str
    word: str


class Cognate(NamedTuple):
    """A row of `cognates`."""

    id: str
    source_word: str
    word: str
    concept: str
    label: str
    meaning: str


def lexicon(
    source: str,
    target: str,
    rows: int | None = None,
    *,
    split: str = "test",
    seed: int = 0,
    start: int = 0,
) -> Dataset:
    """Return pairs of words that say the same, of concepts that no other split has.

    A concept with several words in a language gives several rows, and so does a word with several
    concepts: columns source_language, source_word, word, concept, sense ("cook.2" is the second
    meaning of "cook" in the source language) and pos. There are as many rows as there are pairs,
    in an order drawn by `seed`; `rows` and `start` cut a stretch of them, None gives all.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-050 (no form to show).
    """
    words, senses = _by_concept(target), _senses(source)
    pairs = [
        (entry, other, f"world/lexicon/{concept}/{i}-{j}")
        for concept in _dealt(_by_concept(source), split, seed)
        for i, entry in enumerate(_by_concept(source)[concept])
        for j, other in enumerate(words[concept])
    ]
    pairs = _stretch(pairs, rows, split, start)
    fields: dict[str, list[Any]] = {
        "source_language": [source] * len(pairs),
        "source_word": [entry.word for entry, _, _ in pairs],
        "word": [other.word for _, other, _ in pairs],
        "concept": [entry.concept for entry, _, _ in pairs],
        "sense": [senses[entry.concept, entry.word] for entry, _, _ in pairs],
        "pos": [_TAG_OF[inventory().concepts[entry.concept].category] for entry, _, _ in pairs],
    }
    return dataset([id for *_, id in pairs], [target] * len(pairs), fields)


def cognates(
    source: str,
    target: str,
    rows: int | None = None,
    *,
    split: str = "test",
    seed: int = 0,
    start: int = 0,
) -> Dataset:
    """Return words that look alike in two languages, and translations that do not.

    `label` is "cognate", "near cognate", "unrelated" (these three translate one another) or "false
    friend": then `word` means something else, which `meaning` says in English. Marked by hand in
    `cognates.yaml` for English, Spanish, Catalan and German. `rows` and `start` as of `lexicon`.
    Raises GL-WORLD-051 (language without cognates), GL-WORLD-002 (split).
    """
    first, second = _short(source), _short(target)
    heard, spoken, marked = grammar(target), grammar(source), _marked()
    found: list[Cognate] = []
    for concept in _dealt(inventory().concepts, split, seed):
        if _speakable(concept):
            label = _relation(marked, concept, first, second)
            said, other = citation(spoken, concept), citation(heard, concept)
            found.append(Cognate(f"world/cognates/{concept}", said, other, concept, label, ""))
        found += _false_friends(marked, concept, first, second)
    found = _stretch(found, rows, split, start)
    fields: dict[str, list[Any]] = {
        name: [getattr(row, name) for row in found] for name in Cognate._fields[1:]
    }
    fields["source_language"] = [source] * len(found)
    return dataset([row.id for row in found], [target] * len(found), fields)


def concept_split(concept: str) -> str:
    """Return the split of a concept, the same in every language: 60, 15 and 25 per cent."""
    number = hundredth(_SALT, _KIN.get(concept, concept))
    if number < _TRAIN:
        return "train"
    return "validation" if number < _VALIDATION else "test"


def citation(spoken: Grammar, line: str) -> str:
    """Return the word of a line ("car (2)") as a dictionary has it.

    Raises GL-WORLD-050 where the language file has none of the forms that could be shown.
    """
    forms = spoken.forms.get(line, {})
    shown = next((forms[form] for form in _FORMS.split() if form in forms), "")
    if not shown:
        raise GlotliftError(
            "GL-WORLD-050",
            f"{line!r} has no form to show in a dictionary",
            place=f"world/languages/{spoken.code}.yaml",
            fix="give it a column sg, nom, word or inf",
        )
    concept = inventory().concepts[line.partition(" (")[0]]
    if concept.category in ("actions", "deeds"):
        return spoken.written(shown)
    words = spoken.token.findall(shown)
    tags = [_mark(spoken, word, concept.category) for word in words]
    while len(words) > 1 and tags[0]:
        words, tags = words[1:], tags[1:]
    while len(words) > 1 and tags[-1] == "ADP":
        words, tags = words[:-1], tags[:-1]
    return spoken.written(" ".join(words))


def _mark(spoken: Grammar, word: str, category: str) -> str:
    """Return the part of speech of a word that is no part of what a dictionary has."""
    plain = spoken.lowered(word)
    if category in ("states", "weather") and spoken.words.get(plain) == "VERB":  # tiene sed: sed
        return "VERB"
    return spoken.function_words.get(plain, "")


@cache
def entries(language: str) -> tuple[Entry, ...]:
    """Return every word of the lexicon in a language, second words behind first ones."""
    spoken = grammar(language)
    return tuple(
        Entry(concept.name, line, citation(spoken, line))
        for concept in inventory().concepts.values()
        if concept.category in _TAG_OF
        for line in spoken.synonyms.get(concept.name, (concept.name,))
    )


@cache
def _by_concept(language: str) -> Mapping[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    for entry in entries(language):
        found[entry.concept] = (*found.get(entry.concept, ()), entry)
    return found


@cache
def _senses(language: str) -> Mapping[tuple[str, str], str]:
    """Return the name of each meaning of a word, by (concept, word)."""
    meanings: dict[str, list[str]] = defaultdict(list)
    for entry in entries(language):
        meanings[entry.word.lower()].append(entry.concept)
    return {
        (entry.concept, entry.word): f"{entry.word}.{1 + known.index(entry.concept)}"
        for entry in entries(language)
        if (known := meanings[entry.word.lower()])
    }


def _dealt(concepts: Iterable[str], split: str, seed: int) -> tuple[str, ...]:
    own = [concept for concept in concepts if concept_split(concept) == split]
    return shuffled(own, "lexicon", seed, split)


def _stretch(found: list[Row], rows: int | None, split: str, start: int) -> list[Row]:
    numbers(rows or 0, split, start)  # checks them
    return found[start:] if rows is None else found[start : start + rows]


@cache
def _marked() -> Mapping[str, Any]:
    raw: dict[str, Any] = read_yaml((FOLDER / "cognates.yaml").read_text(encoding="utf-8"))
    return raw


def _short(code: str) -> str:
    """Return what `cognates.yaml` calls a language. Raises GL-WORLD-051 where it has none."""
    for short, known in _marked()["languages"].items():
        if known == code:
            return str(short)
    raise GlotliftError(
        "GL-WORLD-051",
        f"nobody has marked the cognates of {code!r}",
        place="world/cognates.yaml",
        fix=f"use two of {', '.join(_marked()['languages'].values())}",
    )


def _speakable(concept: str) -> bool:
    return inventory().concepts[concept].category not in ("names", "cities", "units")


def _relation(marked: Mapping[str, Any], concept: str, first: str, second: str) -> str:
    for kind in ("cognates", "near cognates"):
        for group in marked[kind].get(concept, ()):
            if {first, second} <= set(group.split()):
                return kind.removesuffix("s")
    return "unrelated"


def _false_friends(
    marked: Mapping[str, Any], concept: str, first: str, second: str
) -> list[Cognate]:
    return [
        Cognate(
            id=f"world/cognates/{concept}/false/{place}",
            source_word=friend["word"],
            word=friend["looks like"],
            concept=concept,
            label="false friend",
            meaning=friend["meaning"],
        )
        for place, friend in enumerate(marked["false friends"])
        if (friend["concept"], friend["language"], friend["in"]) == (concept, first, second)
    ]
