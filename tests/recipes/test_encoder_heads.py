import numpy as np
import pytest
import torch
from transformers import DataCollatorForTokenClassification

from glotlift.objectives.cross_entropy import IGNORED
from glotlift.recipes.encoder_heads import (
    Tuning,
    context_spans,
    fine_tune_likeness,
    fine_tune_reader,
    fine_tune_tagger,
    first_pieces,
    likeness,
    outputs,
    read_answers,
    tag,
)
from tiny import model_of, tokenizer

TUNING = Tuning(epochs=20, rate=5e-3, seed=0)
WORDS = ["Three", "boats", ",", "42"]
SENTENCES = [["The", "heron", "waits"], ["The", "dog", "sleeps", "beside", "boats"], ["no"]] * 6
TAGS = [["O", "B-animal", "O"], ["O", "B-animal", "O", "O", "B-thing"], ["O"]] * 6


@pytest.fixture(scope="module")
def encoder():
    return model_of("modernbert")


def test_a_word_is_known_by_its_first_piece_alone():
    (ids, firsts), *_ = first_pieces(tokenizer(), [WORDS])
    assert [word for word in firsts if word is not None] == [0, 1, 2, 3]
    said = [tokenizer().decode([ids[firsts.index(word)]]).strip() for word in range(4)]
    assert [word.startswith(piece) for word, piece in zip(WORDS, said, strict=True)] == [True] * 4


def test_a_tagger_learns_the_tags_of_words_and_leaves_the_encoder(encoder):
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    tagger = fine_tune_tagger(encoder, tokenizer(), SENTENCES, TAGS, TUNING)
    assert tag(tagger, tokenizer(), SENTENCES, otherwise="O") == TAGS
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())


def test_words_that_are_not_read_get_the_other_tag(encoder):
    tagger = fine_tune_tagger(encoder, tokenizer(), SENTENCES, TAGS, Tuning(0.1, 1e-3, 0))
    (found,) = tag(tagger, tokenizer(), [["boats"] * 200], otherwise="past")
    assert len(found) == 200
    assert found[0] != "past"
    assert found[-1] == "past"


def test_the_loss_is_that_of_transformers_own_collator(encoder):
    tagger = fine_tune_tagger(encoder, tokenizer(), SENTENCES, TAGS, Tuning(0.1, 1e-3, 0))
    numbers = tagger.config.label2id
    pieces = first_pieces(tokenizer(), SENTENCES[:3])
    rows = [
        {
            "input_ids": ids,
            "labels": [IGNORED if w is None else numbers[tags[w]] for w in firsts],
        }
        for (ids, firsts), tags in zip(pieces, TAGS, strict=False)
    ]
    batch = DataCollatorForTokenClassification(tokenizer())(rows)
    with torch.no_grad():
        logits = tagger(**{k: v for k, v in batch.items() if k != "token_type_ids"}).logits
    ours = outputs(tagger, tokenizer(), [row["input_ids"] for row in rows])
    for given, theirs, row in zip(ours, logits, rows, strict=True):
        length = len(row["input_ids"])
        assert given["logits"] == pytest.approx(theirs[:length].double().numpy(), abs=1e-5)


def test_likeness_is_learnt():
    pairs = [("no", "no"), ("no", "the storm"), ("boats", "boats"), ("boats", "a dog")] * 4
    degrees = [1.0, 0.0, 1.0, 0.0] * 4
    model = fine_tune_likeness(model_of("modernbert"), tokenizer(), pairs, degrees, TUNING)
    assert likeness(model, tokenizer(), pairs) == pytest.approx(np.array(degrees), abs=0.25)


def test_a_reader_learns_where_answers_stand():
    pairs = [("who waits", "The heron waits beside the river."), ("what", "Three boats, 42 nets.")]
    answers = [(4, "heron"), (6, "boats")]
    model = fine_tune_reader(model_of("modernbert"), tokenizer(), pairs * 8, answers * 8, TUNING)
    assert read_answers(model, tokenizer(), pairs) == ["heron", "boats"]


def test_spans_are_of_the_context_alone():
    context = "The heron waits."
    ((ids, spans),) = context_spans(tokenizer(), [("who waits", context)])
    inside = [span for span in spans if span is not None]
    assert len(ids) == len(spans) > len(inside)
    assert "".join(context[start:end] for start, end in inside) == context
