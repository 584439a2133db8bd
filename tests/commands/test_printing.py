import json

import pytest

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


def test_json_can_be_read_again(capsys, tmp_path):
    print_json({"path": tmp_path, "text": "हिन्दी"})
    assert json.loads(capsys.readouterr().out) == {"path": str(tmp_path), "text": "हिन्दी"}


def test_examples_keep_their_lines():
    assert examples("glotlift a", "glotlift b") == "\b\nExamples:\n  glotlift a\n  glotlift b"
