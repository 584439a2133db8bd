"""`glotlift objectives`: what each objective is, and what a batch of it looks like."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from glotlift.runs.protocols import Objective

TITLES = {"input_ids": "Read", "decoder_input_ids": "Written"}
SENTINELS = 20  # of the built-in tokenizer

app = typer.Typer(help="What a batch teaches: objectives, and batches of them.",
                  no_args_is_help=True)  # fmt: skip


@app.callback()
def options() -> None:
    """What a batch teaches: objectives, and batches of them."""


@app.command("list", epilog=examples("glotlift objectives list", "glotlift objectives list --json"))
def list_objectives(as_json: AsJson = False) -> None:
    """List all objectives: what they teach, which models can learn them, and their settings."""
    from glotlift.objectives.named import OBJECTIVES, describe

    rows = [describe(name) for name in OBJECTIVES]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["settings"] = ", ".join(f"{key}={json.dumps(v)}" for key, v in row["settings"].items())
    print_table(rows)


@app.command(
    "show",
    epilog=examples(
        'glotlift objectives show masked --text "The heron waits." --set masker=whole-words',
        'glotlift objectives show tlm --source "The fish." --text "El pez." --seed 3',
        'glotlift objectives show ul2 --text "A long text ..." --model MODEL --json',
    ),
)
def show(
    name: Annotated[str, typer.Argument(help="Name of the objective, or 'default'.")],
    text: Annotated[list[str], typer.Option(help="A text to learn; repeat it for more.")],
    source: Annotated[
        list[str] | None,
        typer.Option(help="What stands before each text: its translation, or the question."),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option(help="Parts of speech of each text's words, for maskers that need them."),
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the texts.")] = "",
    source_language: Annotated[str, typer.Option(help="Language of the sources.")] = "",
    model: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Model; default: an untrained starter.")
    ] = "",
    tokenizer: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Tokenizer; default: the model's.")
    ] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the objective; repeat it."),
    ] = None,
    block: Annotated[int, typer.Option(min=8, help="Tokens in a block.")] = 128,
    seed: Annotated[int, typer.Option(min=0, help="Seed of what is drawn.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show a batch after corruption, token by token with its labels. Nothing is trained."""
    with quiet_output(as_json):
        chosen, body, pieces = opened(name, model, tokenizer, settings or [])
        rows = texts(text, source or [], tags or [], language, source_language)
        tables = shown(chosen, body, pieces, rows, block, seed)
    if as_json:
        print_json({"objective": name, "seed": seed, "tables": tables})
        return
    for part, table in tables.items():
        print_table(table, title=TITLES.get(part, part))


def opened(
    name: str, model: str, tokenizer: str, settings: list[str]
) -> tuple["Objective", Any, Any]:
    """Return the objective, the model that it is for, and its tokenizer.

    Raises what `objective_named`, `assign` and the loading of models raise.
    """
    from glotlift.commands.vocab_addresses import find_tokenizer
    from glotlift.models.loading import find_model, load_model, load_tokenizer
    from glotlift.objectives.named import models_of, objective_named
    from glotlift.runs.config import assign
    from glotlift.training.starters import STARTER, untrained_starter

    address = model or f"{STARTER}{models_of(name)[0]}:tiny"
    built_in = address.startswith(STARTER)
    folder = str(untrained_starter(address)) if built_in else address
    files = find_model(folder)
    body = load_model(files)
    pieces = load_tokenizer(find_tokenizer(tokenizer) if tokenizer else files.folder)
    if built_in and not tokenizer:
        complete(pieces)
    values: dict[str, Any] = {}
    for setting in settings:
        assign(values, setting)
    return objective_named(name, body, pieces, **values), body, pieces


def complete(tokenizer: Any) -> None:
    """Give the built-in tokenizer every token that an objective may need."""
    from glotlift.vocabulary.denoising_tokens import MODES, sentinel

    lacking = [*MODES, *map(sentinel, range(SENTINELS))]
    roles = {} if tokenizer.mask_token else {"mask_token": "<mask>"}
    tokenizer.add_special_tokens({**roles, "extra_special_tokens": lacking})


def texts(
    text: list[str], source: list[str], tags: list[str], language: str, source_language: str
) -> Any:
    """Return rows that every objective can read: texts, pairs, questions and answers, labels.

    Raises GL-COMMAND-016 where sources or tags are not one for each text.
    """
    from datasets import Dataset

    for option, given in (("--source", source), ("--tags", tags)):
        if given and len(given) != len(text):
            raise GlotliftError(
                "GL-COMMAND-016",
                f"{len(given)} for {len(text)} texts",
                place=option,
                fix=f"give {option} once for each --text, in order",
            )
    rows: dict[str, list[Any]] = {
        "text": text,
        "response": text,
        "prompt": source or [""] * len(text),
    }
    if source:
        rows["source_text"] = source
    if tags:
        rows["tokens"] = [one.split() for one in text]
        rows["pos"] = [one.split() for one in tags]
    for name, code in (("language", language), ("source_language", source_language)):
        if code:
            rows[name] = [code] * len(text)
    return Dataset.from_dict(rows)


def shown(
    objective: "Objective", model: Any, tokenizer: Any, rows: Any, block: int, seed: int
) -> dict[str, Any]:
    """Return the tables of the batch that rows make. Raises what the objective raises."""
    from glotlift.objectives.showing import batch_tables, blocks_of

    features = objective.prepare(rows)
    together = objective.packs(model)
    blocks = blocks_of(objective, features, block=block, together=together)
    batch = objective.collate(blocks, list(range(seed, seed + len(blocks))))
    return batch_tables(batch, tokenizer)
