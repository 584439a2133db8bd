"""`glotlift corpus dedup`: rows without duplicates of any kind."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.corpus_results import check_file, plan_reading, show_plan, write_rows
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output

if TYPE_CHECKING:
    from glotlift.corpus.repetition.duplicates import Levels

COMMAND = "corpus dedup"
BYTES_A_SECOND = 4e6

Threshold = Annotated[
    float, typer.Option(help="Least share of strings that near duplicates have in common.")
]
Contained = Annotated[
    float, typer.Option(help="How much of a partial duplicate stands in a longer text.")
]
Paragraph = Annotated[
    int, typer.Option(min=0, help="Characters of a repeated paragraph that is cut; 0 cuts none.")
]
Passage = Annotated[
    int, typer.Option(min=0, help="Characters of a repeated passage that is cut; 0 cuts none.")
]
AcrossLanguages = Annotated[
    bool, typer.Option(help="Compare a text with those of other languages too.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "dedup",
        epilog=examples(
            "glotlift corpus dedup crawl/ --output clean.parquet --plan",
            "glotlift corpus dedup news.jsonl.gz wiki.parquet --output clean.jsonl",
            "glotlift corpus dedup crawl/ --output clean.parquet --passage 200 --threshold 0.5",
        ),
    )(deduplicate_files)


def deduplicate_files(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or Hub ids.")],
    output: Annotated[Path, typer.Option(help="File of the rows kept: .parquet or .jsonl.")],
    language: Annotated[str, typer.Option(help="Language of rows that do not say it.")] = "",
    threshold: Threshold = 0.25,
    contained: Contained = 0.8,
    paragraph: Paragraph = 100,
    passage: Passage = 0,
    across_languages: AcrossLanguages = True,
    plan: Annotated[bool, typer.Option("--plan", help="Print what would run; change nothing.")] = (
        False
    ),
    as_json: AsJson = False,
) -> None:
    """Drop exact, normalised, near and partial duplicates, and cut repeated paragraphs.

    The rows kept go to the output; beside it lie a ledger with the reason of every row left out
    (.ledger.jsonl) and a report of all counts (.report.json).
    """
    from glotlift.corpus.repetition.duplicates import Levels

    check_file(output, COMMAND, paths)
    if plan:
        found = {"output": str(output), **plan_reading(paths, BYTES_A_SECOND)}
        show_plan(found, as_json=as_json)
        return
    levels = Levels(threshold, contained, paragraph, passage, across_languages)
    with quiet_output(as_json):
        report = perform(paths, output, language or None, levels)
    if as_json:
        print_json(report)
    else:
        show(report)


def show(report: dict[str, Any]) -> None:
    """Print what was left out and cut."""
    left_out = [{"reason": reason, "rows": rows} for reason, rows in report["left_out"].items()]
    print_table(left_out, title="Left out", columns=["reason", "rows"])
    print_table([report["cut"]], title="Cut from what stays")
    print(f"{report['kept']} of {report['read']} rows: {report['output']}")


def perform(
    paths: list[str], output: Path, language: str | None, levels: "Levels"
) -> dict[str, Any]:
    """Read, deduplicate and write; return the report."""
    from glotlift.corpus.ledger import Ledger
    from glotlift.corpus.reading import read
    from glotlift.corpus.repetition.duplicates import remove_duplicates
    from glotlift.runs.progress import hush_libraries, say

    hush_libraries()
    ledger = Ledger()
    rows = read(paths, language=language, ledger=ledger)
    say(f"{ledger.read} rows read, {len(rows)} whole: comparing them")
    done = remove_duplicates(rows, levels, ledger)
    report = {
        "schema": 1,
        "command": COMMAND,
        "inputs": paths,
        "output": str(output),
        "read": ledger.read,
        "kept": len(done.rows),
        "left_out": ledger.counts(),
        "cut": done.report["cut"],
        "levels": asdict(levels),
    }
    write_rows(done.rows, output, ledger, report)
    return report
