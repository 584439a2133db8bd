import copy

import pytest

from glotlift.runs.errors import GlotliftError


def test_an_error_is_one_line_with_cause_place_and_fix():
    error = GlotliftError("GL-CORPUS-012", "no column 'text'", place="a.jsonl:3", fix="rename it")
    assert str(error) == "GL-CORPUS-012: no column 'text' (at a.jsonl:3). Fix: rename it"
    assert (error.code, error.cause, error.place, error.fix) == (
        "GL-CORPUS-012", "no column 'text'", "a.jsonl:3", "rename it",
    )  # fmt: skip


@pytest.mark.parametrize("cause", ["two\nlines", "tab\tand  spaces", "carriage\r\nreturn"])
def test_a_cause_of_several_lines_is_told_in_one(cause):
    assert len(str(GlotliftError("GL-RUN-001", cause, place="a\nb")).splitlines()) == 1


@pytest.mark.parametrize("code", ["GL-RUN-1", "gl-run-001", "RUN-001", "GL-RUN-0001", ""])
def test_a_code_has_its_form(code):
    with pytest.raises(ValueError, match="not an error code"):
        GlotliftError(code, "x")


def test_an_error_passes_from_one_process_to_another():
    told = GlotliftError("GL-CORPUS-001", "no such file", place="a.txt", fix="check the path")
    again = copy.copy(told)
    assert (again.code, again.cause, again.place, again.fix) == (
        "GL-CORPUS-001", "no such file", "a.txt", "check the path"
    )  # fmt: skip
    assert str(again) == str(told)
