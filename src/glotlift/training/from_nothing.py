"""A model made from nothing: any architecture, with a tokenizer of its own or another's."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from datasets import Dataset
from transformers import (
    CONFIG_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    set_seed,
)

from glotlift.models.loading import OWN_TYPES, find_model, load_tokenizer
from glotlift.runs.errors import GlotliftError
from glotlift.training.run_config import ArchitectureConfig, TrainConfig
from glotlift.training.schooling import SPECIAL_TOKENS
from glotlift.vocabulary import train_tokenizer

KINDS = {"causal": "decoder", "masked": "encoder", "seq2seq": "seq2seq"}
HEADS: Mapping[str, Any] = {
    "causal": AutoModelForCausalLM,
    "masked": AutoModelForMaskedLM,
    "seq2seq": AutoModelForSeq2SeqLM,
}


def refuse_architecture(asked: ArchitectureConfig) -> None:
    """Raise GL-TRAINING-044 for a model type that there is not, -045 for a head it has not."""
    for beginning, module in OWN_TYPES.items():
        if asked.model_type.startswith(beginning):
            import_module(module)
    if asked.model_type not in CONFIG_MAPPING:
        raise GlotliftError(
            "GL-TRAINING-044",
            f"there is no model type {asked.model_type!r}",
            place="architecture.model_type",
            fix="write it as in config.json, such as llama, modernbert, t5 or palm",
        )
    if type(AutoConfig.for_model(asked.model_type)) not in HEADS[asked.head]._model_mapping:
        raise GlotliftError(
            "GL-TRAINING-045",
            f"a {asked.model_type} has no {asked.head} head",
            place="architecture.head",
            fix="choose another of causal, masked and seq2seq",
        )


def make_model(
    config: TrainConfig, rows: Mapping[str, Dataset]
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Return an untrained model and its tokenizer, which is trained on the rows if none is named.

    Raises GL-TRAINING-046 where the values of the configuration do not make a model.
    """
    asked = config.architecture
    assert asked is not None
    tokenizer = tokenizer_of(asked, rows)
    values: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    if asked.head == "masked":
        values |= {
            "cls_token_id": tokenizer.cls_token_id or tokenizer.bos_token_id,
            "sep_token_id": tokenizer.sep_token_id or tokenizer.eos_token_id,
        }
    if asked.head == "seq2seq":
        values |= {"decoder_start_token_id": tokenizer.pad_token_id}
    set_seed(config.seed)
    try:
        made = AutoConfig.for_model(asked.model_type, **{**values, **asked.config})
        model = HEADS[asked.head].from_config(made)
    except Exception as error:  # each architecture checks its values in its own way
        raise GlotliftError(
            "GL-TRAINING-046",
            f"no {asked.model_type} can be made: {str(error).strip().splitlines()[0]:.160}",
            place="architecture.config",
            fix="check its values against the documentation of the model type",
        ) from None
    return model, tokenizer


def tokenizer_of(asked: ArchitectureConfig, rows: Mapping[str, Dataset]) -> PreTrainedTokenizerFast:
    """Return the tokenizer that is named, or one trained on the text of the rows."""
    if asked.tokenizer is not None:
        found: PreTrainedTokenizerFast = load_tokenizer(find_model(asked.tokenizer).folder)
        return found
    trained: PreTrainedTokenizerFast = train_tokenizer(
        (text for found in rows.values() for text in found["text"]),
        kind="bpe",
        size=asked.pieces,
        special_tokens=SPECIAL_TOKENS[KINDS[asked.head]],
    )
    return trained
