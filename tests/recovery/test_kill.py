"""A killed run, started again, ends where an unkilled one does, to the bit."""

import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import pytest

from children import Child
from glotlift.adaptation import adapt
from glotlift.training.trainer import checkpoints
from tiny import model_of, tokenizer

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "kill.py"


@pytest.fixture(scope="module")
def killing():
    found = importlib.util.spec_from_file_location("kill", BENCHMARK)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def quickly(killing, monkeypatch):
    """Start the main job in a process that need not import the libraries first."""
    monkeypatch.setattr(
        killing, "start", lambda settings, output: Child(adapt, {**settings, "output": str(output)})
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    model_of("llama").save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return {
        "model": str(folder),
        "language": "hin_Deva",
        "text": "world:hin_Deva?rows=200",
        "keep": {"eng_Latn": "world:eng_Latn?rows=100"},
        "budget": "40kB",
        "training": {"block": 64, "blocks_per_step": 4, "save_every": 2, "evaluations": 1},
        "evaluation": {"documents": 10, "tasks": 8, "samples": 1},
    }


@pytest.fixture(scope="module")
def unkilled(killing, settings, tmp_path_factory):
    return killing.outcome(
        adapt({**settings, "output": tmp_path_factory.mktemp("unkilled") / "run"})
    )


@pytest.mark.usefixtures("quickly")
def test_a_kill_in_the_midst_of_training_changes_nothing(killing, settings, unkilled, tmp_path):
    output = tmp_path / "run"
    process = killing.start(settings, output)
    training = output / ".checkpoints" / "training"
    assert killing.kill(process, lambda: len(checkpoints(training)) > 0)
    assert checkpoints(training)
    assert not (output / "evidence.json").exists()
    assert killing.outcome(adapt({**settings, "output": output})) == unkilled


@pytest.mark.usefixtures("quickly")
def test_a_kill_inside_a_save_changes_nothing(killing, settings, unkilled, tmp_path):
    output = tmp_path / "run"
    assert killing.kill_inside_a_save(settings, output) >= 1
    assert list(output.glob(".checkpoints/*/.partial-checkpoint/*"))
    assert killing.outcome(adapt({**settings, "output": output})) == unkilled
    assert not list(output.rglob(".partial-*"))


def test_a_kill_is_counted_only_where_the_run_was_alive(killing):
    process = subprocess.Popen([sys.executable, "-c", ""])
    assert not killing.kill(process, lambda: False)


@pytest.mark.slow
def test_ten_kills_of_ten_change_nothing(killing, settings, tmp_path):
    began = time.monotonic()
    measured = killing.measure(settings, 10, 0, tmp_path)
    assert measured["passed"], measured
    assert measured["equal"] == 10
    assert measured["inside_a_save"] == 1
    assert measured["unkilled_seconds"] < time.monotonic() - began
