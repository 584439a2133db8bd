"""Adapters: what they compute, beside the adapters library's own answers, and how they are kept.

`adapters_library/logits.safetensors` holds logits of the `adapters` library 1.3.0 (transformers
4.57.6, classes with flexible heads, which undo the invertible adapter before the tied head) for the
models of `tiny`, every adapter weight drawn from its own name; ``<kind>/stack`` is an adapter with
an invertible part under another one. The adapter beside it was written by that library.
"""

import copy
import json
import zlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertForSequenceClassification

from glotlift.models.adapter_files import read_adapter, write_adapter
from glotlift.models.adapters import (
    Adapter,
    Bottleneck,
    Coupling,
    Invertible,
    fill,
    learnt,
    names,
)
from glotlift.models.deltas import LowRank, Together, movable
from glotlift.models.named import DELTAS, delta_named
from glotlift.runs.errors import GlotliftError
from tiny import model_of

LIBRARY = Path(__file__).parent / "adapters_library"
EXPECTED = load_file(LIBRARY / "logits.safetensors")
IDS = torch.arange(5, 17)[None].repeat(2, 1) + torch.tensor([[0], [0]])
IDS[1] += 100
ALONE = {
    "seq_bn": (Bottleneck("a"),),
    "double_seq_bn": (Bottleneck("a", "double_seq_bn"),),
    "seq_bn_inv": (Bottleneck("a"), Invertible("a")),
    "stack": (Bottleneck("a"), Invertible("a"), Bottleneck("b")),
}


def logits(model, kind):
    inputs = {"decoder_input_ids": IDS.flip(1)} if kind in ("t5", "bart", "mt5") else {}
    with torch.no_grad():
        return model.eval()(input_ids=IDS, **inputs).logits


def given(name, like):
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    return torch.randn(like.shape, generator=generator) * 0.3


def adapted(kind, deltas, *, drawn=True):
    model = model_of(kind)
    for delta in deltas:
        delta.apply(model)
    for name in names(model) if drawn else ():
        fill(model, {key: given(key, value) for key, value in learnt(model, name).items()})
    return model


@pytest.mark.parametrize("case", EXPECTED)
def test_logits_are_those_of_the_adapters_library(case):
    kind, arrangement = case.split("/")
    found = logits(adapted(kind, ALONE[arrangement]), kind)[:, ::4, ::16]
    assert (found - logits(model_of(kind), kind)[:, ::4, ::16]).abs().max() > 0.05
    torch.testing.assert_close(found, EXPECTED[case], rtol=1e-4, atol=2e-5)


def test_an_adapter_that_the_library_wrote_is_read_and_gives_its_logits():
    model = model_of("bert")
    delta = read_adapter(model, LIBRARY, name="maltese")
    assert delta == Together((Bottleneck("maltese", activation="relu"), Invertible("maltese")))
    expected = EXPECTED["bert/seq_bn_inv"]
    torch.testing.assert_close(logits(model, "bert")[:, ::4, ::16], expected, rtol=1e-4, atol=2e-5)


def test_what_is_written_has_the_librarys_names_and_settings(tmp_path):
    delta = Together(ALONE["seq_bn_inv"])
    write_adapter(adapted("bert", delta.deltas), delta, tmp_path / "a")
    theirs, ours = (
        (
            load_file(folder / "adapter.safetensors"),
            json.loads((folder / "adapter_config.json").read_text()),
        )
        for folder in (LIBRARY, tmp_path / "a")
    )
    assert {name: value.shape for name, value in ours[0].items()} == {
        name: value.shape for name, value in theirs[0].items()
    }
    assert all(torch.equal(ours[0][name], theirs[0][name]) for name in theirs[0])
    assert ours[1]["config"].items() <= theirs[1]["config"].items()
    assert set(theirs[1]) == set(ours[1])


@pytest.mark.parametrize("kind", ["xlm-r", "modernbert", "qwen2", "gpt2", "mt5", "bart"])
def test_an_adapter_that_was_written_comes_back(kind, tmp_path):
    delta = Together((Bottleneck("a", activation="gelu"), Invertible("a", 4, "gelu")))
    model = adapted(kind, delta.deltas)
    write_adapter(model, delta, tmp_path / "kept")
    expected = logits(model, kind)
    assert torch.equal(logits(delta.remove(model), kind), logits(model_of(kind), kind))
    assert read_adapter(model, tmp_path / "kept") == delta
    assert torch.equal(logits(model, kind), expected)


def test_an_old_file_of_tensors_is_read_and_one_of_objects_is_not(tmp_path):
    (tmp_path / "adapter_config.json").write_bytes((LIBRARY / "adapter_config.json").read_bytes())
    weights = load_file(LIBRARY / "adapter.safetensors")
    torch.save(weights, tmp_path / "pytorch_adapter.bin")
    model = model_of("bert")
    read_adapter(model, tmp_path)
    assert all(torch.equal(value, weights[name]) for name, value in learnt(model, "a").items())
    torch.save({"a": Path()}, tmp_path / "pytorch_adapter.bin")
    with pytest.raises(GlotliftError, match="GL-MODEL-052"):
        read_adapter(model_of("bert"), tmp_path)


def test_a_language_adapter_goes_under_a_classifier():
    config = copy.deepcopy(model_of("bert").config)
    config.num_labels = 3
    classifier = BertForSequenceClassification(config).eval()
    before = classifier(input_ids=IDS).logits
    read_adapter(classifier, LIBRARY)
    weights = load_file(LIBRARY / "adapter.safetensors")
    assert all(torch.equal(value, weights[name]) for name, value in learnt(classifier, "a").items())
    assert (classifier(input_ids=IDS).logits - before).abs().max() > 1e-3


@pytest.mark.parametrize("width", [8, 9, 33])
def test_a_coupling_is_undone_by_its_inverse(width):
    torch.manual_seed(width)
    coupling = Coupling(width, 2, "relu").double()
    for parameter in coupling.parameters():
        torch.nn.init.normal_(parameter)
    states = torch.randn(5, 7, width, dtype=torch.double)
    shifted = coupling(states)
    assert (shifted - states).abs().max() > 0.1
    # Each addition of a shift rounds to 1e-16 of its size.
    for undone, largest in (
        (coupling.inverse(shifted), shifted.abs().max()),
        (coupling(coupling.inverse(states)), coupling.inverse(states).abs().max()),
    ):
        assert (undone - states).abs().max() < 1e-14 * max(largest, 1)


def test_without_layers_the_tied_head_sees_the_plain_embeddings():
    """A model of no layers and no norm predicts from embeddings; shift and inverse must cancel."""
    model = adapted("llama", (Invertible("a"),))
    model.model.layers, model.model.norm = torch.nn.ModuleList(), torch.nn.Identity()
    plain = model_of("llama")
    plain.model.layers, plain.model.norm = torch.nn.ModuleList(), torch.nn.Identity()
    torch.testing.assert_close(logits(model, "llama"), logits(plain, "llama"), rtol=0, atol=1e-5)
    assert not torch.equal(model.model(input_ids=IDS)[0], plain.model(input_ids=IDS)[0])


@pytest.mark.parametrize("kind", ["llama", "bert", "t5"])
def test_stacked_only_the_upper_one_moves_and_either_can_be_taken_out(kind):
    model = adapted(kind, (Bottleneck("language"), Bottleneck("task")))
    assert names(model) == ["language", "task"]
    assert {name.split("adapters.")[-1].split(".")[0] for name, _ in movable(model)} == {"task"}
    both, below = logits(model, kind), learnt(model, "language")
    alone = logits(Bottleneck("task").remove(model), kind)
    assert torch.equal(alone, logits(adapted(kind, (Bottleneck("language"),)), kind))
    assert not torch.equal(alone, both)
    assert all(torch.equal(value, below[key]) for key, value in learnt(model, "language").items())
    plain = Bottleneck("language").remove(model)
    assert torch.equal(logits(plain, kind), logits(model_of(kind), kind))


def test_of_two_invertible_adapters_the_last_is_undone_first():
    model = adapted("llama", (Invertible("a"), Invertible("b")))
    model.model.layers, model.model.norm = torch.nn.ModuleList(), torch.nn.Identity()
    plain = model_of("llama")
    plain.model.layers, plain.model.norm = torch.nn.ModuleList(), torch.nn.Identity()
    torch.testing.assert_close(logits(model, "llama"), logits(plain, "llama"), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["llama", "bert", "bart"])
def test_a_copy_has_adapters_of_its_own(kind):
    model = adapted(kind, ALONE["stack"])
    other, expected = copy.deepcopy(model), logits(model, kind)
    assert torch.equal(logits(other, kind), expected)
    for parameter in model.parameters():
        parameter.data.zero_()
    assert torch.equal(logits(other, kind), expected)


def test_adapters_and_low_rank_updates_move_together():
    delta = Together((Bottleneck(), LowRank(rank=2, targets=("q_proj", "v_proj"))))
    model = delta.apply(model_of("llama"))
    kinds = {"lora" if "lora" in name else "adapter" for name, _ in movable(model)}
    assert kinds == {"lora", "adapter"}
    assert torch.equal(logits(delta.remove(model), "llama"), logits(model_of("llama"), "llama"))


def test_the_inner_width_and_the_parameters_are_as_told():
    model = adapted("llama", (Bottleneck("a", reduction=8),), drawn=False)
    inner = [m for m in model.modules() if isinstance(m, Adapter)]
    assert [m.adapter_up.in_features for m in inner] == [4, 4]
    assert sum(p.numel() for _, p in movable(model)) == 2 * (32 * 4 + 4 + 4 * 32 + 32)


def refused(code, act):
    with pytest.raises(GlotliftError, match=code):
        act()


def test_refusals(tmp_path):
    model = adapted("bert", (Bottleneck("a"),))
    refused("GL-MODEL-045", lambda: Bottleneck("a").apply(model))
    refused("GL-MODEL-045", lambda: Bottleneck("a.b").apply(model))
    refused("GL-MODEL-046", lambda: Bottleneck().apply(model_of("bloom")))
    refused("GL-MODEL-047", lambda: Bottleneck("b", "parallel").apply(model))
    refused("GL-MODEL-048", lambda: fill(model, {"bert.adapters.b.up": torch.zeros(2)}))
    refused("GL-MODEL-049", lambda: write_adapter(model, LowRank(), tmp_path / "a"))
    refused("GL-MODEL-050", lambda: read_adapter(model, tmp_path))
    told = json.loads((LIBRARY / "adapter_config.json").read_text())
    save_file(load_file(LIBRARY / "adapter.safetensors"), tmp_path / "adapter.safetensors")
    for change in ({"ln_after": True}, {"inv_adapter": "glow"}, {"original_ln_before": False}):
        changed = told | {"config": told["config"] | change}
        (tmp_path / "adapter_config.json").write_text(json.dumps(changed))
        refused("GL-MODEL-051", lambda: read_adapter(model_of("bert"), tmp_path))
    changed = told | {"model_type": "modernbert"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(changed))
    refused("GL-MODEL-051", lambda: read_adapter(model_of("modernbert"), tmp_path))


def test_deltas_by_name():
    settings = {"rows": {"ids": [1]}, "neurons": {"chosen": {}}, "parts": {"patterns": ["*"]},
                "together": {"deltas": [{"name": "adapter", "settings": {"name": "x"}},
                                        {"name": "invertible"}]}}  # fmt: skip
    made = {name: delta_named(name, **settings.get(name, {})) for name in DELTAS}
    assert made["adapter"] == Bottleneck()
    assert made["together"] == Together((Bottleneck("x"), Invertible()))
    assert made["rows"].ids == (1,)
    refused("GL-MODEL-040", lambda: delta_named("prefix"))
    refused("GL-MODEL-041", lambda: delta_named("lora", width=3))
