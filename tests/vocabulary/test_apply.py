"""The 24 cases of tied or not, padded or not, biased or not, over three kinds of model."""

import copy
from itertools import product

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForSeq2SeqLM,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    MBartConfig,
    MT5Config,
    Qwen2Config,
    T5Config,
    XLMRobertaConfig,
)

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import apply_edit, extend, mean_of_pieces, random_rows

from .models_to_edit import (
    BART,
    CLASSES,
    NAMES,
    SMALL,
    T5,
    TOKENIZER,
    answer,
    batch_of,
    build,
    built,
    is_tied,
    matrices,
    tokens_of,
)
from .vocabulary_samples import MIXED, SOURCE

CASES = [
    pytest.param(kind, tied, padded, bias, id=f"{kind}-{tied}-{padded}-{bias}-{NAMES[kind, bias]}")
    for kind, tied, padded, bias in product(
        CLASSES, ("tied", "untied"), ("exact", "padded"), ("bias", "none")
    )
]


@pytest.fixture(scope="module")
def edit():
    return extend(TOKENIZER, MIXED, pieces=60)


@pytest.mark.parametrize(("kind", "tied", "padded", "bias"), CASES)
def test_every_row_is_where_it_belongs(edit, kind, tied, padded, bias):
    model = built(kind, tied, padded, bias)
    before = {role: rows.clone() for role, rows in matrices(model).items()}
    rest = {name: value.clone() for name, value in model.state_dict().items()}
    assert is_tied(model) == (tied == "tied")
    assert ("bias" in before) == (bias == "bias")
    logits = answer(model, TOKENIZER, SOURCE[:3]).logits

    assert apply_edit(model, edit) is model

    after = matrices(model)
    old, new = edit.old_size, edit.new_size
    assert is_tied(model) == (tied == "tied")
    assert model.config.get_text_config().vocab_size == len(after["input"])
    assert len(after["input"]) == (len(before["input"]) if padded == "padded" else new)
    for role, rows in after.items():
        assert torch.equal(rows[:old], before[role][:old]), role
        assert torch.equal(rows[new:], before[role][new:]), role
        for place in (0, len(edit.added) - 1):
            parts = before[role][list(edit.parts[place])]
            assert torch.allclose(rows[old + place], parts.mean(0), atol=1e-6), role
    for name, value in model.state_dict().items():
        if value.shape == rest[name].shape and value.shape[0] not in (len(before["input"]), new):
            assert torch.equal(value, rest[name]) or "final_logits" in name, name
    again = answer(model, TOKENIZER, SOURCE[:3]).logits
    assert torch.allclose(again[..., :old], logits[..., :old], atol=1e-5)


@pytest.mark.parametrize(("kind", "tied", "padded", "bias"), CASES)
def test_saved_model_reloads_bit_equal(edit, kind, tied, padded, bias, tmp_path):
    model = apply_edit(built(kind, tied, padded, bias), edit)
    tokenizer = edit.tokenizer(TOKENIZER)
    model.save_pretrained(tmp_path)
    again, report = CLASSES[kind].from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert is_tied(again) == (tied == "tied")
    state = again.state_dict()
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name
    assert torch.equal(answer(again.eval(), tokenizer).loss, answer(model, tokenizer).loss)
    assert tokenizer.decode(tokenizer(MIXED[0]).input_ids[1:]) == MIXED[0]


@pytest.mark.parametrize(("kind", "tied", "padded", "bias"), CASES)
def test_low_rank_adapter_merges(edit, kind, tied, padded, bias, tmp_path):
    model = apply_edit(built(kind, tied, padded, bias), edit)
    tokenizer = edit.tokenizer(TOKENIZER)
    frozen = {role: rows.clone() for role, rows in matrices(model).items()}
    plain = answer(model, tokenizer).logits
    lora = LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False)
    adapted = get_peft_model(copy.deepcopy(model), lora)
    optimiser = torch.optim.AdamW([one for one in adapted.parameters() if one.requires_grad], 1e-2)
    batch = batch_of(tokenizer, MIXED[:3])
    adapted(**batch, labels=batch["input_ids"]).loss.backward()
    optimiser.step()
    adapted.eval()
    learnt = answer(adapted, tokenizer).logits
    merged = adapted.merge_and_unload()
    merged.save_pretrained(tmp_path)
    again = CLASSES[kind].from_pretrained(tmp_path).eval()
    scale = float(learnt.abs().max())
    assert float((learnt - plain).abs().max()) > 1e-3
    assert float((answer(merged, tokenizer).logits - learnt).abs().max()) <= 1e-5 * scale
    assert torch.equal(answer(again, tokenizer).logits, answer(merged, tokenizer).logits)
    for role, rows in matrices(again).items():
        assert torch.equal(rows, frozen[role]), role


ARCHITECTURES = {
    "qwen2": ("causal", lambda **known: Qwen2Config(**SMALL, num_key_value_heads=1, **known)),
    "gemma": (
        "causal",
        lambda **known: GemmaConfig(**SMALL, head_dim=8, num_key_value_heads=1, **known),
    ),
    "gpt2": ("causal", lambda **known: GPT2Config(n_embd=16, n_layer=1, n_head=2, **known)),
    "xlm-roberta": ("masked", lambda **known: XLMRobertaConfig(**SMALL, **known)),
    "t5": ("seq2seq", lambda **known: T5Config(**T5, **known)),
    "mt5": ("seq2seq", lambda **known: MT5Config(**T5, **known)),
    "mbart": ("seq2seq", lambda **known: MBartConfig(**BART, **known)),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_other_architectures_keep_their_rows_and_reload(edit, name, dtype, tmp_path):
    kind, config = ARCHITECTURES[name]
    model = build(kind, tokens_of(config, len(TOKENIZER)), dtype)
    before = {role: rows.clone() for role, rows in matrices(model).items()}
    apply_edit(model, edit)
    for role, rows in matrices(model).items():
        assert len(rows) == edit.new_size
        assert torch.equal(rows[: edit.old_size], before[role])
    model.save_pretrained(tmp_path)
    again = CLASSES[kind].from_pretrained(tmp_path, dtype=dtype).eval()
    tokenizer = edit.tokenizer(TOKENIZER)
    assert torch.equal(answer(again, tokenizer).logits, answer(model, tokenizer).logits)


def test_mt5_untied_by_its_weights_stays_untied(edit, tmp_path):
    model = build("seq2seq", tokens_of(ARCHITECTURES["mt5"][1], len(TOKENIZER)))
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    before = {role: rows.clone() for role, rows in matrices(model).items()}
    apply_edit(model, edit)
    assert not is_tied(model)
    for role, rows in matrices(model).items():
        assert torch.equal(rows[: edit.old_size], before[role])
    model.save_pretrained(tmp_path)
    again = AutoModelForSeq2SeqLM.from_pretrained(tmp_path).eval()
    for role, rows in matrices(again).items():
        assert torch.equal(rows, matrices(model)[role])


def llama(size, **known):
    config = tokens_of(lambda **more: LlamaConfig(**SMALL, **known, **more), size)
    return build("causal", config)


def test_new_rows_first_use_the_padding_and_then_grow(edit):
    model = llama(len(TOKENIZER) + 10)
    last = model.get_output_embeddings().weight[-1].clone()
    apply_edit(model, edit, padded=64)
    rows = model.get_output_embeddings().weight
    assert len(rows) % 64 == 0
    assert len(rows) - 64 < edit.new_size <= len(rows)
    assert torch.equal(rows[edit.new_size :], last.expand(len(rows) - edit.new_size, -1))
    assert model.get_input_embeddings().num_embeddings == len(rows)
    assert model.get_output_embeddings().out_features == len(rows)


def test_a_generation_configuration_and_the_random_state_are_kept(edit):
    model = llama(len(TOKENIZER))
    model.generation_config.temperature = 0.3
    state = torch.random.get_rng_state()
    apply_edit(model, edit, random_rows, seed=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert model.generation_config.temperature == 0.3
    batch = batch_of(edit.tokenizer(TOKENIZER), MIXED[:1])
    assert model.generate(**batch, max_new_tokens=2, do_sample=False).shape[1] > 2


def test_a_biased_mean_gives_the_logit_of_the_mean(edit):
    """Output rows and bias are initialised alike, so a new logit is the mean of its parts'."""
    model = apply_edit(built("causal", "untied", "exact", "bias"), edit)
    logits = answer(model, TOKENIZER, SOURCE[:2]).logits
    for place, parts in enumerate(edit.parts):
        expected = logits[..., list(parts)].mean(-1)
        assert torch.allclose(logits[..., edit.old_size + place], expected, atol=1e-4)


def test_an_embedding_smaller_than_the_tokenizer_is_refused(edit):
    with pytest.raises(GlotliftError) as error:
        apply_edit(llama(len(TOKENIZER) - 1), edit)
    assert error.value.code == "GL-VOCABULARY-020"


def test_a_model_that_reads_no_ids_is_refused(edit):
    model = llama(len(TOKENIZER))
    model.model.embed_tokens = torch.nn.Identity()
    with pytest.raises(GlotliftError) as error:
        apply_edit(model, edit)
    assert error.value.code == "GL-VOCABULARY-021"


def test_an_initialiser_of_the_wrong_shape_is_refused(edit):
    def short(edit, source_rows, aids):
        return mean_of_pieces(edit, source_rows, aids)[:-1]

    with pytest.raises(GlotliftError) as error:
        apply_edit(llama(len(TOKENIZER)), edit, short)
    assert error.value.code == "GL-VOCABULARY-022"


def test_padding_to_nothing_is_refused(edit):
    with pytest.raises(GlotliftError) as error:
        apply_edit(llama(len(TOKENIZER)), edit, padded=0)
    assert error.value.code == "GL-VOCABULARY-023"
