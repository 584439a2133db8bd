"""`glotlift runs`: what has been run, and what came of it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, shown
from glotlift.runs.errors import GlotliftError

app = typer.Typer(help="See what has been run.", no_args_is_help=True)


@app.callback()
def options() -> None:
    """See what has been run."""


@app.command("list", epilog=examples("glotlift runs list", "glotlift runs list experiments --json"))
def list_runs(
    folder: Annotated[Path, typer.Argument(help="Folder that holds run folders.")] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """List the run folders below a folder, oldest first."""
    rows = [describe(path.parent) for path in sorted(folder.rglob("run.json"))]
    rows.sort(key=lambda row: row["created"])
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows, title=f"Runs in {folder}")
    else:
        print(f"no runs in {folder}")


@app.command("show", epilog=examples("glotlift runs show runs/demo", "glotlift runs show . --json"))
def show_run(
    run: Annotated[Path, typer.Argument(help="Run folder.")], as_json: AsJson = False
) -> None:
    """Show one run: state, settings, result per language, claims and cost."""
    from glotlift.runs.folders import RunFolder

    folder = RunFolder(run)
    record = folder.about()
    evidence = read_evidence(run) if (run / "evidence.json").is_file() else {}
    if as_json:
        print_json({"run": record, "evidence": evidence, "state": state(run)})
        return
    print_table([{"": key, "value": value} for key, value in describe(run).items()])
    for title, columns in (
        ("languages", ("language", "role", "documents", "before", "after", "change", "verdict")),
        ("tasks", ("task", "language", "metric", "rows", "chance", "before", "after", "change")),
        ("means", ("measure", "language", "estimate", "low", "high", "control", "letters")),
        ("claims", ("text", "estimate", "low", "high", "unit", "verdict")),
        ("arms", ("name", "description")),
    ):
        if evidence.get(title):
            print_table(evidence[title], columns, title=title.capitalize())
    page = run / "report.html"
    if page.is_file():
        print(f"page: {page.resolve()}")
    else:
        print(f"last event: {shown(folder.events()[-1:])}")


def describe(run: Path) -> dict[str, Any]:
    """Return the line about one run that `runs list` prints."""
    from glotlift.runs.folders import RunFolder

    record = RunFolder(run).about()
    config = record["config"]
    return {
        "run": str(run),
        "command": record["command"],
        "state": state(run),
        "created": record["created"],
        "model": config.get("model"),
        "language": config.get("language"),
        "glotlift": record["versions"]["glotlift"],
    }


def state(run: Path) -> str:
    """Return whether a run is finished: its evidence and page are written, or its training is."""
    proved = all((run / name).is_file() for name in ("evidence.json", "report.html"))
    whole = proved or all((run / name).exists() for name in ("training.json", "model"))
    return "finished" if whole else "unfinished"


def read_evidence(run: Path) -> dict[str, Any]:
    """Read a run's evidence.

    Raises GL-COMMAND-004 when there is none and GL-COMMAND-005 when it is not a JSON mapping.
    """
    path = run / "evidence.json"
    if not path.is_file():
        raise GlotliftError(
            "GL-COMMAND-004",
            "no evidence.json here",
            place=str(run),
            fix="give the folder of a finished run; 'glotlift runs list FOLDER' finds them",
        )
    try:
        evidence = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        evidence = None
    if not isinstance(evidence, dict):
        raise GlotliftError(
            "GL-COMMAND-005",
            "evidence.json is not a JSON mapping",
            place=str(path),
            fix="start the command that made the run again",
        )
    return evidence
