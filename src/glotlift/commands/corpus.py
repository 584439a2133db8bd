"""`glotlift corpus`: a clean corpus from raw text, and a look at it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands import corpus_build
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output

if TYPE_CHECKING:
    from datasets import Dataset

app = typer.Typer(help="Make a clean corpus from raw text, and look at it.", no_args_is_help=True)


@app.callback()
def options() -> None:
    """Make a clean corpus from raw text, and look at it."""


corpus_build.add_to(app)


@app.command(
    "inspect",
    epilog=examples(
        "glotlift corpus inspect yoruba/ --language yor_Latn",
        "glotlift corpus inspect news.jsonl.gz wiki.parquet --json",
        "glotlift corpus inspect 'world:hin_Deva?rows=100'",
    ),
)
def inspect_corpus(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or Hub ids.")],
    language: Annotated[str, typer.Option(help="Language of rows that do not say it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Count rows, bytes, duplicates and what was dropped, per language; nothing is written."""
    with quiet_output(as_json):
        found = inspect_paths(paths, language or None)
    if as_json:
        print_json(found)
        return
    print_table(found["languages"], title="Languages")
    if found["dropped"]:
        dropped = [{"reason": key, "rows": count} for key, count in found["dropped"].items()]
        print_table(dropped, title="Dropped")
    if found["broken"]:
        print_table(found["broken"], title="First broken rows")
    print_table(
        [{"license": key, "rows": count} for key, count in found["licenses"].items()],
        title="Licences",
    )


def inspect_paths(paths: list[str], language: str | None) -> dict[str, Any]:
    """Read the paths and return counts per language, per licence and per reason for dropping.

    Keys: ``languages`` (one mapping per language), ``dropped`` {reason: rows}, ``broken`` (the
    first ten ledger rows) and ``licenses`` {name: rows}.
    """
    from collections import Counter

    from datasets import concatenate_datasets

    from glotlift.corpus import Ledger, deduplicate, read

    ledger = Ledger()
    parts = [read(path, language=language, ledger=ledger) for path in paths]
    rows = parts[0] if len(parts) == 1 else concatenate_datasets(parts)
    broken = ledger.rows[:10]
    kept = deduplicate(rows)
    return {
        "languages": measure_languages(rows, kept),
        "dropped": ledger.counts(),
        "broken": broken,
        "licenses": dict(Counter(str(name or "not stated") for name in rows["license"])),
    }


def measure_languages(rows: "Dataset", kept: "Dataset") -> list[dict[str, Any]]:
    """Return rows, duplicates, bytes, characters and the median row per language, by code."""
    from statistics import median

    texts: dict[str, list[str]] = {}
    for code, text in zip(rows["language"], rows["text"], strict=True):
        texts.setdefault(code, []).append(text)
    unique: dict[str, int] = dict.fromkeys(texts, 0)
    for code in kept["language"]:
        unique[code] += 1
    return [
        {
            "language": code,
            "rows": len(found),
            "exact_duplicates": len(found) - unique[code],
            "bytes": sum(len(text.encode()) for text in found),
            "characters": sum(map(len, found)),
            "median_characters": median(map(len, found)),
        }
        for code, found in sorted(texts.items())
    ]
