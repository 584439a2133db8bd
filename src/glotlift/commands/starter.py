"""`glotlift starter`: make a starter model, measure what it can do, and write its card."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.runs.figures import count, duration


class Kind(StrEnum):
    """The shapes that a starter comes in."""

    DECODER = "decoder"
    ENCODER = "encoder"
    SEQ2SEQ = "seq2seq"


class Size(StrEnum):
    """The sizes that a starter comes in."""

    TINY = "tiny"
    SMALL = "small"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "starter",
        epilog=examples(
            "glotlift starter decoder",
            "glotlift starter encoder --languages eng_Latn+hin_Deva=low",
            "glotlift starter seq2seq --languages all-tur_Latn --json",
        ),
    )(starter)


def starter(
    kind: Annotated[Kind, typer.Argument(help="Shape of the model.")],
    size: Annotated[Size, typer.Option(help="Size of the model.")] = Size.SMALL,
    languages: Annotated[
        str,
        typer.Option(
            metavar="CODES",
            help="Languages that it learns, each with its tier if not high "
            "(eng_Latn+hin_Deva=low), or all but some (all-tur_Latn); default: a few.",
        ),
    ] = "",
    rows: Annotated[int, typer.Option(min=20, help="Questions of each task and language.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Make a starter model of the sample world, measure it, and write its card.

    The card is README.md in the model's folder. A starter that has been made is only measured.
    """
    address = ":".join(part for part in (f"starter:{kind}", size, languages) if part)
    with quiet_output(as_json):
        folder, evidence = examine(address, rows)
    if as_json:
        print_json(evidence)
        return
    model, made = evidence["model"], evidence["schooling"]
    print(f"{model['architecture']}, {count(model['parameters'])} parameters, "
          f"made in {duration(made['seconds'])}: {folder}")  # fmt: skip
    for name in ("languages", "tasks"):
        if evidence[name]:
            print_table([readable(row) for row in evidence[name]], title=name.capitalize())
    print("\n".join(evidence["notes"]))
    print(f"card: {folder / 'README.md'}")


def examine(address: str, rows: int) -> tuple[Path, dict[str, Any]]:
    """Return the folder of a starter and what it can do, with the card written into the folder.

    Raises what `starter_address` raises.
    """
    from glotlift.commands.starter_card import notes, write_card
    from glotlift.commands.starter_scores import language_scores, task_scores
    from glotlift.models.loading import find_model, load_model, load_tokenizer
    from glotlift.training.starters import parse, starter_address

    folder = starter_address(address)
    kind, size, _ = parse(address)
    made = json.loads((folder / "starter.json").read_text(encoding="utf-8"))
    model, tokenizer = load_model(find_model(str(folder))), load_tokenizer(folder)
    tasks = task_scores(model, tokenizer, kind, list(made["languages"]), rows)
    chosen = address.split(":")[3:]
    evidence: dict[str, Any] = {
        "schema": 1,
        "kind": "starter",
        "address": address,
        "command": " ".join(
            ["glotlift starter", kind, "--size", size, *(f"--languages {c}" for c in chosen)]
        ),
        "model": {
            "kind": kind,
            "size": size,
            "architecture": type(model).__name__,
            "parameters": sum(weights.numel() for weights in model.parameters()),
            "vocabulary": len(tokenizer),
        },
        "schooling": made,
        "languages": language_scores(model, tokenizer, made["languages"]),
        "tasks": tasks,
        "notes": notes(kind, tasks),
    }
    write_card(evidence, folder)
    return folder, evidence


def readable(row: dict[str, Any]) -> dict[str, str | int]:
    """Return a row of scores with its figures written out."""
    from glotlift.commands.starter_card import spread
    from glotlift.runs.figures import plain

    return {
        name: spread(value)
        if isinstance(value, dict)
        else plain(value, 2)
        if isinstance(value, float)
        else value
        for name, value in row.items()
    }
