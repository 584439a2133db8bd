"""Knowledge graphs as text: triples of words, read from files and put into sentences.

After Gurgurov et al. 2025 (arXiv:2502.10140), who write the triples of ConceptNet as sentences,
both ends in one language and a fixed English phrase between them. Triples are rows with the columns
id, language, subject, relation, object, source and license; an id is shared by translations.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from glotlift.corpus.lines import open_bytes
from glotlift.languages import covers
from glotlift.languages import language as find_language
from glotlift.runs.errors import GlotliftError

Templates = Mapping[str, str]  # by relation, with {subject} and {object}
ENGLISH: Templates = {
    # ConceptNet's
    "Antonym": "{subject} is the opposite of {object}.",
    "AtLocation": "{subject} can be found at {object}.",
    "CapableOf": "{subject} is able to {object}.",
    "Causes": "{subject} brings about {object}.",
    "CausesDesire": "{subject} makes one want {object}.",
    "CreatedBy": "{subject} is made by {object}.",
    "DefinedAs": "{subject} means {object}.",
    "DerivedFrom": "{subject} comes from {object}.",
    "Desires": "{subject} wants {object}.",
    "DistinctFrom": "{subject} is not {object}.",
    "Entails": "{subject} implies {object}.",
    "EtymologicallyDerivedFrom": "{subject} is derived from the word {object}.",
    "EtymologicallyRelatedTo": "{subject} has a common origin with {object}.",
    "FormOf": "{subject} is a form of {object}.",
    "HasA": "{subject} has {object}.",
    "HasContext": "{subject} is a word of {object}.",
    "HasFirstSubevent": "{subject} begins with {object}.",
    "HasLastSubevent": "{subject} ends with {object}.",
    "HasPrerequisite": "{subject} needs {object}.",
    "HasProperty": "{subject} can be described as {object}.",
    "HasSubevent": "{subject} includes {object}.",
    "InstanceOf": "{subject} is an instance of {object}.",
    "IsA": "{subject} is a kind of {object}.",
    "LocatedNear": "{subject} is near {object}.",
    "MadeOf": "{subject} is made of {object}.",
    "MannerOf": "{subject} is a way to {object}.",
    "MotivatedByGoal": "{subject} is done to {object}.",
    "NotCapableOf": "{subject} is not able to {object}.",
    "NotDesires": "{subject} does not want {object}.",
    "PartOf": "{subject} is a part of {object}.",
    "ReceivesAction": "{subject} is something to {object}.",
    "RelatedTo": "{subject} has to do with {object}.",
    "SimilarTo": "{subject} is like {object}.",
    "SymbolOf": "{subject} stands for {object}.",
    "Synonym": "{subject} means the same as {object}.",
    "UsedFor": "{subject} is used for {object}.",
    # of Unicode's locale data
    "contained_in": "{subject} is a part of {object}.",
    "official_language": "{object} is an official language of {subject}.",
    "regional_language": "{object} is a regional language of {subject}.",
    "spoken_language": "{object} is spoken in {subject}.",
    "uses_currency": "{subject} uses the currency {object}.",
    "written_in": "{subject} is written in {object}.",
}
TEMPLATES: dict[str, Templates] = {
    "eng_Latn": ENGLISH,
    "deu_Latn": {
        "AtLocation": "{subject} ist hier zu finden: {object}.",
        "IsA": "{subject} ist eine Art {object}.",
        "RelatedTo": "{subject} hat zu tun mit {object}.",
        "Synonym": "{subject} bedeutet dasselbe wie {object}.",
        "contained_in": "{subject} gehört zu {object}.",
        "written_in": "{subject} schreibt man so: {object}.",
    },
    "fra_Latn": {
        "IsA": "{subject} est une sorte de {object}.",
        "RelatedTo": "{subject} a un rapport avec {object}.",
        "Synonym": "{subject} veut dire la même chose que {object}.",
        "contained_in": "{subject} fait partie de {object}.",
    },
    "spa_Latn": {
        "IsA": "{subject} es un tipo de {object}.",
        "RelatedTo": "{subject} tiene que ver con {object}.",
        "Synonym": "{subject} significa lo mismo que {object}.",
        "contained_in": "{subject} forma parte de {object}.",
    },
}
LABELLED_SOURCE, LABELLED_LICENSE = "cldr", "Unicode-DFS-2016"


def verbalise(triples: Dataset, templates: Mapping[str, Templates] = TEMPLATES) -> Dataset:
    """Return a row of text for each triple, with columns id, language, text, source and license.

    `templates` are by language; a relation that has none in the triple's language is told in
    English between words of that language, as in the paper. A triple of a word with itself is left
    out. Raises GL-CORPUS-140 for a relation without any template.
    """
    rows: dict[str, list[str]] = {
        name: [] for name in ("id", "language", "text", "source", "license")
    }
    for row in triples:
        subject, relation, object_ = row["subject"], row["relation"], row["object"]
        own = templates.get(row["language"], {})
        template = own.get(relation) or templates.get("eng_Latn", {}).get(relation)
        if template is None:
            raise GlotliftError(
                "GL-CORPUS-140",
                f"no template for the relation {relation!r}",
                place=f"triple {row['id']}",
                fix="give one with {subject} and {object}, by language",
            )
        if subject.casefold() != object_.casefold():
            rows["text"].append(template.format(subject=subject, object=object_))
            for name in ("id", "language", "source", "license"):
                rows[name].append(row[name])
    return Dataset.from_dict(rows)


def shuffled_triples(triples: Dataset, seed: int) -> Dataset:
    """Return the triples with the objects of each relation dealt to other subjects: a control.

    Every word stands as often as before, in the same relation and place; what is told is false but
    by chance.
    """
    drawn = np.random.default_rng(seed)
    relations = np.array(triples["relation"])
    objects = np.array(triples["object"], dtype=object)
    for relation in sorted(set(relations)):
        members = np.flatnonzero(relations == relation)
        objects[members] = objects[drawn.permutation(members)]
    return triples.remove_columns("object").add_column("object", objects.tolist())


def read_conceptnet(path: Path, language: str) -> Dataset:
    """Return the triples of ConceptNet whose two ends are words of one language.

    The file holds a JSON object a line with rel, start, end (``/c/sw/mkate/n``) and license.
    Relations that no template knows, links to other graphs above all, are left out.
    """
    rows = []
    for number, edge in enumerate(objects_of(path)):
        relation = str(edge["rel"]).removeprefix("/r/")
        one, other = (word_of(str(edge[end]), language) for end in ("start", "end"))
        if one and other and relation in ENGLISH:
            rows.append((f"conceptnet/{number}", one, relation, other, str(edge["license"])))
    return triple_rows(rows, language, "conceptnet")


def word_of(uri: str, language: str) -> str:
    """Return the word of a ConceptNet node, or nothing where it is not of that language."""
    parts = uri.split("/")
    if len(parts) < 4 or parts[1] != "c" or not speaks(parts[2], language):
        return ""
    return parts[3].replace("_", " ").strip()


def speaks(tag: str, language: str) -> bool:
    """Tell whether a tag means a language code: ``sw`` means swh_Latn."""
    try:
        return covers(tag, language) or str(find_language(tag).code) == language
    except GlotliftError:
        return False


def read_labelled_graph(triples: Path, labels: Path, language: str) -> Dataset:
    """Return triples of entities by their labels in one language; others are left out.

    `triples` holds JSON lines with head, relation and tail, `labels` with entity and labels by tag.
    """
    words = {}
    for entity in objects_of(labels):
        tags = [tag for tag in entity["labels"] if speaks(tag, language)]
        if tags:
            words[entity["entity"]] = entity["labels"][tags[0]]
    rows = [
        (
            f"{LABELLED_SOURCE}/{edge['relation']}/{edge['head']}/{edge['tail']}",
            words[edge["head"]],
            edge["relation"],
            words[edge["tail"]],
            LABELLED_LICENSE,
        )
        for edge in objects_of(triples)
        if edge["head"] in words and edge["tail"] in words
    ]
    return triple_rows(rows, language, LABELLED_SOURCE)


def triple_rows(rows: list[tuple[str, str, str, str, str]], language: str, source: str) -> Dataset:
    """Return triples (id, subject, relation, object, license) as rows."""
    names = ("id", "subject", "relation", "object", "license")
    fields: dict[str, list[str]] = {
        name: [row[place] for row in rows] for place, name in enumerate(names)
    }
    return Dataset.from_dict(
        fields | {"language": [language] * len(rows), "source": [source] * len(rows)}
    )


def objects_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of JSON lines, through its compression."""
    with open_bytes(path) as lines:
        for line in lines:
            yield json.loads(line)
