"""`glotlift compare`: two runs side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table
from glotlift.commands.runs import read_evidence

Evidence = Mapping[str, Any]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "compare",
        epilog=examples(
            "glotlift compare runs/with-extension runs/without-extension",
            "glotlift compare runs/before runs/after   # two of 'evaluate', or of 'probe'",
            "glotlift compare runs/a runs/b --json",
        ),
    )(compare)


def compare(
    a: Annotated[Path, typer.Argument(help="First run folder.")],
    b: Annotated[Path, typer.Argument(help="Second run folder.")],
    as_json: AsJson = False,
) -> None:
    """Set two runs side by side: result per language and task, and cost.

    Two evaluations, or two probed models, are compared row by row, with intervals over rows. The
    differences between other runs carry no interval; a verdict needs seeds, which a recipe has.
    """
    first, second = (read_evidence(path) for path in (a, b))
    if first.get("kind") == second.get("kind") == "evaluation":
        compare_evaluations(a, b, as_json)
        return
    if first.get("kind") == second.get("kind") == "probe":
        compare_probed(a, b, as_json)
        return
    compared: dict[str, Any] = {
        "a": str(a),
        "b": str(b),
        "languages": compare_languages(first, second),
        "tasks": compare_tasks(first, second),
        "cost": compare_cost(first, second),
        "warnings": find_differences(first, second),
    }
    if as_json:
        print_json(compared)
        return
    for title in ("languages", "tasks", "cost"):
        if compared[title]:
            print_table(compared[title], title=title.capitalize())
    for warning in compared["warnings"]:
        typer.secho(f"warning: {warning}", fg="yellow")
    print("single runs: these differences carry no interval")


def compare_evaluations(a: Path, b: Path, as_json: bool) -> None:
    """Print each task's and language's change from the first evaluation to the second."""
    from glotlift.evaluation.tasks.running import compare_runs, run_scores

    changes = compare_runs(run_scores(a), run_scores(b))
    if as_json:
        print_json({"a": str(a), "b": str(b), "changes": changes})
        return
    columns = ("task", "language", "rows", "before", "after", "estimate", "low", "high", "p_value")
    print_table(changes, columns, title=f"{a} → {b}")
    print("intervals are over rows; p-values are corrected over the languages of a task (Holm)")


def compare_probed(a: Path, b: Path, as_json: bool) -> None:
    """Print each measure's and language's change from the first probed model to the second."""
    from glotlift.probing.layers.comparing import compare_probes

    changes = compare_probes(a, b)
    if as_json:
        print_json({"a": str(a), "b": str(b), "changes": changes})
        return
    columns = ("measure", "language", "rows", "before", "after", "estimate", "low", "high")
    print_table(changes, columns, title=f"{a} → {b}, mean over layers")
    print("intervals are over rows")


def compare_languages(a: Evidence, b: Evidence) -> list[dict[str, Any]]:
    """Return bits per byte per language before and after both runs, and how the ends differ."""
    return [
        {
            "language": code,
            "role": one.get("role"),
            "before_a": one["before"],
            "after_a": one["after"],
            "before_b": two["before"],
            "after_b": two["after"],
            "b_minus_a": subtract(two["after"], one["after"]),
            "unit": one.get("unit"),
        }
        for code, one, two in paired(a, b, "languages", ("language",))
    ]


def compare_tasks(a: Evidence, b: Evidence) -> list[dict[str, Any]]:
    """Return each task's score after both runs, and how they differ."""
    return [
        {
            "task": key,
            "metric": one.get("metric"),
            "after_a": one["after"],
            "after_b": two["after"],
            "b_minus_a": subtract(two["after"], one["after"]),
        }
        for key, one, two in paired(a, b, "tasks", ("task", "language"))
    ]


def compare_cost(a: Evidence, b: Evidence) -> list[dict[str, Any]]:
    """Return what both runs cost, quantity by quantity."""
    one, two = a.get("cost") or {}, b.get("cost") or {}
    return [
        {"cost": key.replace("_", " "), "a": one[key], "b": two.get(key)}
        for key in one
        if isinstance(one[key], int | float)
    ]


def find_differences(a: Evidence, b: Evidence) -> list[str]:
    """Name what makes the two runs unequal: other models, languages or held-out text."""
    warnings = []
    for key in ("target", "kind"):
        if a.get(key) != b.get(key):
            warnings.append(f"different {key}: {a.get(key)} and {b.get(key)}")
    names = [(record.get("model") or {}).get("name") for record in (a, b)]
    if names[0] != names[1]:
        warnings.append(f"different models: {names[0]} and {names[1]}")
    for code, one, two in paired(a, b, "languages", ("language",)):
        if (one.get("documents"), one.get("bytes")) != (two.get("documents"), two.get("bytes")):
            warnings.append(f"{code}: not measured on the same held-out text")
    return warnings


def paired(
    a: Evidence, b: Evidence, table: str, key: tuple[str, ...]
) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return the rows of one table that both records have, by their key, in the first's order."""
    found = {tuple(row[name] for name in key): row for row in b.get(table) or []}
    pairs = [(tuple(row[name] for name in key), row) for row in a.get(table) or []]
    return [(" ".join(code), row, found[code]) for code, row in pairs if code in found]


def subtract(b: float | None, a: float | None) -> float | None:
    """Return b - a, or None where one was not measured."""
    return None if a is None or b is None else b - a
