"""A stage that trains an adapter gives back the plain model, and beside it what was learnt."""

import torch

from glotlift.models.adapters import Bottleneck, Invertible, fill, names
from glotlift.models.deltas import Together
from glotlift.objectives.bits import document_bits
from tiny import model_of, tokenizer
from training.stage import trained, validation


def test_an_adapter_comes_out_of_a_stage_and_goes_back_in(tmp_path):
    delta = Together((Bottleneck("language", reduction=4), Invertible("language")))
    stage = trained(tmp_path, "llama", delta=delta)
    before = model_of("llama").state_dict()
    after = stage.model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert stage.moving == sum(value.numel() for value in stage.adapters.values())
    texts = validation()["hin_Deva"]
    plain = document_bits(stage.model, tokenizer(), texts)[0].sum()
    delta.apply(stage.model)
    fill(stage.model, stage.adapters)
    assert document_bits(stage.model, tokenizer(), texts)[0].sum() < 0.95 * plain


def test_a_second_stage_stacks_on_the_first(tmp_path):
    first = trained(tmp_path / "first", "bert", delta=Bottleneck("language"))
    model = Bottleneck("language").apply(first.model)
    fill(model, first.adapters)
    second = trained(tmp_path / "second", "bert", model=model, delta=Bottleneck("task"))
    assert names(second.model) == ["language"]
    assert {name.split("adapters.")[1].split(".")[0] for name in second.adapters} == {
        "language",
        "task",
    }
    assert all(torch.equal(second.adapters[name], value) for name, value in first.adapters.items())
