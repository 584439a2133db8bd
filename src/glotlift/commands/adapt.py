"""`glotlift adapt` and `glotlift demo`: the main job."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from glotlift.adaptation.config import AdaptConfig


def add_to(app: typer.Typer) -> None:
    """Register both commands."""
    app.command(
        "adapt",
        epilog=examples(
            "glotlift adapt --model Qwen/Qwen3-0.6B --language yor_Latn --text yoruba/ \\",
            "    --keep eng_Latn=english.jsonl --output runs/yoruba",
            "glotlift adapt run.yaml training.learning_rate=1e-4 --plan",
            "glotlift adapt --model starter:decoder --language hin_Deva \\",
            "    --text world:hin_Deva --keep eng_Latn=world:eng_Latn",
        ),
    )(adapt_model)
    app.command(
        "demo",
        epilog=examples(
            "glotlift demo", "glotlift demo --output runs/demo --open", "glotlift demo budget=2m"
        ),
    )(run_demo)


def adapt_model(
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONFIG.yaml KEY=VALUE", help="A file, then overrides."),
    ] = None,
    model: Annotated[str, typer.Option(help="Folder or Hub id of the model to adapt.")] = "",
    language: Annotated[str, typer.Option(help="Language to reach, such as yor_Latn.")] = "",
    text: Annotated[
        list[str] | None, typer.Option(help="Text in that language: file, folder or Hub id.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="LANG=PATH", help="Text of a language that must not be lost."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the run.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Print what would run; change nothing.")] = (
        False
    ),
    as_json: AsJson = False,
) -> None:
    """Take a model into a language: adapted model, tokenizer, evidence and a page about it.

    The run continues where it stopped when it is started again with the same settings. A flag
    stands over the file, KEY=VALUE over both.
    """
    path, overrides = split_settings(settings or [])
    values: dict[str, Any] = {
        "model": model,
        "language": language,
        "text": text,
        "keep": group_texts(keep or [], "--keep"),
        "output": str(output) if output else None,
    }
    config = configure(path, [*as_overrides(values), *overrides])
    if plan:
        show_plan(config, as_json)
    else:
        perform(config, as_json)


def run_demo(
    settings: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Overrides.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the run.")] = None,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Print what would run; change nothing.")] = (
        False
    ),
    as_json: AsJson = False,
) -> None:
    """Adapt a small built-in model to a new language of the built-in sample world, offline."""
    import glotlift

    values = {"output": str(output) if output else None}
    path = Path(glotlift.__file__).parent / "demo.yaml"
    config = configure(path, [*as_overrides(values), *(settings or [])])
    if plan:
        show_plan(config, as_json)
        return
    page = perform(config, as_json)
    if open_page:
        import webbrowser

        webbrowser.open(page.as_uri())


def split_settings(settings: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Part a configuration file from the overrides that follow it.

    Raises GL-COMMAND-001 when a word is neither.
    """
    path: Path | None = None
    overrides = []
    for index, word in enumerate(settings):
        if index == 0 and ("=" not in word or Path(word).is_file()):
            path = Path(word)
        elif "=" in word:
            overrides.append(word)
        else:
            raise GlotliftError(
                "GL-COMMAND-001",
                f"neither a configuration file nor KEY=VALUE: {word!r}",
                place="command line",
                fix="give one file first, then overrides such as budget=10m",
            )
    return path, overrides


def group_texts(pairs: Sequence[str], option: str) -> dict[str, list[str]]:
    """Read repeated ``LANG=PATH`` options into paths by language.

    Raises GL-COMMAND-002 when one is not of that form.
    """
    grouped: dict[str, list[str]] = {}
    for pair in pairs:
        code, equals, path = pair.partition("=")
        if not (code and equals and path):
            raise GlotliftError(
                "GL-COMMAND-002",
                f"not of the form LANG=PATH: {pair!r}",
                place=option,
                fix=f"write {option} eng_Latn=english.txt",
            )
        grouped.setdefault(code, []).append(path)
    return grouped


def as_overrides(values: dict[str, Any]) -> list[str]:
    """Turn the flags that were given into overrides; JSON is YAML, so no value is misread."""
    return [f"{key}={json.dumps(value)}" for key, value in values.items() if value]


def configure(path: Path | None, overrides: Sequence[str]) -> "AdaptConfig":
    """Read and check the configuration of the main job."""
    import glotlift
    from glotlift.runs.config import load_config

    config: AdaptConfig = load_config(glotlift.AdaptConfig, path, overrides)
    return config


def show_plan(config: "AdaptConfig", as_json: bool) -> None:
    """Print what would run: stages, tokens, memory, time and warnings."""
    from glotlift import plan

    planned = plan(config)
    if as_json:
        print_json(planned)
    else:
        print_plan(planned)


def print_plan(planned: dict[str, Any]) -> None:
    """Print a plan: its figures, its tables, and its warnings."""
    scalars = {key: value for key, value in planned.items() if not is_rows(value)}
    warnings = scalars.pop("warnings", [])
    print_table(
        [{"": key.replace("_", " "), "planned": value} for key, value in scalars.items()],
        title="Plan",
    )
    for key, rows in planned.items():
        if is_rows(rows):
            print_table(rows, title=key.replace("_", " ").capitalize())
    for warning in [warnings] if isinstance(warnings, str) else warnings:
        typer.secho(f"warning: {warning}", fg="yellow")


def is_rows(value: Any) -> bool:
    """Tell whether a value is a table: a list of mappings with something in it."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def perform(config: "AdaptConfig", as_json: bool) -> Path:
    """Run the main job, print where its page lies, and return that path."""
    from glotlift import adapt

    with quiet_output(as_json):
        run: Path = adapt(config).resolve()
    page = run / "report.html"
    # Under torchrun every process comes here; the first one tells.
    if os.environ.get("RANK", "0") != "0":
        return page
    if as_json:
        print_json(
            {"run": run, "model": run / "model", "evidence": run / "evidence.json"} | {"page": page}
        )
    else:
        print(f"page: {page}")
    return page
