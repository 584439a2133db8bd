"""`glotlift vocab`: how a tokenizer treats each language."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.adapt import group_texts
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

app = typer.Typer(help="Measure how a tokenizer treats each language.", no_args_is_help=True)


@app.callback()
def options() -> None:
    """Measure how a tokenizer treats each language."""


@app.command(
    "report",
    epilog=examples(
        "glotlift vocab report Qwen/Qwen3-0.6B --text yor_Latn=yoruba/ --text eng_Latn=english.txt"
        " --parity-to eng_Latn",
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
    """Return the vocabulary report of a tokenizer over text files per language.

    Raises GL-COMMAND-003 when `parity_to` is not among the languages that text was given for.
    """
    from glotlift.corpus import read
    from glotlift.vocabulary import vocabulary_report

    if parity_to and parity_to not in texts:
        raise GlotliftError(
            "GL-COMMAND-003",
            f"no text was given for {parity_to}",
            place="--parity-to",
            fix=f"add --text {parity_to}=PATH",
        )
    tokenizer = load_tokenizer(model)
    read_texts = {
        code: [line for path in paths for line in read(path, language=code)["text"]]
        for code, paths in texts.items()
    }
    return list(vocabulary_report(tokenizer, read_texts, parity_to=parity_to))


def load_tokenizer(model: str) -> "PreTrainedTokenizerFast":
    """Load the tokenizer of a folder, a Hub id or a ``starter:`` address.

    Raises GL-COMMAND-004 when nothing there is a tokenizer.
    """
    from transformers import AutoTokenizer

    if model.startswith("starter:"):
        from glotlift.training.starters import starter

        model = str(starter(model.removeprefix("starter:")))
    try:
        return AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().partition("\n")[0]
        raise GlotliftError(
            "GL-COMMAND-004",
            f"no tokenizer could be loaded: {first:.200}",
            place=model,
            fix="give a folder that holds tokenizer.json, or a Hub id that is in the cache",
        ) from None
