from itertools import pairwise

import numpy as np
import pytest
import transformers
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from glotlift import world
from glotlift.languages import split_words
from glotlift.languages.words import word_spans
from glotlift.objectives.masked import MaskedLanguageModelling
from glotlift.objectives.word_columns import (
    NAMED,
    NONE,
    PARTS_OF_SPEECH,
    Label,
    TokenColumns,
    entities_and_tags,
    tag_number,
    word_numbers,
)
from glotlift.runs.errors import GlotliftError
from tiny import TEXTS, tokenizer


def features_of(masker, rows, **settings):
    return MaskedLanguageModelling(tokenizer(), masker=masker, **settings).prepare(rows)


def strings_by(numbers, ids):
    """Return the text of each run of tokens with one number."""
    cuts = np.flatnonzero(np.diff(numbers)) + 1
    return [tokenizer().decode(part).strip() for part in np.split(np.asarray(ids), cuts)]


def test_words_are_those_of_the_language_with_all_their_pieces():
    rows = Dataset.from_dict({"text": TEXTS[:4]})
    features = features_of("whole-words", rows)
    assert features.column_names == ["input_ids", "bytes", "words"]
    for text, ids, words in zip(TEXTS, features["input_ids"], features["words"], strict=False):
        assert words[0] == words[-1] == NONE
        assert strings_by(words[1:-1], ids[1:-1]) == split_words(text, "eng_Latn")


def test_unspaced_text_has_its_own_words_and_an_elision_is_one_by_language():
    rows = Dataset.from_dict({"text": ["l'acqua 河水"], "language": ["ita_Latn"]})
    features = features_of("whole-words", rows)
    words = strings_by(features["words"][0][1:-1], features["input_ids"][0][1:-1])
    assert words == ["l'", "acqua", "河", "水"]
    plain = features_of("whole-words", rows.remove_columns("language"))
    assert "l'acqua" in strings_by(plain["words"][0][1:-1], plain["input_ids"][0][1:-1])


def test_a_piece_that_reaches_into_the_next_word_joins_the_two():
    offsets = np.asarray([(0, 2), (2, 5), (5, 6), (7, 9), (9, 10)])
    spans = [(0, 4), (4, 6), (7, 9), (9, 10)]
    assert word_numbers(offsets, spans).tolist() == [0, 0, 0, 1, 2]


def test_a_lone_space_belongs_to_the_word_after_it():
    offsets = np.asarray([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)])  # "ab c" and a space
    assert word_numbers(offsets, [(0, 2), (3, 4)]).tolist() == [0, 0, 1, 1, 2]
    assert word_numbers(np.empty((0, 2), dtype=np.int64), []).tolist() == []


@given(st.text(alphabet="ab é水 \n.", max_size=30), st.integers(0, 99))
def test_words_begin_only_where_a_word_of_the_text_begins(text, seed):
    draw = np.random.default_rng(seed)
    cuts = np.flatnonzero(draw.random(len(text) + 1) < 0.5)
    bounds = sorted({0, len(text), *cuts.tolist()})
    offsets = np.asarray(list(pairwise(bounds))).reshape(-1, 2)
    spans = word_spans(text, "eng_Latn")
    numbers = word_numbers(offsets, spans)
    assert (np.diff(numbers) >= 0).all()
    for before, after in pairwise(range(len(offsets))):
        inside = any(start < offsets[after, 0] < end for start, end in spans)
        if inside:  # a word goes on over this boundary
            assert numbers[before] == numbers[after]


def test_the_worlds_labels_reach_every_token():
    rows = world.labelled("spa_Latn", 30)
    features = features_of("entities", rows)
    for row, ids, tags in zip(rows, features["input_ids"], features["tags"], strict=True):
        assert tags[0] == tags[-1] == NONE
        found = {}
        offsets = tokenizer()(row["text"], return_offsets_mapping=True)["offset_mapping"]
        assert len(offsets) == len(ids) - 2
        for (start, end), tag in dict(zip(offsets, tags[1:-1], strict=True)).items():
            found.setdefault(PARTS_OF_SPEECH[tag], []).append(row["text"][start:end])
        for kind in ("NOUN", "VERB", "ADP", "DET"):
            said = "".join(
                token for token, tag in zip(row["tokens"], row["pos"], strict=True) if tag == kind
            )
            assert "".join(found.get(kind, [])).replace(" ", "") == said.replace(" ", "")


def test_names_of_several_words_are_one_entity():
    text = "Anna Maria saw New York"
    labels = [
        Label(0, 4, "PROPN"), Label(5, 10, "PROPN"), Label(11, 14, "VERB"),
        Label(15, 18, "ADJ"), Label(19, 23, "PROPN"), Label(15, 23, "NAME"),
    ]  # fmt: skip
    offsets = np.asarray([(0, 4), (5, 7), (7, 10), (11, 14), (15, 18), (19, 23), (23, 23)])
    entities, tags = entities_and_tags(offsets, labels)
    proper, verb = tag_number("PROPN"), tag_number("VERB")
    adjective = tag_number("ADJ") + NAMED
    assert tags.tolist() == [proper, proper, proper, verb, adjective, proper + NAMED, 0]
    assert entities[0] == entities[1] == entities[2]
    assert entities[4] == entities[5]
    assert len({*entities.tolist()}) == 4
    assert entities[-1] == NONE
    assert text[15:23] == "New York"


def test_tags_of_names_are_read_beside_parts_of_speech():
    row = {"text": ["Anna saw New York."], "tokens": [["Anna", "saw", "New", "York", "."]]}
    row |= {"pos": [["PROPN", "VERB", "ADJ", "PROPN", "PUNCT"]]}
    row |= {"tags": [["B-PER", "O", "B-LOC", "I-LOC", "O"]]}
    offsets = [[(0, 4), (4, 8), (8, 12), (12, 17), (17, 18)]]
    made = TokenColumns(("entities", "tags"))(row, offsets)
    assert (made["tags"][0] >= NAMED).tolist() == [True, False, True, True, False]
    assert made["entities"][0][2] == made["entities"][0][3]


def test_a_tagger_labels_rows_without_labels():
    def capitals(texts, languages):
        assert languages == ["eng_Latn"] * len(texts)
        return [
            [Label(at, at + 3, "NOUN") for at in (text.find("Wai"), text.find("The")) if at >= 0]
            for text in texts
        ]

    rows = Dataset.from_dict({"text": [TEXTS[0], TEXTS[7]], "language": ["eng_Latn"] * 2})
    tags = features_of("entities", rows, tagger=capitals)["tags"]
    assert all(tag_number("NOUN") in row for row in tags)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ({"text": ["a b"]}, "022"),
        ({"text": ["a b"], "tokens": [["a", "b"]]}, "022"),
        ({"text": ["a b"], "tokens": [["a", "c"]], "pos": [["X", "X"]]}, "023"),
        ({"text": ["a b"], "tokens": [["a"]], "pos": [["X"]]}, "023"),
        ({"text": ["a b"], "tokens": [["a", "b"]], "pos": [["X"]]}, "023"),
        ({"text": ["a b"], "tokens": [["a", "b"]], "pos": [["X", "THING"]]}, "021"),
        ({"text": ["a b"], "tokens": [None], "pos": [None]}, "023"),
    ],
)
def test_missing_or_wrong_labels_are_refused(rows, code):
    with pytest.raises(GlotliftError, match=f"GL-OBJECTIVE-{code}"):
        features_of("entities", Dataset.from_dict(rows))


def test_a_sentencepiece_tokenizer_keeps_its_space_with_the_word():
    pieces = [("<unk>", 0.0), ("▁", -1.0), ("▁ri", -2.0), ("ver", -2.0), (".", -2.0), ("水", -2.0)]
    made = transformers.T5Tokenizer(vocab=[("<pad>", 0.0), ("</s>", 0.0), *pieces])
    encoded = made("river 水.", add_special_tokens=False, return_offsets_mapping=True)
    tokens = made.convert_ids_to_tokens(encoded["input_ids"])
    numbers = TokenColumns(("words",))({"text": ["river 水."]}, [encoded["offset_mapping"]])
    assert tokens == ["▁ri", "ver", "▁", "水", "."]
    assert numbers["words"][0].tolist() == [0, 0, 1, 1, 2]
