import pytest

from glotlift.runs.lazy import attach


def test_a_name_is_imported_when_it_is_asked_for():
    load, names, every = attach("room", {"sqrt": "math", "Path": "pathlib"})
    assert load("sqrt")(9) == 3
    assert names() == every == ["Path", "sqrt"]


def test_an_unknown_name_is_no_attribute():
    load, _, _ = attach("room", {"sqrt": "math"})
    with pytest.raises(AttributeError, match="module 'room' has no attribute 'cube'"):
        load("cube")
