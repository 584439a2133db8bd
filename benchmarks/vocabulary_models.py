"""Models with an edited vocabulary: what a trim leaves equal, and the 24 cases of an extension."""

import copy
import tempfile
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
import transformers
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from vocabulary_inputs import KNOWN, NEW, family, sentences

from glotlift.vocabulary import VocabularyEdit, apply_edit, extend, trim
from glotlift.vocabulary.apply import matrices_of

SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
}
GROUPED = {**SHAPE, "num_key_value_heads": 2}
BART = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 128,
}
T5 = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}
EXPERTS = {"num_experts": 4, "moe_intermediate_size": 16, "decoder_sparse_step": 1}
# Class, settings and the family of the tokenizer.
TRIMMED: dict[str, tuple[str, dict[str, Any], str]] = {
    "xlm-roberta": ("XLMRobertaForMaskedLM", SHAPE, "xlm-roberta"),
    "bert": ("BertForMaskedLM", SHAPE, "bert"),
    "mbart": ("MBartForConditionalGeneration", BART, "mbart50"),
    "mt5": ("MT5ForConditionalGeneration", T5, "xlm-roberta"),
    "gpt2": ("GPT2LMHeadModel", {"n_embd": 32, "n_layer": 2, "n_head": 4}, "gpt2"),
    "bloom": ("BloomForCausalLM", {"hidden_size": 32, "n_layer": 2, "n_head": 4}, "gpt2"),
    "phi": ("PhiForCausalLM", SHAPE, "gpt2"),
    "llama": ("LlamaForCausalLM", GROUPED, "llama2"),
    "llama3": ("LlamaForCausalLM", GROUPED, "llama3"),
    "qwen2": ("Qwen2ForCausalLM", GROUPED, "qwen"),
    "gemma": ("GemmaForCausalLM", {**GROUPED, "head_dim": 8}, "gemma"),
    "mixtral": ("MixtralForCausalLM", {**GROUPED, "num_local_experts": 4}, "llama2"),
    "qwen2-moe": ("Qwen2MoeForCausalLM", {**GROUPED, **EXPERTS}, "qwen"),
}
SPECIAL = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2}
SPECIAL |= {"cls_token_id": 0, "sep_token_id": 2}
PADDING = 24
NEW_TOKENS = 12


def special_ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    """Return the ids that a configuration names; 0 where the tokenizer has none."""
    found = {
        name: getattr(tokenizer, name) or 0
        for name in ("pad_token_id", "bos_token_id", "eos_token_id")
    }
    return {**found, "decoder_start_token_id": found["pad_token_id"]}


def randomised(model: PreTrainedModel, tied: bool) -> PreTrainedModel:
    """Draw every parameter and bias at random; an untied head gets rows of its own."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            nn.init.normal_(parameter, std=0.3)
        for name, buffer in model.named_buffers():
            if name.endswith("final_logits_bias"):
                nn.init.normal_(buffer, std=0.3)
    if tied:
        model.tie_weights()  # type: ignore[no-untyped-call]
    elif is_tied(model):  # classes that are always tied when they are built, as T5's
        head: Any = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        head.weight = nn.Parameter(torch.randn_like(head.weight) * 0.3)
    return model.eval()  # type: ignore[no-any-return]


def is_tied(model: PreTrainedModel) -> bool:
    """Tell whether input and output rows are one matrix."""
    head: Any = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    return head.weight is model.get_input_embeddings().weight


def built(name: str, tied: bool, padded: bool) -> tuple[PreTrainedTokenizerFast, PreTrainedModel]:
    """Return a tokenizer and a random model, whose padding rows are never the likeliest."""
    kind, settings, tokenizer_name = TRIMMED[name]
    tokenizer = family(tokenizer_name).tokenizer
    number = len(tokenizer)
    model_class = getattr(transformers, kind)
    config = model_class.config_class(
        vocab_size=number + (PADDING if padded else 0),
        **{**settings, **special_ids(tokenizer), "tie_word_embeddings": tied},
    )
    model = randomised(model_class(config), tied)
    if getattr(model, "generation_config", None) is not None:
        model.generation_config.eos_token_id = None
        model.generation_config.suppress_tokens = None
    return tokenizer, model


@torch.no_grad()
def outputs(model: PreTrainedModel, ids: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Return logits and all hidden states."""
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if model.config.is_encoder_decoder:
        batch["decoder_input_ids"] = ids
    answer = model(**batch, output_hidden_states=True)
    fields = ("hidden_states", "encoder_hidden_states", "decoder_hidden_states")
    return answer.logits, [
        state for field in fields for state in getattr(answer, field, None) or ()
    ]


@torch.no_grad()
def greedy(model: PreTrainedModel, ids: Tensor, allowed: int) -> list[int]:
    """Write on greedily among the first `allowed` ids, the tokenizer's; padding is no piece."""
    written = ids
    if model.config.is_encoder_decoder:
        written = torch.full((1, 1), model.config.decoder_start_token_id)
    for _ in range(NEW_TOKENS):
        batch = {"input_ids": written}
        if model.config.is_encoder_decoder:
            batch = {"input_ids": ids, "decoder_input_ids": written}
        best = model(**batch).logits[:, -1:, :allowed].argmax(-1)
        written = torch.cat([written, best], 1)
    return written[0].tolist()  # type: ignore[no-any-return]


def trim_figures(name: str, tied: bool, padded: bool) -> dict[str, Any]:
    """Trim a model and return what differs from the old one."""
    tokenizer, model = built(name, tied, padded)
    texts = sentences(KNOWN[:2], 20)
    old = torch.tensor([tokenizer(texts[0]).input_ids[:60]])
    number = len(tokenizer)
    speaks = "MaskedLM" not in TRIMMED[name][0]
    written = greedy(model, old, number) if speaks else []
    edit = trim(tokenizer, texts=texts, keep=written)
    trimmed = apply_edit(copy.deepcopy(model), edit)
    places = torch.from_numpy(edit.old_to_new)
    new = places[old]
    kept = places >= 0
    rows = all(
        torch.equal(before[:number][kept], after)
        for before, after in zip(row_lists(model), row_lists(trimmed), strict=True)
    )
    logits, states = outputs(model, old)
    fewer, again = outputs(trimmed, new)
    spoken = greedy(trimmed, new, edit.new_size) if speaks else []
    return {
        "pieces": [number, edit.new_size],
        "tied_as_before": is_tied(trimmed) == is_tied(model) == tied,
        "rows_equal": rows,
        "states": len(states),
        "states_equal": all(
            torch.equal(one, other) for one, other in zip(states, again, strict=True)
        ),
        "logits_difference": float((logits[..., :number][..., kept] - fewer).abs().max()),
        "greedy_equal": spoken == places[written].tolist() if speaks else None,
        "reloads_equal": reloads(trimmed, new),
    }


def row_lists(model: PreTrainedModel) -> list[Tensor]:
    """Return every matrix and bias over pieces, rows first."""
    found = [matrix.detach() for matrix in matrices_of(model).values()]
    return [one.reshape(-1) if one.shape[0] == 1 else one for one in found]


def reloads(model: PreTrainedModel, ids: Tensor) -> bool:
    """Tell whether a saved model answers alike to the last bit."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        again = type(model).from_pretrained(folder).eval()
    return torch.equal(outputs(again, ids)[0], outputs(model, ids)[0])


def trims() -> dict[str, Any]:
    """Return the figures of every architecture, tied and untied, exact and padded."""
    models = {}
    for name, tied, padded in product(TRIMMED, (True, False), (False, True)):
        case = f"{name}, {'tied' if tied else 'untied'}{', padded' if padded else ''}"
        models[case] = trim_figures(name, tied, padded)
    failures = sum(
        not (
            one["tied_as_before"]
            and one["rows_equal"]
            and one["states"]
            and one["states_equal"]
            and one["logits_difference"] <= 1e-5
            and one["greedy_equal"] in (True, None)
            and one["reloads_equal"]
        )
        for one in models.values()
    )
    return {
        "architectures": len(TRIMMED),
        "models": models,
        "largest_logits_difference": max(one["logits_difference"] for one in models.values()),
        "failures": failures,
    }


# Every pair of kind and bias is a class that has it.
EXTENDED: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("causal", "none"): ("LlamaForCausalLM", SHAPE),
    ("causal", "bias"): ("PhiForCausalLM", SHAPE),
    ("masked", "none"): (
        "ModernBertForMaskedLM",
        {**SHAPE, "decoder_bias": False, "global_attn_every_n_layers": 1},
    ),
    ("masked", "bias"): ("BertForMaskedLM", SHAPE),
    ("seq2seq", "none"): ("M2M100ForConditionalGeneration", BART),
    ("seq2seq", "bias"): ("BartForConditionalGeneration", BART),
}


def cases() -> Iterator[tuple[str, PreTrainedModel, bool, bool]]:
    """Yield the 24 models with their names: kind, tied or not, padded or not, biased or not."""
    tokenizer = family("llama3").tokenizer
    for (kind, bias), tied, padded in product(EXTENDED, (True, False), (False, True)):
        name, settings = EXTENDED[kind, bias]
        model_class = getattr(transformers, name)
        config = model_class.config_class(
            vocab_size=len(tokenizer) + (512 if padded else 0),
            **{**settings, **SPECIAL, "tie_word_embeddings": tied},
        )
        case = f"{kind}, {'tied' if tied else 'untied'}, {'padded' if padded else 'exact'}, {bias}"
        yield case, randomised(model_class(config), tied), tied, padded


def extension_figures(
    model: PreTrainedModel, edit: VocabularyEdit, tied: bool, padded: bool
) -> dict[str, Any]:
    """Extend a model and return what differs from what it must be."""
    tokenizer = family("llama3").tokenizer
    ids = torch.tensor([tokenizer(sentences(KNOWN[:1], 2)[0]).input_ids[:40]])
    before = [rows.clone() for rows in row_lists(model)]
    logits = outputs(model, ids)[0]
    apply_edit(model, edit)
    after = row_lists(model)
    old, new = edit.old_size, edit.new_size
    means = max(
        float((rows[old + place] - was[list(parts)].mean(0)).abs().max())
        for was, rows in zip(before, after, strict=True)
        for place, parts in enumerate(edit.parts)
        if parts
    )
    unseen = torch.tensor([edit.tokenizer(tokenizer)(sentences(NEW[:1], 2)[0]).input_ids[:40]])
    return {
        "tied_as_before": is_tied(model) == tied,
        "rows_equal": all(
            torch.equal(rows[:old], was[:old]) and torch.equal(rows[new:], was[new:])
            for was, rows in zip(before, after, strict=True)
        ),
        "size_right": len(after[0]) == (len(before[0]) if padded else new),
        "means_difference": means,
        "logits_difference": float(
            (outputs(model, ids)[0][..., :old] - logits[..., :old]).abs().max()
        ),
        "reloads_equal": reloads(model, unseen),
        **adapter_figures(model, unseen),
    }


def adapter_figures(model: PreTrainedModel, ids: Tensor) -> dict[str, Any]:
    """Train a low-rank adapter for a step, merge it, and return the share by which logits move."""
    frozen = [rows.clone() for rows in row_lists(model)]
    plain = outputs(model, ids)[0]
    torch.manual_seed(0)
    lora = LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False)
    adapted = get_peft_model(copy.deepcopy(model), lora)
    learnt = outputs(adapted.eval(), ids)[0]
    merged = adapted.merge_and_unload()
    found = outputs(merged, ids)[0]
    rows = all(
        torch.equal(one, other) for one, other in zip(frozen, row_lists(merged), strict=True)
    )
    return {
        "adapter_moves": float((learnt - plain).abs().max()) > 1e-3,
        "merged_difference": float((found - learnt).abs().max() / learnt.abs().max()),
        "merged_rows_equal": rows,
        "merged_reloads_equal": reloads(merged, ids),
    }


def extensions() -> dict[str, Any]:
    """Return the figures of the 24 cases."""
    edit = extend(family("llama3").tokenizer, sentences(NEW, 40), pieces=120)
    models = {
        name: extension_figures(model, edit, tied, padded) for name, model, tied, padded in cases()
    }
    failures = sum(
        not (
            one["tied_as_before"]
            and one["rows_equal"]
            and one["size_right"]
            and one["means_difference"] <= 1e-5
            and one["logits_difference"] <= 1e-5
            and one["reloads_equal"]
            and one["adapter_moves"]
            and one["merged_difference"] <= 1e-5
            and one["merged_rows_equal"]
            and one["merged_reloads_equal"]
        )
        for one in models.values()
    )
    return {
        "cases": len(models),
        "new_pieces": len(edit.added),
        "models": models,
        "failures": failures,
    }
