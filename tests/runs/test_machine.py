import os
import subprocess

import pytest
import torch

from glotlift.runs import machine


def test_versions_are_those_of_the_packages():
    found = machine.versions()
    assert found["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert found.keys() >= {"python", "transformers", "glotlift", "numpy"}


def test_a_machine_is_described():
    about = machine.describe()
    assert about["cores"] == len(os.sched_getaffinity(0))
    assert about["processor"]
    assert isinstance(about["accelerators"], list)


def test_peak_memory_is_at_least_what_is_in_use():
    if machine.has_accelerator():
        pytest.skip("counts the accelerator's memory")
    block = torch.ones(20_000_000)  # 80 MB
    assert machine.peak_memory() >= machine.memory_in_use() * 0.95
    assert machine.memory_in_use() > block.numel() * 4


def test_a_checkout_is_described_and_anything_else_is_none(tmp_path):
    assert machine.git_state(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    state = machine.git_state(tmp_path)
    assert len(state["commit"]) == 40
    assert state["clean"]
    (tmp_path / "new").write_text("")
    assert not machine.git_state(tmp_path)["clean"]
