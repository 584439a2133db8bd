"""`glotlift train` as a function: two unlike stages, a kill, what is refused, and the plan."""

import json
import signal
import time

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

from children import Child
from glotlift.models.adapter_files import read_adapter
from glotlift.models.adapters import learnt
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError
from glotlift.runs.folders import RunFolder
from glotlift.training.run import train
from glotlift.training.run_config import TrainConfig
from glotlift.training.run_plan import plan
from glotlift.training.trainer import checkpoints
from tiny import model_of, tokenizer


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Two stages that differ in text, objective, delta, budget, mixture and schedule."""
    folder = tmp_path_factory.mktemp("model")
    model_of("llama").save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return {
        "model": str(folder),
        "sources": {
            "hin_Deva": "world:hin_Deva?rows=60&sentences=1",
            "replay:eng_Latn": {"text": ["world:eng_Latn?rows=60&sentences=1"]},
            "asked": {"rows": "world-task:instructions:eng_Latn?rows=30"},
        },
        "settings": {
            "block": 48, "blocks_per_step": 4, "micro_blocks": 4, "save_every": 2,
            "evaluate_every": 4, "log_every": 1, "learning_rate": 5e-3,
        },
        "validation": 0.1,
        "watched_documents": 3,
        "stages": {
            "broad": {
                "budget": "3 kB",
                "sources": ["hin_Deva", "replay:eng_Latn"],
                "mixture": {"policy": "hand", "shares": {"replay:eng_Latn": 0.5},
                            "then": {"policy": "hand", "shares": {"replay:eng_Latn": 0.1}}},
                "settings": {"schedule": "constant"},
            },
            "tuning": {
                "budget": "5 steps",
                "sources": ["asked"],
                "objective": "instructions",
                "objective_settings": {"separator": " "},
                "delta": "lora",
                "delta_settings": {"rank": 2},
            },
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def done(settings, tmp_path_factory):
    return train({**settings, "output": str(tmp_path_factory.mktemp("done") / "run")})


def weights_of(folder):
    model = AutoModelForCausalLM.from_pretrained(folder)
    return {name: value.clone() for name, value in model.state_dict().items()}


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_the_result_loads_with_plain_transformers_and_has_learnt(done, settings):
    start, broad, last = (
        weights_of(path) for path in (settings["model"], done / "broad/model", done / "model")
    )
    assert not equal(start, broad)
    assert not equal(broad, last)
    assert equal(last, weights_of(done / "tuning/model"))
    # Low-rank updates of the linear layers leave the rest as it was, to the bit.
    assert all(torch.equal(broad[k], last[k]) for k in broad if "embed" in k or "norm" in k)
    assert AutoTokenizer.from_pretrained(done / "model").get_vocab() == tokenizer().get_vocab()


def test_what_was_read_is_told_beside_what_was_intended(done):
    result = json.loads((done / "training.json").read_text())["stages"]
    read = {row["language"]: row for row in result["broad"]["read"]}
    assert read["eng_Latn"]["role"] == "kept"
    assert read["eng_Latn"]["intended"] == pytest.approx(0.3)
    assert read["eng_Latn"]["share"] == pytest.approx(0.3, abs=0.1)
    assert result["broad"]["bytes"] == pytest.approx(3000, abs=5)
    assert result["tuning"]["steps"] == 5
    assert result["broad"]["bits_per_byte"].keys() == {"hin_Deva", "eng_Latn"}
    audits = [event for event in RunFolder(done).events() if event["event"] == "audit"]
    assert [event["stage"] for event in audits] == ["broad", "tuning"]
    assert audits[0]["read"] == result["broad"]["read"]


def test_a_finished_run_is_not_run_again(done, settings):
    before = (done / "training.json").stat().st_mtime_ns
    assert train({**settings, "output": str(done)}) == done
    assert (done / "training.json").stat().st_mtime_ns == before
    with pytest.raises(GlotliftError, match="GL-RUN-001"):
        train({**settings, "seed": 1, "output": str(done)})


def test_a_kill_in_the_midst_changes_nothing(done, settings, tmp_path):
    """The process is killed after a checkpoint; started again, it ends the same to the bit."""
    asked = {**settings, "output": str(tmp_path / "run")}
    process = Child(train, asked)
    training = tmp_path / "run" / ".checkpoints" / "broad"
    while process.poll() is None and not checkpoints(training):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert checkpoints(training)
    assert not (tmp_path / "run" / "model").exists()
    again = train(asked)
    assert equal(weights_of(again / "model"), weights_of(done / "model"))
    assert not list(again.rglob(".partial-*"))


def test_a_plan_says_what_training_reads_and_touches_nothing(done, settings, tmp_path):
    planned = plan({**settings, "output": str(tmp_path / "run")})
    assert not (tmp_path / "run").exists()
    result = json.loads((done / "training.json").read_text())["stages"]
    for stage in planned["stages"]:
        assert stage["steps"] == result[stage["stage"]]["steps"]
        assert stage["tokens"] == result[stage["stage"]]["tokens"]
        assert stage["seconds"] > 0
    rows = [row["tokens"] for row in planned["read"]]
    assert rows == [row["tokens"] for name in result for row in result[name]["read"]]
    assert planned["peak_memory_bytes"] > 10**6


@pytest.mark.parametrize(
    ("kind", "head", "auto"),
    [("llama", "causal", AutoModelForCausalLM), ("t5", "seq2seq", AutoModelForSeq2SeqLM)],
)
def test_a_model_is_made_from_nothing(tmp_path, kind, head, auto):
    small = {
        "llama": {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
                  "num_attention_heads": 2, "max_position_embeddings": 64},
        "t5": {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2},
    }  # fmt: skip
    run = train(
        {
            "architecture": {
                "model_type": kind,
                "head": head,
                "config": small[kind],
                "pieces": 320,
            },
            "sources": {"eng_Latn": "world:eng_Latn?rows=30&sentences=1"},
            "settings": {"block": 48, "blocks_per_step": 2, "micro_blocks": 2},
            "stages": {"only": {"budget": "3 steps"}},
            "output": str(tmp_path / "run"),
        }
    )
    made = auto.from_pretrained(run / "model")
    assert made.config.vocab_size == len(AutoTokenizer.from_pretrained(run / "model")) == 320
    start = auto.from_pretrained(run / "start" / "model").state_dict()
    assert not equal(start, made.state_dict())


def changed(settings, path, value):
    """Return the settings with one value changed; None takes it away."""
    found = json.loads(json.dumps(settings))
    inner = found
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    if value is None:
        del inner[path[-1]]
    return found


BROAD, TUNING = ("stages", "broad"), ("stages", "tuning")
WRONG = [
    ("GL-CONFIG-005", ("stages", "broad", "budgett"), "3 kB"),
    ("GL-CONFIG-005", ("settings", "learnin_rate"), 0.1),
    ("GL-CONFIG-006", (*BROAD, "budget"), None),
    ("GL-CONFIG-007", (*BROAD, "mixture", "policy"), "fair"),
    ("GL-TRAINING-001", (*BROAD, "budget"), "0 kB"),
    ("GL-TRAINING-030", ("settings", "ramp_from"), 9),
    ("GL-TRAINING-033", ("sources", "hin_Deva"), {"language": "hin_Deva"}),
    ("GL-TRAINING-034", (*BROAD, "budget"), "much"),
    ("GL-TRAINING-035", (*BROAD, "budget"), "30 steps"),
    ("GL-TRAINING-036", ("model",), None),
    ("GL-TRAINING-036", ("architecture",), {"model_type": "llama"}),
    ("GL-TRAINING-037", ("stages", "Model 1"), {"budget": "3 steps"}),
    ("GL-TRAINING-038", (*BROAD, "sources"), ["hin_Latn"]),
    ("GL-TRAINING-038", (*BROAD, "mixture", "shares"), {"eng_Latn": 0.5}),
    ("GL-TRAINING-039", ("sources", "hin_Deva"), "no/such/file"),
    ("GL-TRAINING-040", ("sources", "asked"), {"rows": "world-task:wishes:eng_Latn"}),
    ("GL-OBJECTIVE-010", (*TUNING, "objective"), "magic"),
    ("GL-MODEL-040", (*TUNING, "delta"), "some"),
    ("GL-MODEL-041", (*TUNING, "delta_settings"), {"rnk": 2}),
    ("GL-MODEL-049", (*TUNING, "delta"), "invertible"),
    ("GL-CORPUS-033", (*BROAD, "mixture", "shares"), {"replay:eng_Latn": 1.5}),
    ("GL-TRAINING-010", ("model",), "starter:oracle"),
]


@pytest.mark.parametrize(("code", "path", "value"), WRONG, ids=[code for code, *_ in WRONG])
def test_what_is_wrong_is_refused_before_a_model_is_loaded(
    settings, tmp_path, monkeypatch, code, path, value
):
    monkeypatch.setattr("glotlift.training.run.load_model", lambda files: pytest.fail("loaded"))
    asked = changed(settings, path, value)
    if code == "GL-MODEL-049":
        asked["stages"]["tuning"]["delta_settings"] = {}
    if path[-1] == "ramp_from":
        asked["settings"]["ramp"] = 0.5
    with pytest.raises(GlotliftError, match=code):
        train({**asked, "output": str(tmp_path / "run")})
    assert not (tmp_path / "run").exists()


def test_a_key_that_is_not_known_names_the_nearest():
    with pytest.raises(GlotliftError, match="did you mean 'learning_rate'"):
        load_config(
            TrainConfig, {"settings": {"learnin_rate": 1}, "stages": {"a": {"budget": "1"}}}
        )


@pytest.mark.parametrize(
    ("code", "path", "value"),
    [
        ("GL-TRAINING-003", (*TUNING, "settings"), {"block": 400}),
        ("GL-OBJECTIVE-011", (*TUNING, "objective_settings"), {"separators": ""}),
        ("GL-OBJECTIVE-081", (*TUNING, "sources"), ["hin_Deva"]),
    ],
)
def test_what_does_not_suit_the_model_or_rows_is_refused_before_the_first_step(
    settings, tmp_path, monkeypatch, code, path, value
):
    monkeypatch.setattr("glotlift.training.run.run_stage", lambda *a, **k: pytest.fail("trained"))
    asked = changed(settings, path, value)
    with pytest.raises(GlotliftError, match=code):
        train({**asked, "output": str(tmp_path / "run")})


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("GL-TRAINING-044", {"model_type": "lama"}),
        ("GL-TRAINING-045", {"model_type": "t5", "head": "causal"}),
        ("GL-TRAINING-046", {"model_type": "llama", "config": {"num_attention_heads": 7}}),
    ],
)
def test_an_architecture_that_there_is_not_is_refused(tmp_path, code, asked):
    values = {
        "architecture": {"pieces": 320, **asked},
        "sources": {"eng_Latn": "world:eng_Latn?rows=10&sentences=1"},
        "stages": {"only": {"budget": "3 steps"}},
        "output": str(tmp_path / "run"),
    }
    with pytest.raises(GlotliftError, match=code):
        train(values)


@pytest.mark.parametrize(
    ("code", "text"),
    [("GL-TRAINING-041", "no json\n"), ("GL-TRAINING-042", '{"id": "a", "answer": "b"}\n')],
)
def test_rows_that_cannot_be_read_are_refused(settings, tmp_path, code, text):
    (tmp_path / "rows.jsonl").write_text(text)
    asked = changed(settings, ("sources", "asked"), {"rows": str(tmp_path / "rows.jsonl")})
    with pytest.raises(GlotliftError, match=code):
        train({**asked, "output": str(tmp_path / "run")})


def test_what_an_adapter_learns_is_written_beside_the_model_that_it_leaves_alone(
    settings, tmp_path
):
    asked = changed(settings, ("stages", "broad"), None)
    asked["stages"]["tuning"] |= {"delta": "adapter", "delta_settings": {"reduction": 4}}
    run = train({**asked, "output": str(tmp_path / "run")})
    assert equal(weights_of(run / "model"), weights_of(settings["model"]))
    model = model_of("llama")
    read_adapter(model, run / "tuning" / "adapter")
    weights = learnt(model)
    assert weights
    assert any(value.any() for name, value in weights.items() if "up" in name)
