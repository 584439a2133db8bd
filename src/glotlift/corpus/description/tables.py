"""Rows of the tables that describe a corpus, from its statistics."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from glotlift.corpus.description.makeup import frequent, scripts
from glotlift.corpus.description.statistics import Amount, Statistics
from glotlift.corpus.description.tongues import tongue

# Below it a language loses more clean text than it should; the page marks it.
LEAST_KEPT = 0.92
SIDES = ("low", "high")
SHOWN = 40
EXAMPLES = 4
NAMED = 3
SECTIONS = {
    "duplicates": ("Duplicates", "Rows that repeat another, and passages that were cut, by kind."),
    "personal": ("Personal data", "Places found in the text, by kind."),
    "contamination": ("Evaluation sets", "Places that overlap with items of these sets."),
}


def labels(codes: Sequence[str]) -> list[str]:
    """Return the names of languages; those of one name are told apart by their scripts."""
    names = Counter(tongue(code).name for code in codes)
    return [
        tongue(code).name if names[tongue(code).name] == 1 else f"{tongue(code).name} {code}"
        for code in codes
    ]


def language_rows(statistics: Statistics) -> list[dict[str, Any]]:
    """Return what was read, dropped and kept of each language, most rows first."""
    kept = statistics.totals("language")
    rows = []
    for code in statistics.languages():
        amount = kept.get(code, Amount())
        dropped = sum(found.rows for found in statistics.left_out(code).values())
        read = amount.rows + dropped
        share = amount.rows / read
        rows.append(
            {
                "language": code,
                "read": read,
                "dropped": dropped,
                "kept": amount,
                "share": share,
                "low": share < LEAST_KEPT,
                "median": statistics.length(code, 0.5),
            }
        )
    return rows


def license_rows(statistics: Statistics) -> list[dict[str, Any]]:
    """Return what was kept under each licence, and in which languages."""
    return [
        {
            "name": name or "not stated",
            "amount": amount,
            "languages": named(
                {cell.language: 1 for cell in statistics.cells if cell.license == name}
            ),
        }
        for name, amount in statistics.totals("license").items()
    ]


def source_rows(statistics: Statistics) -> list[dict[str, Any]]:
    """Return what was kept of each source, most bytes first; beyond forty, the rest in one row."""
    totals = list(statistics.totals("source").items())
    licenses: dict[str, set[str]] = {}
    for cell in statistics.cells:
        licenses.setdefault(cell.source, set()).add(cell.license or "not stated")
    rows: list[dict[str, Any]] = [
        {
            "name": name or "not stated",
            "amount": amount,
            "licenses": ", ".join(sorted(licenses[name])),
        }
        for name, amount in totals[:SHOWN]
    ]
    if len(totals) > SHOWN:
        rest = sum((amount for _, amount in totals[SHOWN:]), Amount())
        name = f"{len(totals) - SHOWN} other sources"
        rows.append({"name": name, "amount": rest, "licenses": ""})
    return rows


def reason_rows(statistics: Statistics) -> list[dict[str, Any]]:
    """Return the groups of reasons with what was dropped for them, most rows first."""
    by_language: dict[str, Counter[str]] = {}
    for (group, code), amount in statistics.dropped.items():
        by_language.setdefault(group, Counter())[code] += amount.rows
    return [
        {
            "reason": group,
            "amount": amount,
            "share": amount.rows / statistics.read if statistics.read else 0.0,
            "languages": named(by_language[group]),
            "examples": examples(statistics, "dropped", group),
        }
        for group, amount in statistics.left_out().items()
    ]


def change_rows(statistics: Statistics) -> list[dict[str, Any]]:
    """Return how many rows were changed, in how many places, by kind, with examples."""
    places = {row["name"]: row["number"] for row in noted_rows(statistics, "places")}
    return [
        row
        | {
            "places": places[row["name"]],
            "examples": examples(statistics, "changed", row["name"]),
        }
        for row in noted_rows(statistics, "changed")
    ]


def noted_rows(statistics: Statistics, section: str) -> list[dict[str, Any]]:
    """Return the numbers of one section, largest first, and the languages with most of them."""
    found: dict[str, Counter[str]] = {}
    for (part, name, code), number in statistics.counts.items():
        if part == section:
            found.setdefault(name, Counter())[code] += number
    return [
        {"name": name, "number": counter.total(), "languages": named(counter)}
        for name, counter in sorted(found.items(), key=lambda item: (-item[1].total(), item[0]))
    ]


def named(counter: Mapping[str, int]) -> str:
    """Name the first three languages of a counter, and how many more there are."""
    order = sorted(counter, key=lambda code: (-counter[code], code))
    more = [f"{len(order) - NAMED} more"] if len(order) > NAMED else []
    return ", ".join([*labels(order[:NAMED]), *more])


def examples(statistics: Statistics, section: str, name: str) -> list[dict[str, Any]]:
    """Return a few examples of one kind, of as many languages as there are."""
    ranked = [
        (rank, example.hash, code, example)
        for (part, kind, code), kept in statistics.examples.items()
        if (part, kind) == (section, name)
        for rank, example in enumerate(kept)
    ]
    return [
        {"language": code} | example._asdict() for *_, code, example in sorted(ranked)[:EXAMPLES]
    ]


def confused_rows(statistics: Statistics) -> list[dict[str, Any]]:
    """Return where the identified language differs from the stated one, most rows first."""
    stated: Counter[str] = Counter()
    for (declared, _), number in statistics.confusion.items():
        stated[declared] += number
    order = sorted(statistics.confusion.items(), key=lambda item: (-item[1], item[0]))
    return [
        {
            "stated": declared,
            "identified": identified,
            "rows": number,
            "share": number / stated[declared],
        }
        for (declared, identified), number in order
        if declared != identified
    ][: SHOWN // 2]


def word_rows(statistics: Statistics) -> list[dict[str, Any]]:
    """Return the most frequent words and characters of each language, and its scripts."""
    rows = []
    for code in statistics.totals("language"):
        sample = statistics.words[code]
        total = sample.counts().total() or 1
        written = scripts(statistics.characters[code])
        rows.append(
            {
                "language": code,
                "words": [(word, times / total) for word, times in sample.most_common(SHOWN // 2)],
                "sampled": total,
                "characters": frequent(statistics.characters[code], SHOWN // 2),
                "scripts": [(name, share) for name, share in written.items() if share >= 0.001][:4],
            }
        )
    return rows


def threshold_rows(standards: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the bounds as a table of languages by measures, or None where there are none.

    `standards` is the JSON of `glotlift.corpus.quality.standards.Standards`.
    """
    bounds = standards.get("bounds") or {}
    names = standards.get("measures") or []
    # A measure without a bound in any language takes no column.
    columns = [
        place
        for place in range(len(names))
        if any(each[side][place] is not None for each in bounds.values() for side in SIDES)
    ]
    if not columns:
        return None
    # Languages first, then scripts ("Latn"), then what holds for all ("").
    order = sorted(bounds, key=lambda code: ("_" not in code, not code, code))
    rows = [
        {
            "name": bounded(code),
            "documents": bounds[code].get("documents"),
            "origin": bounds[code].get("origin"),
            "limits": [limit(bounds[code], place) for place in columns],
        }
        for code in order
    ]
    return {
        "measures": [names[place].replace("_", " ") for place in columns],
        "rows": rows,
        "shortest": standards.get("shortest"),
    }


def bounded(code: str) -> str:
    """Say whose bounds stand under a code of the standards."""
    if "_" in code:
        return tongue(code).name
    return f"others in {code}" if code else "all others"


def limit(bounds: Mapping[str, Any], place: int) -> str:
    """Write the bounds of one measure: ``≥ 0.4``, ``≤ 30`` or ``0.4 – 30``; "" for none."""
    low, high = (bounds[side][place] for side in SIDES)
    if low is None or high is None:
        return (
            f"≥ {brief(low)}" if low is not None else f"≤ {brief(high)}" if high is not None else ""
        )
    return f"{brief(low)} – {brief(high)}"


def brief(value: float) -> str:
    """Write a bound with three digits, or without decimals from a hundred on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def file_rows(files: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Return files of the manifest by path, each with a short hash."""
    return [
        dict(file) | {"short": str(file.get("hash") or "")[:12]}
        for file in sorted(files or [], key=lambda file: str(file.get("path")))
    ]
