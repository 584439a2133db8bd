"""`glotlift vocab`: train, measure and change a vocabulary."""

from typing import Annotated, Any

import typer

from glotlift.commands import vocab_audit, vocab_edit, vocab_train
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.commands.vocab_addresses import (
    ParityTo,
    Plan,
    Text,
    check_parity,
    find_tokenizer,
    grouped,
    show_plan,
)

HELP = "Train, measure and change the vocabulary of a model."
app = typer.Typer(help=HELP, no_args_is_help=True)


@app.callback()
def options() -> None:
    """Train, measure and change the vocabulary of a model."""


@app.command(
    "report",
    epilog=examples(
        "glotlift vocab report Qwen/Qwen3-0.6B --text yor_Latn=yoruba/ \\",
        "    --text eng_Latn=english.txt --parity-to eng_Latn",
        "glotlift vocab report plain/ marked/ characters/ --text deu_Latn=news.txt",
        "glotlift vocab report starter:decoder --text hin_Deva=world:hin_Deva",
    ),
)
def report(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL", help="Folders or Hub ids, to compare.")
    ],
    text: Text,
    parity_to: ParityTo = "",
    plan: Plan = False,
    as_json: AsJson = False,
) -> None:
    """Print tokens per word, characters per token, parity, byte fallback and unknowns."""
    texts = grouped(text, "--text")
    check_parity(texts, parity_to)
    if plan:
        show_plan({"measures": models, "text": texts, "writes": "nothing"}, as_json)
        return
    with quiet_output(as_json):
        rows = measure(models, texts, parity_to or None)
    if as_json:
        print_json(rows)
    else:
        print_table(rows, title=f"Vocabulary of {', '.join(models)}")


def measure(
    models: list[str], texts: dict[str, list[str]], parity_to: str | None
) -> list[dict[str, Any]]:
    """Return the vocabulary report of folders, Hub ids or ``starter:`` addresses."""
    from glotlift.models.loading import load_tokenizer
    from glotlift.vocabulary.operations import read_texts
    from glotlift.vocabulary.report import compare_tokenizers

    loaded = {model: load_tokenizer(find_tokenizer(model)) for model in models}
    rows = compare_tokenizers(loaded, read_texts(texts), parity_to=parity_to)
    if len(models) == 1:
        for row in rows:
            del row["tokenizer"], row["pieces"]
    return rows


vocab_train.add_to(app)
vocab_edit.add_to(app)
vocab_audit.add_to(app)
