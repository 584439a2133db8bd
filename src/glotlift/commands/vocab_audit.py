"""`glotlift vocab audit`: which text two tokenizers segment differently."""

from pathlib import Path
from typing import Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.commands.vocab_addresses import (
    Plan,
    Rows,
    Text,
    find_tokenizer,
    grouped,
    show_plan,
    typed,
)

COLUMNS = (
    "language",
    "sentences",
    "changed_sentences",
    "changed_fraction",
    "tokens_before",
    "tokens_after",
    "fertility_before",
    "fertility_after",
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "audit",
        epilog=examples(
            "glotlift vocab audit Qwen/Qwen3-0.6B extended/ --text eng_Latn=english.txt",
            "glotlift vocab audit old/ new/ --text deu_Latn=news.txt --page changes.html",
        ),
    )(audit)


def audit(
    before: Annotated[str, typer.Argument(help="Folder or Hub id of the old tokenizer.")],
    after: Annotated[str, typer.Argument(help="Folder or Hub id of the new tokenizer.")],
    text: Text,
    page: Annotated[
        Path | None, typer.Option(help="Also write a page with sentences side by side.")
    ] = None,
    rows: Rows = None,
    plan: Plan = False,
    as_json: AsJson = False,
) -> None:
    """Print how much of each language's text two tokenizers segment differently."""
    texts = grouped(text, "--text")
    if plan:
        writes = str(page) if page else "nothing"
        planned = {"before": before, "after": after, "text": texts, "writes": writes}
        show_plan(planned, as_json)
        return
    with quiet_output(as_json):
        found = compare(before, after, texts, rows)
        if page:
            write_page(found, page)
    if as_json:
        print_json(found)
        return
    print_table(found["languages"], COLUMNS, title=f"{before} → {after}")
    print(f"page: {page}" if page else "add --page FILE.html to see sentences side by side")


def compare(
    before: str, after: str, texts: dict[str, list[str]], rows: int | None
) -> dict[str, Any]:
    """Return what `describe_change` finds between two tokenizers."""
    from glotlift.models.loading import load_tokenizer
    from glotlift.vocabulary.changes import Change, describe_change, pieces_between
    from glotlift.vocabulary.operations import read_texts

    old, new = (load_tokenizer(find_tokenizer(address)) for address in (before, after))
    change = Change(operation="audit", source=f"{before} → {after}", command=" ".join(typed()))
    return describe_change(old, new, pieces_between(old, new), read_texts(texts, rows), change)


def write_page(found: dict[str, Any], page: Path) -> None:
    """Write the page, whole or not at all."""
    from glotlift.runs.atomic import write_text
    from glotlift.vocabulary.changes import page_of

    write_text(page, page_of(found))
