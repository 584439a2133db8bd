import pytest
import torch

from glotlift.models.factorised import factorise
from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.choice import objective_for
from glotlift.objectives.masked import MaskedLanguageModelling
from glotlift.objectives.prefix import PrefixLanguageModelling
from tiny import CAUSAL, MASKED, SEQ2SEQ, model_of, tokenizer

EXPECTED = {
    **dict.fromkeys(CAUSAL, CausalLanguageModelling),
    **dict.fromkeys(MASKED, MaskedLanguageModelling),
    **dict.fromkeys(SEQ2SEQ, PrefixLanguageModelling),
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_model_gets_the_objective_it_was_made_for(kind):
    assert type(objective_for(model_of(kind), tokenizer())) is EXPECTED[kind]


@pytest.mark.parametrize("kind", ["bert", "xlm-r", "modernbert", "gpt2", "llama"])
def test_a_factorised_model_is_trained_as_its_plain_one(kind):
    model = model_of(kind)
    width = model.get_input_embeddings().weight.shape[1]
    size = model.config.vocab_size
    made = factorise(model, torch.ones(size, 4), torch.ones(4, width))
    objective = objective_for(made, tokenizer())
    assert type(objective) is EXPECTED[kind]
    assert objective.packs(made) == objective.packs(model)


def test_the_decoder_starts_as_the_models_configuration_says():
    assert objective_for(model_of("bart"), tokenizer()).decoder_start == 2
    assert objective_for(model_of("t5"), tokenizer()).decoder_start == 1
