"""Ways to spoil the files of a model, a tokenizer, word vectors or an edit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from safetensors.torch import save_file as save_tensors

from glotlift.vocabulary import extend
from tiny import tokenizer

from .vocabulary_samples import MIXED, trained

TOKENIZER, EDIT = "tokenizer.json", "edit.json"
INDEX = "model.safetensors.index.json"
Spoil = Callable[[Path], Any]
FAR = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}],
    "pair": [],
    "special_tokens": {"<s>": {"id": "<s>", "ids": [9**9], "tokens": ["<s>"]}},
}
UNNAMED = FAR | {"special_tokens": {}}
HEADER = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 800]}}


def write(name: str, content: bytes | str) -> Spoil:
    """Return what writes one file."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes(data)


def cut(name: str) -> Spoil:
    """Return what cuts one file in half."""
    return lambda folder: (folder / name).write_bytes(
        (folder / name).read_bytes()[: (folder / name).stat().st_size // 2]
    )


def change(name: str, *keys: Any, to: Any) -> Spoil:
    """Return what puts `to`, or what it makes of the old value, at a place in a JSON file."""

    def spoil(folder: Path) -> None:
        path = folder / name
        values = json.loads(path.read_text(encoding="utf-8"))
        inner = values
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = to(inner[keys[-1]]) if callable(to) else to
        path.write_text(json.dumps(values), encoding="utf-8")

    return spoil


def without(name: str, *keys: Any) -> Spoil:
    """Return what takes a key out of a JSON file."""

    def spoil(folder: Path) -> None:
        path = folder / name
        values = json.loads(path.read_text(encoding="utf-8"))
        inner = values
        for key in keys[:-1]:
            inner = inner[key]
        del inner[keys[-1]]
        path.write_text(json.dumps(values), encoding="utf-8")

    return spoil


def several(*spoils: Spoil) -> Spoil:
    """Return what does one thing after the other."""

    def spoil(folder: Path) -> None:
        for one in spoils:
            one(folder)

    return spoil


def remove(name: str) -> Spoil:
    """Return what removes one file."""
    return lambda folder: (folder / name).unlink()


def unigram(*keys: Any, to: Any) -> Spoil:
    """Return what puts a Unigram tokenizer into the folder and changes it."""

    def spoil(folder: Path) -> None:
        trained("unigram").save_pretrained(folder)
        change(TOKENIZER, *keys, to=to)(folder)

    return spoil


def tensors(make: Callable[[dict[str, Any]], Any]) -> Spoil:
    """Return what changes the weights by name."""

    def spoil(folder: Path) -> None:
        path = folder / "model.safetensors"
        found = load_file(path)
        make(found)
        save_file(found, path, metadata={"format": "pt"})

    return spoil


def shards(folder: Path) -> None:
    """Part the weights into two files with an index."""
    path = folder / "model.safetensors"
    found = sorted(load_file(path).items())
    path.unlink()
    halves = [dict(found[::2]), dict(found[1::2])]
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    for name, half in zip(names, halves, strict=True):
        save_file(half, folder / name, metadata={"format": "pt"})
    map_of = {key: name for name, half in zip(names, halves, strict=True) for key in half}
    index = {"metadata": {"total_size": 1}, "weight_map": map_of}
    (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")


def matrix(array: Any, words: bytes | str = "a\nb\nc\n") -> Spoil:
    """Return what writes a matrix and its words."""

    def spoil(folder: Path) -> None:
        np.save(folder / "v.npy", array, allow_pickle=True)
        write("v.words.txt", words)(folder)

    return spoil


def brain_floats(folder: Path) -> None:
    """Write vectors in a type that numpy lacks."""
    save_tensors({"v": torch.ones(3, 2, dtype=torch.bfloat16)}, folder / "v.safetensors")


def torn_header(name: str) -> Spoil:
    """Return what writes a safetensors file whose header promises more than it holds."""
    told = json.dumps(HEADER).encode()
    return write(name, len(told).to_bytes(8, "little") + told + b"\0" * 8)


def an_edit(*keys: Any, to: Any) -> Spoil:
    """Return what writes an edit with something changed in it."""

    def spoil(folder: Path) -> None:
        extend(tokenizer(), MIXED, pieces=8).save(folder / EDIT)
        if keys:
            change(EDIT, *keys, to=to)(folder)

    return spoil


def rows(count: int) -> Spoil:
    """Return what leaves so few rows in the embedding matrix."""
    name = "model.embed_tokens.weight"
    return tensors(lambda found: found.update({name: found[name][:count].copy()}))


def replace(name: str, old: bytes, new: bytes) -> Spoil:
    """Return what replaces bytes in a file."""
    return lambda folder: (folder / name).write_bytes(
        (folder / name).read_bytes().replace(old, new)
    )


def archive(folder: Path) -> None:
    """Write several arrays under the name of one."""
    with (folder / "v.npy").open("wb") as file:
        np.savez(file, a=np.ones((3, 2), np.float32))


def another_tokenizer(folder: Path) -> None:
    """Put a tokenizer into the folder that is not the model's."""
    trained("unigram").save_pretrained(folder)
