"""Training, validation and test rows, parted by the id that all translations of an item share."""

import hashlib

from datasets import Dataset, DatasetDict

from glotlift.runs.errors import GlotliftError

MINIMUM_ITEMS = 5


def split_rows(
    rows: Dataset, *, validation: float = 0.05, test: float = 0.05, seed: int = 0
) -> DatasetDict:
    """Return ``train``, ``validation`` and ``test`` rows, parted by a hash of the shared id.

    An id lies in the same split in every language and file, and stays there when rows are added. A
    split with a fraction above 0 is never empty: where the hash puts no id in it, the id nearest to
    it by hash is moved there (the only case in which a later row can move an earlier one). A split
    with fraction 0 has no rows.

    Raises GL-CORPUS-020 (fractions below 0, or together 1 or more) and -021 (fewer than five
    different ids).
    """
    if min(validation, test) < 0 or validation + test >= 1:
        cause = f"validation={validation} and test={test} leave nothing to train on"
        raise GlotliftError("GL-CORPUS-020", cause, fix="choose fractions such as 0.05 and 0.05")
    ids = [str(id) for id in rows["id"]]
    places = {id: place(id, seed) for id in set(ids)}
    if len(places) < MINIMUM_ITEMS:
        cause = f"{len(places)} different ids are too few to split"
        fix = f"give at least {MINIMUM_ITEMS} documents"
        raise GlotliftError("GL-CORPUS-021", cause, place="id", fix=fix)
    assigned = assign(places, validation, test)
    parts: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for index, id in enumerate(ids):
        parts[assigned[id]].append(index)
    return DatasetDict({name: rows.select(indices) for name, indices in parts.items()})


def place(id: str, seed: int) -> float:
    """Return where an id falls in [0, 1): uniform, and the same on every machine."""
    digest = hashlib.blake2b(f"{seed}\0{id}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def assign(places: dict[str, float], validation: float, test: float) -> dict[str, str]:
    """Return id -> split: the lowest places are test, the next validation, the rest train."""
    order = sorted(places, key=lambda id: (places[id], id))
    tested = sum(place < test for place in places.values())
    held = sum(place < test + validation for place in places.values())
    wanted_validation = int(validation > 0)
    tested = min(max(tested, int(test > 0)), len(order) - 1 - wanted_validation)
    held = min(max(held, tested + wanted_validation), len(order) - 1)
    names = ["test"] * tested + ["validation"] * (held - tested)
    names += ["train"] * (len(order) - held)
    return dict(zip(order, names, strict=True))
