"""Whatever fails inside a save, the newest whole checkpoint leads to the same end."""

import os
import shutil
from pathlib import Path

import pytest
import torch

from glotlift.training import trainer
from glotlift.training.trainer import checkpoints
from training.stage import STEPS, same, trained, weights


class FailureError(OSError):
    """Stands for a full disk or a broken one."""


@pytest.fixture(scope="module")
def unkilled(tmp_path_factory):
    return weights(trained(tmp_path_factory.mktemp("unkilled"), watched=True).model)


def failing(function, nth):
    """Return `function` that fails when it is called for the nth time, and the count of calls."""
    calls = []

    def called(*arguments, **keywords):
        calls.append(arguments)
        if len(calls) == nth:
            raise FailureError(28, "No space left on device")
        return function(*arguments, **keywords)

    return called, calls


POINTS = [
    (trainer, "save_file", 1),
    (trainer, "save_file", 2),
    (torch, "save", 1),
    (torch, "save", 5),
    (os, "fsync", 1),
    (os, "fsync", 9),
    (Path, "replace", 1),
    (Path, "replace", 3),
    (shutil, "rmtree", 1),
    (Path, "rmdir", 1),
    (trainer.StageTrainer, "_save_rng_state", 2),
    (trainer.StageTrainer, "_save_optimizer_and_scheduler", 1),
]
LATER = [
    (torch, "save", 3),
    (os, "fsync", 4),
    (os, "fsync", 12),
    (Path, "replace", 2),
    (shutil, "rmtree", 3),
    (shutil, "rmtree", 5),
    (Path, "rmdir", 2),
    (trainer.StageTrainer, "_save_optimizer_and_scheduler", 2),
]


@pytest.mark.parametrize(
    ("owner", "name", "nth"),
    [*POINTS, *(pytest.param(*point, marks=pytest.mark.slow) for point in LATER)],
)
def test_a_failure_inside_a_save_loses_nothing(owner, name, nth, tmp_path, monkeypatch, unkilled):
    function, calls = failing(getattr(owner, name), nth)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, function)
        with pytest.raises(FailureError):
            trained(tmp_path, watched=True)
    assert len(calls) == nth
    for found in checkpoints(tmp_path):  # whatever is found is whole
        torch.load(found / "optimizer.pt", weights_only=True)
        assert (found / "trainer_state.json").stat().st_size
        assert (found / "moved.safetensors").stat().st_size
    assert same(weights(trained(tmp_path, watched=True).model), unkilled)
    assert [path.name for path in checkpoints(tmp_path)] == [f"checkpoint-{STEPS}"]


def test_half_a_save_is_not_taken_for_a_checkpoint(tmp_path, unkilled):
    for name in (".partial-checkpoint/checkpoint-4", ".partial-removed-checkpoint-2"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "trainer_state.json").write_text("{")
    assert checkpoints(tmp_path) == []
    assert same(weights(trained(tmp_path, watched=True).model), unkilled)


def test_checkpoints_are_ordered_by_step_not_by_name(tmp_path):
    for step in (100, 20, 3):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert [path.name for path in checkpoints(tmp_path)] == [
        "checkpoint-3",
        "checkpoint-20",
        "checkpoint-100",
    ]
    assert checkpoints(tmp_path / "nowhere") == []


def test_a_stage_that_was_finished_is_not_trained_again(tmp_path, unkilled):
    trained(tmp_path, watched=True)
    events = []
    again = trained(tmp_path, watched=True, event=lambda kind, **values: events.append(values))
    assert same(weights(again.model), unkilled)
    assert not [values for values in events if "loss" in values]
