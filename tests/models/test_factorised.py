import copy

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    BertConfig,
    GPT2Config,
    LlamaConfig,
    ModernBertConfig,
    Qwen2Config,
    RobertaConfig,
    T5Config,
    T5ForConditionalGeneration,
    XLMRobertaConfig,
)

from glotlift.models.factorised import KINDS, factorise
from glotlift.runs.errors import GlotliftError

SMALL = {
    "vocab_size": 50,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
CASES = {
    "bert": (BertConfig(**SMALL), AutoModelForMaskedLM),
    "roberta": (RobertaConfig(**SMALL), AutoModelForMaskedLM),
    "xlm-roberta": (XLMRobertaConfig(**SMALL), AutoModelForMaskedLM),
    "modernbert": (
        ModernBertConfig(**SMALL, global_attn_every_n_layers=1, tie_word_embeddings=True),
        AutoModelForMaskedLM,
    ),
    "gpt2": (
        GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=2),
        AutoModelForCausalLM,
    ),
    "llama": (LlamaConfig(**SMALL, tie_word_embeddings=True), AutoModelForCausalLM),
    "qwen2": (
        Qwen2Config(**SMALL, num_key_value_heads=1, tie_word_embeddings=True),
        AutoModelForCausalLM,
    ),
}
IDS = torch.tensor([[3, 7, 11, 40, 2], [9, 9, 5, 4, 2]])


def plain(name):
    config, auto = CASES[name]
    torch.manual_seed(0)
    model = auto.from_config(copy.deepcopy(config)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    model.tie_weights()
    return model


def bias_of(model):
    bias = model.get_output_embeddings().bias
    return None if bias is None else bias.detach()


def whole(model):
    """Factorise at full rank, with the exact decomposition of the model's own rows."""
    rows = model.get_input_embeddings().weight.detach()
    left, singular, right = torch.linalg.svd(rows, full_matrices=False)
    return factorise(model, left * singular, right, bias_of(model))


@torch.no_grad()
def logits(model):
    return model(input_ids=IDS).logits


def test_every_class_is_tried():
    assert {type(plain(name)) for name in CASES} == set(KINDS)


@pytest.mark.parametrize("name", CASES)
def test_full_rank_gives_the_plain_logits(name):
    model = plain(name)
    assert torch.allclose(logits(whole(model)), logits(model), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_saved_model_loads_with_the_auto_class(name, tmp_path):
    model = whole(plain(name))
    model.save_pretrained(tmp_path)
    again, report = CASES[name][1].from_pretrained(tmp_path, output_loading_info=True)
    assert type(again) is type(model)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert again.config.rank == 16
    assert torch.equal(logits(again.eval()), logits(model))


@pytest.mark.parametrize("name", CASES)
def test_materialised_model_is_plain_tied_and_equal(name, tmp_path):
    original = plain(name)
    rows = original.get_input_embeddings().weight.detach()
    left, singular, right = torch.linalg.svd(rows, full_matrices=False)
    model = factorise(original, left[:, :5] * singular[:5], right[:5], bias_of(original))
    again = model.materialise()
    assert type(again) is type(original)
    assert again.get_input_embeddings().weight is again.get_output_embeddings().weight
    assert torch.allclose(logits(again), logits(model), atol=1e-4, rtol=1e-4)
    assert not torch.allclose(logits(again), logits(original), atol=1e-2)
    again.save_pretrained(tmp_path)
    loaded = CASES[name][1].from_pretrained(tmp_path).eval()
    assert type(loaded) is type(original)
    assert torch.equal(logits(loaded), logits(again))


@pytest.mark.parametrize("name", CASES)
def test_both_uses_teach_the_primitives(name):
    model = whole(plain(name))
    labels = IDS.clone()
    whole_gradient = gradient(model, labels, head=True)
    assert whole_gradient.abs().sum() > 0
    assert not torch.allclose(whole_gradient, gradient(model, labels, head=False))


def gradient(model, labels, head):
    """Return the gradient of the primitives, with or without the share that the head gives."""
    model.zero_grad()
    embedding = model.get_input_embeddings()
    states = embedding(IDS)
    if not head:
        frozen = copy.deepcopy(embedding)
        frozen.requires_grad_(False)
        kept, model.get_output_embeddings().embedding = (
            model.get_output_embeddings().embedding,
            (frozen,),
        )
    model(inputs_embeds=states, labels=labels).loss.backward()
    if not head:
        model.get_output_embeddings().embedding = kept
    return embedding.primitives.grad.clone()


def test_parameters_are_counted_once_and_fewer():
    model = plain("xlm-roberta")
    rows = model.get_input_embeddings().weight.detach()
    small = factorise(model, rows[:, :4], torch.randn(4, 16))
    saved = sum(one.numel() for one in model.parameters()) - sum(
        one.numel() for one in small.parameters()
    )
    assert saved == 50 * 16 - (50 * 4 + 4 * 16)
    assert not {"lm_head.bias", "lm_head.decoder.coordinates"} & set(small.state_dict())


def test_a_new_vocabulary_size_and_generation():
    model = plain("llama")
    made = factorise(model, torch.randn(70, 6), torch.randn(6, 16))
    assert made.config.vocab_size == 70
    assert logits(made).shape == (2, 5, 70)
    written = made.generate(IDS[:1], max_new_tokens=4, do_sample=False)
    assert written.shape[1] > IDS.shape[1]


def test_a_copy_is_tied_to_itself():
    model = whole(plain("bert"))
    twin = copy.deepcopy(model)
    assert twin.get_output_embeddings().embedding[0] is twin.get_input_embeddings()
    assert twin.get_input_embeddings() is not model.get_input_embeddings()


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (
            lambda: factorise(
                T5ForConditionalGeneration(
                    T5Config(vocab_size=20, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
                ),
                torch.ones(20, 2),
                torch.ones(2, 8),
            ),
            "GL-MODEL-015",
        ),
        (
            lambda: factorise(
                AutoModelForCausalLM.from_config(LlamaConfig(**SMALL, tie_word_embeddings=False)),
                torch.ones(50, 2),
                torch.ones(2, 16),
            ),
            "GL-MODEL-016",
        ),
        (lambda: factorise(plain("bert"), torch.ones(50, 2), torch.ones(3, 16)), "GL-MODEL-013"),
        (
            lambda: factorise(plain("bert"), torch.ones(50, 2), torch.ones(2, 16), torch.ones(3)),
            "GL-MODEL-013",
        ),
        (lambda: whole(plain("bert")).resize_token_embeddings(60), "GL-MODEL-014"),
    ],
)
def test_what_does_not_fit_is_refused(build, code):
    with pytest.raises(GlotliftError) as refused:
        build()
    assert refused.value.code == code
