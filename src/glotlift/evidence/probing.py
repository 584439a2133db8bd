"""The page of a probed model: a map of layers and languages for each measure, and its means."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from glotlift.evidence.wording import Tongue, tongue_finder
from glotlift.runs.atomic import write_text
from glotlift.runs.figures import plain
from glotlift.runs.heat import heat_chart
from glotlift.runs.page import render_page

Row = Mapping[str, Any]
CONTROLS = {
    "word similarity": "Shuffled pairs",
    "sentence similarity": "Shuffled pairs",
    "sentence retrieval": "Shuffled pairs",
    "tag accuracy": "Commonest tag",
    "tag transfer": "Commonest tag",
}


def render_probe(evidence: Mapping[str, Any], path: Path) -> Path:
    """Write the page of a probed model to `path`, whole or not at all, and return `path`."""
    find = tongue_finder({})
    sections = [
        {
            "measure": measure,
            "anchor": measure.replace(",", "").replace(" ", "-"),
            "told": told,
            "control": CONTROLS.get(measure, "Control"),
            "chart": layer_map(measure, rows_of(evidence["layers"], measure), find),
            "rows": rows_of(evidence["means"], measure),
        }
        for measure, told in evidence["measures"].items()
    ]
    content = {
        "title": evidence["config"]["model"],
        "eyebrow": "Probes by layer",
        "source": "evidence.json",
        "evidence": evidence,
        "sections": sections,
        "languages": len({row["language"] for row in evidence["means"]}),
        "layers": len({row["layer"] for row in evidence["layers"]}),
        "pivot": find(evidence["config"]["pivot"]).name,
        "tongues": find,
    }
    write_text(path, render_page("probe", content))
    return path


def rows_of(rows: Sequence[Row], measure: str) -> list[Row]:
    """Return the rows of a measure."""
    return [row for row in rows if row["measure"] == measure]


def layer_map(measure: str, rows: Sequence[Row], find: Any) -> Markup:
    """Draw a measure by language and layer, described in words for those who do not see it."""
    codes = list(dict.fromkeys(row["language"] for row in rows))
    layers = list(dict.fromkeys(row["layer"] for row in rows))
    found = {(row["language"], row["layer"]): float(row["estimate"]) for row in rows}
    values = [[found.get((code, layer)) for layer in layers] for code in codes]
    tongues: list[Tongue] = [find(code) for code in codes]
    told = "; ".join(
        f"{tongue.name} {', '.join(plain(value, 2) for value in row)}"
        for tongue, row in zip(tongues, values, strict=True)
    )
    return heat_chart(
        [tongue.name for tongue in tongues],
        [str(layer) for layer in layers],
        values,
        "layer (0: embeddings)",
        label=f"{measure} by layer: {told}",
    )
