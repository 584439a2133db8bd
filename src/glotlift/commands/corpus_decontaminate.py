"""`glotlift corpus decontaminate`: rows without what stands in evaluation sets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glotlift.commands.corpus_results import check_file, plan_reading, show_plan, write_rows
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output

if TYPE_CHECKING:
    from glotlift.corpus.protection.contamination import EvaluationIndex
    from glotlift.corpus.protection.decontamination import Action

COMMAND = "corpus decontaminate"
BYTES_A_SECOND = 4e6
INDEX = ".npz"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "decontaminate",
        epilog=examples(
            "glotlift corpus decontaminate crawl/ --evaluation sets/ --output clean.parquet",
            "glotlift corpus decontaminate rows.jsonl --evaluation xquad.jsonl \\",
            "    --evaluation mgsm.tsv --output clean.jsonl --action drop",
            "glotlift corpus decontaminate crawl/ --evaluation index.npz --output clean.parquet",
        ),
    )(decontaminate_files)


def decontaminate_files(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or Hub ids.")],
    evaluation: Annotated[
        list[str],
        typer.Option(help="An evaluation set: a file or folder, or an index (.npz) of sets."),
    ],
    output: Annotated[Path, typer.Option(help="File of the rows kept: .parquet or .jsonl.")],
    language: Annotated[str, typer.Option(help="Language of rows that do not say it.")] = "",
    action: Annotated[
        Literal["cut", "drop"], typer.Option(help="Cut the overlap out, or drop the row.")
    ] = "cut",
    plan: Annotated[bool, typer.Option("--plan", help="Print what would run; change nothing.")] = (
        False
    ),
    as_json: AsJson = False,
) -> None:
    """Find what of evaluation sets stands in text, take it out, and report it.

    The rows kept go to the output; beside it lie a ledger of the rows left out (.ledger.jsonl) and
    a report by set and language, with examples (.report.json).
    """
    check_file(output, COMMAND, [*paths, *evaluation])
    if plan:
        found = {"output": str(output), "sets": len(evaluation)}
        show_plan({**found, **plan_reading(paths, BYTES_A_SECOND)}, as_json=as_json)
        return
    with quiet_output(as_json):
        report = perform(paths, evaluation, output, language or None, action)
    if as_json:
        print_json(report)
        return
    columns = ["set", "items", "left_out", "items_found", "overlaps", "languages"]
    print_table(report["sets"], columns, title="Evaluation sets")
    print_table(report["languages"], title="Rows")
    print(f"{report['cut']} rows cut, {report['dropped']} dropped; {report['kept']} kept: {output}")


def perform(
    paths: list[str],
    evaluation: list[str],
    output: Path,
    language: str | None,
    action: "Action",
) -> dict[str, Any]:
    """Index the sets, read, decontaminate and write; return the report."""
    from glotlift.corpus.ledger import Ledger
    from glotlift.corpus.protection.decontamination import decontaminate
    from glotlift.corpus.reading import read
    from glotlift.runs.progress import hush_libraries, say

    hush_libraries()
    index = open_index(evaluation)
    ledger = Ledger()
    rows = read(paths, language=language, ledger=ledger)
    say(f"{ledger.read} rows read; looking for {sum(index.count().values())} items")
    kept, found = decontaminate(rows, index, action=action, ledger=ledger)
    report = {
        "schema": 1,
        "command": COMMAND,
        "inputs": paths,
        "evaluation": evaluation,
        "action": action,
        "output": str(output),
        "read": ledger.read,
        "kept": len(kept),
        "left_out": ledger.counts(),
        **found.to_json(),
    }
    write_rows(kept, output, ledger, report)
    return report


def open_index(evaluation: list[str]) -> "EvaluationIndex":
    """Return the index that is given alone, or one of the sets.

    Raises GL-COMMAND-015 (an index among other addresses), GL-CORPUS-057 to -060.
    """
    from glotlift.corpus.protection.contamination import EvaluationIndex
    from glotlift.corpus.protection.evaluation_sets import read_evaluation_sets
    from glotlift.runs.errors import GlotliftError

    indexes = [place for place in evaluation if place.endswith(INDEX)]
    if not indexes:
        return EvaluationIndex.build(read_evaluation_sets(evaluation))
    if len(evaluation) > 1:
        cause, fix = "an index stands alone", "give one index, or evaluation sets only"
        raise GlotliftError("GL-COMMAND-015", cause, place="--evaluation", fix=fix)
    return EvaluationIndex.load(Path(indexes[0]))
