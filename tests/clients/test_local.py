from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerFast

from glotlift.clients.local import LocalModel, cut
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Encoder, Generator, Scorer

Tiny = Callable[[str], tuple[Any, PreTrainedTokenizerFast]]

CONTEXTS = [
    "the cat sees",
    "the cat sees",
    "a",
    "",
    "наша кошка",
    "the cat sees a dog, the cat sees",
]
CONTINUATIONS = [" a dog", " the bird and the cat", " dog", "the bird", " видит", " it"]
PROMPTS = ["the cat", "a dog sees the bird and", "наша"]


def plain_causal(model: Any, tokenizer: PreTrainedTokenizerFast, context: str, text: str) -> float:
    """Score one continuation alone, by hand; boundaries fall between words here."""
    start = [tokenizer.bos_token_id]
    before = start + tokenizer(context, add_special_tokens=False)["input_ids"]
    ids = before + tokenizer(text, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(float(logs[at - 1, ids[at]]) for at in range(len(before), len(ids)))


@pytest.mark.parametrize("batch_tokens", [1, 30, 8192])
def test_causal_scores_equal_a_plain_computation(tiny: Tiny, batch_tokens: int) -> None:
    model, tokenizer = tiny("causal")
    scores = LocalModel(model, tokenizer, batch_tokens=batch_tokens).score(CONTEXTS, CONTINUATIONS)
    expected = [
        plain_causal(model, tokenizer, context, text)
        for context, text in zip(CONTEXTS, CONTINUATIONS, strict=True)
    ]
    assert scores.log_probabilities == pytest.approx(expected, abs=1e-4)
    lengths = [len(tokenizer(t, add_special_tokens=False)["input_ids"]) for t in CONTINUATIONS]
    assert scores.tokens.tolist() == lengths


def test_masked_scores_equal_a_plain_computation(tiny: Tiny) -> None:
    model, tokenizer = tiny("masked")
    scores = LocalModel(model, tokenizer, batch_tokens=40).score(CONTEXTS, CONTINUATIONS)
    for row, (context, text) in enumerate(zip(CONTEXTS, CONTINUATIONS, strict=True)):
        ids = tokenizer(context + text)["input_ids"]
        first = 1 + len(tokenizer(context, add_special_tokens=False)["input_ids"])
        total = 0.0
        for place in range(first, len(ids) - 1):
            hidden = [*ids[:place], tokenizer.mask_token_id, *ids[place + 1 :]]
            with torch.no_grad():
                logs = model(torch.tensor([hidden])).logits[0, place].log_softmax(-1)
            total += float(logs[ids[place]])
        assert scores.log_probabilities[row] == pytest.approx(total, abs=1e-4)
        assert scores.tokens[row] == len(ids) - 1 - first


def test_seq2seq_scores_equal_the_models_own_loss(tiny: Tiny) -> None:
    model, tokenizer = tiny("seq2seq")
    scores = LocalModel(model, tokenizer, batch_tokens=20).score(CONTEXTS, CONTINUATIONS)
    for row, (context, text) in enumerate(zip(CONTEXTS, CONTINUATIONS, strict=True)):
        labels = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])
        with torch.no_grad():
            loss = model(**tokenizer(context, return_tensors="pt"), labels=labels).loss
        expected = -float(loss) * labels.shape[1]
        assert scores.log_probabilities[row] == pytest.approx(expected, abs=1e-4)


def test_parts_of_a_continuation_add_up(tiny: Tiny) -> None:
    client = LocalModel(*tiny("causal"))
    whole = client.score(["the cat"], [" sees a dog"])
    parts = client.score(["the cat", "the cat sees"], [" sees", " a dog"])
    assert whole.log_probabilities[0] == pytest.approx(parts.log_probabilities.sum(), abs=1e-4)


@pytest.mark.parametrize("kind", ["causal", "bare causal", "seq2seq"])
def test_batched_generation_equals_one_by_one(tiny: Tiny, kind: str) -> None:
    model, tokenizer = tiny(kind)
    client = LocalModel(model, tokenizer)
    together = client.generate(PROMPTS, max_new_tokens=8)
    alone = [client.generate([prompt], max_new_tokens=8)[0] for prompt in PROMPTS]
    assert together == alone
    assert any(together)


def test_generation_is_greedy(tiny: Tiny) -> None:
    model, tokenizer = tiny("causal")
    model.generation_config.do_sample, model.generation_config.temperature = True, 3.0
    prompt = tokenizer("the cat")["input_ids"]
    ids = list(prompt)
    for _ in range(6):
        with torch.no_grad():
            ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    expected = tokenizer.decode(ids[len(prompt) :], skip_special_tokens=True)
    assert LocalModel(model, tokenizer).generate(["the cat"], max_new_tokens=6) == [expected]
    assert model.generation_config.do_sample
    model.generation_config.do_sample, model.generation_config.temperature = False, None


def test_stop_strings_end_the_text(tiny: Tiny) -> None:
    client = LocalModel(*tiny("causal"))
    text = client.generate(["the cat"], max_new_tokens=12)[0]
    stop = text[3:5]
    stopped = client.generate(["the cat", "a"], max_new_tokens=12, stop=[stop])[0]
    assert stopped == text[: text.find(stop)]
    assert stop not in stopped


def test_vectors_do_not_depend_on_padding(tiny: Tiny) -> None:
    for kind in ("causal", "masked", "seq2seq", "encoder"):
        model, tokenizer = tiny(kind)
        together = LocalModel(model, tokenizer).encode(PROMPTS)
        alone = np.vstack([LocalModel(model, tokenizer).encode([text]) for text in PROMPTS])
        assert together.shape == (3, 32)
        assert together == pytest.approx(alone, abs=1e-5)
        assert not np.allclose(together[0], together[1], atol=1e-3)


def test_training_mode_is_left_as_it_was(tiny: Tiny) -> None:
    model, tokenizer = tiny("causal")
    model.train()
    LocalModel(model, tokenizer).score(["a"], [" dog"])
    assert model.training
    model.eval()


def test_it_keeps_the_protocols(tiny: Tiny) -> None:
    client = LocalModel(*tiny("causal"))
    assert isinstance(client, Generator)
    assert isinstance(client, Scorer)
    assert isinstance(client, Encoder)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(GlotliftError) as error:
        call()
    return error.value.code


def test_what_a_model_cannot_do_is_refused(tiny: Tiny) -> None:
    masked, encoder = LocalModel(*tiny("masked")), LocalModel(*tiny("encoder"))
    causal = LocalModel(*tiny("causal"))
    assert refusal(lambda: masked.generate(["a"], max_new_tokens=1)) == "GL-CLIENT-001"
    assert refusal(lambda: encoder.score(["a"], ["b"])) == "GL-CLIENT-001"
    assert refusal(lambda: LocalModel(*tiny("causal"), batch_tokens=0)) == "GL-CLIENT-002"
    assert refusal(lambda: causal.generate(["a"], max_new_tokens=64)) == "GL-CLIENT-003"
    assert refusal(lambda: causal.score(["dog " * 70], ["b"])) == "GL-CLIENT-003"
    assert refusal(lambda: causal.score(["a"], [""])) == "GL-CLIENT-004"
    assert refusal(lambda: LocalModel(*tiny("seq2seq")).score(["a"], [""])) == "GL-CLIENT-004"
    assert refusal(lambda: causal.score(["a"], ["b", "c"])) == "GL-CLIENT-005"


def test_nothing_asked_nothing_answered(tiny: Tiny) -> None:
    client = LocalModel(*tiny("causal"))
    assert client.generate([], max_new_tokens=3) == []
    assert client.score([], []).log_probabilities.shape == (0,)


def test_cut_takes_the_earliest_stop() -> None:
    assert cut("one\ntwo. three", [".", "\n"]) == "one"
    assert cut("one", ["\n"]) == "one"
