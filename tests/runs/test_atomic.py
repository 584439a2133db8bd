import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glotlift.runs import atomic

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class FailureError(OSError):
    """Stands for a kill or a full disk."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_json_comes_back(tmp_path, value):
    text = json.dumps(value)
    if "\\ud" in text:  # lone surrogates have no UTF-8
        return
    atomic.write_json(tmp_path / "a.json", value)
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}])
def test_what_json_does_not_have_is_refused_and_leaves_nothing(tmp_path, value):
    with pytest.raises(ValueError, match=r"not JSON compliant|Out of range"):
        atomic.write_json(tmp_path / "a.json", value)
    assert list(tmp_path.iterdir()) == []


def writing(path):
    atomic.write_text(path, "new")


def filling(path):
    with atomic.folder(path) as temporary:
        (temporary / "inner").mkdir()
        (temporary / "inner" / "text").write_text("new")


def read(path):
    return path.read_text() if path.is_file() else (path / "inner" / "text").read_text()


POINTS = [
    (owner, name, nth)
    for owner, name in (
        (os, "fsync"),
        (os, "open"),
        (Path, "replace"),
        (shutil, "rmtree"),
        (Path, "mkdir"),
    )
    for nth in (1, 2, 3, 4)
]


@pytest.mark.parametrize("write", [writing, filling])
@pytest.mark.parametrize(("owner", "name", "nth"), POINTS)
@pytest.mark.parametrize("before", [True, False])
def test_whatever_fails_there_is_the_old_or_the_new_or_nothing(
    write, owner, name, nth, before, tmp_path, monkeypatch
):
    path = tmp_path / "result"
    if before:
        write(path)
        target = path if path.is_file() else path / "inner" / "text"
        target.write_text("old")
    function, calls = getattr(owner, name), []

    def failing(*arguments, **keywords):
        calls.append(name)
        if len(calls) == nth:
            raise FailureError(28, "No space left on device")
        return function(*arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, failing)
        try:
            write(path)
        except FailureError:
            failed = True
        else:
            failed = False
    assert failed == (len(calls) >= nth)
    if not failed:
        assert read(path) == "new"
    elif path.exists():
        assert read(path) in ("old", "new")
    else:
        assert not before or write is filling  # a folder is gone for the instant of its exchange
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] in (["result"], [])
    write(path)  # and the next time it works, whatever was left behind
    assert read(path) == "new"


def test_an_error_inside_the_block_keeps_the_old_folder(tmp_path):
    filling(tmp_path / "a")

    def fail():
        with atomic.folder(tmp_path / "a") as temporary:
            (temporary / "half").write_text("")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert read(tmp_path / "a") == "new"
    assert not (tmp_path / "a" / "half").exists()


def test_a_new_folder_takes_the_place_of_the_whole_old_one(tmp_path):
    filling(tmp_path / "a")
    (tmp_path / "a" / "stale").write_text("")
    filling(tmp_path / "a")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["inner"]
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor):
        order.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        fsync(descriptor)

    def noted_replace(self, target):
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    filling(tmp_path / "a")
    assert order == ["text", "inner", ".partial-a", "rename", tmp_path.name]


def test_removing_what_is_not_there_is_no_error(tmp_path):
    atomic.remove(tmp_path / "a")
    filling(tmp_path / "a")
    atomic.remove(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
