"""A trimmed model is the old one with fewer rows: same states, same logits, same answers."""

import copy

import pytest
import torch
import transformers

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import apply_edit
from glotlift.vocabulary.apply import matrices_of
from glotlift.vocabulary.trimming import trim
from glotlift.vocabulary.trimming_report import cost_table, trim_report

from .tokenizer_families import family
from .vocabulary_samples import TARGET, TELUGU

SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
}
GROUPED = {**SHAPE, "num_key_value_heads": 2}
T5 = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}
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
LAYERS = {"hidden_size": 32, "n_layer": 2, "n_head": 4}
UNTIED = {"tie_word_embeddings": False}
# name: class, configuration, tokenizer family, padding rows
MODELS = {
    "xlm-roberta": ("XLMRobertaForMaskedLM", SHAPE, "unigram", 0),
    "xlm-roberta classifier": ("XLMRobertaForSequenceClassification", SHAPE, "unigram", 0),
    "bert": ("BertForMaskedLM", SHAPE, "wordpiece", 3),
    "bert untied": ("BertForMaskedLM", {**SHAPE, **UNTIED}, "wordpiece", 0),
    "mt5": ("MT5ForConditionalGeneration", T5, "mt5", 12),
    "mbart": ("MBartForConditionalGeneration", BART, "unigram", 1),
    "m2m100": ("M2M100ForConditionalGeneration", BART, "nllb", 0),
    "bloom": ("BloomForCausalLM", LAYERS, "bloom", 5),
    "gpt2": ("GPT2LMHeadModel", {"n_embd": 32, "n_layer": 2, "n_head": 4}, "gpt2", 0),
    "phi": ("PhiForCausalLM", {**SHAPE, **UNTIED}, "gpt2", 0),
    "llama": ("LlamaForCausalLM", {**GROUPED, **UNTIED}, "llama2", 0),
    "llama3": ("LlamaForCausalLM", {**GROUPED, "tie_word_embeddings": True}, "llama3", 64),
    "qwen2": ("Qwen2ForCausalLM", {**GROUPED, "tie_word_embeddings": True}, "qwen", 7),
    "gemma": ("GemmaForCausalLM", {**GROUPED, "head_dim": 8}, "llama2", 0),
    "mixtral": ("MixtralForCausalLM", {**GROUPED, "num_local_experts": 4}, "llama2", 0),
    "qwen2-moe": (
        "Qwen2MoeForCausalLM",
        {**GROUPED, "num_experts": 4, "moe_intermediate_size": 16, "decoder_sparse_step": 1},
        "qwen",
        0,
    ),
}


def built(name):
    """Return the tokenizer and a model with every parameter and bias at random."""
    kind, settings, tokenizer, padding = MODELS[name]
    tokenizer = family(tokenizer)
    special = {
        "pad_token_id": tokenizer.pad_token_id or 0,
        "bos_token_id": tokenizer.bos_token_id if tokenizer.bos_token_id is not None else 0,
        "eos_token_id": tokenizer.eos_token_id if tokenizer.eos_token_id is not None else 0,
        "decoder_start_token_id": tokenizer.pad_token_id or 0,
    }
    config_class = getattr(transformers, kind).config_class
    config = config_class(vocab_size=len(tokenizer) + padding, **settings, **special)
    torch.manual_seed(0)
    model = getattr(transformers, kind)(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.2)
        for path, buffer in model.named_buffers():
            if path.endswith("final_logits_bias"):
                buffer.copy_(torch.randn_like(buffer))
        model.tie_weights()
        if name == "mt5":  # as in its checkpoints
            model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) * 0.2)
    if getattr(model, "generation_config", None) is not None:
        model.generation_config.eos_token_id = None
    return tokenizer, model


@torch.no_grad()
def outputs(model, ids):
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if model.config.is_encoder_decoder:
        batch["decoder_input_ids"] = ids
    answer = model(**batch, output_hidden_states=True)
    fields = ("hidden_states", "encoder_hidden_states", "decoder_hidden_states")
    states = [state for field in fields for state in getattr(answer, field, None) or ()]
    return answer.logits, states


@pytest.mark.parametrize("name", MODELS)
def test_a_trimmed_model_answers_as_before(name, tmp_path):
    tokenizer, model = built(name)
    old = torch.tensor([tokenizer(TARGET[0]).input_ids])
    generates = "Conditional" in MODELS[name][0] or "Causal" in MODELS[name][0] or "GPT2" in name
    written = []
    if generates:
        # Padding rows have no piece to be kept for, so the old model may not choose them.
        beyond = list(range(len(tokenizer), len(tokenizer) + MODELS[name][3]))
        written = model.generate(
            old, max_new_tokens=8, do_sample=False, suppress_tokens=beyond or None
        )[0].tolist()
        assert len(written) > 8
        assert max(written) < len(tokenizer)
    edit = trim(tokenizer, texts=TARGET, keep=written)
    trimmed = apply_edit(copy.deepcopy(model), edit)
    after = edit.tokenizer(tokenizer)
    new = torch.tensor([after(TARGET[0]).input_ids])
    kept = torch.from_numpy(edit.old_to_new >= 0)
    assert new.tolist()[0] == edit.old_to_new[old[0].numpy()].tolist()

    for (role, one), other in zip(
        matrices_of(model).items(), matrices_of(trimmed).values(), strict=True
    ):
        one, other = one.detach(), other.detach()
        one, other = (one.reshape(-1), other.reshape(-1)) if "bias" in role else (one, other)
        assert torch.equal(one[: edit.old_size][kept], other), role
    logits, states = outputs(model, old)
    fewer, again = outputs(trimmed, new)
    assert states
    assert all(torch.equal(one, other) for one, other in zip(states, again, strict=True))
    if "classifier" not in name:
        logits = logits[..., : edit.old_size][..., kept]
    assert torch.allclose(logits, fewer, atol=1e-5)
    if generates:
        spoken = trimmed.generate(new, max_new_tokens=8, do_sample=False)[0].tolist()
        assert spoken == edit.old_to_new[written].tolist()
    trimmed.save_pretrained(tmp_path)
    # A file's weights may lie across the processor's words, which can decide a product's last bit.
    reloaded = copy.deepcopy(type(model).from_pretrained(tmp_path).eval())
    saved = trimmed.state_dict()
    assert all(torch.equal(saved[name], value) for name, value in reloaded.state_dict().items())
    assert torch.equal(outputs(reloaded, new)[0], fewer)
    for field in ("pad_token_id", "bos_token_id", "eos_token_id"):
        was = getattr(model.config, field, None)
        if isinstance(was, int):
            assert getattr(reloaded.config, field) == edit.old_to_new[was]


def test_an_encoder_and_a_decoder_of_their_own_are_both_trimmed():
    tokenizer = family("wordpiece")
    config = transformers.BertConfig(vocab_size=len(tokenizer), **SHAPE)
    both = transformers.EncoderDecoderConfig.from_encoder_decoder_configs(config, config)
    model = transformers.EncoderDecoderModel(config=both)
    edit = trim(tokenizer, texts=TARGET)
    apply_edit(model, edit)
    for part in (model.encoder, model.decoder):
        assert len(part.get_input_embeddings().weight) == edit.new_size
        assert part.config.vocab_size == edit.new_size


def test_an_id_that_the_model_names_may_not_go():
    tokenizer, model = built("llama")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    edit = trim(tokenizer, texts=["the"])
    lost = int((edit.old_to_new < 0).nonzero()[0][0])
    model.generation_config.suppress_tokens = [lost]
    with pytest.raises(GlotliftError) as error:
        apply_edit(model, edit)
    assert error.value.code == "GL-VOCABULARY-046"
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    edit = trim(tokenizer, texts=["the"], keep=[lost])
    apply_edit(model, edit)
    assert model.generation_config.suppress_tokens == [edit.old_to_new[lost]]


def test_padding_that_positions_are_counted_from_may_not_move():
    tokenizer = family("wordpiece")
    pad = tokenizer.convert_tokens_to_ids("t")
    config = transformers.XLMRobertaConfig(vocab_size=len(tokenizer), **SHAPE, pad_token_id=pad)
    model = transformers.XLMRobertaForMaskedLM(config)
    edit = trim(tokenizer, texts=["42"], keep=[pad])
    assert edit.old_to_new[pad] != pad
    with pytest.raises(GlotliftError) as error:
        apply_edit(model, edit)
    assert error.value.code == "GL-VOCABULARY-047"


def test_the_report_counts_what_is_covered_and_what_changes():
    tokenizer = family("wordpiece")
    edit = trim(tokenizer, texts=TARGET[:60])
    rows = trim_report(tokenizer, edit, {"yor_Latn": TARGET[:60], "tel_Telu": TELUGU})
    kept, lost = rows
    assert kept["covered_sentences"] == kept["sentences"] == 60
    assert (kept["changed_sentences"], kept["changed_covered"]) == (0, 0)
    assert kept["kept_occurrences"] == 1.0
    assert lost["covered_fraction"] == 0.0
    assert lost["changed_fraction"] == 1.0
    assert lost["unknown_fraction_after"] > lost["unknown_fraction_before"] == 0.0


def test_the_cost_table_counts_rows_bytes_and_seconds():
    tokenizer, model = built("llama")
    edit = trim(tokenizer, texts=TARGET)
    trimmed = apply_edit(copy.deepcopy(model), edit)
    after = edit.tokenizer(tokenizer)
    table = cost_table((model, tokenizer), (trimmed, after), TARGET[:4], repeats=2)
    one, other, ratio = table
    gone = edit.old_size - edit.new_size
    assert one["parameters"] - other["parameters"] == 2 * 32 * gone
    assert one["bytes"] - other["bytes"] == 4 * 2 * 32 * gone
    assert (one["pieces"], other["pieces"]) == (edit.old_size, edit.new_size)
    assert ratio["pieces"] == edit.new_size / edit.old_size
    assert other["latency_seconds"] > 0
    assert other["peak_memory_bytes"] is None or other["peak_memory_bytes"] >= other["bytes"]
