import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.commands import printing
from glotlift.commands.printing import examples, print_json, print_table, shown, side


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (2024, "2024"),
        (1234567, "1,234,567"),
        ("as it is", "as it is"),
        ([1, "a"], "1, a"),
        ({"a": 1, "b": False}, "a: 1, b: no"),
        ({"estimate": -1.5, "low": -1.75, "high": -1.25}, "−1.50 [−1.75, −1.25]"),
    ],
)
def test_a_value_is_shown_as_people_read_it(value, text):
    assert shown(value) == text


def test_what_was_not_measured_is_no_number():
    assert not any(character.isdigit() for character in shown(None))


def test_only_columns_of_numbers_stand_on_the_right():
    assert side([1, 2.5, None]) == "right"
    assert side([1, "a"]) == side([True, False]) == side([None]) == "left"


def test_a_table_shows_the_columns_asked_for(capsys):
    print_table([{"a": 1, "b": "kept", "c": "left out"}], ("b", "a"), title="T")
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0] == ["T"]
    assert lines[1] == ["b", "a"]
    assert lines[-1] == ["kept", "1"]


def test_text_that_looks_like_markup_is_shown_as_it_is(capsys):
    print_table([{"a": "[red]x[/red]"}])
    assert "[red]x[/red]" in capsys.readouterr().out


WORDS = st.sampled_from(
    ["a", "b c", " x", "", "हिन्दी", "漢字", "👩‍👩‍👧", "[b]y", "a\tb", "n\nl", "w" * 90]
)
VALUES = st.one_of(WORDS, st.floats(), st.none(), st.integers())


@given(
    st.lists(st.tuples(WORDS, st.lists(VALUES, min_size=3, max_size=3)), max_size=4),
    st.integers(0, 3),
)
def test_a_table_in_a_pipe_is_written_as_rich_writes_it(columns, rows):
    table = [{name: values[row] for name, values in columns} for row in range(rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", io.StringIO())
        print_table(table)
        patch.setattr(printing, "plain_table", lambda *_: [])
        written = sys.stdout.getvalue()
        print_table(table)
        assert sys.stdout.getvalue() == written * 2


def test_a_short_table_in_a_pipe_needs_no_rich(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rich", None)
    print_table([{"name": "a", "share": 0.5}, {"name": "bc", "share": 12}])
    assert capsys.readouterr().out.splitlines()[1:4] == [
        " name   share ",
        " ──────────── ",
        " a       0.50 ",
    ]


def test_json_can_be_read_again(capsys, tmp_path):
    print_json({"path": tmp_path, "text": "हिन्दी"})
    assert json.loads(capsys.readouterr().out) == {"path": str(tmp_path), "text": "हिन्दी"}


def test_examples_keep_their_lines():
    assert examples("glotlift a", "glotlift b") == "\b\nExamples:\n  glotlift a\n  glotlift b"
