"""`glotlift vocab train`: a tokenizer from a mixture of languages."""

from typing import Annotated, Any, Literal

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.commands.vocab_addresses import Output, Plan, Text, grouped, show_plan

MEGABYTE = 1_000_000


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "train",
        epilog=examples(
            "glotlift vocab train --text yor_Latn=yoruba/ --text eng_Latn=english/ \\",
            "    --size 32000 --output tokenizer",
            "glotlift vocab train --text deu_Latn=news/ --size 16000 --variant case --output cased",
            "glotlift vocab train --text hin_Deva=world:hin_Deva --kind unigram --size 2000 \\",
            "    --output hindi",
        ),
    )(train)


def train(
    text: Text,
    output: Output,
    size: Annotated[int, typer.Option(min=1, help="Pieces, special tokens included.")],
    kind: Annotated[
        Literal["bpe", "unigram", "wordpiece", "character"], typer.Option(help="Kind of model.")
    ] = "bpe",
    variant: Annotated[
        Literal["plain", "case", "arithmetic", "combined", "character"],
        typer.Option(help="Reversible mapping of the text before a bpe."),
    ] = "plain",
    special: Annotated[
        Literal["decoder", "encoder", "seq2seq", "bert"] | None,
        typer.Option(help="Set of special tokens; by default the kind's own."),
    ] = None,
    policy: Annotated[
        str, typer.Option(help="Shares of languages: equal, natural or an exponent such as 0.3.")
    ] = "equal",
    budget: Annotated[
        float,
        typer.Option(
            min=0.001,
            help="Megabytes of text to train on, drawn at random. Text without spaces between "
            "words takes about 100 times this in memory; spaced text far less.",
        ),
    ] = 20.0,
    seed: Annotated[int, typer.Option(help="Seed of the sample and of its order.")] = 0,
    plan: Plan = False,
    as_json: AsJson = False,
) -> None:
    """Train a tokenizer on text balanced over languages; it loads with plain transformers.

    Every language's text is read as a stream and sampled down to the budget, then mixed by the
    policy. Memory is bounded by the budget and not by the text: the default of 20 MB stays within
    about 2 GB for any script. Give spaced languages more.
    """
    from glotlift.runs.config import load_config
    from glotlift.vocabulary.training import TrainConfig, plan_training, train_on_addresses

    config = load_config(
        TrainConfig,
        {
            "text": grouped(text, "--text"),
            "output": str(output),
            "size": size,
            "kind": kind,
            "variant": variant,
            "special": special,
            "policy": policy,
            "budget_bytes": int(budget * MEGABYTE),
            "seed": seed,
        },
    )
    if plan:
        show_plan(plan_training(config), as_json)
        return
    with quiet_output(as_json):
        found = train_on_addresses(config)
    report(found, as_json)


def report(found: dict[str, Any], as_json: bool) -> None:
    """Print what was trained and on what."""
    if as_json:
        print_json(found)
        return
    print_table(found["languages"], title=f"Tokenizer of {found['pieces']} pieces")
    for note in found["notes"]:
        print(note)
    print(f"tokenizer: {found['output']}")
