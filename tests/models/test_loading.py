import json
import shutil

import pytest
import torch

from glotlift.models.loading import (
    auto_class,
    find_model,
    load_model,
    load_tokenizer,
    parameter_count,
)
from glotlift.runs.errors import GlotliftError
from tiny import KINDS, made, model_of, tokenizer


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole")
    made("llama").save_pretrained(path)
    tokenizer().save_pretrained(path)
    return path


@pytest.fixture
def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "model")


def refused(code, place):
    return pytest.raises(GlotliftError, match=f"{code}: .*{place}")


def test_a_folder_is_found_and_loaded_as_it_was_saved(folder):
    files = find_model(str(folder))
    assert files.revision is None
    model = load_model(files)
    assert type(model) is type(made("llama"))
    assert all(
        torch.equal(a, b)
        for a, b in zip(model.parameters(), made("llama").parameters(), strict=True)
    )
    assert load_tokenizer(folder).get_vocab() == tokenizer().get_vocab()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_as_its_own_class_with_its_own_size(kind, tmp_path):
    model = model_of(kind)
    model.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    files = find_model(str(tmp_path))
    assert auto_class(files.configuration, "here")
    loaded = load_model(files)
    assert type(loaded) is type(model)
    assert parameter_count(files) == pytest.approx(model.num_parameters(), abs=330)


def test_half_precision_is_loaded_in_float32(folder, tmp_path):
    model_of("llama").to(torch.bfloat16).save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    assert load_model(find_model(str(tmp_path))).dtype == torch.float32


@pytest.mark.parametrize(
    ("spoil", "code", "place"),
    [
        (lambda f: (f / "config.json").unlink(), "GL-MODEL-002", "model"),
        (lambda f: (f / "model.safetensors").unlink(), "GL-MODEL-003", "model"),
        (
            lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"),
            "GL-MODEL-003",
            "model",
        ),
        (
            lambda f: (f / "config.json").write_text('{"auto_map": {"AutoModel": "x.Y"}}'),
            "GL-MODEL-004",
            "model",
        ),
        (
            lambda f: (f / "config.json").write_text('{"model_type": "x", "auto_map": {"A": "b"}}'),
            "GL-MODEL-004",
            "model",
        ),
        (
            lambda f: (f / "config.json").write_text('{"model_type": "unheard"}'),
            "GL-MODEL-011",
            "model_type",
        ),
        (lambda f: (f / "config.json").write_text("{"), "GL-MODEL-006", "config.json"),
        (lambda f: (f / "config.json").write_bytes(b"\xff\xfe"), "GL-MODEL-006", "config.json"),
        (lambda f: (f / "config.json").write_text("[]"), "GL-MODEL-006", "config.json"),
        (lambda f: (f / "tokenizer.json").unlink(), "GL-MODEL-007", "model"),
    ],
)
def test_a_folder_that_cannot_be_loaded_safely_is_refused(copied, spoil, code, place):
    spoil(copied)
    with refused(code, place):
        find_model(str(copied))


def test_a_broken_tokenizer_is_refused(copied):
    (copied / "tokenizer.json").write_text('{"model": 3}')
    with refused("GL-MODEL-008", "model"):
        load_tokenizer(copied)


def test_no_language_modelling_head_is_refused(copied):
    configuration = json.loads((copied / "config.json").read_text())
    for architectures in (["LlamaForSequenceClassification"], ["LlamaModel"], [], None):
        with refused("GL-MODEL-009", "architectures"):
            auto_class({**configuration, "architectures": architectures}, str(copied))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:1000]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no safetensors at all"),
    ],
)
def test_torn_weights_are_refused(copied, spoil):
    spoil(copied / "model.safetensors")
    with refused("GL-MODEL-010", "model"):
        load_model(find_model(str(copied)))


def test_torn_weights_are_refused_when_counted(copied):
    (copied / "model.safetensors").write_bytes(b"no safetensors at all")
    with refused("GL-MODEL-010", "model"):
        parameter_count(find_model(str(copied)))


@pytest.mark.parametrize(
    "address", ["no/such/folder/here", "weights.safetensors", "a b", "../no-such-model"]
)
def test_what_is_neither_folder_nor_hub_id_is_refused(address):
    with refused("GL-MODEL-001", "model"):
        find_model(address)


def test_the_hub_is_asked_for_text_and_safetensors_only_and_its_revision_kept(
    monkeypatch, tmp_path, folder
):
    asked = {}
    snapshot = shutil.copytree(folder, tmp_path / "0123abc")

    def download(name, **settings):
        asked.update(settings, name=name)
        return str(snapshot)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    files = find_model("owner/name@main")
    assert files.revision == "0123abc"
    assert (asked["name"], asked["revision"]) == ("owner/name", "main")
    assert not [p for p in asked["allow_patterns"] if p.endswith((".bin", ".py", ".pt", ".pkl"))]


def test_without_a_network_a_hub_id_is_refused():
    with refused("GL-MODEL-005", "model"):
        find_model("owner/name-that-is-not-cached")
