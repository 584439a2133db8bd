"""`glotlift corpus build`: raw sources to a clean, documented corpus."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from glotlift.commands.adapt import as_overrides, split_settings
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "build",
        epilog=examples(
            "glotlift corpus build corpus.yaml --plan",
            "glotlift corpus build corpus.yaml",
            "glotlift corpus build --input crawl/ --output corpus quality.trusted.yor_Latn=good/",
            "glotlift corpus build corpus.yaml --only examine --share $SLURM_ARRAY_TASK_ID/40",
        ),
    )(build)


def build(
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONFIG.yaml KEY=VALUE", help="A file, then overrides."),
    ] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", help="A file, a folder or a Hub id.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the corpus.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Print what would run; change nothing.")] = (
        False
    ),
    only: Annotated[
        Literal["examine", "decide", "write"] | None,
        typer.Option(help="Do one pass: for jobs of an array."),
    ] = None,
    share: Annotated[
        str, typer.Option(metavar="I/N", help="With --only, every N-th shard, from the I-th.")
    ] = "1/1",
    as_json: AsJson = False,
) -> None:
    """Read, repair, identify, filter, deduplicate and protect text; write a corpus and its page.

    It goes on where it stopped when it is started again with the same settings, and the result is
    the same for any number of workers. A flag stands over the file, KEY=VALUE over both.
    """
    from glotlift.corpus.building import BuildConfig, build_corpus, plan_corpus
    from glotlift.runs.config import load_config

    path, overrides = split_settings(settings or [])
    given: dict[str, Any] = {
        "inputs": [{"path": place} for place in inputs or []],
        "output": str(output) if output else None,
    }
    config = load_config(BuildConfig, path, [*as_overrides(given), *overrides])
    if plan:
        found = plan_corpus(config)
        rows = [{"": key, "planned": value} for key, value in found.items()]
        print_json(found) if as_json else print_table(rows, title="Plan")
        return
    with quiet_output(as_json):
        manifest = build_corpus(config, only=only, share=share)
    report(config.output, manifest, only, as_json)


def report(folder: Path, manifest: Path | None, only: str | None, as_json: bool) -> None:
    """Print what was built, or which pass was done."""
    if manifest is None:
        done = {"pass": only, "output": str(folder)}
        print_json(done) if as_json else print(f"{only}: done")
        return
    found = summarise(folder, manifest)
    if as_json:
        print_json(found)
        return
    print_table(found["languages"], title="Languages")
    left_out = [{"reason": reason, "rows": rows} for reason, rows in found["left_out"].items()]
    print_table(left_out, title="Left out")
    print(f"corpus {found['hash'][:12]}: {folder}\npage: {found['page']}")


def summarise(folder: Path, manifest: Path) -> dict[str, Any]:
    """Return a corpus's hash, its page, rows by language, and rows left out by reason."""
    import json

    from glotlift.corpus.description.statistics import Statistics
    from glotlift.corpus.description.tables import language_rows

    figures = json.loads((folder / "statistics.json").read_text(encoding="utf-8"))
    statistics = Statistics.from_json(figures)
    return {
        "hash": json.loads(manifest.read_text(encoding="utf-8"))["hash"],
        "page": str(folder / "report.html"),
        "languages": [
            {
                "language": row["language"] or "not known",
                "read": row["read"],
                "kept": row["kept"].rows,
                "bytes": row["kept"].bytes,
                "share_kept": round(row["share"], 3),
            }
            for row in language_rows(statistics)
        ],
        "left_out": {reason: found.rows for reason, found in statistics.left_out().items()},
    }
