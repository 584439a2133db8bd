"""`glotlift evaluate`: what a model can do in many languages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output

if TYPE_CHECKING:
    from glotlift.evaluation.tasks.config import EvaluateConfig

REPLIES = ("task", "language", "answered", "accuracy of answered", "accuracy, first named")
COLUMNS = ("task", "language", "metric", "estimate", "low", "high", "chance", "majority", "rows")
GROUPS = ("task", "group", "name", "languages", "estimate", "low", "high")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "evaluate",
        epilog=examples(
            "glotlift evaluate starter:decoder --languages eng_Latn,hin_Deva --tasks world:nli",
            "glotlift evaluate Qwen/Qwen3-0.6B --languages swh_Latn,tur_Latn \\\n"
            "      --tasks xcopa:data/xcopa,sib200:data/sib200 --shots 4 --output runs/qwen",
            "glotlift evaluate http://127.0.0.1:8000/v1#NAME --languages deu --tasks "
            "mgsm:data/mgsm",
            "glotlift evaluate http://127.0.0.1:8000/v1#NAME --languages yor,hau \\\n"
            "      --tasks sib200:data/sib200 --answers written",
        ),
    )(evaluate_model)


def evaluate_model(
    model: Annotated[str, typer.Argument(help="Folder, Hub id, starter or server#NAME.")],
    languages: Annotated[str, typer.Option(help="Codes, with commas between.")],
    tasks: Annotated[str, typer.Option(help="Addresses ('glotlift tasks list').")],
    rows: Annotated[int, typer.Option(min=2, help="Rows of each task and language.")] = 200,
    shots: Annotated[int, typer.Option(min=0, max=32, help="Demonstrations.")] = 0,
    instructions: Annotated[str, typer.Option(help="english, target or translated.")] = "target",
    answers: Annotated[
        str, typer.Option(help="scored (by likelihood) or written (named in a reply).")
    ] = "scored",
    output: Annotated[Path | None, typer.Option(help="Run folder.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other setting.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be asked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a model tasks in many languages; report scores against chance, with intervals.

    Languages count alike in every mean. Each row is asked in three formulations and the median
    over them is reported. Run again with the same output folder, only what is missing is asked.
    """
    from glotlift.evaluation.tasks.config import EvaluateConfig
    from glotlift.runs.config import load_config

    wanted: dict[str, Any] = {
        "model": model,
        "tasks": [name for name in tasks.split(",") if name],
        "languages": [code for code in languages.split(",") if code],
        "rows": rows,
        "shots": shots,
        "instructions": instructions,
        "answers": answers,
    }
    config = load_config(EvaluateConfig, wanted, set_ or [])
    folder = output or Path("runs") / "evaluate"
    if plan:
        show_plan(config, folder, as_json)
        return
    from glotlift.evaluation.tasks.job import SAMPLES
    from glotlift.evaluation.tasks.job import evaluate_model as evaluate
    from glotlift.evidence.samples import render_evaluation

    with quiet_output(as_json):
        found = evaluate(config, folder)
    page = render_evaluation(found, folder / SAMPLES, folder / "report.html")
    if as_json:
        print_json(found)
        return
    print_table(found["tasks"], COLUMNS, title=config.model)
    read = [one | one["replies"] for one in found["tasks"] if "replies" in one]
    if read:
        print_table(read, REPLIES, title="The same replies, read in other ways")
    if found["groups"]:
        print_table(found["groups"], GROUPS, title="Over languages, which count alike")
    for note in found["notes"]:
        print(f"note: {note}")
    print(f"page: {page.resolve()}")


def show_plan(config: "EvaluateConfig", folder: Path, as_json: bool) -> None:
    """Print how many questions there would be, at the most, and where they would be kept."""
    from glotlift.evaluation.tasks.kinds import VECTORS
    from glotlift.evaluation.tasks.sources import task_source

    kinds = {address: task_source(address).kind for address in config.tasks}
    ways = [1 if kind in VECTORS else config.formulations for kind in kinds.values()]
    planned = {
        "model": config.model,
        "tasks": kinds,
        "languages": config.languages,
        "questions at most": config.rows * len(config.languages) * sum(ways),
        "writes": str(folder),
    }
    if as_json:
        print_json(planned)
    else:
        print_table([{"": key, "value": value} for key, value in planned.items()])
