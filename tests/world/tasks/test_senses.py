"""Lexicons and cognates: words stand in the language, no word is in two splits."""

from collections import Counter
from itertools import permutations

import pytest
import yaml

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.world.concepts import FOLDER, SPLITS
from glotlift.world.grammar import grammar
from glotlift.world.tasks.senses import citation, cognates, concept_split, entries, lexicon

_MARKED = ("eng_Latn", "spa_Latn", "cat_Latn", "deu_Latn")


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_no_word_of_a_language_is_in_two_splits(code):
    found = {}
    for entry in entries(code):
        assert entry.word == entry.word.strip() != ""
        found.setdefault(entry.word.lower(), set()).add(concept_split(entry.concept))
    assert all(len(splits) == 1 for splits in found.values())


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_words_are_those_of_the_language_file(code):
    spoken = grammar(code)
    for entry in entries(code):
        cells = {spoken.written(cell) for cell in spoken.forms[entry.line].values()}
        assert any(entry.word in cell for cell in cells)


@pytest.mark.parametrize("pair", [("eng_Latn", "spa_Latn"), ("zho_Hans", "arb_Arab")])
def test_every_concept_is_in_one_split_with_all_its_words(pair):
    concepts = [set(lexicon(*pair, split=split)["concept"]) for split in SPLITS]
    assert sum(map(len, concepts)) == len(set.union(*concepts)) > 200
    for split in SPLITS:
        rows = lexicon(*pair, split=split)
        words = Counter(rows["concept"])
        for concept, count in words.items():
            known = [len(grammar(code).synonyms.get(concept, (concept,))) for code in pair]
            assert count == known[0] * known[1]


def test_rows_are_a_stretch_of_an_order_drawn_by_seed():
    whole = lexicon("eng_Latn", "deu_Latn", seed=2)
    part = lexicon("eng_Latn", "deu_Latn", 5, seed=2, start=4)
    assert part.to_list() == whole.to_list()[4:9]
    other = lexicon("eng_Latn", "deu_Latn", seed=3)
    assert sorted(other["id"]) == sorted(whole["id"])
    assert other["id"] != whole["id"]
    assert lexicon("eng_Latn", "deu_Latn", 5, start=10_000).num_rows == 0


def test_words_of_several_meanings_have_a_sense_for_each():
    rows = [row for split in SPLITS for row in lexicon("eng_Latn", "deu_Latn", split=split)]
    senses = {}
    for row in rows:
        senses.setdefault(row["source_word"].lower(), {})[row["concept"]] = row["sense"]
    assert senses["water"] == {"water": "water.1", "water_plants": "water.2"}
    assert senses["car"] == {"car": "car.1"}
    for known in senses.values():
        assert len(set(known.values())) == len(known)
    german = {row["word"]: row["pos"] for row in rows if row["source_word"] == "water"}
    assert german == {"Wasser": "NOUN", "gießen": "VERB"}


def test_words_stand_as_in_a_dictionary():
    shown = [("spa_Latn", "market"), ("spa_Latn", "thirsty"), ("cat_Latn", "house")]
    shown += [("deu_Latn", "eat"), ("ell_Grek", "theatre"), ("rus_Cyrl", "market")]
    words = [citation(grammar(code), concept) for code, concept in shown]
    assert words == ["mercado", "sed", "casa", "essen", "θέατρο", "рынок"]


@pytest.mark.parametrize("pair", [*permutations(_MARKED, 2)])
def test_cognates_are_those_of_the_file(pair):
    raw = yaml.safe_load((FOLDER / "cognates.yaml").read_text(encoding="utf-8"))
    short = {code: name for name, code in raw["languages"].items()}
    first, second = short[pair[0]], short[pair[1]]
    rows = [row for split in SPLITS for row in cognates(*pair, split=split)]
    assert len({row["id"] for row in rows}) == len(rows)
    labels = {row["concept"]: row["label"] for row in rows if row["label"] != "false friend"}
    for concept, label in labels.items():
        alike = any({first, second} <= {*g.split()} for g in raw["cognates"].get(concept, ()))
        near = any({first, second} <= {*g.split()} for g in raw["near cognates"].get(concept, ()))
        assert label == ("cognate" if alike else "near cognate" if near else "unrelated")
    false = {(row["source_word"], row["word"]) for row in rows if row["meaning"]}
    listed = [f for f in raw["false friends"] if (f["language"], f["in"]) == (first, second)]
    assert false == {(friend["word"], friend["looks like"]) for friend in listed}


def test_wrong_calls_are_refused():
    with pytest.raises(GlotliftError, match="GL-WORLD-051"):
        cognates("eng_Latn", "rus_Cyrl")
    with pytest.raises(GlotliftError, match="GL-WORLD-002"):
        lexicon("eng_Latn", "rus_Cyrl", split="dev")
    with pytest.raises(GlotliftError, match="GL-WORLD-050"):
        citation(grammar("eng_Latn"), "violin (9)")
