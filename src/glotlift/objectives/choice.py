"""Which objective a model was made for."""

from transformers import PreTrainedModel, PreTrainedTokenizerFast
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.masked import MaskedLanguageModelling
from glotlift.objectives.prefix import PrefixLanguageModelling
from glotlift.objectives.wrapping import kind

Objective = CausalLanguageModelling | MaskedLanguageModelling | PrefixLanguageModelling


def objective_for(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Objective:
    """Return prefix modelling for an encoder-decoder, masked for an encoder, else causal."""
    if model.config.is_encoder_decoder:
        return PrefixLanguageModelling.for_model(model, tokenizer)
    names = {parent.__name__ for parent in kind(model).__mro__}
    if names & set(MODEL_FOR_MASKED_LM_MAPPING_NAMES.values()):
        return MaskedLanguageModelling(tokenizer)
    return CausalLanguageModelling(tokenizer)
