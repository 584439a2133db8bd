"""`glotlift vocab extend | trim | replace | romanise`: a checkpoint with another vocabulary."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.commands.vocab_addresses import (
    Compare,
    Keep,
    Output,
    Plan,
    Rows,
    Text,
    find_tokenizer,
    grouped,
    model_address,
    show_plan,
    typed,
)
from glotlift.commands.vocab_audit import COLUMNS

if TYPE_CHECKING:
    from glotlift.vocabulary.operations import Operation

Model = Annotated[str, typer.Argument(help="Folder, Hub id or starter: address of a model.")]
SomeText = Annotated[
    list[str] | None,
    typer.Option("--text", metavar="LANG=PATH", help="Text of one language; repeat it."),
]
Initialiser = Annotated[
    str, typer.Option(help="mean, random, focus, wechsel, ofa or matching-pursuit.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A further setting, such as initialisation.settings.neighbours=5 or padded=64.",
    ),
]
MaxChanged = Annotated[
    float | None,
    typer.Option(help="Share of kept sentences that may segment differently, from 0 to 1."),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(
        "extend",
        epilog=examples(
            "glotlift vocab extend Qwen/Qwen3-0.6B --text yor_Latn=yoruba/ --pieces 4000 \\",
            "    --keep eng_Latn=english.txt --max-changed 0.1 --output extended",
            "glotlift vocab extend starter:decoder --text hin_Deva=world:hin_Deva \\",
            "    --pieces 200 --initialiser focus --output extended",
        ),
    )(extend)
    app.command(
        "trim",
        epilog=examples(
            "glotlift vocab trim FacebookAI/xlm-roberta-base --text fra_Latn=french/ \\",
            "    --size 60000 --output french",
            "glotlift vocab trim google/mt5-small --scripts Latn,Arab --output trimmed",
        ),
    )(trim)
    app.command(
        "replace",
        epilog=examples(
            "glotlift vocab replace gpt2 --tokenizer yoruba-tokenizer/ --output yoruba-gpt2",
            "glotlift vocab replace gpt2 --tokenizer german/ --initialiser wechsel \\",
            "    --set initialisation.old_vectors=en.vec \\",
            "    --set initialisation.new_vectors=de.vec \\",
            "    --set initialisation.pairs=words.tsv --output german-gpt2",
        ),
    )(replace)
    app.command(
        "romanise",
        epilog=examples(
            "glotlift vocab romanise FacebookAI/xlm-roberta-base --keep eng_Latn=english.txt \\",
            "    --max-changed 0.05 --output romanised",
        ),
    )(romanise)


def extend(
    model: Model,
    text: Text,
    output: Output,
    pieces: Annotated[int, typer.Option(min=1, help="Pieces to add, at most.")] = 4000,
    keep: Keep = None,
    max_changed: MaxChanged = None,
    compare: Compare = None,
    initialiser: Initialiser = "mean",
    settings: Settings = None,
    rows: Rows = None,
    plan: Plan = False,
    as_json: AsJson = False,
) -> None:
    """Add pieces that the text needs, learnt by continuing from the old segmentation."""
    from glotlift.vocabulary.operations import Extend

    values = shared(model, output, text, keep, compare, initialiser, rows)
    values |= {"pieces": pieces, "max_changed": max_changed}
    carry_out(configured(Extend, values, settings), model, plan, as_json)


def trim(
    model: Model,
    output: Output,
    text: SomeText = None,
    size: Annotated[int | None, typer.Option(min=1, help="Pieces to keep, at most.")] = None,
    coverage: Annotated[
        float | None, typer.Option(help="Share of the text's pieces to cover, up to 1.")
    ] = None,
    scripts: Annotated[
        str, typer.Option(metavar="CODES", help="Keep pieces in these scripts: Latn,Arab.")
    ] = "",
    keep: Keep = None,
    compare: Compare = None,
    settings: Settings = None,
    rows: Rows = None,
    plan: Plan = False,
    as_json: AsJson = False,
) -> None:
    """Drop the pieces that the text, a size or some scripts do not need."""
    from glotlift.vocabulary.operations import Trim

    values = shared(model, output, text, keep, compare, "mean", rows)
    values |= {"size": size, "coverage": coverage, "scripts": split(scripts)}
    carry_out(configured(Trim, values, settings), model, plan, as_json)


def replace(
    model: Model,
    output: Output,
    tokenizer: Annotated[str, typer.Option(help="Folder or Hub id of the new tokenizer.")],
    text: SomeText = None,
    compare: Compare = None,
    initialiser: Initialiser = "mean",
    settings: Settings = None,
    rows: Rows = None,
    plan: Plan = False,
    as_json: AsJson = False,
) -> None:
    """Replace the whole tokenizer; pieces that both have keep their rows."""
    from glotlift.vocabulary.operations import Replace

    values = shared(model, output, text, None, compare, initialiser, rows)
    values |= {"tokenizer": str(find_tokenizer(tokenizer))}
    carry_out(configured(Replace, values, settings), model, plan, as_json)


def romanise(
    model: Model,
    output: Output,
    keep: Annotated[
        list[str],
        typer.Option(metavar="LANG=PATH", help="Text in Latin script, to measure the cost on."),
    ],
    merge: Annotated[
        Literal["min", "average", "max"],
        typer.Option(help="Whose score and row a form takes that several pieces share."),
    ] = "max",
    max_changed: MaxChanged = None,
    compare: Compare = None,
    settings: Settings = None,
    rows: Rows = None,
    plan: Plan = False,
    as_json: AsJson = False,
) -> None:
    """Add the Latin-letter forms of pieces in other scripts, and print what that costs."""
    from glotlift.vocabulary.operations import Romanise

    values = shared(model, output, None, keep, compare, "mean", rows)
    values |= {"merge": merge, "max_changed": max_changed}
    carry_out(configured(Romanise, values, settings), model, plan, as_json)


def split(codes: str) -> list[str] | None:
    """Return the codes of a list with commas; None for an empty one."""
    return [code.strip() for code in codes.split(",") if code.strip()] or None


def shared(
    model: str,
    output: Path,
    text: list[str] | None,
    keep: list[str] | None,
    compare: list[str] | None,
    initialiser: str,
    rows: int | None,
) -> dict[str, Any]:
    """Return the values that every operation is told."""
    return {
        "model": model_address(model),
        "output": str(output),
        "text": grouped(text, "--text"),
        "keep": grouped(keep, "--keep"),
        "compare": grouped(compare, "--compare"),
        "rows": rows,
        "initialisation": {"name": initialiser},
    }


def configured(
    kind: "type[Operation]", values: dict[str, Any], settings: list[str] | None
) -> "Operation":
    """Return the checked configuration of an operation, with further settings over the flags."""
    from glotlift.runs.config import load_config

    return load_config(kind, values, settings or [])


def carry_out(operation: "Operation", named: str, plan: bool, as_json: bool) -> None:
    """Plan or perform an operation, and print what changed."""
    from glotlift.vocabulary import operations
    from glotlift.vocabulary.checkpoints import AUDIT, PAGE

    if plan:
        show_plan(operations.plan(operation), as_json)
        return
    with quiet_output(as_json):
        folder = operations.perform(operation, named=named, command=typed())
    found = json.loads((folder / AUDIT).read_text(encoding="utf-8"))
    if as_json:
        print_json(found)
        return
    sizes = [{"": key, "size": value} for key, value in found["sizes"].items()]
    print_table(sizes, title=f"{operation.name}: {named}")
    if found["languages"]:
        print_table(found["languages"], COLUMNS, title="What changed")
    for note in found["notes"]:
        print(note)
    print(f"checkpoint: {folder}\npage: {folder / PAGE}")
