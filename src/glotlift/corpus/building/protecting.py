"""Personal data masked and evaluation items taken out of a batch of rows."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from glotlift.corpus.building.config import Protection
from glotlift.corpus.building.found import Found
from glotlift.corpus.protection.contamination import EvaluationIndex
from glotlift.corpus.protection.overlaps import remove_overlaps
from glotlift.corpus.protection.personal import find_personal, mask_personal
from glotlift.corpus.protection.personal_phones import regions_of
from glotlift.corpus.rows import UNDETERMINED


def protect_people(rows: Sequence[Found], settings: Protection) -> None:
    """Mask personal data in each row, or drop the rows that hold some."""
    if settings.personal == "keep":
        return
    for row in rows:
        known = row.language != UNDETERMINED
        found = find_personal(row.text, regions_of(row.language) if known else ())
        if found and settings.personal == "drop":
            row.drop("personal data")
        elif found:
            for kind, count in Counter(item.kind for item in found).items():
                row.change(f"masked {kind}", row.text, count)
            row.text = mask_personal(row.text, found)


def protect_evaluation(rows: Sequence[Found], index: EvaluationIndex, settings: Protection) -> None:
    """Drop the rows that hold an evaluation item, or cut the item out."""
    for row, overlaps in zip(rows, index.find([row.text for row in rows]), strict=True):
        if not overlaps:
            continue
        if settings.contaminated == "drop":
            row.drop(f"evaluation item: {overlaps[0].set}")
        else:
            cut = remove_overlaps(row.text, overlaps)
            row.change("cut evaluation item", cut, len(overlaps))


@cache
def load_index(path: Path) -> EvaluationIndex:
    """Return the index of evaluation sets, loaded once in each process."""
    return EvaluationIndex.load(path)
