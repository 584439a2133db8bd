"""Which grams the items of evaluation sets have, and where."""

from typing import Any

import numpy as np

from glotlift.corpus.protection.contamination_grams import LETTERS, WIDE, Batch, runs

# A gram of more items than this says nothing about any of them.
ITEMS_PER_GRAM = 16
# Characters of an item, from which on an edited copy of it is looked for.
EDITABLE = 40


def postings(batch: Batch, kept: list[int]) -> dict[str, Any]:
    """Return the grams of the kept items, each once an item, without those of too many items."""
    item_of = np.full(len(batch.bounds) - 1, -1, np.int64)
    item_of[kept] = np.arange(len(kept))
    wide = np.array([batch.is_mostly_wide(place) for place in kept], bool)
    grams, items, places = [], [], []
    for length in (LETTERS, WIDE):
        begins, hashes = runs(batch, length)
        text = np.searchsorted(batch.bounds, begins, "right") - 1
        item = item_of[text]
        right = (item >= 0) & (wide[item] == (length == WIDE))
        grams.append(hashes[right])
        items.append(item[right])
        places.append((begins - batch.bounds[text])[right])
    gram, item, place = (np.concatenate(part) for part in (grams, items, places))
    order = np.lexsort((place, item, gram))
    gram, item, place = gram[order], item[order], place[order]
    fresh = np.ones(len(gram), bool)
    fresh[1:] = (gram[1:] != gram[:-1]) | (item[1:] != item[:-1])
    gram, item, place = gram[fresh], item[fresh], place[fresh]
    distinct, number, count = np.unique(gram, return_inverse=True, return_counts=True)
    rare = count[number] <= ITEMS_PER_GRAM
    gram, item, place = gram[rare], item[rare], place[rare]
    distinct, first = np.unique(gram, return_index=True)
    counts = np.bincount(item, minlength=len(kept)).astype(np.int32)
    lengths = np.diff(batch.bounds)[kept]
    editable = np.where(wide, lengths >= EDITABLE // 2, lengths >= EDITABLE)
    return {
        "grams": distinct,
        "first": np.append(first, len(gram)).astype(np.int64),
        "items": item.astype(np.int32),
        "places": place.astype(np.int32),
        "counts": counts,
        "exact": ~(editable & (counts >= lengths // 4)),
    }
