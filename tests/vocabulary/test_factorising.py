import copy

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, BertConfig, LlamaConfig

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import Ofa, VocabularyEdit, apply_edit, apply_factorised

OLD, NEW, WIDTH = 40, 3, 16
SMALL = {
    "vocab_size": OLD,
    "hidden_size": WIDTH,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
MODELS = {
    "bert": (BertConfig(**SMALL), AutoModelForMaskedLM),
    "llama": (LlamaConfig(**SMALL, tie_word_embeddings=True), AutoModelForCausalLM),
}
IDS = torch.tensor([[3, 7, 11, 39, 42], [9, 40, 5, 4, 41]])


def model_of(kind):
    config, auto = MODELS[kind]
    torch.manual_seed(0)
    return auto.from_config(copy.deepcopy(config)).eval()


def edit_of():
    return VocabularyEdit(
        kind="unigram",
        old_to_new=np.arange(OLD),
        added=tuple(f"new{place}" for place in range(NEW)),
        parts=((3,), (4, 5), (6,)),
        counts=(1,) * NEW,
        scores=(-1.0,) * NEW,
    )


def aids():
    generator = np.random.default_rng(1)
    old = generator.normal(size=(OLD, 8)).astype(np.float32)
    return {"old_vectors": old, "new_vectors": generator.normal(size=(OLD + NEW, 8))}


@torch.no_grad()
def logits(model):
    return model(input_ids=IDS).logits


@pytest.mark.parametrize("kind", MODELS)
def test_at_full_rank_it_is_the_plain_edit(kind):
    plain = apply_edit(model_of(kind), edit_of(), Ofa(), aids=aids())
    factors = apply_factorised(model_of(kind), edit_of(), Ofa(rank=WIDTH), aids=aids())
    torch.testing.assert_close(logits(factors), logits(plain), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", MODELS)
def test_a_lower_rank_has_fewer_parameters_and_leaves_the_model_alone(kind):
    model = model_of(kind)
    before = copy.deepcopy(model.state_dict())
    factors = apply_factorised(model, edit_of(), Ofa(rank=4), aids=aids())
    assert logits(factors).shape[-1] == OLD + NEW
    assert sum(map(torch.numel, factors.parameters())) < sum(map(torch.numel, model.parameters()))
    for name, values in model.state_dict().items():
        assert torch.equal(values, before[name])


def test_an_initialiser_without_a_rank_is_refused():
    with pytest.raises(GlotliftError, match="GL-VOCABULARY-064"):
        apply_factorised(model_of("llama"), edit_of(), Ofa(), aids=aids())
