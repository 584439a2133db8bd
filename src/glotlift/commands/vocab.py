"""`glotlift vocab`: how a tokenizer treats each language."""

from pathlib import Path
from typing import Annotated, Any

import typer

from glotlift.commands.adapt import group_texts
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.runs.errors import GlotliftError

app = typer.Typer(help="Measure how a tokenizer treats each language.", no_args_is_help=True)


@app.callback()
def options() -> None:
    """Measure how a tokenizer treats each language."""


@app.command(
    "report",
    epilog=examples(
        "glotlift vocab report Qwen/Qwen3-0.6B --text yor_Latn=yoruba/ \\",
        "    --text eng_Latn=english.txt --parity-to eng_Latn",
        "glotlift vocab report starter:decoder --text hin_Deva=world:hin_Deva",
    ),
)
def report(
    model: Annotated[str, typer.Argument(help="Folder or Hub id of a model or tokenizer.")],
    text: Annotated[
        list[str], typer.Option(metavar="LANG=PATH", help="Text of one language; repeat it.")
    ],
    parity_to: Annotated[str, typer.Option(help="Language that parity is counted against.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print tokens per word, bytes per token, parity, byte fallback and unknowns per language."""
    with quiet_output(as_json):
        rows = measure(model, group_texts(text, "--text"), parity_to or None)
    if as_json:
        print_json(rows)
    else:
        print_table(rows, title=f"Vocabulary of {model}")


def measure(model: str, texts: dict[str, list[str]], parity_to: str | None) -> list[dict[str, Any]]:
    """Return the vocabulary report of a folder, a Hub id or a ``starter:`` address.

    Raises GL-COMMAND-003 when `parity_to` is not among the languages that text was given for.
    """
    from glotlift.corpus import read
    from glotlift.models.loading import load_tokenizer
    from glotlift.vocabulary import vocabulary_report

    if parity_to and parity_to not in texts:
        raise GlotliftError(
            "GL-COMMAND-003",
            f"no text was given for {parity_to}",
            place="--parity-to",
            fix=f"add --text {parity_to}=PATH",
        )
    read_texts = {
        code: [line for path in paths for line in read(path, language=code)["text"]]
        for code, paths in texts.items()
    }
    return list(
        vocabulary_report(load_tokenizer(find_tokenizer(model)), read_texts, parity_to=parity_to)
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
