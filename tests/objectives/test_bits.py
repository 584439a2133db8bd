import math

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from glotlift.objectives.bits import document_bits, longest_input, windows
from tiny import SHAPE, TEXTS, model_of, tokenizer

LONG = " ".join(TEXTS)
DOCUMENTS = [*TEXTS, LONG]


def ids_of(text):
    return tokenizer()(text, add_special_tokens=False)["input_ids"]


def log_probabilities(model, **inputs):
    with torch.no_grad():
        return functional.log_softmax(model(**inputs).logits[0].double(), -1)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "mistral", "gemma2", "bloom", "recurrent gemma"])
def test_causal_bits_are_those_of_each_document_alone(kind):
    model = model_of(kind)
    bits, lengths = document_bits(model, tokenizer(), TEXTS)
    for text, found, length in zip(TEXTS, bits, lengths, strict=True):
        ids = torch.tensor([[0, *ids_of(text)]])[:, :96]
        each = log_probabilities(model, input_ids=ids)[:-1].gather(1, ids[0, 1:, None])
        assert found == pytest.approx(-each.sum().item() / math.log(2), rel=1e-4)
        assert length == len(text.encode())


@given(st.integers(1, 400), st.integers(4, 64))
def test_windows_score_every_token_once_with_a_quarter_of_context(length, window):
    scored = []
    for number, ids, first in windows(5, np.arange(length, dtype=np.int32), window):
        assert number == 5
        assert len(ids) <= window
        assert first >= (window // 4 if scored else 1)
        scored += ids[first:].tolist()
    assert scored == list(range(1, length))


def test_a_long_document_is_read_in_windows_that_see_at_least_a_quarter():
    """Against the sum of explicit windows, computed with the model alone."""
    model = model_of("llama")
    ids = [0, *ids_of(LONG)]
    assert len(ids) > 3 * 32
    expected, first = 0.0, 1
    while first < len(ids):
        begin = 0 if first == 1 else first - 8
        part = torch.tensor([ids[begin : begin + 32]])
        each = log_probabilities(model, input_ids=part)[:-1].gather(1, part[0, 1:, None])
        expected -= each[first - begin - 1 :].sum().item() / math.log(2)
        first = begin + part.shape[1]
    bits, _ = document_bits(model, tokenizer(), [LONG], window=32)
    assert bits[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", ["llama", "bert", "modernbert", "t5", "bart"])
def test_bits_do_not_depend_on_the_batch_or_the_order(kind):
    model = model_of(kind)
    whole, lengths = document_bits(model, tokenizer(), DOCUMENTS, batch_tokens=8192)
    small, _ = document_bits(model, tokenizer(), DOCUMENTS, batch_tokens=1)
    turned, turned_lengths = document_bits(model, tokenizer(), DOCUMENTS[::-1], batch_tokens=200)
    np.testing.assert_allclose(small, whole, rtol=1e-4)
    np.testing.assert_allclose(turned[::-1], whole, rtol=1e-4)
    assert (turned_lengths[::-1] == lengths).all()


@pytest.mark.parametrize("kind", ["bert", "xlm-r", "deberta"])
def test_masked_bits_hide_each_token_once_every_seventh_at_a_time(kind):
    model = model_of(kind)
    text = TEXTS[0]
    bits, _ = document_bits(model, tokenizer(), [text])
    ids = torch.tensor([0, *ids_of(text), 2])
    places = torch.arange(1, len(ids) - 1)
    expected = 0.0
    for first in range(7):
        hidden = places[(places - 1) % 7 == first]
        inputs = ids.clone()
        inputs[hidden] = tokenizer().mask_token_id
        each = log_probabilities(model, input_ids=inputs[None])[hidden].gather(1, ids[hidden, None])
        expected -= each.sum().item() / math.log(2)
    assert bits[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", ["llama", "bert", "t5", "mt5"])
def test_a_model_that_knows_nothing_needs_log_v_bits_a_token(kind):
    model = model_of(kind)
    head = model.get_output_embeddings()
    head.weight = torch.nn.Parameter(torch.zeros_like(head.weight))
    if getattr(head, "bias", None) is not None:
        head.bias.data.zero_()
    bits, lengths = document_bits(model, tokenizer(), DOCUMENTS)
    second = kind in ("t5", "mt5")
    read = [text[len(text) // 2 :] if second else text for text in DOCUMENTS]
    assert lengths.tolist() == [len(text.encode()) for text in read]
    np.testing.assert_allclose(
        bits, [math.log2(320) * len(ids_of(text)) for text in read], rtol=1e-5
    )


@pytest.mark.parametrize("kind", ["t5", "bart"])
def test_an_encoder_decoder_writes_the_second_half_after_reading_the_first(kind):
    model = model_of(kind)
    bits, lengths = document_bits(model, tokenizer(), TEXTS[:5])
    for text, found, length in zip(TEXTS[:5], bits, lengths, strict=True):
        source, target = text[: len(text) // 2], text[len(text) // 2 :]
        assert length == len(target.encode())
        labels = torch.tensor([ids_of(target)])
        with torch.no_grad():
            outputs = model(input_ids=torch.tensor([ids_of(source)]), labels=labels)
        expected = outputs.loss.item() * labels.numel() / math.log(2)
        assert found == pytest.approx(expected, rel=1e-4)


def test_bits_of_an_encoder_decoder_whose_text_is_longer_than_it_reads():
    bits, lengths = document_bits(model_of("bart"), tokenizer(), [LONG * 3])
    assert lengths[0] == len((LONG * 3)[len(LONG * 3) // 2 :].encode())
    assert 0 < bits[0] < math.inf


def test_no_text_has_no_bits():
    bits, lengths = document_bits(model_of("llama"), tokenizer(), ["", "no"])
    assert bits[0] == 0 < bits[1]
    assert lengths.tolist() == [0, 2]
    bits, lengths = document_bits(model_of("bert"), tokenizer(), ["", "no"])
    assert bits[0] == 0 < bits[1]
    assert [len(part) for part in document_bits(model_of("t5"), tokenizer(), [])] == [0, 0]


def test_measuring_changes_neither_mode_nor_random_state():
    model = model_of("llama").train()
    state = torch.random.get_rng_state()
    document_bits(model, tokenizer(), TEXTS)
    assert model.training
    assert (torch.random.get_rng_state() == state).all()
    assert not any(p.grad is not None for p in model.parameters())


@settings(max_examples=5)
@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4))
def test_equal_documents_have_equal_bits(texts):
    bits, _ = document_bits(model_of("gpt2"), tokenizer(), [*texts, *texts])
    np.testing.assert_allclose(bits[: len(texts)], bits[len(texts) :], rtol=1e-4)


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("llama", 96),
        ("gpt2", 96),
        ("bert", 96),
        ("xlm-r", 94),
        ("bart", 96),
        ("bloom", 1024),
        ("t5", 1024),
    ],
)
def test_a_model_reads_what_its_configuration_says(kind, limit):
    assert longest_input(model_of(kind)) == limit


@pytest.mark.parametrize(
    "kind", ["xlm-r", "Camembert", "XLMRobertaXL", "MPNet", "RobertaPreLayerNorm"]
)
def test_robertas_kin_read_exactly_their_limit_and_no_more(kind):
    if kind == "xlm-r":
        model = model_of("xlm-r")
    else:
        shape = {**SHAPE, "num_hidden_layers": 1, "vocab_size": 320, "pad_token_id": 1}
        config = getattr(transformers, f"{kind}Config")(**shape)
        model = getattr(transformers, f"{kind}ForMaskedLM")(config)
    fits = torch.full((1, longest_input(model)), 9)
    model(input_ids=fits)
    with pytest.raises((IndexError, RuntimeError)):
        model(input_ids=torch.full((1, longest_input(model) + 1), 9))
