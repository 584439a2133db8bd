import errno
import os

import pytest

from glotlift.commands import cache
from glotlift.commands.main import INTERRUPTED, REFUSED, main
from glotlift.runs.errors import GlotliftError

COMMANDS = [
    ["adapt"],
    ["demo"],
    ["corpus", "inspect"],
    ["vocab", "report"],
    ["recipe", "list"],
    ["recipe", "run"],
    ["recipe", "show"],
    ["runs", "list"],
    ["runs", "show"],
    ["compare"],
    ["doctor"],
    ["cache", "list"],
    ["cache", "size"],
    ["cache", "clear"],
    ["world", "sample"],
    ["world", "tasks"],
    ["world", "export"],
    ["world", "check"],
    ["world", "page"],
    ["starter"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_examples_and_json(command, capsys):
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Examples:" in shown
    assert f"    glotlift {' '.join(command)}" in shown
    assert "--json" in shown


def test_version_is_the_packages(capsys):
    import glotlift

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"glotlift {glotlift.__version__}\n"


def test_a_mistyped_command_is_refused(capsys):
    assert main(["recpie", "list"]) == REFUSED
    assert "No such command 'recpie'" in capsys.readouterr().err


def raising(error):
    def fail():
        raise error

    return fail


def test_a_coded_error_is_one_line_on_standard_error(monkeypatch, capsys):
    monkeypatch.setattr(cache, "root", raising(GlotliftError("GL-TEST-001", "broken", fix="mend")))
    assert main(["cache", "size"]) == REFUSED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "GL-TEST-001: broken. Fix: mend\n"


def test_an_interruption_says_how_to_go_on(monkeypatch, capsys):
    monkeypatch.setattr(cache, "root", raising(KeyboardInterrupt()))
    assert main(["cache", "size"]) == INTERRUPTED
    assert "run again with the same command to continue" in capsys.readouterr().err


def test_a_full_disk_is_a_coded_error(monkeypatch, capsys):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/some/file")
    monkeypatch.setattr(cache, "root", raising(full))
    assert main(["cache", "size"]) == REFUSED
    shown = capsys.readouterr().err
    assert shown.startswith("GL-COMMAND-008")
    assert "/some/file" in shown


def test_a_fault_of_ours_is_not_hidden(monkeypatch):
    monkeypatch.setattr(cache, "root", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main(["cache", "size"])
