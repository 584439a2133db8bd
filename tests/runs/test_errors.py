import re
from pathlib import Path

import pytest

import glotlift
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


def test_every_code_of_the_package_has_an_entry_in_the_documentation():
    root = Path(glotlift.__file__).parent
    used = {
        code
        for path in root.rglob("*.py")
        if path.name != "errors.py"
        for code in re.findall(r'^\s*"(GL-[A-Z]+-\d{3})",$', path.read_text(), re.MULTILINE)
    }
    documented = set(
        re.findall(r"^## (GL-[A-Z]+-\d{3})", (root.parents[1] / "docs" / "errors.md").read_text(), re.MULTILINE)
    )
    assert len(used) > 40
    assert used - documented == set()
