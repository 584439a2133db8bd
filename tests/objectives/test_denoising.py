from itertools import pairwise

import numpy as np
import pytest
from datasets import Dataset

from glotlift import world
from glotlift.languages import split_sentences
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.denoising import Denoising
from glotlift.objectives.packing import columns
from glotlift.objectives.prefix import PrefixLanguageModelling
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import add_language_codes
from tiny import tokenizer

CODES = ("es_XX", "hi_IN", "no_pe_XX")
START = 2


def coded(*codes):
    return add_language_codes(tokenizer(), codes).tokenizer(tokenizer())


def documents(code, rows=4):
    return world.documents(code, rows, sentences=4)


def pieces_of(objective, rows):
    flat, offsets = columns(objective.prepare(rows), objective.columns)
    return [flat[a:b] for a, b in pairwise(offsets)]


def sides(batch, row=0):
    seen, labels = batch["attention_mask"][row] > 0, batch["labels"][row]
    return batch["input_ids"][row][seen].tolist(), labels[labels != IGNORED].tolist()


def test_without_noise_both_sides_are_the_text():
    rows = documents("spa_Latn")
    objective = Denoising(tokenizer(), START, fraction=0.0, permute=False)
    batch = objective.collate([[piece] for piece in pieces_of(objective, rows)], [0] * 4)
    for row, text in enumerate(rows["text"]):
        read, written = sides(batch, row)
        assert read == written
        assert tokenizer().decode(written[:-1]) == text
        assert written[-1] == tokenizer().eos_token_id
        decoder = batch["decoder_input_ids"][row][: len(written)].tolist()
        assert decoder == [START, *written[:-1]]


def test_both_sides_begin_with_the_code_of_the_language_and_end_with_the_end():
    made = coded("es_XX", "hi_IN")
    rows = Dataset.from_dict(
        {
            "text": [documents(code, 1)["text"][0] for code in ("spa_Latn", "hin_Deva")],
            "language": ["spa_Latn", "hin_Deva"],
        }
    )
    objective = Denoising(made, START)
    batch = objective.collate([[piece] for piece in pieces_of(objective, rows)], [1, 2])
    for row, code in enumerate(("es_XX", "hi_IN")):
        for side in sides(batch, row):
            assert side[0] == made.convert_tokens_to_ids(code)
            assert side[-1] == made.eos_token_id
            assert not {*side[1:-1]} & {made.eos_token_id, *made.convert_tokens_to_ids(CODES[:2])}


def test_a_part_of_a_long_document_keeps_its_language_and_does_not_grow():
    made = coded("es_XX")
    objective = Denoising(made, START, fraction=0.0, permute=False)
    [piece, *_] = pieces_of(objective, documents("spa_Latn", 1))
    read, written = sides(objective.collate([[piece[10:30]]], [1]))
    assert written == [made.convert_tokens_to_ids("es_XX"), *piece[11:30, 0].tolist()]
    assert read == written


def test_sentences_are_shuffled_whole_and_nothing_else_changes():
    rows = documents("spa_Latn", 30)
    objective = Denoising(tokenizer(), START, fraction=0.0)
    batch = objective.collate([[p] for p in pieces_of(objective, rows)], list(range(30)))
    moved = 0
    for row, text in enumerate(rows["text"]):
        read = tokenizer().decode(sides(batch, row)[0][:-1])
        sentences = split_sentences(text, "spa_Latn")
        assert len(sentences) == 4
        assert all(sentence in read for sentence in sentences)
        assert sorted(read.replace(" ", "")) == sorted(text.replace(" ", ""))
        moved += not read.startswith(sentences[0])
    assert moved / 30 == pytest.approx(3 / 4, abs=0.25)


def test_about_a_third_of_the_words_is_hidden_and_all_are_written():
    rows = documents("spa_Latn", 60)
    objective = Denoising(tokenizer(), START)
    pieces = pieces_of(objective, rows)
    batch = objective.collate([[piece] for piece in pieces], list(range(60)))
    shares = []
    for row, piece in enumerate(pieces):
        read, written = sides(batch, row)
        assert written == piece[:, 0].tolist()
        masks = read.count(tokenizer().mask_token_id)
        assert 0 < masks < len(set(piece[:, 1].tolist())) / 2
        shares.append(1 - (len(read) - masks - 1) / (len(written) - 1))
    assert 0.25 < np.mean(shares) < 0.36  # spans that overlap hide less than 35 %


def test_a_block_is_noised_alike_whatever_stands_beside_it():
    objective = Denoising(tokenizer(), START)
    pieces = pieces_of(objective, documents("spa_Latn", 2))
    both = objective.collate([[piece] for piece in pieces], [7, 8])
    alone = objective.collate([[pieces[1]]], [8])
    assert sides(both, 1) == sides(alone)


def test_the_loss_is_that_of_the_pairs():
    objective = Denoising(tokenizer(), START)
    assert isinstance(objective.sides, PrefixLanguageModelling)
    assert not objective.packs(None)


def test_a_code_may_be_named_and_a_strange_one_is_refused():
    made = coded("xx_QA", "es_XX")
    objective = Denoising(made, START, codes={"hin_Deva": "xx_QA"})
    [piece] = pieces_of(objective, documents("hin_Deva", 1))
    assert sides(objective.collate([[piece]], [0]))[1][0] == made.convert_tokens_to_ids("xx_QA")
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-024"):
        Denoising(made, START, codes={"hin_Deva": "hi_IN"})


@pytest.mark.parametrize("rows", [documents("hin_Deva", 1), Dataset.from_dict({"text": ["a"]})])
def test_a_language_without_a_code_is_refused_where_there_are_codes(rows):
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-025"):
        Denoising(coded("es_XX"), START).prepare(rows)
