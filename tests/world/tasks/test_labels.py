from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.world.tasks.reader import sentences

from glotlift.evaluation.shortcuts import shortcut_accuracies
from glotlift.world import LANGUAGES
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import grammar
from glotlift.world.parsing import parse
from glotlift.world.tasks.labels import KINDS, SENTIMENTS, ner, pos, sentiment
from glotlift.world.truth import truth

_TAGS = {
    "ADJ",
    "ADP",
    "ADV",
    "AUX",
    "CCONJ",
    "DET",
    "INTJ",
    "NOUN",
    "NUM",
    "PART",
    "PRON",
    "PROPN",
    "PUNCT",
    "SCONJ",
    "VERB",
}
_CATEGORIES = {
    "person": "people",
    "name": "names",
    "animal": "animals",
    "thing": "things",
    "place": "places",
    "city": "cities",
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_parser_of_the_text_gives_every_sentiment(code):
    spoken = grammar(code)
    for row in sentiment(code, 3, seed=1):
        read = [parse(code, text) for text in sentences(row["text"])]
        assert all(len(scenes) == 1 for scenes in read), row
        felt = {truth(spoken, scene).sentiment for (scene,) in read} - {"neutral"}
        assert felt == ({row["label"]} - {"neutral"}), row


@given(seed=st.integers(0, 10**6), block=st.integers(0, 10**5), code=st.sampled_from(LANGUAGES))
@settings(deadline=None, max_examples=25)
def test_three_texts_differ_in_one_sentence_that_is_not_the_first(seed, block, code):
    rows = sentiment(code, 3, seed=seed, start=3 * block)
    assert Counter(rows["label"]) == Counter(SENTIMENTS)
    told = [sentences(text) for text in rows["text"]]
    differing = [len(set(same_place)) > 1 for same_place in zip(*told, strict=True)]
    assert sum(differing) == 1
    assert not differing[0]


@pytest.mark.parametrize("code", ["ell_Grek"])
def test_trivial_features_of_a_text_stay_at_chance(code):
    train, test = sentiment(code, 2400, split="train"), sentiment(code, 2400)
    found = shortcut_accuracies(train, test, reads=("text",), answer="label")
    assert max(found.values()) < 1 / 3 + 0.03, found


def test_no_feeling_sentence_is_in_two_splits():
    told = {}
    for split in SPLITS:
        rows = sentiment("eng_Latn", 600, split=split)["text"]
        texts = [sentences(text) for text in rows]
        told[split] = {
            next(
                sentence for sentence, other in zip(one, next_one, strict=True) if sentence != other
            )
            for one, next_one in zip(texts[::3], texts[1::3], strict=True)
        }
    assert not told["train"] & (told["test"] | told["validation"])
    assert not told["test"] & told["validation"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_tags_entities_and_the_words_of_the_language_file_agree(code):
    spoken = grammar(code)
    for row in ner(code, 30, seed=1):
        assert len(row["tokens"]) == len(row["tags"])
        spans: list[tuple[str, list[str]]] = []
        for token, tag in zip(row["tokens"], row["tags"], strict=True):
            mark, _, kind = tag.partition("-")
            if mark == "B":
                spans.append((kind, [token]))
            elif mark == "I":
                assert spans[-1][0] == kind
                spans[-1][1].append(token)
        assert [kind for kind, _ in spans] == [entity["kind"] for entity in row["entities"]]
        for (_, tokens), entity in zip(spans, row["entities"], strict=True):
            mention = row["text"][entity["start"] : entity["end"]]
            assert mention.replace(" ", "") == "".join(tokens).replace(" ", "")
            assert inventory().concepts[entity["concept"]].category == _CATEGORIES[entity["kind"]]
            words = spoken.synonyms.get(entity["concept"], (entity["concept"],))
            cells = [cell for word in words for cell in spoken.forms[word].values()]
            forms = [spoken.written(cell).lower() for cell in cells]
            assert any(mention.lower() in form for form in forms), (mention, row)


def test_every_kind_of_mention_occurs_in_every_split():
    for split in SPLITS:
        tags = {tag for row in ner("eng_Latn", 400, split=split)["tags"] for tag in row}
        assert {f"B-{kind}" for kind in KINDS} | {"O"} <= tags


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_token_has_a_part_of_speech_and_only_marks_are_punctuation(code):
    for row in pos(code, 30, seed=1):
        assert "".join(row["tokens"]) == row["text"].replace(" ", "")
        for token, tag in zip(row["tokens"], row["tags"], strict=True):
            assert tag in _TAGS
            assert (tag == "PUNCT") == (not any(letter.isalnum() for letter in token))


def test_rows_are_addressable_and_ids_shared():
    for task in (sentiment, ner, pos):
        whole = task("tur_Latn", 20, seed=3)
        assert task("tur_Latn", 4, seed=3, start=9).to_list() == whole.to_list()[9:13]
        assert whole["id"] == task("zho_Hans", 20, seed=3)["id"]
        assert whole["id"][2] == f"world/{task.__name__}/3/test/2"
    labels = [sentiment(code, 20, seed=3)["label"] for code in ("tur_Latn", "zho_Hans")]
    assert labels[0] == labels[1]
    kinds = [
        [sorted(e["concept"] for e in row) for row in ner(code, 40, seed=3)["entities"]]
        for code in ("tur_Latn", "zho_Hans")
    ]
    assert kinds[0] == kinds[1]
