import copy
import math

import pytest
import torch
from transformers import pipeline

from glotlift.runs.errors import GlotliftError
from glotlift.synthesis import complete, cut_off, unsureness, worth_cutting
from tiny import made, model_of, tokenizer

BEGINNINGS = ["The heron waits beside the river", "no", "Ó dé ilé ní ìrọ̀lẹ́", "Three boats and one"]


def plain():
    """Return a tokenizer that puts nothing around a text and whose pieces decode to themselves."""
    return tokenizer()


@pytest.mark.parametrize("kind", ["bert", "xlm-r", "modernbert"])
def test_pieces_are_those_of_the_fill_mask_pipeline(kind):
    model = made(kind)
    unmask = pipeline("fill-mask", model=model, tokenizer=plain(), top_k=1)
    for text in BEGINNINGS:
        (best,) = unmask(text + plain().mask_token)
        special = best["token"] in plain().all_special_ids
        written = "" if special else plain().decode([best["token"]])
        assert complete(model, plain(), [text], [1]) == [(text + written).strip()]


def test_many_at_a_time_are_as_one_by_one():
    model = made("modernbert")
    together = complete(model, plain(), BEGINNINGS, [5, 2, 0, 3])
    alone = [
        complete(model, plain(), [text], [pieces])[0]
        for text, pieces in zip(BEGINNINGS, [5, 2, 0, 3], strict=True)
    ]
    assert together == alone
    assert together[2] == BEGINNINGS[2]
    assert all(text.startswith(start) for text, start in zip(together, BEGINNINGS, strict=True))


def test_a_special_token_ends_the_text():
    model = model_of("xlm-r")
    with torch.no_grad():
        model.lm_head.decoder.bias[plain().eos_token_id] = 1e4
    assert complete(model, plain(), BEGINNINGS, [6] * 4) == BEGINNINGS
    assert complete(model, plain(), [], []) == []


def test_unsureness_is_the_entropy_of_the_next_piece():
    model = made("bert")
    ids = plain()(BEGINNINGS[0])["input_ids"] + [plain().mask_token_id]
    with torch.no_grad():
        chances = model(input_ids=torch.tensor([ids])).logits[0, -1].double().softmax(0)
    entropy = -(chances * chances.log2()).sum().item()
    found = unsureness(model, plain(), BEGINNINGS)
    assert found[0] == pytest.approx(entropy, rel=1e-4)
    assert ((found > 0) & (found < math.log2(len(plain())))).all()


@pytest.mark.parametrize(
    ("text", "left", "gone"),
    [
        ("a b c d e", "a b c d", 1),
        ("a b c d e f", "a b c d e", 1),
        ("a  b c d e f\tg", "a b c d e", 2),
        (" ".join("abcdefghijklmnopqrst"), " ".join("abcdefghijklmnop"), 4),
    ],
)
def test_as_many_words_go_as_the_released_code_takes(text, left, gone):
    assert cut_off(text) == (left, gone)
    assert gone == int(len(text.split()) * 0.15) + 1


def test_lengths_worth_cutting():
    assert [worth_cutting("w " * words) for words in (4, 5, 255, 256)] == [False, True, True, False]
    with pytest.raises(GlotliftError, match="GL-SYNTHESIS-010"):
        cut_off("alone")


def test_a_tokenizer_without_a_mask_is_refused():
    without = copy.deepcopy(plain())
    without.mask_token = None
    with pytest.raises(GlotliftError, match="GL-SYNTHESIS-011"):
        complete(made("bert"), without, ["no"], [1])
