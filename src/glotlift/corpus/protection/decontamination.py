"""Rows without what they share with evaluation sets, and the report of what was there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from datasets import Dataset

from glotlift.corpus.ledger import Ledger
from glotlift.corpus.protection.contamination import EvaluationIndex, Overlap, remove_overlaps
from glotlift.corpus.reading import Address, read
from glotlift.runs.errors import GlotliftError
from glotlift.runs.progress import track

Action = Literal["cut", "drop"]
REASON = "overlaps the evaluation set {}"
# Less than this share of a text left, the rest is the item's surroundings and goes too.
LEAST_LEFT = 0.5
BATCH_ROWS = 1000
EXAMPLES = 5
AROUND = 40


@dataclass
class ContaminationReport:
    """What of evaluation sets stood in a corpus.

    `overlaps` counts them by set and by the rows' language; `found` has, by set, the ids of the
    items that were there; `items` how many of the set are looked for and `left_out` how many texts
    say too little. `rows` and `contaminated`: all rows and those with an overlap, by language.
    `cut` and `dropped` say what became of these. `examples` are a few by set.
    """

    items: dict[str, int]
    left_out: dict[str, int]
    rows: Counter[str] = field(default_factory=Counter)
    contaminated: Counter[str] = field(default_factory=Counter)
    overlaps: dict[str, Counter[str]] = field(default_factory=dict)
    found: dict[str, set[str]] = field(default_factory=dict)
    cut: int = 0
    dropped: int = 0
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any], overlaps: Sequence[Overlap]) -> None:
        """Count one row (id, language, text) and what was found in it."""
        language = row["language"]
        self.rows[language] += 1
        self.contaminated[language] += bool(overlaps)
        for overlap in overlaps:
            self.overlaps.setdefault(overlap.set, Counter())[language] += 1
            self.found.setdefault(overlap.set, set()).add(overlap.id)
            shown = self.examples.setdefault(overlap.set, [])
            if len(shown) < EXAMPLES:
                shown.append(_example(row, overlap))

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values: in all, by set and by language."""
        sets = [
            {
                "set": name,
                "items": count,
                "left_out": self.left_out.get(name, 0),
                "items_found": len(self.found.get(name, ())),
                "overlaps": self.overlaps.get(name, Counter()).total(),
                "languages": dict(sorted(self.overlaps.get(name, Counter()).items())),
                "examples": self.examples.get(name, []),
            }
            for name, count in sorted(self.items.items())
        ]
        languages = [
            {"language": code, "rows": count, "contaminated": self.contaminated[code]}
            for code, count in sorted(self.rows.items())
        ]
        return {
            "rows": self.rows.total(),
            "contaminated": self.contaminated.total(),
            "cut": self.cut,
            "dropped": self.dropped,
            "sets": sets,
            "languages": languages,
        }


def decontaminate(
    rows: Dataset | Address,
    index: EvaluationIndex,
    *,
    action: Action = "cut",
    language: str | None = None,
    ledger: Ledger | None = None,
) -> tuple[Dataset, ContaminationReport]:
    """Return the rows without what they share with the index, and the report.

    `rows` is a data set with the columns of `read`, or an address that `read` reads (of `language`
    where its rows do not say). ``cut`` takes the overlaps out of a text, and drops the row where
    less than half of the text is left; ``drop`` drops every row with an overlap. Dropped rows go to
    the ledger under their source and position (from 1), as in `deduplicate`.

    Raises GL-CORPUS-061 (no such action), -062 (no row left) and what `read` raises.
    """
    if action not in ("cut", "drop"):
        cause, fix = f"no such action: {action!r}", "use 'cut' or 'drop'"
        raise GlotliftError("GL-CORPUS-061", cause, place="action", fix=fix)
    if not isinstance(rows, Dataset):
        ledger = ledger if ledger is not None else Ledger()
        rows = read(rows, language=language, ledger=ledger)
    ledger = ledger if ledger is not None else Ledger(read=len(rows))
    report = ContaminationReport(index.count(), dict(index.left_out))
    kept: list[int] = []
    changed: dict[int, str] = {}
    for start in track(range(0, len(rows), BATCH_ROWS), label="evaluation items"):
        some = rows.select(range(start, min(start + BATCH_ROWS, len(rows)))).to_list()
        found = index.find([row["text"] for row in some])
        for place, (row, overlaps) in enumerate(zip(some, found, strict=True), start=start):
            report.add(row, overlaps)
            text = _left(row["text"], overlaps, action)
            if text is None:
                reason = REASON.format(overlaps[0].set)
                ledger.drop(row["source"], place + 1, reason, id=row["id"])
                report.dropped += 1
                continue
            kept.append(place)
            if overlaps:
                changed[place] = text
                report.cut += 1
    if not kept:
        cause = "every row overlaps an evaluation set"
        fix = "check that the corpus is not the evaluation set itself"
        raise GlotliftError("GL-CORPUS-062", cause, fix=fix)
    return _replaced(rows, kept, changed), report


def write_index(sets: Sequence[str | Path], path: Path) -> EvaluationIndex:
    """Index evaluation sets (`read_evaluation_sets`) and save the index at `path`."""
    from glotlift.corpus.protection.evaluation_sets import read_evaluation_sets

    index = EvaluationIndex.build(read_evaluation_sets(sets))
    index.save(path)
    return index


def _left(text: str, overlaps: Sequence[Overlap], action: Action) -> str | None:
    """Return what of a text stays, None where the row is dropped."""
    if not overlaps:
        return text
    if action == "drop":
        return None
    left = remove_overlaps(text, overlaps)
    return left if left.strip() and len(left) >= LEAST_LEFT * len(text) else None


def _replaced(rows: Dataset, kept: list[int], changed: Mapping[int, str]) -> Dataset:
    """Return the kept rows with the texts that changed."""
    if len(kept) < len(rows):
        rows = rows.select(kept)
    if not changed:
        return rows
    texts = rows["text"][:]
    places = {place: number for number, place in enumerate(kept)}
    for place, text in changed.items():
        texts[places[place]] = text
    feature = rows.features["text"]
    replaced = rows.remove_columns("text").add_column("text", texts, feature=feature)
    return replaced.select_columns(rows.column_names)


def _example(row: Mapping[str, Any], overlap: Overlap) -> dict[str, Any]:
    text = row["text"]
    return {
        "row": row["id"],
        "language": row["language"],
        "item": overlap.id,
        "share": overlap.share,
        "before": text[max(0, overlap.start - AROUND) : overlap.start],
        "overlap": text[overlap.start : overlap.end],
        "after": text[overlap.end : overlap.end + AROUND],
    }
