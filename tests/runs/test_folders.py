import json

import pytest

from glotlift.runs.errors import GlotliftError
from glotlift.runs.folders import RunFolder


def opened(path, config=None, inputs=None, command="adapt"):
    return RunFolder.open(
        path,
        command=command,
        config=config or {"a": 1, "b": {"c": 2}},
        inputs=inputs or {"text": "00"},
        seeds=[0],
    )


def refused(code, *parts):
    return pytest.raises(GlotliftError, match=".*".join([code, *parts]))


def test_a_run_is_described(tmp_path):
    run = opened(tmp_path / "run")
    about = run.about()
    assert about["config"] == {"a": 1, "b": {"c": 2}}
    assert about["inputs"] == {"text": "00"}
    assert (about["command"], about["seeds"]) == ("adapt", [0])
    assert about["machine"]["cores"] >= 1
    assert about["machine"]["memory_bytes"] > 10**8
    assert about["versions"]["torch"][0].isdigit()
    assert about.keys() >= {"git", "created", "question"}


def test_the_same_question_goes_on_whatever_its_keys_order(tmp_path):
    opened(tmp_path).close()
    written = (tmp_path / "run.json").read_bytes()
    opened(tmp_path, {"b": {"c": 2}, "a": 1}).close()
    assert (tmp_path / "run.json").read_bytes() == written


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"config": {"a": 2, "b": {"c": 2}}}, "config.a"),
        ({"config": {"a": 1}}, "config.b"),
        ({"config": {"a": 1, "b": {"c": 2}, "d": 0}}, "config.d"),
        ({"inputs": {"text": "01"}}, "inputs.text"),
        ({"command": "recipe"}, "command"),
    ],
)
def test_another_question_is_refused_and_named(tmp_path, asked, named):
    opened(tmp_path).close()
    with refused("GL-RUN-001", f"different: {named}"):
        opened(tmp_path, **asked)


def test_two_at_once_are_refused_until_the_first_is_done(tmp_path):
    first = opened(tmp_path)
    with refused("GL-RUN-002", str(tmp_path)):
        opened(tmp_path)
    first.close()
    opened(tmp_path)


def test_a_refused_question_leaves_the_folder_free(tmp_path):
    opened(tmp_path).close()
    with refused("GL-RUN-001"):
        opened(tmp_path, {"a": 9})
    opened(tmp_path).close()


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with refused("GL-RUN-003", "thesis.tex"):
        opened(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert not (tmp_path / "run.json").exists()


def test_hidden_files_do_not_count(tmp_path):
    (tmp_path / ".DS_Store").write_text("")
    opened(tmp_path)


def test_no_run(tmp_path):
    with refused("GL-RUN-004", str(tmp_path)):
        RunFolder(tmp_path).about()


@pytest.mark.parametrize(
    "make", [lambda p: p.write_text(""), lambda p: (p.mkdir(), p.chmod(0o500))]
)
def test_where_no_folder_can_be_made(tmp_path, make):
    import os

    path = tmp_path / "place"
    make(path)
    if os.geteuid() == 0 and path.is_dir():
        pytest.skip("the administrator may write everywhere")
    with refused("GL-RUN-005", str(path)):
        opened(path)


@pytest.mark.parametrize("text", ["", "{", "\x00"])
def test_a_broken_description(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with refused("GL-RUN-006", str(tmp_path)):
        opened(tmp_path)


def test_events_are_lines_of_json_in_order(tmp_path):
    run = opened(tmp_path)
    run.event("one", value=1)
    run.event("two", text="नदी\nline\u2028\x85")
    assert [(e["event"], e.get("value"), e.get("text")) for e in run.events()] == [
        ("one", 1, None), ("two", None, "नदी\nline\u2028\x85"),
    ]  # fmt: skip
    assert (tmp_path / "events.jsonl").read_text(encoding="utf-8").count("\n") == 2


def test_a_line_that_a_kill_cut_short_harms_no_other(tmp_path):
    run = opened(tmp_path)
    run.event("one")
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"event": "to')
    assert [e["event"] for e in run.events()] == ["one"]
    run.close()
    again = opened(tmp_path)
    again.event("three")
    assert [e["event"] for e in again.events()] == ["one", "three"]


def test_a_character_that_a_kill_cut_in_two_harms_no_other(tmp_path):
    run = opened(tmp_path)
    run.event("one")
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write('{"event": "न'.encode()[:-1])
    assert [e["event"] for e in run.events()] == ["one"]
    run.close()
    again = opened(tmp_path)
    again.event("three")
    assert [e["event"] for e in again.events()] == ["one", "three"]


def test_a_stage_is_there_when_it_is_whole(tmp_path):
    run = opened(tmp_path)
    with run.stage("text") as folder:
        (folder / "a").write_text("x")
        assert not run.done("text")
    assert run.done("text")
    assert (tmp_path / "text" / "a").read_text() == "x"
    assert run.stage_seconds().keys() == {"text"}
    assert run.stage_seconds()["text"] >= 0


def test_a_stage_that_fails_is_not_there_and_can_be_made_again(tmp_path):
    run = opened(tmp_path)

    def fail():
        with run.stage("text") as folder:
            (folder / "half").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not run.done("text")
    assert run.stage_seconds() == {}
    with run.stage("text") as folder:
        assert list(folder.iterdir()) == []
    assert run.done("text")


def test_run_json_is_never_half_written(tmp_path, monkeypatch):
    from pathlib import Path

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            opened(tmp_path)
    assert not (tmp_path / "run.json").exists()
    assert json.loads((opened(tmp_path).path / "run.json").read_text())["command"] == "adapt"
