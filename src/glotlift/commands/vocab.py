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
    from glotlift.training.starters import STARTER, starter_address
    from glotlift.vocabulary import vocabulary_report

    if parity_to and parity_to not in texts:
        raise GlotliftError(
            "GL-COMMAND-003",
            f"no text was given for {parity_to}",
            place="--parity-to",
            fix=f"add --text {parity_to}=PATH",
        )
    path = starter_address(model) if model.startswith(STARTER) else Path(model)
    read_texts = {
        code: [line for path in paths for line in read(path, language=code)["text"]]
        for code, paths in texts.items()
    }
    return list(vocabulary_report(load_tokenizer(path), read_texts, parity_to=parity_to))
