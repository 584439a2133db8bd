"""The folder that pairing makes: pairs, rows per language, ledger, lexicon and report."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from glotlift.corpus.ledger import Ledger
from glotlift.corpus.pairing.aligning import Aligner
from glotlift.corpus.pairing.filtering import Filtered
from glotlift.corpus.pairing.lexicon import Lexicon
from glotlift.corpus.pairing.links import Link
from glotlift.runs.atomic import folder, write_json, write_text
from glotlift.runs.errors import GlotliftError

SIDES = ("source_text", "text")
REPORT, KIND = "report.json", "pairs"


def check_output(output: Path, places: Sequence[Path]) -> None:
    """Refuse an output that would replace anything but an earlier result.

    Raises GL-CORPUS-073.
    """
    own = is_own(output / REPORT)
    inside = any(place.resolve().is_relative_to(output.resolve()) for place in places)
    if inside or (output.exists() and not own and (output.is_file() or any(output.iterdir()))):
        cause = "the output is there already, and is no earlier result of pairing"
        fix = "name a new folder"
        raise GlotliftError("GL-CORPUS-073", cause, place=str(output), fix=fix)


def is_own(report: Path) -> bool:
    """Tell whether a report is one of pairing."""
    try:
        found = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("kind") == KIND


def write_result(
    output: Path,
    kind: Literal["jsonl", "parquet"],
    rows: Sequence[Mapping[str, Any]],
    ledger: Ledger,
    lexicon: Lexicon | None,
    report: Mapping[str, Any],
) -> None:
    """Write everything, whole or not at all.

    ``pairs`` holds both sides in a row; a file per language holds one row each under the same id,
    as training text.
    """
    with folder(output) as made:
        write_rows(made / f"pairs.{kind}", rows, kind)
        for text, code in zip(SIDES, ("source_language", "language"), strict=True):
            side = [
                {
                    "id": row["id"],
                    "language": row[code],
                    "text": row[text],
                    "source": row["source"],
                    "license": row["license"],
                }
                for row in rows
            ]
            write_rows(made / f"{side[0]['language']}.{kind}", side, kind)
        ledger.write(made / "ledger.jsonl")
        if lexicon:
            write_text(made / "lexicon.tsv", as_lines(lexicon))
        write_json(made / REPORT, report)


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]], kind: str) -> None:
    """Write rows as JSON lines or as a Parquet file."""
    if kind == "jsonl":
        write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)


def as_lines(lexicon: Lexicon) -> str:
    """Return a lexicon as lines of source, target and probability, in order."""
    entries = [
        f"{token}\t{translation}\t{chance:.4f}\n"
        for token, entry in sorted(lexicon.forward.items())
        for translation, chance in sorted(entry.items(), key=lambda item: (-item[1], item[0]))
    ]
    return "".join(entries)


def describe(
    texts: Sequence[tuple[Sequence[str], Sequence[str]]],
    links: Sequence[Sequence[Link]],
    judged: Filtered,
    rows: Sequence[Mapping[str, Any]],
    ledger: Ledger,
    aligner: Aligner,
    seconds: float,
) -> dict[str, Any]:
    """Return the figures of one run, for report.json."""
    kinds = Counter(f"{len(k.source)}-{len(k.target)}" for found in links for k in found)
    sentences = [sum(len(pair[side]) for pair in texts) for side in (0, 1)]
    likeness = None if judged.likeness is None else judged.likeness[~np.isnan(judged.likeness)]
    bound = judged.bound
    return {
        "schema": 1,
        "kind": KIND,
        "documents": len(texts),
        "sentences": {"source": sentences[0], "target": sentences[1]},
        "links": dict(sorted(kinds.items())),
        "read": ledger.read,
        "kept": len(rows),
        "dropped": ledger.counts(),
        "lengths": {
            "target_characters_per_source_character": round(judged.lengths.ratio, 4),
            "variance_per_character": round(judged.lengths.variance, 4),
        },
        "lexicon_entries": len(aligner.lexicon or ()),
        "likeness": {
            "median": round(float(np.median(likeness)), 4)
            if likeness is not None and len(likeness)
            else None,
            "bound": round(bound.value, 4) if bound else None,
            "used": bool(bound and bound.used),
            "lost_below": round(bound.lost, 4) if bound else None,
        },
        "licenses": dict(Counter(str(row["license"]) for row in rows).most_common()),
        "seconds": round(seconds, 3),
        "sentences_per_second": round(sum(sentences) / max(seconds, 1e-9)),
    }
