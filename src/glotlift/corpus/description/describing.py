"""The page of a corpus: what it holds, what was left out and why, and how to make it again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from glotlift import __version__
from glotlift.corpus.description import tables
from glotlift.corpus.description.charts import (
    Range,
    key,
    length_chart,
    spoken,
    stacked_chart,
)
from glotlift.corpus.description.data_card import write_card
from glotlift.corpus.description.makeup import KINDS, kinds
from glotlift.corpus.description.statistics import Statistics
from glotlift.corpus.description.tongues import tongue
from glotlift.runs.atomic import write_text
from glotlift.runs.figures import percent
from glotlift.runs.page import render_page

PAGE, FIGURES = "report.html", "statistics.json"
CHARTED = 24
PARTS = 8
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, kw_only=True)
class Description:
    """All that the page and the data card tell of a corpus.

    `standards` is the JSON of `Standards`. `manifest` may hold ``config`` (settings), ``inputs``
    and ``outputs``, the last two as lists of files: ``path``, ``bytes``, ``hash``, and where known
    ``language``, ``rows``, ``source`` and ``license``; paths of outputs are relative to the
    corpus's folder. `manifest_hash` names the corpus; `created` is a date in ISO form.
    """

    name: str
    statistics: Statistics
    manifest_hash: str
    manifest: Mapping[str, Any] = field(default_factory=dict)
    standards: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    created: str | None = None


def describe(description: Description, folder: Path) -> None:
    """Write ``report.html``, ``README.md`` (the data card) and ``statistics.json`` into `folder`.

    Raises GL-CORPUS-075 when the rows do not add up.
    """
    description.statistics.check()
    figures = json.dumps(description.statistics.to_json(), ensure_ascii=False)
    write_text(folder / FIGURES, figures + "\n")
    write_text(folder / PAGE, corpus_page(description))
    write_card(description, folder)


def corpus_page(description: Description) -> str:
    """Return the page as HTML: one file that runs no script and needs no network."""
    statistics, manifest = description.statistics, description.manifest
    languages = tables.language_rows(statistics)
    config = manifest.get("config")
    content = {
        "title": description.name,
        "eyebrow": "glotlift · corpus",
        "source": FIGURES,
        "evidence": {"glotlift": __version__, "created": description.created},
        "tongues": tongue,
        "manifest_hash": description.manifest_hash,
        "read": statistics.read,
        "kept": statistics.kept(),
        "languages": languages,
        "low": [row for row in languages if row["low"]],
        "least": f"{tables.LEAST_KEPT:.0%}".replace("%", " %"),
        "dropped": sum(row["dropped"] for row in languages),
        "licenses": tables.license_rows(statistics),
        "sources": tables.source_rows(statistics),
        "source_count": len(statistics.totals("source")),
        "reasons": tables.reason_rows(statistics),
        "changes": tables.change_rows(statistics),
        "noted": [
            {"title": title, "note": note, "rows": tables.noted_rows(statistics, section)}
            for section, (title, note) in tables.SECTIONS.items()
        ],
        "confused": tables.confused_rows(statistics),
        "words": tables.word_rows(statistics),
        "thresholds": tables.threshold_rows(description.standards),
        "inputs": tables.file_rows(manifest.get("inputs")),
        "outputs": tables.file_rows(manifest.get("outputs")),
        "command": description.command,
        "config": yaml.safe_dump(config, sort_keys=False, allow_unicode=True) if config else "",
    }
    return render_page("corpus", content | charts(statistics, languages[:CHARTED]))


def charts(statistics: Statistics, languages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the page's charts, of the languages with the most rows; None where there is none."""
    codes = [row["language"] for row in languages]
    labels = tables.labels(codes)
    kept = [row["language"] for row in languages if row["kept"].rows]
    return {
        "charted": len(codes),
        "flow": flow(statistics, languages, labels),
        "lengths": lengths(statistics, kept, tables.labels(kept)),
        "makeup": makeup(statistics, kept, tables.labels(kept)),
    }


def flow(
    statistics: Statistics, languages: Sequence[Mapping[str, Any]], labels: Sequence[str]
) -> dict[str, Any] | None:
    """Draw what was left out of each language's rows, by reason; None where nothing was."""
    groups = list(statistics.left_out())
    if not groups:
        return None
    parts = groups[:PARTS]
    if len(groups) > PARTS:
        parts[-1] = "other reasons"
    shares = []
    for row in languages:
        share: dict[str, float] = {}
        for reason, amount in statistics.left_out(row["language"]).items():
            part = reason if reason in parts else parts[-1]
            share[part] = share.get(part, 0.0) + amount.rows / row["read"]
        shares.append(share)
    values = [f"{percent(row['share'])} kept" for row in languages]
    told = dict(zip(labels, values, strict=True))
    drawing = stacked_chart(
        labels,
        shares,
        parts,
        values,
        "share of the rows that were left out",
        reach=min(1.0, 1.05 * max(1 - tables.LEAST_KEPT, *(sum(each.values()) for each in shares))),
        mark=1 - tables.LEAST_KEPT,
        label=f"Share of rows kept: {spoken(told)}",
    )
    return {"drawing": drawing, "keys": key(parts)}


def lengths(statistics: Statistics, codes: Sequence[str], labels: Sequence[str]) -> Any:
    """Draw how long the kept texts are."""
    ranges = []
    for code, label in zip(codes, labels, strict=True):
        found = [statistics.length(code, share) for share in QUANTILES]
        ranges.append(Range(label, *(value or 0.0 for value in found)))
    if not ranges:
        return None
    told = {found.label: f"median {found.median:,.0f}" for found in ranges}
    return length_chart(ranges, f"Characters in a text: {spoken(told)}")


def makeup(
    statistics: Statistics, codes: Sequence[str], labels: Sequence[str]
) -> dict[str, Any] | None:
    """Draw what kinds of characters the kept texts consist of."""
    if not codes:
        return None
    shares = [kinds(statistics.characters[code]) for code in codes]
    values = [percent(share["letters"]) for share in shares]
    told = {label: f"{value} letters" for label, value in zip(labels, values, strict=True)}
    parts = list(KINDS.values())
    drawing = stacked_chart(
        labels,
        shares,
        parts,
        values,
        "share of characters",
        label=f"Kinds of characters: {spoken(told)}",
    )
    return {"drawing": drawing, "keys": key(parts)}
