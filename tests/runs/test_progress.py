import sys
from itertools import pairwise

import pytest

from glotlift.runs import progress
from glotlift.runs.progress import TrainingLine, say, track


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("items", [range(3), [], iter("ab"), (x for x in [1])])
def test_everything_is_yielded_and_nothing_said_without_a_terminal(items, capsys):
    kept = list(items) if not hasattr(items, "__next__") else None
    found = list(track(items, label="reading"))
    assert kept is None or found == kept
    assert capsys.readouterr() == ("", "")


def test_track_is_lazy():
    taken = []
    tracked = track(taken.append(i) or i for i in range(5))
    assert next(tracked) == 0
    assert taken == [0]


def test_what_is_said_goes_to_standard_error_as_it_is(capsys):
    say("50 [bold]not markup[/bold] " + "x" * 300, style="red")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "50 [bold]not markup[/bold] " + "x" * 300 + "\n"


def test_the_line_tells_values_and_the_time_left(clock, capsys):
    line = TrainingLine("rows", 100)
    line.begin(20)
    clock[0] += 30
    line.update(30, {"loss": "2.1", "tokens/s": "9"})
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("rows 30/100 | loss 2.1 | tokens/s 9 | left ")
    assert told.endswith("3 min 30 s")  # ten steps took 30 s, so seventy take 210


def test_without_a_terminal_a_line_is_shown_every_ten_seconds_and_at_the_end(clock, capsys):
    line = TrainingLine("rows", 100)
    line.begin(0)
    for step in range(1, 101):
        clock[0] += 1
        line.update(step, {})
    shown = [int(x.split()[1].split("/")[0]) for x in capsys.readouterr().err.splitlines()]
    assert shown[-1] == 100
    assert all(b - a >= 10 for a, b in pairwise(shown[:-1]))
    assert 9 <= len(shown) <= 11


def test_on_a_terminal_the_line_is_rewritten_in_place(clock, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    line = TrainingLine("rows", 2)
    line.begin(0)
    line.update(1, {"loss": "2"})
    line.update(2, {"loss": "1"})
    told = capsys.readouterr().err
    assert told.count("\r") == 2
    assert told.count("\n") == 1
    assert told.endswith("\n")
