"""A stage that goes on from a checkpoint reads the same blocks and ends in the same bits."""

import shutil

import pytest
import torch
from transformers.trainer_pt_utils import safe_globals

from glotlift.models.deltas import LowRank, NewRows, Together
from glotlift.training.trainer import Blocks, checkpoints
from training.stage import STEPS, same, trained, weights

MIDST = 4
ROWS = NewRows(tuple(range(250, 320)))


@pytest.fixture
def read(monkeypatch):
    """The numbers of the blocks that are read, in order."""
    numbers = []
    collate = Blocks.collate

    def listening(self, chosen):
        numbers.extend(chosen)
        return collate(self, chosen)

    monkeypatch.setattr(Blocks, "collate", listening)
    return numbers


def end_of(folder):
    """Return what the last checkpoint keeps of the optimiser, the schedule and the dice."""
    last = checkpoints(folder)[-1]
    assert last.name == f"checkpoint-{STEPS}"
    with safe_globals():
        return {
            name: torch.load(last / name, weights_only=True)
            for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth")
        }


def flat(value, name=""):
    """Yield the leaves of nested containers with their paths; tensors become bytes."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, f"{name}/{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from flat(item, f"{name}/{number}")
    elif hasattr(value, "tobytes"):
        yield name, value.tobytes()
    else:
        yield name, value.numpy().tobytes() if isinstance(value, torch.Tensor) else value


@pytest.mark.parametrize(
    ("kind", "delta"),
    [
        ("llama", None),
        ("bert", None),
        ("t5", None),
        ("llama untied", ROWS),
        ("llama", Together((ROWS, LowRank(rank=4, dropout=0.1)))),
    ],
    ids=["causal", "masked", "prefix", "new rows", "low rank with dropout"],
)
def test_a_resumed_stage_ends_in_the_same_bits(kind, delta, tmp_path, read):
    def copy(_, *, step, **__):
        source = tmp_path / "unbroken" / f"checkpoint-{MIDST}"
        if step == MIDST + 1 and source.exists():
            shutil.copytree(source, tmp_path / "resumed" / source.name)

    unbroken = trained(tmp_path / "unbroken", kind, delta=delta, event=copy)
    whole_order = read.copy()
    read.clear()
    assert [path.name for path in checkpoints(tmp_path / "resumed")] == [f"checkpoint-{MIDST}"]
    resumed = trained(tmp_path / "resumed", kind, delta=delta)
    assert read == whole_order[len(whole_order) * MIDST // STEPS :]
    assert same(weights(resumed.model), weights(unbroken.model))
    assert dict(flat(end_of(tmp_path / "resumed"))) == dict(flat(end_of(tmp_path / "unbroken")))
    losses = [[e["loss"] for e in t.history if "loss" in e] for t in (unbroken, resumed)]
    assert losses[0] == losses[1]
    assert len(losses[0]) == STEPS


def test_another_beginning_ends_in_other_bits(tmp_path):
    def copy(_, *, step, **__):
        source = tmp_path / "one" / f"checkpoint-{MIDST}"
        if step == MIDST + 1:
            shutil.copytree(source, tmp_path / "two" / source.name)

    one = trained(tmp_path / "one", event=copy)
    (tmp_path / "two" / f"checkpoint-{MIDST}" / "optimizer.pt").unlink()
    assert not same(weights(trained(tmp_path / "two").model), weights(one.model))
