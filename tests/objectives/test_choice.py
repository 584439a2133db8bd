import pytest

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


def test_the_decoder_starts_as_the_models_configuration_says():
    assert objective_for(model_of("bart"), tokenizer()).decoder_start == 2
    assert objective_for(model_of("t5"), tokenizer()).decoder_start == 1
