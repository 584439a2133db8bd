"""The page that shows what a run proved: one HTML file, whole by itself."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from glotlift.evidence import charts, wording
from glotlift.runs.atomic import write_text
from glotlift.runs.errors import GlotliftError
from glotlift.runs.figures import UNMEASURED, duration, number, plain, size
from glotlift.runs.page import render_page

LISTS = (
    "languages",
    "tasks",
    "tokens_seen",
    "samples",
    "corpus",
    "notes",
    "claims",
    "arms",
    "seeds",
)
MAPPINGS = ("model", "cost", "vocabulary", "curves", "machine", "versions", "reproduce", "metrics")


def render_report(evidence: Mapping[str, Any], path: Path) -> Path:
    """Write the page of an evidence file to `path`, whole or not at all, and return `path`.

    `evidence` is of kind "adapt" (one job, before and after) or "recipe" (arms and claims). Parts
    that are missing or empty are left out or said to be not measured; all text is untrusted.

    Raises GL-EVIDENCE-090 for another kind.
    """
    kind = str(evidence.get("kind"))
    if kind not in PAGES:
        raise GlotliftError(
            "GL-EVIDENCE-090",
            f"no page is known for evidence of kind {kind!r}",
            place=str(path),
            fix=f"use one of {', '.join(PAGES)}",
        )
    write_text(path, render_page(kind, PAGES[kind](whole(evidence))))
    return path


def whole(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return `evidence` with every list and mapping that a page looks at in place."""
    empty: dict[str, Any] = {name: [] for name in LISTS} | {name: {} for name in MAPPINGS}
    return empty | {name: value for name, value in evidence.items() if value is not None}


def shared(evidence: Mapping[str, Any], over: str) -> dict[str, Any]:
    """Return what pages of both kinds show and the functions that their templates call."""
    reproduce = evidence["reproduce"]
    config = reproduce.get("config")
    return {
        "evidence": evidence,
        "over": over,
        "setting_values": evidence.get("values"),
        "has_published": any(claim.get("published") is not None for claim in evidence["claims"]),
        "command": reproduce.get("command") or evidence.get("command"),
        "config": config if isinstance(config, str) or not config else as_yaml(config),
        "tongues": wording.tongue_finder(evidence),
        "tone": wording.tone,
        "claimed": wording.claimed,
        "published_figure": wording.published_figure,
        "needed": wording.needed,
    }


def as_yaml(config: Any) -> str:
    """Write a configuration as it would stand in a file."""
    return yaml.safe_dump(config, allow_unicode=True, sort_keys=False)


def adapt_page(evidence: dict[str, Any]) -> dict[str, Any]:
    """Return the content of the page of an adaptation."""
    rows = evidence["languages"]
    targets = [row for row in rows if row.get("role") == "target"]
    kept = [row for row in rows if row.get("role") == "kept" and charts.measured(row.get("change"))]
    worst = max(kept, key=lambda row: row["change"]["estimate"], default=None)
    vocabulary = evidence["vocabulary"]
    vocabulary = vocabulary | {"report": matched(vocabulary)}
    content = shared(evidence, wording.coverage(row.get("change") for row in rows))
    find = content["tongues"]
    lines = charts.validation_lines(evidence["curves"].get("validation") or [], find)
    drawn = {
        "gain": charts.change_chart(targets, find),
        "kept": charts.change_chart(kept, find),
        "tasks": charts.task_chart(evidence["tasks"], find),
        "fertility": charts.fertility_chart(vocabulary["report"], find),
        "train": charts.train_chart(evidence["curves"].get("train") or []),
        "validation": charts.validation_chart(lines),
        "tokens": charts.token_chart(evidence["tokens_seen"], find),
    }
    content |= {
        "title": evidence.get("title") or "Adaptation report",
        "eyebrow": "glotlift · adaptation report",
        "source": "evidence.json",
        "rows": rows,
        "targets": targets,
        "kept": kept,
        "worst": worst,
        "vocabulary": vocabulary,
        "charts": drawn,
        "keys": charts.keys(lines),
        "notes": evidence["notes"] + gaps(evidence, kept),
    }
    return content | {"sections": adapt_sections(content)}


def matched(vocabulary: Mapping[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pair the vocabulary report before with the one after, by language."""
    after = {row.get("language"): row for row in vocabulary.get("report_after") or []}
    before = vocabulary.get("report_before") or []
    return [(row, after.get(row.get("language"), {})) for row in before]


def gaps(evidence: Mapping[str, Any], kept: list[dict[str, Any]]) -> list[str]:
    """Name what a whole report would hold and this one does not."""
    found = []
    if not kept:
        found.append("Change in the source languages: not measured; no text of theirs was given.")
    absent = {"tasks": "Tasks", "samples": "Sample generations", "corpus": "The corpus table"}
    found += [f"{title}: not measured." for name, title in absent.items() if not evidence[name]]
    # A run that said so itself in a note need not be told twice.
    return [gap for gap in found if not any(same_gap(gap, str(note)) for note in evidence["notes"])]


def same_gap(gap: str, note: str) -> bool:
    """Tell whether a note already names a gap, going by what stands before its colon."""
    return note.casefold().startswith(gap.partition(":")[0].casefold())


def adapt_sections(content: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Return anchor, label and presence of each section of an adaptation page."""
    evidence, vocabulary, drawn = (content[name] for name in ("evidence", "vocabulary", "charts"))
    cut = vocabulary["report"] or vocabulary.get("audit") or vocabulary.get("segmentation")
    learnt = drawn["train"] or drawn["validation"] or evidence["tokens_seen"]
    return [
        ("notes", "Not measured", content["notes"]),
        ("gain", "Gain and loss", content["rows"]),
        ("tasks", "Tasks", evidence["tasks"]),
        ("vocabulary", "Vocabulary", cut),
        ("training", "Training", learnt),
        ("samples", "Samples", evidence["samples"]),
        ("corpus", "Corpus", evidence["corpus"]),
        ("claims", "Claims", evidence["claims"]),
        ("again", "Run it again", True),
    ]


def recipe_page(evidence: dict[str, Any]) -> dict[str, Any]:
    """Return the content of the page of a recipe."""
    content = shared(evidence, wording.coverage(evidence["claims"], len(evidence["seeds"])))
    arms, metrics = evidence["arms"], evidence["metrics"]
    seeds = charts.seed_charts(arms, metrics)
    recipe, part = str(evidence.get("recipe") or "recipe"), evidence.get("part")
    cost_names = dict.fromkeys(name for arm in arms for name in arm.get("cost") or {})
    return content | {
        "title": evidence.get("title") or (f"{recipe}: {part}" if part else recipe),
        "eyebrow": "glotlift · recipe report",
        "source": "evidence.json",
        "notes": evidence["notes"],
        "forests": charts.forests(evidence["claims"], metrics),
        "seed_charts": seeds,
        "metrics": [directed(name, metric) for name, metric in metrics.items()],
        "spent": spent,
        "cost": cost,
        "cost_names": list(cost_names),
        "sections": [
            ("notes", "Not measured", evidence["notes"]),
            ("claims", "Claims", evidence["claims"]),
            ("arms", "Arms", arms),
            ("seeds", "Seed by seed", seeds),
            ("controls", "Controls", evidence.get("controls")),
            ("cost", "Cost", True),
            ("again", "Run it again", True),
        ],
    }


def directed(name: str, metric: Mapping[str, Any]) -> dict[str, str]:
    """Return a metric's name with its unit and which way is better."""
    higher = metric.get("higher_is_better")
    way = "" if higher is None else "higher is better" if higher else "lower is better"
    unit = str(metric.get("unit") or "")
    direction = ", ".join(part for part in (unit if unit != name else "", way) if part)
    return {"name": name, "direction": direction}


def spent(arm: Mapping[str, Any]) -> str:
    """Write an arm's budget, as one figure where all seeds spent the same."""
    values = arm.get("budget_spent")
    found = [number(value) for value in values.values()] if isinstance(values, Mapping) else []
    amounts = sorted({value for value in found if value is not None})
    if not amounts:
        return UNMEASURED
    low, high = plain(amounts[0]), plain(amounts[-1])
    return low if low == high else f"{low} to {high}"


def cost(name: str, value: Any) -> str:
    """Write a cost by its name: seconds as time, bytes in units, the rest as numbers."""
    write: Callable[[Any], str] = plain
    if "bytes" in name:
        write = size
    elif name == "seconds" or name.endswith("_seconds"):
        write = duration
    return write(value)


PAGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "adapt": adapt_page,
    "recipe": recipe_page,
}
