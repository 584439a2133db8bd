"""Knowledge as text: what is read, what is said, and what shuffling keeps."""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from datasets import Dataset

from glotlift import world
from glotlift.corpus.triples import (
    ENGLISH,
    TEMPLATES,
    read_conceptnet,
    read_labelled_graph,
    shuffled_triples,
    verbalise,
)
from glotlift.runs.errors import GlotliftError
from glotlift.world.grammar import LANGUAGES

ROW = {"language": "swh_Latn", "source": "s", "license": "l"}


def triples(*rows):
    return Dataset.from_list(
        [ROW | dict(zip(("id", "subject", "relation", "object"), row, strict=True)) for row in rows]
    )


def write(path, rows):
    with gzip.open(path, "wt") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def test_a_triple_is_told_in_its_language_or_in_english():
    rows = triples(("1", "mkate", "IsA", "chakula"), ("2", "a", "Synonym", "A"))
    assert verbalise(rows).to_list() == [ROW | {"id": "1", "text": "mkate is a kind of chakula."}]
    own = {"swh_Latn": {"IsA": "{subject} ni {object}."}} | TEMPLATES
    assert verbalise(rows, own)["text"] == ["mkate ni chakula."]


def test_a_relation_that_cannot_be_told_is_refused():
    with pytest.raises(GlotliftError, match="GL-CORPUS-140"):
        verbalise(triples(("1", "a", "Resembles", "b")))


def test_every_template_names_both_ends_once():
    for by_relation in TEMPLATES.values():
        assert set(by_relation) <= set(ENGLISH)
        for template in by_relation.values():
            assert template.count("{subject}") == template.count("{object}") == 1


def test_shuffling_keeps_words_and_relations_and_parts_pairs():
    rows = triples(*((str(n), f"s{n}", "IsA" if n < 20 else "PartOf", f"o{n}") for n in range(40)))
    once = shuffled_triples(rows, 0)
    assert once["subject"] == rows["subject"]
    assert once["id"] == rows["id"]
    assert once["object"] == shuffled_triples(rows, 0)["object"]
    assert once["object"] != shuffled_triples(rows, 1)["object"]
    pairs = [Counter(zip(one["relation"], one["object"], strict=True)) for one in (rows, once)]
    assert pairs[0] == pairs[1]
    assert sum(a == b for a, b in zip(rows["object"], once["object"], strict=True)) < 8


def test_conceptnet_edges_within_a_language_are_read(tmp_path):
    edge = {"rel": "/r/IsA", "license": "cc:by/4.0"}
    path = write(
        tmp_path / "edges.jsonl.gz",
        [
            edge | {"start": "/c/sw/mkate_mtamu/n/wn", "end": "/c/sw/chakula"},
            edge | {"start": "/c/sw/mkate", "end": "/c/en/food"},
            edge | {"start": "/c/sw/a", "end": "http://x.org/b", "rel": "/r/ExternalURL"},
        ],
    )
    found = read_conceptnet(path, "swh_Latn").to_list()
    assert [(r["subject"], r["relation"], r["object"]) for r in found] == [
        ("mkate mtamu", "IsA", "chakula")
    ]
    assert found[0]["license"] == "cc:by/4.0"
    assert found[0]["language"] == "swh_Latn"
    assert len(read_conceptnet(path, "eng_Latn")) == 0


def test_entities_are_named_by_their_labels(tmp_path):
    labels = write(
        tmp_path / "labels.jsonl.gz",
        [
            {"entity": "t:TZ", "labels": {"en": "Tanzania", "sw": "Tanzania"}},
            {"entity": "l:sw", "labels": {"en": "Swahili", "sw": "Kiswahili"}},
            {"entity": "l:fr", "labels": {"en": "French"}},
        ],
    )
    edges = [{"head": "t:TZ", "relation": "official_language", "tail": t} for t in ("l:sw", "l:fr")]
    path = write(tmp_path / "train.jsonl.gz", edges)
    (found,) = read_labelled_graph(path, labels, "swh_Latn").to_list()
    assert found["object"] == "Kiswahili"
    english = read_labelled_graph(path, labels, "eng_Latn")
    assert len(english) == 2
    assert found["id"] == english["id"][0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_world_tells_what_it_knows_in_every_language(language):
    found = world.graph(language)
    rows = found.to_list()
    assert len(rows) > 600
    assert len(set(found["id"])) == len(rows)
    assert all(row["subject"] and row["object"] for row in rows)
    assert {"RelatedTo", "AtLocation", "ReceivesAction"} <= set(found["relation"])
    texts = verbalise(found)["text"]
    assert len(texts) > 0.97 * len(rows)


def test_bread_is_food_in_swahili():
    assert "mkate has to do with chakula." in verbalise(world.graph("swh_Latn"))["text"]


@pytest.mark.skipif("GLOTLIFT_DATA" not in os.environ, reason="needs real data")
def test_real_graphs_are_read():
    root = Path(os.environ["GLOTLIFT_DATA"])
    edges = root / "conceptnet_sample/edges.jsonl.gz"
    assert len(read_conceptnet(edges, "fra_Latn")) > 10
    folder = root / "cldr_kg"
    found = read_labelled_graph(folder / "train.jsonl.gz", folder / "labels.jsonl.gz", "yor_Latn")
    assert len(found) > 500
    assert len(verbalise(found)) > 400
