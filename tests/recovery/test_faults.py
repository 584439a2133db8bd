"""Whatever write, flush or rename fails in a run folder, no half of anything is ever trusted."""

import errno
import json
import os
import shutil
from itertools import count
from pathlib import Path

import pytest

from glotlift.runs import atomic, machine
from glotlift.runs.errors import GlotliftError
from glotlift.runs.folders import RunFolder

QUESTION = {"command": "try", "config": {"a": 1}, "inputs": {}, "seeds": [0]}
FILES = ("one.json", "deep/two.json", "deep/er/three.json")


class Killed(BaseException):
    """Stands for a SIGKILL: nothing that catches errors catches it."""


FAULTS = {
    "full disk": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "broken disk": lambda: OSError(errno.EIO, os.strerror(errno.EIO)),
    "kill": Killed,
}
PRIMITIVES = [
    (os, "fsync"),
    (os, "rmdir"),
    (os, "unlink"),
    (Path, "open"),
    (Path, "mkdir"),
    (Path, "replace"),
    (shutil, "rmtree"),
    (json, "dumps"),
]


class Faults:
    """Counts calls of everything that changes a disk and fails at one of them."""

    def __init__(self, patch, at, fault):
        self.calls, self.at, self.fault = 0, at, fault
        for owner, name in PRIMITIVES:
            patch.setattr(owner, name, self.counted(getattr(owner, name)))

    def counted(self, function):
        def called(*arguments, **keywords):
            self.calls += 1
            if self.calls == self.at:
                raise self.fault()
            return function(*arguments, **keywords)

        return called


def work(path, version):
    """Open a run, make a stage if it is not there, and write a folder and a file anew."""
    run = RunFolder.open(path, **QUESTION)
    try:
        if not run.done("stage"):
            with run.stage("stage") as folder:
                fill(folder, 1)
        with atomic.folder(path / "again") as folder:
            fill(folder, version)
        atomic.write_json(path / "figures.json", {"version": version, "rows": list(range(500))})
    finally:
        run.close()


def fill(folder, version):
    for name in FILES:
        atomic.write_json(folder / name, {"name": name, "version": version})


def versions(folder):
    """Return the versions of a folder's files; every file must be there and whole."""
    found = [json.loads((folder / name).read_text(encoding="utf-8")) for name in FILES]
    assert [entry["name"] for entry in found] == list(FILES)
    return {entry["version"] for entry in found}


def check_nothing_is_half(path, allowed):
    run = RunFolder(path)
    if run.done("stage"):
        assert versions(path / "stage") == {1}
    if (path / "again").exists():
        assert versions(path / "again") in allowed
    if (path / "figures.json").exists():
        figures = json.loads((path / "figures.json").read_text(encoding="utf-8"))
        assert {figures["version"]} in allowed
        assert figures["rows"] == list(range(500))
    if (path / "run.json").exists():
        assert run.about()["config"] == {"a": 1}
    assert all(event["event"].startswith("stage") for event in run.events())


@pytest.fixture
def quick(monkeypatch):
    """Spare the disk and the questions about the machine; what is counted stays the same."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    for name in ("versions", "describe", "git_state"):
        monkeypatch.setattr(machine, name, lambda *_: {})


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("over_an_older_one", [False, True])
def test_no_half_folder_is_trusted(fault, over_an_older_one, tmp_path, monkeypatch):
    points = 0
    for at in count(1):
        path = tmp_path / str(at)
        if over_an_older_one:
            work(path, 1)
        with monkeypatch.context() as patch:
            faults = Faults(patch, at, FAULTS[fault])
            try:
                work(path, 2)
            except (OSError, GlotliftError, Killed):
                points += 1
        if faults.calls < at:
            break
        check_nothing_is_half(path, [{1}, {2}] if over_an_older_one else [{2}])
        work(path, 3)  # started again, it comes to its end
        check_nothing_is_half(path, [{3}])
        assert (path / "again").exists()
        assert (path / "figures.json").exists()
        assert RunFolder(path).done("stage")
    assert points >= 30
