"""Files that are not what they should be: each is refused in one line, and nothing is written."""

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from glotlift.models.loading import find_model, load_model, load_tokenizer, parameter_count
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import extend, load_edit, read_vectors
from glotlift.vocabulary.checkpoints import edit_checkpoint, load_checkpoint
from tiny import made, tokenizer

from .spoilt_files import (
    EDIT,
    FAR,
    INDEX,
    UNNAMED,
    an_edit,
    another_tokenizer,
    archive,
    brain_floats,
    change,
    cut,
    matrix,
    remove,
    replace,
    rows,
    several,
    shards,
    tensors,
    torn_header,
    unigram,
    without,
    write,
)
from .vocabulary_samples import MIXED

CONFIG, SETTINGS, TOKENIZER = "config.json", "tokenizer_config.json", "tokenizer.json"
WEIGHTS, SECOND = "model.safetensors", "model-00002-of-00002.safetensors"
V, N, S, WORDS = "v.vec", "v.npy", "v.safetensors", "v.words.txt"
ROWS = np.ones((3, 2), np.float32)
DEEP = "[" * 100_000

model = partial(change, TOKENIZER, "model")
setting = partial(change, CONFIG)


def with_piece(piece, number):
    return lambda vocabulary: vocabulary | {piece: number(vocabulary)}


def load(folder):
    return load_model(find_model(str(folder)))


def checkpoint(folder):
    return load_checkpoint(find_model(str(folder)))


def count(folder):
    return parameter_count(find_model(str(folder)))


def edited(folder):
    edit = extend(tokenizer(), MIXED, pieces=8)
    return edit_checkpoint(folder, edit, output=folder.parent / "output")


def edit_file(folder):
    return load_edit(folder / EDIT)


def vectors(name):
    return lambda folder: read_vectors(folder / name)


REGEX = {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated", "invert": False}
TOKENIZERS = {
    "empty": write(TOKENIZER, ""),
    "cut": cut(TOKENIZER),
    "not UTF-8": write(TOKENIZER, b"\xff\xfe{}"),
    "a list": write(TOKENIZER, "[]"),
    "null": write(TOKENIZER, "null"),
    "too deep": write(TOKENIZER, DEEP),
    "the model a number": model(to=3),
    "no model": without(TOKENIZER, "model"),
    "no merges": without(TOKENIZER, "model", "merges"),
    "no vocabulary": without(TOKENIZER, "model", "vocab"),
    "a merge of what is no piece": model("merges", to=lambda merges: [*merges, ["Q", "字"]]),
    "a merge of three": model("merges", 0, to=["a", "b", "c"]),
    "an id that is text": model("vocab", "a", to="x"),
    "a negative id": model("vocab", "a", to=-1),
    "an id that is too long": model("vocab", "a", to=2**40),
    "an id that is a fraction": model("vocab", "a", to=1.5),
    "the vocabulary a list": model("vocab", to=[]),
    "an unknown model": model("type", to="Magic"),
    "an unknown normalizer": change(TOKENIZER, "normalizer", to={"type": "Magic"}),
    "a broken expression": change(TOKENIZER, "pre_tokenizer", to=REGEX),
    "an added token that is a number": change(TOKENIZER, "added_tokens", 0, "content", to=7),
    "added tokens by name": change(TOKENIZER, "added_tokens", to={}),
    "an unknown id out of range": unigram("model", "unk_id", to=9**9),
    "a score that is no number": unigram("model", "vocab", 5, 1, to=float("nan")),
    "a score that is missing": unigram("model", "vocab", 5, 1, to=None),
    "no Unigram pieces": unigram("model", "vocab", to=[]),
    "settings cut": cut(SETTINGS),
    "settings a list": write(SETTINGS, "[]"),
    "settings not UTF-8": write(SETTINGS, b"\xff"),
    "settings with a class that is a list": change(SETTINGS, "tokenizer_class", to=[1]),
    "settings with a token that is a number": change(SETTINGS, "pad_token", to=5),
}
CONTRADICTIONS = {
    "no pieces": several(model("vocab", to={}), model("merges", to=[])),
    "two pieces of one id": model("vocab", to=with_piece("a", lambda vocabulary: vocabulary["b"])),
    "an id far out": model("vocab", "a", to=2**32 - 1),
    "a merge of a piece with itself": several(
        model("vocab", to=with_piece("", len)),
        model("merges", to=lambda found: [*found, ["", "a"]]),
    ),
    "a frame of an unknown token": change(TOKENIZER, "post_processor", to=UNNAMED),
    "a frame of an id out of range": change(TOKENIZER, "post_processor", to=FAR),
}
CONFIGS = {
    "cut": cut(CONFIG),
    "too deep": write(CONFIG, DEEP),
    "not UTF-8": write(CONFIG, b"\xff"),
    "a list": write(CONFIG, "[]"),
}
KINDS = {
    "a list": setting("model_type", to=["llama"]),
    "unknown": setting("model_type", to="x"),
    "missing": without(CONFIG, "model_type"),
}
ARCHITECTURES = {
    "a number": setting("architectures", to=3),
    "an object": setting("architectures", to={"a": 1}),
    "a list in a list": setting("architectures", to=[["a"]]),
    "no class": setting("architectures", to=["os.system"]),
}
UNLOADABLE = {
    "width a text": setting("hidden_size", to="wide"),
    "width null": setting("hidden_size", to=None),
    "no heads": setting("num_attention_heads", to=0),
    "another vocabulary's size": setting("vocab_size", to=50),
    "an unknown activation": setting("hidden_act", to="magic"),
    "weights empty": write(WEIGHTS, ""),
    "weights cut": cut(WEIGHTS),
    "weights shorter than their header says": torn_header(WEIGHTS),
    "weights with a huge header": write(WEIGHTS, (2**62).to_bytes(8, "little")),
    "a matrix with too few rows": rows(9),
    "index cut": several(shards, cut(INDEX)),
    "index a list": several(shards, write(INDEX, "[]")),
    "index without its map": several(shards, without(INDEX, "weight_map")),
    "index missing": several(shards, remove(INDEX)),
    "a shard missing": several(shards, remove(SECOND)),
    "a shard cut": several(shards, cut(SECOND)),
}
LACKING = {
    "one tensor missing": tensors(lambda found: found.pop("model.norm.weight")),
    "all tensors missing": tensors(lambda found: found.clear()),
}
NO_VECTORS = {"an empty file": write(V, ""), "sizes of zero": write(V, "0 0\n")}
WIDTHS = {
    "a short line": write(V, "2 2\na 1 2\nb 3\n"),
    "a blank line": write(V, "2 2\n\na 1 2\n"),
    "bytes": write(V, bytes(range(256)) * 9),
    "a width beyond memory": write(V, f"2 {10**17}\na 1\nb 2\n"),
}
SHAPES = {"a row": matrix(ROWS[0]), "whole numbers": matrix(ROWS.astype(int))}
NUMBERS = {
    "a word for a number": write(V, "a 1 2\nb 3 four\n"),
    "not a number": write(V, "a 1 2\nb nan 4\n"),
    "beyond the range": write(V, "a 1 2\nb 1e99 4\n"),
    "compressed": write(V, b"\x1f\x8b\x08\x00 \xff\xfe \x00\x01\n\xff"),
}
MATRICES = {
    "pickled": matrix(np.array([{"a": 1}], dtype=object)),
    "empty": write(N, ""),
    "cut": several(matrix(ROWS), cut(N)),
    "a header that promises too much": several(
        matrix(ROWS), replace(N, b"(3, 2), }          ", b"(3, 99999999999), }")
    ),
    "an archive": archive,
}
EDITS = {
    "missing": lambda folder: None,
    "cut": several(an_edit(to=None), cut(EDIT)),
    "not UTF-8": write(EDIT, b"\xff"),
    "a list": write(EDIT, "[]"),
    "too deep": write(EDIT, DEEP),
    "another schema": an_edit("schema", to=99),
    "a size that is text": an_edit("old_size", to="x"),
    "a negative size": an_edit("old_size", to=-3),
    "a size beyond memory": an_edit("old_size", to=10**14),
    "a run out of range": an_edit("old_to_new", to=[[0, 0, 10**6]]),
    "a run beyond memory": an_edit("old_to_new", to=[[0, 0, 10**14]]),
    "a part that is text": an_edit("parts", 0, to=["a"]),
    "a piece that is a list": an_edit("added", to=lambda added: [[7], *added[1:]]),
    "a score that is text": an_edit("scores", to=["x"]),
}
INCONSISTENT = {
    "a part out of range": an_edit("parts", 0, to=[10**6, 1]),
    "a piece twice": an_edit("added", to=lambda added: [added[0]] * len(added)),
    "a piece that is a number": an_edit("added", to=lambda added: [7, *added[1:]]),
    "no counts": an_edit("counts", to=[]),
    "more merges than pieces": an_edit("merges", to=lambda merges: merges * 2),
    "a score that is no number": an_edit("scores", to=[float("nan")]),
    "an unknown kind": an_edit("kind", to="magic"),
    "a kind that is a list": an_edit("kind", to=["bpe"]),
    "two ids on one": an_edit("old_to_new", to=[[0, 0, 5], [5, 0, 5]]),
}
TABLE = [  # what is called, with which code it refuses, what it names, and the spoilt files
    (load_tokenizer, "GL-MODEL-008", "model", TOKENIZERS),
    (load_tokenizer, "GL-MODEL-017", TOKENIZER, CONTRADICTIONS),
    (load, "GL-MODEL-002", "model", {"no configuration": remove(CONFIG)}),
    (load, "GL-MODEL-003", "model", {"pickle": lambda f: (f / WEIGHTS).rename(f / "model.bin")}),
    (load, "GL-MODEL-006", CONFIG, CONFIGS),
    (load, "GL-MODEL-007", "model", {"no tokenizer": remove(TOKENIZER)}),
    (load, "GL-MODEL-009", "architectures", ARCHITECTURES),
    (load, "GL-MODEL-010", "model", UNLOADABLE),
    (load, "GL-MODEL-011", "model_type", KINDS),
    (load, "GL-MODEL-018", "model", LACKING),
    (count, "GL-MODEL-010", WEIGHTS, {"weights cut": cut(WEIGHTS)}),
    (checkpoint, "GL-MODEL-018", "model", LACKING),
    (checkpoint, "GL-VOCABULARY-087", "architectures", ARCHITECTURES),
    (checkpoint, "GL-VOCABULARY-088", "model", UNLOADABLE),
    (edited, "GL-VOCABULARY-088", "model", {"weights cut": cut(WEIGHTS)}),
    (edited, "GL-VOCABULARY-020", "Llama", {"few": several(setting("vocab_size", to=9), rows(9))}),
    (edited, "GL-VOCABULARY-010", "Unigram", {"other": another_tokenizer}),
    (vectors(V), "GL-VOCABULARY-080", V, {"none": lambda f: None}),
    (vectors(V), "GL-VOCABULARY-080", V, {"a folder": lambda f: (f / V).mkdir()}),
    (vectors("v.zip"), "GL-VOCABULARY-055", "v.zip", {"an archive": write("v.zip", "PK")}),
    (vectors(V), "GL-VOCABULARY-060", V, NO_VECTORS),
    (vectors(S), "GL-VOCABULARY-060", S, {"no tensors": lambda f: save_file({}, f / S)}),
    (vectors(V), "GL-VOCABULARY-058", V, {"cut": write(V, "3 2\na 1 2\nb 3 4\n")}),
    (vectors(V), "GL-VOCABULARY-053", f"{V}:1", {"a size": write(V, f"{'9' * 5000} 2\na 1 2\n")}),
    (vectors(V), "GL-VOCABULARY-056", f"{V}:", WIDTHS),
    (vectors(N), "GL-VOCABULARY-056", N, SHAPES),
    (vectors(V), "GL-VOCABULARY-057", V, NUMBERS),
    (vectors(N), "GL-VOCABULARY-057", N, {"not a number": matrix(ROWS * np.nan)}),
    (vectors(N), "GL-VOCABULARY-081", N, MATRICES),
    (vectors(S), "GL-VOCABULARY-081", S, {"torn": torn_header(S), "bfloat16": brain_floats}),
    (vectors(N), "GL-VOCABULARY-059", WORDS, {"few words": matrix(ROWS, "a\nb\n")}),
    (vectors(N), "GL-VOCABULARY-052", WORDS, {"not UTF-8": matrix(ROWS, b"a\n\xff\nc\n")}),
    (edit_file, "GL-VOCABULARY-011", EDIT, EDITS),
    (edit_file, "GL-VOCABULARY-012", EDIT, INCONSISTENT),
]  # fmt: skip
CASES = [
    pytest.param(call, spoil, code, place, id=f"{number} {code} {name}")
    for number, (call, code, place, spoils) in enumerate(TABLE)
    for name, spoil in spoils.items()
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "model"
    made("llama").save_pretrained(path)
    tokenizer().save_pretrained(path)
    return path


def files_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("call", "spoil", "code", "place"), CASES)
def test_what_is_malformed_is_refused_in_one_line(whole, tmp_path, call, spoil, code, place):
    folder = shutil.copytree(whole, tmp_path / "model")
    spoil(folder)
    before = files_in(tmp_path)
    with pytest.raises(GlotliftError) as error:
        call(folder)
    assert error.value.code == code
    assert "\n" not in str(error.value)
    assert place in error.value.place
    assert error.value.fix
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("call", [load, checkpoint, load_tokenizer, count, edited])
def test_what_is_whole_is_not_refused(whole, tmp_path, call):
    assert call(shutil.copytree(whole, tmp_path / "model"))


def test_weights_in_several_files_are_whole(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "model")
    shards(folder)
    assert load(folder).num_parameters() == made("llama").num_parameters()
