"""`glotlift recipe`: published methods, their evidence, and how to run one."""

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from glotlift.evidence.arms import Recipe
    from glotlift.recipes.catalogue import Publication

app = typer.Typer(help="See and run published methods.", no_args_is_help=True)


class Setting(StrEnum):
    """Where a recipe runs: the built-in sample world, or real text named by GLOTLIFT_DATA."""

    WORLD = "world"
    REAL = "real"


@app.command("list", epilog=examples("glotlift recipe list", "glotlift recipe list --json"))
def list_recipes(as_json: AsJson = False) -> None:
    """List all published methods with the state of their evidence."""
    from glotlift.recipes.catalogue import CATALOGUE

    rows = [describe(entry) for entry in CATALOGUE]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("number", "recipe", "year", "family", "runs_here", "evidence", "title"))


@app.command(
    "show", epilog=examples("glotlift recipe show ofa", "glotlift recipe show mexa --json")
)
def show_recipe(
    name: Annotated[str, typer.Argument(help="Recipe name, as 'recipe list' gives it.")],
    as_json: AsJson = False,
) -> None:
    """Show one method: what it compares, and the last verdicts with their differences."""
    from glotlift.recipes.catalogue import evidence, publication

    entry = publication(name)
    records = evidence(name)
    if as_json:
        print_json(describe(entry) | {"records": records})
        return
    print_table([{"": key, "value": value} for key, value in describe(entry).items()])
    if entry.runs_here:
        print_table(
            [
                {"part": part.part, "question": part.question, "difference": part.difference}
                for part in parts_of(entry)
            ],
            title="Parts",
        )
    for record in records:
        columns = ("text", "estimate", "low", "high", "unit", "verdict", "published")
        title = f"{record['part']}, {record['setting']} ({len(record['seeds'])} seeds)"
        print_table(record["claims"], columns, title=title)


@app.command(
    "run",
    epilog=examples(
        "glotlift recipe run marco-llm",
        "glotlift recipe run marco-llm --seeds 5 --output runs/marco-llm",
        "GLOTLIFT_DATA=data glotlift recipe run ofa --setting real",
    ),
)
def run(
    name: Annotated[str, typer.Argument(help="Recipe name, as 'recipe list' gives it.")],
    setting: Annotated[
        Setting, typer.Option(help="Built-in sample world, or real text.")
    ] = Setting.WORLD,
    seeds: Annotated[int | None, typer.Option(min=1, help="How many seeds.")] = None,
    part: Annotated[str, typer.Option(help="Only this part of the recipe.")] = "",
    output: Annotated[Path | None, typer.Option(help="Folder of the runs.")] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Also write the evidence into the package.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the arms of a recipe over seeds and judge its claims.

    Every claim gets one of three verdicts: CONFIRMED, NOT SEPARABLE or CONTRADICTED.
    """
    from glotlift.recipes.catalogue import publication

    entry = publication(name)
    chosen = choose_parts(entry, part)
    folder = output or Path("runs") / "recipes" / f"{name}-{setting}"
    with quiet_output(as_json):
        done = [run_part(one, setting, seeds, folder / one.part, record) for one in chosen]
    if as_json:
        print_json(done)
        return
    for evidence in done:
        columns = ("text", "estimate", "low", "high", "unit", "verdict", "needed")
        print_table(evidence["claims"], columns, title=f"{name}, {evidence['part']}")
        print(f"page: {(folder / evidence['part'] / 'report.html').resolve()}")


def describe(entry: "Publication") -> dict[str, Any]:
    """Return what the list and the first table of `show` say of a method."""
    from glotlift.recipes.catalogue import evidence_state

    return {
        "number": entry.number,
        "recipe": entry.name,
        "year": entry.year,
        "family": entry.family,
        "runs_here": entry.runs_here,
        "evidence": evidence_state(entry.name),
        "title": entry.title,
    }


def parts_of(entry: "Publication") -> "tuple[Recipe, ...]":
    """Return the parts of a recipe.

    Raises GL-COMMAND-008 when this version does not hold the recipe.
    """
    if not entry.runs_here:
        raise GlotliftError(
            "GL-COMMAND-008",
            f"this version cannot run {entry.name!r} yet",
            place="recipe name",
            fix="'glotlift recipe list' shows which recipes run here",
        )
    recipes: tuple[Recipe, ...] = import_module(entry.module).RECIPES
    return recipes


def choose_parts(entry: "Publication", part: str) -> "tuple[Recipe, ...]":
    """Return all parts of a recipe, or the one named.

    Raises GL-COMMAND-010 when it has no such part.
    """
    every = parts_of(entry)
    chosen = tuple(one for one in every if part in ("", one.part))
    if not chosen:
        raise GlotliftError(
            "GL-COMMAND-010",
            f"{entry.name} has no part {part!r}",
            place="--part",
            fix=f"its parts are {', '.join(one.part for one in every)}",
        )
    return chosen


def run_part(
    recipe: "Recipe", setting: str, seeds: int | None, folder: Path, record: bool
) -> dict[str, Any]:
    """Run one part, write its evidence and page, and return the evidence."""
    from glotlift.evidence.arms import run_recipe, write_evidence
    from glotlift.evidence.report import render_report
    from glotlift.runs.atomic import write_text

    evidence = run_recipe(recipe, setting=setting, seeds=seeds, folder=folder)
    write_evidence(evidence, folder / "evidence.json")
    write_text(folder / "report.html", render_report(evidence))
    if record:
        import glotlift.recipes

        results = Path(glotlift.recipes.__file__).parent / "results"
        write_evidence(evidence, results / recipe.name / f"{recipe.part}-{setting}.json")
    return evidence
