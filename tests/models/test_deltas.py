import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    BertConfig,
    BertForMaskedLM,
)

from glotlift.models.deltas import AllWeights, LowRank, NewRows, Together, movable
from glotlift.objectives.cross_entropy import language_model_loss
from tiny import model_of, tokenizer

IDS = (311, 7, 40, 319)
OTHERS = [i for i in range(320) if i not in IDS]
OPTIMIZERS = {
    "adamw": lambda ps: torch.optim.AdamW(ps, lr=0.05, weight_decay=0.3),
    "sgd": lambda ps: torch.optim.SGD(ps, lr=0.05, momentum=0.9, weight_decay=0.1),
}
CLASSES = {"bert": AutoModelForMaskedLM, "xlm-r": AutoModelForMaskedLM, "t5": AutoModelForSeq2SeqLM,
           "mt5": AutoModelForSeq2SeqLM, "bart": AutoModelForSeq2SeqLM}  # fmt: skip
KINDS = ("llama", "llama untied", "gpt2", "gemma2", "bert", "xlm-r", "t5", "mt5", "bart")
TIED = {"llama", "gpt2", "gemma2", "bert", "xlm-r", "t5", "bart"}


def batch(kind, seed=0):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, 320, (4, 12), generator=generator)
    ids[:, 3] = 311
    labels = torch.randint(5, 320, (4, 12), generator=generator)
    labels[:, 5] = 7
    inputs = {"input_ids": ids}
    if kind in ("t5", "mt5", "bart"):
        inputs["decoder_input_ids"] = ids.flip(1)
    return inputs, labels


def train(model, kind, optimizer="adamw", steps=4):
    chosen = OPTIMIZERS[optimizer]([p for _, p in movable(model)])
    for step in range(steps):
        language_model_loss(model, *batch(kind, step))[0].backward()
        chosen.step()
        chosen.zero_grad()
    return model


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def logits(model, kind):
    with torch.no_grad():
        return model.eval()(**batch(kind)[0]).logits


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", KINDS)
def test_new_rows_move_and_nothing_else_does(kind, optimizer):
    model, delta = model_of(kind), NewRows(IDS)
    before = weights(model)
    plain = delta.remove(train(delta.apply(model), kind, optimizer))
    after = weights(plain)
    assert after.keys() == before.keys()
    rows = {id(m.weight) for m in (plain.get_input_embeddings(), plain.get_output_embeddings())}
    changed = set()
    for name, value in after.items():
        if torch.equal(value, before[name]):
            continue
        changed.add(name)
        assert value.shape[0] == 320, name
        assert torch.equal(value[OTHERS], before[name][OTHERS]), name
        assert (value[list(IDS)] != before[name][list(IDS)]).any(), name
    held = {n for n, p in plain.named_parameters(remove_duplicate=False) if id(p) in rows}
    assert held <= changed
    biases = {n for n in after if n.endswith("bias") and after[n].shape[-1:] == (320,)}
    assert changed - held == biases - {"final_logits_bias"}
    assert type(plain) is type(model_of(kind))
    assert all(parameter.requires_grad for parameter in plain.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_before_a_step_the_patched_model_computes_the_same(kind):
    model, delta = model_of(kind), NewRows(IDS)
    expected = logits(model, kind)
    assert torch.equal(logits(delta.apply(model), kind), expected)
    assert torch.equal(logits(delta.remove(model), kind), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_trained_is_what_is_removed_and_saved_and_loaded(kind, tmp_path):
    model, delta = model_of(kind), NewRows(IDS)
    train(delta.apply(model), kind)
    trained = logits(model, kind)
    plain = delta.remove(model)
    assert torch.equal(logits(plain, kind), trained)
    plain.save_pretrained(tmp_path)
    again = CLASSES.get(kind, AutoModelForCausalLM).from_pretrained(tmp_path)
    assert torch.equal(logits(again, kind), trained)
    for (name, value), (other, old) in zip(
        again.state_dict().items(), plain.state_dict().items(), strict=True
    ):
        assert name == other
        assert torch.equal(value, old), name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("delta", [NewRows(IDS), Together((NewRows(IDS), LowRank(rank=2)))])
def test_tied_stays_tied_and_untied_untied(kind, delta):
    configured = model_of(kind).config.tie_word_embeddings
    plain = delta.remove(train(delta.apply(model_of(kind)), kind))
    one, two = plain.get_input_embeddings().weight, plain.get_output_embeddings().weight
    assert (one is two) == (kind in TIED)
    assert plain.config.tie_word_embeddings == configured
    assert sum(p.numel() for p in plain.parameters()) == sum(
        p.numel() for p in model_of(kind).parameters()
    )


def test_the_gradient_of_new_rows_is_that_of_the_whole_matrix():
    kind = "llama untied"
    model, whole = NewRows(IDS).apply(model_of(kind)), model_of(kind)
    for each in (model, whole):
        language_model_loss(each, *batch(kind))[0].backward()
    for get in ("get_input_embeddings", "get_output_embeddings"):
        rows = getattr(model, get)().parametrizations.weight[0].rows
        expected = getattr(whole, get)().weight.grad[list(IDS)]
        torch.testing.assert_close(rows.grad, expected, rtol=1e-4, atol=1e-5)


def test_an_untied_head_with_a_bias_keeps_its_bias_apart(tmp_path):
    config = BertConfig(vocab_size=320, hidden_size=32, intermediate_size=48, num_hidden_layers=1,
                        num_attention_heads=4, tie_word_embeddings=False)  # fmt: skip
    model, delta = BertForMaskedLM(config).eval(), NewRows(IDS)
    before = weights(model)
    plain = delta.remove(train(delta.apply(model), "bert"))
    after = weights(plain)
    for name in ("bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight",
                 "cls.predictions.decoder.bias"):  # fmt: skip
        assert torch.equal(after[name][OTHERS], before[name][OTHERS])
        assert not torch.equal(after[name], before[name])
    plain.save_pretrained(tmp_path)
    again = BertForMaskedLM.from_pretrained(tmp_path).eval()
    assert torch.equal(logits(again, "bert"), logits(plain, "bert"))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert", "t5"])
def test_low_rank_moves_the_linear_layers_only(kind, optimizer):
    torch.manual_seed(0)  # of the first values of lora_A
    model, delta = model_of(kind), LowRank(rank=2)
    before = weights(model)
    wrapped = train(delta.apply(model), kind, optimizer)
    assert {"lora_A", "lora_B"} == {n.split(".")[-3] for n, _ in movable(wrapped)}
    trained = logits(wrapped, kind)
    plain = delta.remove(wrapped)
    torch.testing.assert_close(logits(plain, kind), trained, rtol=1e-3, atol=1e-3)
    after = weights(plain)
    assert after.keys() == before.keys()
    linear = (torch.nn.Linear, type(model_of("gpt2").transformer.h[0].mlp.c_fc))
    layers = {
        f"{name}.weight"
        for name, module in plain.named_modules()
        if isinstance(module, linear) and module is not plain.get_output_embeddings()
    }
    assert {name for name in after if not torch.equal(after[name], before[name])} == layers


@pytest.mark.parametrize("kind", ["llama", "llama untied", "bert", "t5"])
def test_new_rows_and_low_rank_together(kind, tmp_path):
    model, delta = model_of(kind), Together((NewRows(IDS), LowRank(rank=2)))
    before = weights(model)
    wrapped = train(delta.apply(model), kind)
    assert any("lora_B" in name for name, _ in movable(wrapped))
    assert any(name.endswith("rows") for name, _ in movable(wrapped))
    trained = logits(wrapped, kind)
    plain = delta.remove(wrapped)
    after = weights(plain)
    assert after.keys() == before.keys()
    torch.testing.assert_close(logits(plain, kind), trained, rtol=1e-3, atol=1e-3)
    for get in (plain.get_input_embeddings(), plain.get_output_embeddings()):
        name = next(n for n, p in plain.named_parameters(remove_duplicate=False) if p is get.weight)
        assert torch.equal(after[name][OTHERS], before[name][OTHERS])
        assert not torch.equal(after[name], before[name])
    frozen = [n for n in after if "norm" in n.lower()]
    assert frozen
    assert all(torch.equal(after[n], before[n]) for n in frozen)
    plain.save_pretrained(tmp_path)
    again = CLASSES.get(kind, AutoModelForCausalLM).from_pretrained(tmp_path)
    assert torch.equal(logits(again, kind), logits(plain, kind))


def test_all_weights_move():
    model = model_of("llama")
    model.requires_grad_(False)
    before = weights(model)
    after = weights(AllWeights().remove(train(AllWeights().apply(model), "llama")))
    # a row that is neither read nor predicted gets weight decay all the same
    assert not [name for name in after if torch.equal(after[name], before[name])]


def test_every_movable_parameter_is_named_once():
    model = model_of("llama")
    names = [name for name, _ in movable(model)]
    assert len(names) == len(set(names))
    assert sum(p.numel() for _, p in movable(model)) == model.num_parameters()
    assert len(tokenizer()) == 320
