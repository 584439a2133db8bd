"""What the world knows, as triples of words: what things are about, where they are, what is done.

The relations are ConceptNet's, so that the same templates put both into text.
"""

from collections.abc import Iterator

from datasets import Dataset

from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.sentences import dataset

# The form of a word by itself, or the one nearest to that.
PLAIN = (
    *("sg", "nom", "dir", "bare", "word", "inf", "base", "order"),
    *("the", "acc", "of", "at", "pres", "pres.m"),
)
Fact = tuple[str, str, str]  # concept, relation, concept


def graph(language: str) -> Dataset:
    """Return the triples of the world in the words of a language.

    Columns id, language, subject, relation, object, source, license; the id is shared by languages
    and names the concepts. Facts about people who have names are not among them, nor is anything
    said in a sentence. Raises GL-WORLD-001 (language).
    """
    spoken = grammar(language)
    words = {name: word for name in inventory().concepts if (word := label(spoken, name))}
    known = [fact for fact in facts() if fact[0] in words and fact[2] in words]
    said = [(words[one], relation, words[other]) for one, relation, other in known]
    ids = [f"world/{relation}/{one}/{other}" for one, relation, other in known]
    for name, chosen in spoken.synonyms.items():
        for other in chosen:
            if other != name and name in words and (word := label(spoken, other)):
                said.append((words[name], "Synonym", word))
                ids.append(f"world/Synonym/{name}/{other}")
    subjects, relations, objects = ([row[part] for row in said] for part in range(3))
    fields = {"subject": subjects, "relation": relations, "object": objects}
    return dataset(ids, [language] * len(ids), fields)


def label(spoken: Grammar, concept: str) -> str:
    """Return the word for a concept by itself, or nothing."""
    forms = spoken.forms.get(concept, {})
    return next((forms[form] for form in PLAIN if forms.get(form)), "")


def facts() -> Iterator[Fact]:
    """Yield what is true of concepts, in no language."""
    everything = inventory()
    things = [
        everything.concepts[n] for c in ("things", "animals", "people") for n in everything.of(c)
    ]
    for thing in things:
        if thing.topic:
            yield thing.name, "RelatedTo", thing.topic
    for place in everything.of("places"):
        topics = everything.concepts[place].fits["topics"]
        for topic in topics:
            yield place, "RelatedTo", topic
        for thing in things:
            if thing.topic in topics:
                yield thing.name, "AtLocation", place
    for action in everything.of("actions"):
        for thing in everything.domain(everything.concepts[action].fits.get("patients", ())):
            yield thing.name, "ReceivesAction", action
