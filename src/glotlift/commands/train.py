"""`glotlift train`: a model through stages of training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.adapt import as_overrides, print_plan, split_settings
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output

if TYPE_CHECKING:
    from glotlift.training.run_config import TrainConfig

READ = ("source", "role", "tokens", "bytes", "share", "intended", "epochs")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "train",
        epilog=examples(
            "glotlift train examples/train.yaml --plan",
            "glotlift train run.yaml seed=1 stages.broad.budget=2MB --output runs/broad",
            "glotlift train run.yaml settings.learning_rate=1e-4 --json",
        ),
    )(train_model)


def train_model(
    settings: Annotated[
        list[str], typer.Argument(metavar="RUN.yaml KEY=VALUE", help="A file, then overrides.")
    ],
    output: Annotated[Path | None, typer.Option(help="Folder of the run.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Print what would run; change nothing.")] = (
        False
    ),
    as_json: AsJson = False,
) -> None:
    """Train a model in stages: each with its mixture, objective, budget, and what may move.

    The run continues where it stopped when it is started again with the same settings.
    """
    from glotlift.runs.config import load_config
    from glotlift.training.run_config import TrainConfig

    path, overrides = split_settings(settings)
    flags = as_overrides({"output": str(output) if output else None})
    config = load_config(TrainConfig, path, [*flags, *overrides])
    if plan:
        show_plan(config, as_json)
    else:
        perform(config, as_json)


def show_plan(config: "TrainConfig", as_json: bool) -> None:
    """Print stages, tokens and epochs by source, memory, time and warnings."""
    from glotlift.training.run_plan import plan

    with quiet_output(as_json):
        planned = plan(config)
    if as_json:
        print_json(planned)
    else:
        print_plan(planned)


def perform(config: "TrainConfig", as_json: bool) -> None:
    """Train, and print what each stage read beside what was intended, and where the model is."""
    from glotlift.training.run import RESULT, read_json, train

    with quiet_output(as_json):
        run = train(config).resolve()
    result: dict[str, Any] = read_json(run / RESULT)
    if as_json:
        print_json({"run": run, "model": run / "model", **result})
        return
    for name, stage in result["stages"].items():
        rows = [
            {"source": source, **row}
            for source, row in zip(config.stages[name].sources or config.sources, stage["read"],
                                   strict=True)
        ]  # fmt: skip
        print_table(rows, READ, title=f"{name}: {stage['steps']} steps")
        bits = stage["bits_per_byte"].items()
        if bits:
            watched = [{"language": code, "bits_per_byte": found} for code, found in bits]
            print_table(watched, title="Watched text, afterwards")
    print(f"model: {run / 'model'}")
