import json
import re

import pytest
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import extend, load_edit, random_rows
from glotlift.vocabulary.changes import Change
from glotlift.vocabulary.checkpoints import AUDIT, EDIT, PAGE, edit_checkpoint
from glotlift.vocabulary.trimming import trim
from tiny import TEXTS, model_of, tokenizer

from .vocabulary_samples import MIXED, SOURCE

HOSTILE = "a <script>alert(1)</script> \u202e fine & day"


@pytest.fixture
def source(tmp_path):
    model = model_of("llama untied").to(torch.bfloat16)
    model.generation_config.max_new_tokens = 7
    model.save_pretrained(tmp_path / "source")
    spoken = AutoTokenizer.from_pretrained(save(tokenizer(), tmp_path / "spoken"))
    spoken.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    spoken.save_pretrained(tmp_path / "source")
    return tmp_path / "source"


def save(spoken, folder):
    spoken.save_pretrained(folder)
    return folder


def added(pieces=40):
    return extend(tokenizer(), MIXED, pieces=pieces)


def test_what_is_written_loads_with_plain_transformers_and_keeps_its_settings(source, tmp_path):
    edit = added()
    output = edit_checkpoint(source, edit, output=tmp_path / "out", texts={"yor_Latn": MIXED[:9]})
    before = AutoModelForCausalLM.from_pretrained(source, dtype="auto")
    after = AutoModelForCausalLM.from_pretrained(output, dtype="auto")
    again = AutoTokenizer.from_pretrained(output)
    assert after.dtype == torch.bfloat16
    assert after.generation_config.max_new_tokens == 7
    assert again.chat_template == AutoTokenizer.from_pretrained(source).chat_template
    assert again.special_tokens_map == tokenizer().special_tokens_map
    assert again(MIXED[:5]).input_ids == edit.tokenizer(tokenizer())(MIXED[:5]).input_ids
    for name in ("get_input_embeddings", "get_output_embeddings"):
        old, new = (getattr(model, name)().weight for model in (before, after))
        assert torch.equal(new[: len(old)], old)
        assert len(new) == edit.new_size
    assert load_edit(output / EDIT) == edit
    assert sorted(path.suffix for path in output.glob("model*")) == [".safetensors"]


def test_the_audit_says_what_changed(source, tmp_path):
    edit = added()
    texts = {"yor_Latn": MIXED[:30], "eng_Latn": SOURCE[:30]}
    change = Change("extend", "mean", source="a model", notes=("mind this",))
    output = edit_checkpoint(source, edit, output=tmp_path / "out", texts=texts, change=change)
    found = json.loads((output / AUDIT).read_text())
    rows = {row["language"]: row for row in found["languages"]}
    assert rows["yor_Latn"]["tokens_after"] < 0.7 * rows["yor_Latn"]["tokens_before"]
    assert rows["yor_Latn"]["fertility_after"] < rows["yor_Latn"]["fertility_before"]
    assert found["sizes"]["pieces_after"] - found["sizes"]["pieces_before"] == len(edit.added)
    assert found["sizes"]["rows_after"] == edit.new_size
    # Untied: both matrices grow by as many rows of 32 numbers.
    grown = found["sizes"]["parameters_after"] - found["sizes"]["parameters_before"]
    assert grown == 2 * 32 * len(edit.added)
    assert found["pieces"]["added"]["count"] == len(edit.added)
    assert found["source"]["address"] == "a model"
    assert found["notes"] == ["mind this"]
    shown = [row for row in found["sentences"] if row["language"] == "yor_Latn"]
    assert len(shown) == 3
    assert all(any(new for _, new in row["after"]) for row in shown)
    assert all(not any(gone for _, gone in row["before"]) for row in shown)


def test_the_page_is_one_inert_file(source, tmp_path):
    output = edit_checkpoint(
        source,
        added(),
        output=tmp_path / "out",
        texts={"yor_Latn": MIXED[:2], "eng_Latn": [HOSTILE]},
    )
    page = (output / PAGE).read_text()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r"(src|href)=\"(?!#|data:)", page)
    assert page.count("Before:") == page.count("After:") == 3
    assert "Yoruba" in page


def test_trimming_moves_the_ids_that_configurations_name(source, tmp_path):
    edit = trim(tokenizer(), texts=TEXTS[:1])
    output = edit_checkpoint(source, edit, output=tmp_path / "out")
    again = AutoTokenizer.from_pretrained(output)
    model = AutoModelForCausalLM.from_pretrained(output)
    assert len(again) < len(tokenizer())
    assert model.config.vocab_size == edit.new_size
    assert model.config.eos_token_id == again.eos_token_id
    assert model.generation_config.pad_token_id == again.pad_token_id
    assert "No text was given" in (output / PAGE).read_text()


def test_a_fine_tuned_classifier_is_edited_too(tmp_path):
    config = transformers.XLMRobertaConfig(
        vocab_size=len(tokenizer()), hidden_size=32, intermediate_size=48, num_hidden_layers=1,
        num_attention_heads=4, num_labels=3, pad_token_id=1, bos_token_id=0, eos_token_id=2,
        max_position_embeddings=96,
    )  # fmt: skip
    model = transformers.XLMRobertaForSequenceClassification(config).eval()
    model.save_pretrained(tmp_path / "source")
    tokenizer().save_pretrained(tmp_path / "source")
    edit = added()
    output = edit_checkpoint(tmp_path / "source", edit, output=tmp_path / "out")
    again = transformers.AutoModelForSequenceClassification.from_pretrained(output).eval()
    ids = torch.tensor([[0, 30, 41, 2]])
    # Loaded weights lie in the file's mapping at any address, and how sums are rounded depends on
    # their alignment: copied out of it they give the same bits.
    for parameter in again.parameters():
        parameter.data = parameter.data.clone()
    assert torch.equal(again(ids).logits, model(ids).logits)
    old, new = (one.get_input_embeddings().weight for one in (model, again))
    assert torch.equal(new[: len(old)], old)
    assert again.config.vocab_size == edit.new_size


def test_the_initialiser_and_its_seed_are_used(source, tmp_path):
    made = [
        AutoModelForCausalLM.from_pretrained(
            edit_checkpoint(source, added(), random_rows, tmp_path / f"{seed}", seed=seed)
        ).get_input_embeddings()
        for seed in (1, 2)
    ]
    assert torch.equal(made[0].weight[:320], made[1].weight[:320])
    assert not torch.equal(made[0].weight[320:], made[1].weight[320:])


def test_an_edited_checkpoint_may_be_written_again_but_nothing_else(source, tmp_path):
    output = edit_checkpoint(source, added(30), output=tmp_path / "out")
    edit_checkpoint(source, added(20), output=output)
    assert len(load_edit(output / EDIT).added) <= 20
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for place in (tmp_path / "mine", source):
        kept = sorted(path.name for path in place.iterdir())
        with pytest.raises(GlotliftError) as error:
            edit_checkpoint(source, added(20), output=place)
        assert error.value.code == "GL-VOCABULARY-089"
        assert sorted(path.name for path in place.iterdir()) == kept


def alter(source, **values):
    path = source / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize("name", ["NoSuchModel", "AutoTokenizer", "LlamaConfig", "logging"])
def test_an_architecture_that_is_none_is_a_coded_error(source, tmp_path, name):
    alter(source, architectures=[name])
    with pytest.raises(GlotliftError) as error:
        edit_checkpoint(source, added(), output=tmp_path / "out")
    assert error.value.code == "GL-VOCABULARY-087"
    assert not (tmp_path / "out").exists()


def test_weights_that_do_not_fit_are_a_coded_error(source, tmp_path):
    alter(source, hidden_size=64)
    with pytest.raises(GlotliftError) as error:
        edit_checkpoint(source, added(), output=tmp_path / "out")
    assert error.value.code == "GL-VOCABULARY-088"


def test_torn_weights_are_a_coded_error(source, tmp_path):
    path = next(source.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(GlotliftError) as error:
        edit_checkpoint(source, added(), output=tmp_path / "out")
    assert error.value.code == "GL-VOCABULARY-088"


def test_the_edit_of_another_tokenizer_is_refused(source, tmp_path):
    edit = trim(added().tokenizer(tokenizer()), texts=TEXTS[:1])
    with pytest.raises(GlotliftError) as error:
        edit_checkpoint(source, edit, output=tmp_path / "out")
    assert error.value.code == "GL-VOCABULARY-010"
