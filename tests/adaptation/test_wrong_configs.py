"""Wrong configurations: each a coded error that names its key, before any model is loaded."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
import transformers

from adaptation.models import save_model
from glotlift import AdaptConfig, adapt, plan
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError
from tiny import tokenizer

WORLD = "world:hin_Deva?rows=200"
RIGHT = {"model": "MODEL", "language": "hin_Deva", "text": WORLD, "output": "TMP/run"}

# name: (what differs from a right configuration; None takes the key away, code, key)
VALUES = {
    "no model": ({"model": None}, "GL-CONFIG-006", "model"),
    "no language": ({"language": None}, "GL-CONFIG-006", "language"),
    "no text": ({"text": None}, "GL-CONFIG-006", "text"),
    "misspelt key": ({"modle": "x"}, "GL-CONFIG-005", "modle"),
    "misspelt extension": ({"extension": {"peices": 9}}, "GL-CONFIG-005", "extension.peices"),
    "misspelt training": ({"training": {"lr": 1e-3}}, "GL-CONFIG-005", "training.lr"),
    "misspelt evaluation": ({"evaluation": {"task": 9}}, "GL-CONFIG-005", "evaluation.task"),
    "model is a number": ({"model": 5}, "GL-CONFIG-007", "model"),
    "language is a number": ({"language": 7}, "GL-CONFIG-007", "language"),
    "text is empty": ({"text": []}, "GL-CONFIG-007", "text"),
    "text holds a number": ({"text": ["a", 3]}, "GL-CONFIG-007", "text.1"),
    "keep is a list": ({"keep": ["eng_Latn"]}, "GL-CONFIG-007", "keep"),
    "kept text is a number": ({"keep": {"eng_Latn": 3}}, "GL-CONFIG-007", "keep.eng_Latn"),
    "no kept text": ({"keep": {"spa_Latn": []}}, "GL-CONFIG-007", "keep.spa_Latn"),
    "output is a number": ({"output": 3}, "GL-CONFIG-007", "output"),
    "replay too large": ({"replay": 1.5}, "GL-CONFIG-007", "replay"),
    "validation too large": ({"validation": 0.7}, "GL-CONFIG-007", "validation"),
    "test is nothing": ({"test": 0}, "GL-CONFIG-007", "test"),
    "seed below zero": ({"seed": -1}, "GL-CONFIG-007", "seed"),
    "no seeds": ({"seeds": 0}, "GL-CONFIG-007", "seeds"),
    "extension is a number": ({"extension": 5}, "GL-CONFIG-007", "extension"),
    "negative pieces": ({"extension": {"pieces": -5}}, "GL-CONFIG-007", "extension.pieces"),
    "changed above 1": (
        {"extension": {"max_changed": 2}},
        "GL-CONFIG-007",
        "extension.max_changed",
    ),
    "unknown initialiser": (
        {"extension": {"initialiser": "x"}},
        "GL-CONFIG-007",
        "extension.initialiser",
    ),
    "all of it warm-up": (
        {"extension": {"warmup_share": 1}},
        "GL-CONFIG-007",
        "extension.warmup_share",
    ),
    "training is a word": ({"training": "fast"}, "GL-CONFIG-007", "training"),
    "unknown delta": ({"training": {"delta": "some"}}, "GL-CONFIG-007", "training.delta"),
    "rank zero": ({"training": {"rank": 0}}, "GL-CONFIG-007", "training.rank"),
    "learning rate zero": (
        {"training": {"learning_rate": 0}},
        "GL-CONFIG-007",
        "training.learning_rate",
    ),
    "embedding rate": (
        {"training": {"embedding_rate": -1}},
        "GL-CONFIG-007",
        "training.embedding_rate",
    ),
    "weight decay 1": ({"training": {"weight_decay": 1}}, "GL-CONFIG-007", "training.weight_decay"),
    "short block": ({"training": {"block": 4}}, "GL-CONFIG-007", "training.block"),
    "no blocks": (
        {"training": {"blocks_per_step": 0}},
        "GL-CONFIG-007",
        "training.blocks_per_step",
    ),
    "no micro-blocks": (
        {"training": {"micro_blocks": 0}},
        "GL-CONFIG-007",
        "training.micro_blocks",
    ),
    "never saves": ({"training": {"save_every": 0}}, "GL-CONFIG-007", "training.save_every"),
    "no evaluations": ({"training": {"evaluations": 0}}, "GL-CONFIG-007", "training.evaluations"),
    "precision": ({"training": {"precision": "int8"}}, "GL-CONFIG-007", "training.precision"),
    "evaluation is a list": ({"evaluation": []}, "GL-CONFIG-007", "evaluation"),
    "one document": ({"evaluation": {"documents": 1}}, "GL-CONFIG-007", "evaluation.documents"),
    "samples": ({"evaluation": {"samples": -1}}, "GL-CONFIG-007", "evaluation.samples"),
    "tasks is a word": ({"evaluation": {"tasks": "many"}}, "GL-CONFIG-007", "evaluation.tasks"),
    "budget in words": ({"budget": "ten minutes"}, "GL-ADAPT-001", "budget"),
    "no such language": ({"language": "Yoruba!"}, "GL-LANGUAGE-001", "language"),
    "ambiguous language": ({"language": "ber"}, "GL-LANGUAGE-006", "language"),
    "no such kept language": ({"keep": {"english?": "x"}}, "GL-LANGUAGE-001", "keep.english?"),
    "no such script": ({"language": "yor_Abcd"}, "GL-LANGUAGE-003", "language"),
    "target is kept": ({"keep": {"hi": "x"}}, "GL-ADAPT-002", "keep"),
    "nothing to replay": ({"replay": 0.3}, "GL-ADAPT-003", "replay"),
    "kept twice": ({"keep": {"en": "x", "eng_Latn": "y"}}, "GL-ADAPT-006", "keep"),
    "text is target and kept": ({"keep": {"eng_Latn": WORLD}}, "GL-ADAPT-007", "keep"),
}

# name: (what differs, code, key); refused by looking at files, still before a model is loaded
FILES = {
    "no such text": ({"text": "TMP/nowhere.txt"}, "GL-ADAPT-005", "text: TMP/nowhere.txt"),
    "no such kept text": (
        {"keep": {"eng_Latn": "TMP/no.txt"}},
        "GL-ADAPT-005",
        "keep.eng_Latn: TMP/no.txt",
    ),
    "empty folder": ({"text": "TMP/empty"}, "GL-CORPUS-002", "text: TMP/empty"),
    "empty file": ({"text": "TMP/empty.txt"}, "GL-CORPUS-009", "text: TMP/empty.txt"),
    "another language": ({"text": "TMP/english.jsonl"}, "GL-CORPUS-009", "text: TMP/english.jsonl"),
    "unknown format": ({"text": "TMP/picture.png"}, "GL-CORPUS-003", "text: TMP/picture.png"),
    "too few documents": ({"text": "TMP/three.jsonl"}, "GL-CORPUS-021", "text: id"),
    "world without it": ({"text": "world:yor_Latn"}, "GL-WORLD-001", "text"),
    "world address": (
        {"text": "world:hin_Deva?rows=many"},
        "GL-CORPUS-010",
        "text: world:hin_Deva?rows=many",
    ),
    "too little text": ({"text": "world:hin_Deva?rows=20"}, "GL-ADAPT-004", "text"),
    "long blocks": ({"training": {"block": 513}}, "GL-ADAPT-008", "training.block"),
    "no such model": ({"model": "TMP/no/model"}, "GL-MODEL-001", "model"),
    "not on this machine": ({"model": "no-one/no-model"}, "GL-MODEL-005", "model"),
    "no such starter": ({"model": "starter:recoder"}, "GL-TRAINING-010", "model"),
    "no config.json": ({"model": "TMP/no-config"}, "GL-MODEL-002", "TMP/no-config"),
    "pickled weights": ({"model": "TMP/pickled"}, "GL-MODEL-003", "TMP/pickled"),
    "code of its own": ({"model": "TMP/remote-code"}, "GL-MODEL-004", "TMP/remote-code"),
    "broken config.json": ({"model": "TMP/broken"}, "GL-MODEL-006", "TMP/broken/config.json"),
    "no tokenizer": ({"model": "TMP/no-tokenizer"}, "GL-MODEL-007", "TMP/no-tokenizer"),
    "broken tokenizer": ({"model": "TMP/bad-tokenizer"}, "GL-MODEL-008", "TMP/bad-tokenizer"),
    "no head": (
        {"model": "TMP/headless"},
        "GL-MODEL-009",
        "TMP/headless/config.json: architectures",
    ),
    "torn weights": ({"model": "TMP/torn"}, "GL-MODEL-010", "TMP/torn/model.safetensors"),
    "unheard-of type": (
        {"model": "TMP/unheard"},
        "GL-MODEL-011",
        "TMP/unheard/config.json: model_type",
    ),
    "few rows": ({"model": "TMP/few-rows"}, "GL-MODEL-012", "TMP/few-rows/config.json: vocab_size"),
    "no mask token": ({"model": "TMP/maskless"}, "GL-OBJECTIVE-002", "TMP/maskless"),
    "no decoder start": ({"model": "TMP/startless"}, "GL-OBJECTIVE-003", "TMP/startless"),
    "output is a file": ({"output": "TMP/empty.txt"}, "GL-RUN-005", "TMP/empty.txt"),
    "output is no run": ({"output": "TMP/pickled"}, "GL-RUN-003", "TMP/pickled"),
    "output is another run": ({"output": "TMP/other-run"}, "GL-RUN-001", "TMP/other-run"),
    "output is broken": ({"output": "TMP/broken-run"}, "GL-RUN-006", "TMP/broken-run"),
}


def configuration(folder, changes):
    """Return a right configuration with changes, TMP and MODEL filled in."""
    values = {k: v for k, v in {**RIGHT, **changes}.items() if v is not None}
    text = json.dumps(values).replace("TMP", str(folder)).replace("MODEL", str(folder / "model"))
    return json.loads(text)


def key_of(error, folder):
    """Return the key or file that an error names, without what all share."""
    return error.place.removeprefix("configuration: ").replace(str(folder), "TMP")


class LoadedError(BaseException):
    """A model was loaded; no `except Exception` may swallow it."""


def loaded(*_, **__):
    raise LoadedError


@pytest.fixture(autouse=True)
def no_model_may_load(monkeypatch):
    monkeypatch.setattr(transformers.PreTrainedModel, "from_pretrained", loaded)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("wrong")
    model = save_model(root / "model")

    def spoilt(name, source=model):
        return Path(shutil.copytree(source, root / name))

    def reconfigured(name, source=model, **values):
        path = spoilt(name, source) / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    (root / "empty").mkdir()
    (root / "empty.txt").write_text("")
    (root / "picture.png").write_bytes(b"\x89PNG")
    row = {"language": "eng_Latn", "text": "An English sentence about a river."}
    (root / "english.jsonl").write_text(json.dumps(row) + "\n")
    three = [{"id": str(i), "text": f"वाक्य {i}। " * 3000} for i in range(3)]
    (root / "three.jsonl").write_text("\n".join(map(json.dumps, three)))
    (spoilt("no-config") / "config.json").unlink()
    weights = spoilt("pickled") / "model.safetensors"
    weights.rename(weights.with_name("pytorch_model.bin"))
    reconfigured("remote-code", model_type="own-kind", auto_map={"AutoModel": "own.Model"})
    (spoilt("broken") / "config.json").write_text("{")
    (spoilt("no-tokenizer") / "tokenizer.json").unlink()
    (spoilt("bad-tokenizer") / "tokenizer.json").write_text('{"model": 3}')
    reconfigured("headless", architectures=["LlamaForSequenceClassification"])
    (spoilt("torn") / "model.safetensors").write_bytes(b"torn")
    reconfigured("unheard", model_type="unheard")
    reconfigured("few-rows", vocab_size=len(tokenizer()) - 1)
    encoder = save_model(root / "encoder", "bert")
    maskless = spoilt("maskless", encoder) / "tokenizer_config.json"
    settings = json.loads(maskless.read_text())
    maskless.write_text(json.dumps({**settings, "mask_token": None}))
    startless = save_model(root / "startless", "bart")
    for name in ("config.json", "generation_config.json"):
        values = json.loads((startless / name).read_text())
        (startless / name).write_text(json.dumps({**values, "decoder_start_token_id": None}))
    for name, about in (
        ("other-run", json.dumps({"question": "0", "config": {}, "inputs": {}})),
        ("broken-run", "{"),
    ):
        (root / name).mkdir()
        (root / name / "run.json").write_text(about)
    return root


@pytest.mark.parametrize("name", VALUES)
def test_a_wrong_value_is_refused_by_its_key(name, folder):
    changes, code, key = VALUES[name]
    with pytest.raises(GlotliftError) as refusal:
        load_config(AdaptConfig, configuration(folder, changes))
    assert (refusal.value.code, key_of(refusal.value, folder)) == (code, key)
    assert refusal.value.fix
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", FILES)
def test_what_files_make_wrong_is_refused_before_a_model_is_loaded(name, folder):
    changes, code, key = FILES[name]
    asked = configuration(folder, changes)
    own = asked["output"] == str(folder / "run")
    with pytest.raises(GlotliftError) as refusal:
        adapt(asked)
    if own:
        shutil.rmtree(folder / "run", ignore_errors=True)
    assert (refusal.value.code, key_of(refusal.value, folder)) == (code, key)
    assert refusal.value.fix
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("output")])
def test_a_plan_refuses_the_same_and_writes_nothing(name, folder):
    changes, code, key = FILES[name]
    before = sorted(folder.rglob("*"))
    with pytest.raises(GlotliftError) as refusal:
        plan(configuration(folder, changes))
    assert (refusal.value.code, key_of(refusal.value, folder)) == (code, key)
    assert sorted(folder.rglob("*")) == before


def test_forty_and_more_wrong_configurations_no_two_with_one_code_and_key():
    pairs = Counter((code, key) for _, code, key in (VALUES | FILES).values())
    assert len(pairs) == len(VALUES) + len(FILES) >= 75


def test_the_right_configuration_is_only_stopped_when_a_model_is_to_be_loaded(folder):
    with pytest.raises(LoadedError):
        adapt(configuration(folder, {}))
    shutil.rmtree(folder / "run")


@pytest.mark.parametrize(
    "budget",
    ["", "10", "m", "-5m", "0MB", "0.0h", "5 minutes", "1e3MB", "10MiB", "ten", 5, None, []],
)
def test_every_budget_that_is_neither_time_nor_bytes_is_refused(budget, folder):
    with pytest.raises(GlotliftError, match="GL-ADAPT-001"):
        load_config(AdaptConfig, {**configuration(folder, {}), "budget": budget})


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("lang", "language"),
        ("txt", "text"),
        ("modell", "model"),
        ("out", "output"),
        ("seeed", "seed"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(typed, nearest, folder):
    with pytest.raises(GlotliftError, match=f"did you mean '{nearest}'"):
        load_config(AdaptConfig, {**configuration(folder, {}), typed: "x"})
