"""What is written by heart, against greedy writing itself and against a model that knows a text."""

import math

import pytest
import torch

from glotlift.probing import continuations, memorisation_curve
from glotlift.runs.errors import GlotliftError
from tiny import TEXTS, model_of, tokenizer

LONG = [text for text in TEXTS if len(tokenizer()(text)["input_ids"]) >= 12]
LENGTHS = {"prompt": 6, "continuation": 6}


def learnt(text, steps=60):
    """Return a small Llama that was trained on one text alone."""
    model = model_of("llama").train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    ids = torch.tensor([[0, *tokenizer()(text)["input_ids"]]])
    for _ in range(steps):
        optimiser.zero_grad()
        model(ids, labels=ids).loss.backward()
        optimiser.step()
    return model.eval()


@pytest.mark.parametrize("kind", ["llama", "gpt2", "bloom"])
def test_exact_continuations_are_those_of_greedy_writing(kind):
    model = model_of(kind)
    texts = [written_on(model, text) for text in LONG] + LONG
    found = continuations(model, tokenizer(), texts, **LENGTHS, batch_tokens=30)
    for number, text in enumerate(texts):
        ids = tokenizer()(text)["input_ids"][:12]
        prompt = torch.tensor([[0, *ids[:6]]])
        written = model.generate(prompt, max_new_tokens=6, do_sample=False, eos_token_id=None)
        assert found.exact[number] == (written[0, 7:].tolist() == ids[6:])
    assert kind != "llama" or found.exact.max() == 1.0  # those of others cut into other pieces
    assert found.exact.min() == 0.0


def written_on(model, text):
    """Return a text whose continuation is what the model writes, if it stays one when read."""
    ids = tokenizer()(text)["input_ids"][:6]
    written = model.generate(
        torch.tensor([[0, *ids]]), max_new_tokens=8, do_sample=False, eos_token_id=None
    )
    return tokenizer().decode(written[0, 1:])


def test_bits_and_right_tokens_are_those_of_the_logits():
    model = model_of("llama")
    found = continuations(model, tokenizer(), LONG, **LENGTHS)
    for number, text in enumerate(LONG):
        ids = torch.tensor([[0, *tokenizer()(text)["input_ids"][:12]]])
        logs = model(ids).logits.detach().double().log_softmax(-1)[0, 6:12]
        spent = -sum(float(logs[at, ids[0, 7 + at]]) for at in range(6)) / math.log(2)
        assert found.bits[number] == pytest.approx(spent, rel=1e-5)
        right = (logs.argmax(-1) == ids[0, 7:13]).tolist()
        assert found.first[number] == [*right, False].index(False)


def test_what_was_learnt_by_heart_is_told_from_what_was_not():
    rows = memorisation_curve(learnt(LONG[0]), tokenizer(), {0: LONG[1:3], 60: LONG[:1]}, **LENGTHS)
    unread, read = rows
    assert (unread["read"], read["read"]) == (0, 60)
    assert (read["exactly"], read["tokens"], read["texts"]) == (1.0, 6.0, 1)
    assert unread["exactly"] == 0.0
    assert read["bits"] < 0.5 < unread["bits"]


def test_a_short_text_is_refused():
    with pytest.raises(GlotliftError, match="GL-PROBING-020"):
        continuations(model_of("llama"), tokenizer(), ["no"], **LENGTHS)
