"""`glotlift recipe`: published methods, their evidence, and how to run one."""

from collections.abc import Sequence
from contextlib import nullcontext
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from glotlift.evidence import Recipe, Setting, Workers
    from glotlift.recipes.catalogue import Publication

app = typer.Typer(help="See and run published methods.", no_args_is_help=True)


class Place(StrEnum):
    """Where a recipe runs: the built-in sample world, or real text named by GLOTLIFT_DATA."""

    WORLD = "world"
    REAL = "real"


@app.command("list", epilog=examples("glotlift recipe list", "glotlift recipe list --json"))
def list_recipes(as_json: AsJson = False) -> None:
    """List all published methods with the state of their evidence.

    With --json each comes with its findings: arms, figures, intervals, verdicts and seconds.
    """
    from glotlift.recipes.catalogue import CATALOGUE, findings

    rows = [describe(entry) for entry in CATALOGUE]
    if as_json:
        print_json([row | {"findings": findings(row["recipe"])} for row in rows])
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
        "glotlift recipe run marco-llm --seeds 5 --workers 2 --output runs/marco-llm",
        "glotlift recipe run marco-llm language=yor_Latn text=yoruba/",
        "GLOTLIFT_DATA=data glotlift recipe run ofa --setting real",
    ),
)
def run(
    name: Annotated[str, typer.Argument(help="Recipe name, as 'recipe list' gives it.")],
    own: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="Your own values over the setting's."),
    ] = None,
    setting: Annotated[
        Place, typer.Option(help="Built-in sample world, or real text.")
    ] = Place.WORLD,
    seeds: Annotated[int | None, typer.Option(min=1, help="How many seeds.")] = None,
    part: Annotated[str, typer.Option(help="Only this part of the recipe.")] = "",
    output: Annotated[Path | None, typer.Option(help="Folder of the runs.")] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that run arms and seeds side by side.")
    ] = 1,
    record: Annotated[
        bool, typer.Option("--record", help="Also write the evidence into the package.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the arms of a recipe over seeds and judge its claims.

    Every claim gets one of three verdicts: CONFIRMED, NOT SEPARABLE or CONTRADICTED.
    """
    from glotlift.evidence import Workers
    from glotlift.recipes.catalogue import publication

    entry = publication(name)
    chosen = [
        (one, choose_setting(one, setting, own or [], record)) for one in choose_parts(entry, part)
    ]
    folder = output or Path("runs") / "recipes" / f"{name}-{chosen[0][1].name}"
    with quiet_output(as_json), Workers(workers) if workers > 1 else nullcontext() as hired:
        done = [
            run_part(one, where, seeds, folder / one.part, record, hired) for one, where in chosen
        ]
    if as_json:
        print_json(done)
        return
    for evidence in done:
        columns = ("text", "estimate", "low", "high", "unit", "verdict", "needed")
        print_table(evidence["claims"], columns, title=f"{name}, {evidence['part']}")
        for note in evidence["notes"]:
            print(f"note: {note}")
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

    Raises GL-COMMAND-007 when this version does not hold the recipe.
    """
    if not entry.runs_here:
        raise GlotliftError(
            "GL-COMMAND-007",
            f"this version cannot run {entry.name!r} yet",
            place="recipe name",
            fix="'glotlift recipe list' shows which recipes run here",
        )
    recipes: tuple[Recipe, ...] = import_module(entry.module).RECIPES
    return recipes


def choose_parts(entry: "Publication", part: str) -> "tuple[Recipe, ...]":
    """Return all parts of a recipe, or the one named.

    Raises GL-COMMAND-009 when it has no such part.
    """
    every = parts_of(entry)
    chosen = tuple(one for one in every if part in ("", one.part))
    if not chosen:
        raise GlotliftError(
            "GL-COMMAND-009",
            f"{entry.name} has no part {part!r}",
            place="--part",
            fix=f"its parts are {', '.join(one.part for one in every)}",
        )
    return chosen


def choose_setting(recipe: "Recipe", name: str, own: Sequence[str], record: bool) -> "Setting":
    """Return the named setting of a recipe, or one called "own" with some of its values replaced.

    Raises GL-COMMAND-010 for a value that the setting does not have and GL-COMMAND-011 where
    evidence of one's own setting is to be recorded among the packaged results.
    """
    from difflib import get_close_matches

    from glotlift.evidence import Setting
    from glotlift.runs.config import assign

    setting = recipe.setting(name)
    if not own:
        return setting
    if record:
        raise GlotliftError(
            "GL-COMMAND-011",
            "only the settings that a recipe declares are recorded",
            place="--record",
            fix="leave out --record or the values of your own",
        )
    replaced: dict[str, Any] = {}
    for override in own:
        assign(replaced, override)
    known = list(setting.values)
    for key in replaced.keys() - set(known):
        near = get_close_matches(key, known, n=1, cutoff=0.0)
        raise GlotliftError(
            "GL-COMMAND-010",
            f"setting {name!r} of {recipe.name} has no value {key!r}",
            place="command line",
            fix=f"did you mean {near[0]!r}?" if near else "this recipe takes no values",
        )
    return Setting("own", {**setting.values, **replaced})


def run_part(
    recipe: "Recipe",
    setting: "Setting",
    seeds: int | None,
    folder: Path,
    record: bool,
    workers: "Workers | None",
) -> dict[str, Any]:
    """Run one part, write its evidence and page, and return the evidence."""
    from glotlift.evidence import render_report, run_recipe, write_evidence
    from glotlift.runs.progress import hush_libraries, say

    hush_libraries()
    evidence: dict[str, Any] = run_recipe(
        recipe,
        setting,
        folder,
        seeds=None if seeds is None else range(seeds),
        progress=say,
        command=f"glotlift recipe run {recipe.name} --setting {setting.name} --part {recipe.part}",
        workers=workers,
    )
    render_report(evidence, folder / "report.html")
    if record:
        import glotlift.recipes

        results = Path(glotlift.recipes.__file__).parent / "results"
        write_evidence(evidence, results / recipe.name / f"{recipe.part}-{setting.name}.json")
    return evidence
