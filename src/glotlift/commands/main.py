"""The `glotlift` command."""

import errno
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from glotlift.commands.printing import examples
from glotlift.runs.errors import GlotliftError

REFUSED = 2
INTERRUPTED = 130

COMMANDS = {
    "adapt": "adapt",
    "demo": "adapt",
    "train": "train",
    "corpus": "corpus",
    "vocab": "vocab",
    "objectives": "objectives",
    "recipe": "recipe",
    "runs": "runs",
    "compare": "compare",
    "evaluate": "evaluate",
    "probe": "probe",
    "tasks": "tasks",
    "doctor": "doctor",
    "cache": "cache",
    "world": "world",
    "starter": "starter",
}
"""The module here that holds each command, in the order of the help."""


def command_line(asked: str = "") -> typer.Typer:
    """Return the command line with the module of the command `asked` for, or with all of them.

    To import every module and read its options takes longer than a command with little to do.
    """
    app = typer.Typer(
        name="glotlift",
        help="Take any model into any language, and prove it.",
        epilog=examples(
            "glotlift demo",
            "glotlift adapt --model MODEL --language yor_Latn --text FILES --keep eng_Latn=FILES",
        ),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    for name in [COMMANDS[asked]] if asked in COMMANDS else dict.fromkeys(COMMANDS.values()):
        module = import_module(f"glotlift.commands.{name}")
        if hasattr(module, "add_to"):
            module.add_to(app)
        else:
            app.add_typer(module.app, name=name)
    return app


def print_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        import glotlift

        print(f"glotlift {glotlift.__version__}")
        raise typer.Exit


def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Take any model into any language, and prove it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done; 1 a check failed; 2 refused (wrong usage or a coded error, told in one line); 130
    interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        command_line(*given[:1])(given, prog_name="glotlift")
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
        if code == INTERRUPTED:
            tell("interrupted: run again with the same command to continue")
        return code
    except GlotliftError as error:
        tell(str(error))
        return REFUSED
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS}:
            raise
        place = str(error.filename or "")
        tell(str(refusal(error.strerror or "the system refused to write", place)))
        return REFUSED
    return 0


def refusal(cause: str, place: str) -> GlotliftError:
    """Return the coded error for a disk that is full or a folder that may not be written."""
    return GlotliftError(
        "GL-COMMAND-008",
        f"cannot write or read: {cause.lower()}",
        place=place,
        fix="free space or choose another folder, then run the same command again to continue",
    )


def tell(message: str) -> None:
    """Print one line on standard error, red on a terminal."""
    print(f"\033[31m{message}\033[0m" if sys.stderr.isatty() else message, file=sys.stderr)
