from langcodes.data_dicts import ALL_SCRIPTS

from glotlift.languages.scripts import (
    BREAKS_BETWEEN_LETTERS,
    RIGHT_TO_LEFT,
    WITHOUT_SPACES_BY_HABIT,
    direction,
    is_spaced,
)


def test_every_listed_script_exists():
    assert set(ALL_SCRIPTS) >= RIGHT_TO_LEFT | BREAKS_BETWEEN_LETTERS | WITHOUT_SPACES_BY_HABIT


def test_direction_and_spaces():
    assert [direction(script) for script in ("Arab", "Hebr", "Latn", "Deva")] == [
        "rtl",
        "rtl",
        "ltr",
        "ltr",
    ]
    assert [is_spaced(script) for script in ("Thai", "Jpan", "Tibt", "Hang", "Ethi")] == [
        False,
        False,
        False,
        True,
        True,
    ]
