"""What the `vocab` commands are given: models, tokenizers and text by address."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from glotlift.commands.adapt import group_texts
from glotlift.commands.printing import print_json, print_table
from glotlift.runs.errors import GlotliftError

Text = Annotated[
    list[str], typer.Option(metavar="LANG=PATH", help="Text of one language; repeat it.")
]
Keep = Annotated[
    list[str] | None,
    typer.Option(metavar="LANG=PATH", help="Text whose segmentation should change little."),
]
Compare = Annotated[
    list[str] | None,
    typer.Option(metavar="LANG=PATH", help="Held-out text to compare on, before and after."),
]
Output = Annotated[Path, typer.Option(help="Folder that is written.")]
Plan = Annotated[bool, typer.Option("--plan", help="Print what would be done; change nothing.")]
Rows = Annotated[
    int | None, typer.Option(min=1, help="Rows to read per address; all if not given.")
]
ParityTo = Annotated[str, typer.Option(help="Language that parity is counted against.")]


def grouped(texts: list[str] | None, option: str) -> dict[str, list[str]]:
    """Return addresses by language.

    Raises GL-COMMAND-002.
    """
    return group_texts(texts or [], option)


def check_parity(texts: dict[str, list[str]], parity_to: str) -> None:
    """Raise GL-COMMAND-003 when `parity_to` is not among the languages that text is given for."""
    if parity_to and parity_to not in texts:
        raise GlotliftError(
            "GL-COMMAND-003",
            f"no text was given for {parity_to}",
            place="--parity-to",
            fix=f"add --text {parity_to}=PATH",
        )


def find_tokenizer(address: str) -> Path:
    """Return the folder of a folder or ``starter:`` address; a Hub id is returned as it is.

    Only the tokenizer of a Hub id is fetched, and not the weights. Raises GL-MODEL-001 for what is
    none of these.
    """
    from glotlift.models.loading import HUB_ID, find_model
    from glotlift.training.starters import STARTER, starter_address

    if address.startswith(STARTER):
        return starter_address(address)
    path = Path(address).expanduser()
    if path.is_dir() or HUB_ID.fullmatch(address):
        return path
    return find_model(address).folder


def model_address(address: str) -> str:
    """Return the folder of a ``starter:`` address, and any other address as it is."""
    from glotlift.training.starters import STARTER, starter_address

    return str(starter_address(address)) if address.startswith(STARTER) else address


def typed() -> list[str]:
    """Return the command as it was typed."""
    return ["glotlift", *sys.argv[1:]]


def show_plan(found: dict[str, Any], as_json: bool) -> None:
    """Print what would be done."""
    rows = [{"": key, "planned": value} for key, value in found.items()]
    print_json(found) if as_json else print_table(rows, title="Plan")
