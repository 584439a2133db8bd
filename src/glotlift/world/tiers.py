"""Languages dealt out as well or badly provided for: the user says which is high, low or unseen."""

from collections.abc import Mapping

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.sentences import documents

SHARES = {"high": 1.0, "middle": 0.1, "low": 0.01, "unseen": 0.0}


def deal(
    tiers: Mapping[str, str], rows: int, *, seed: int = 0, split: str = "train"
) -> dict[str, Dataset]:
    """Return documents of each language, as many as its tier has: language -> rows.

    `tiers` says high, middle, low or unseen; high has `rows` documents, middle a tenth of them, low
    a hundredth (one at least), unseen none and so no entry. Languages of fewer documents have the
    first ones of those with more. Raises GL-WORLD-001 (language), -002 (split), -013 (tier).
    """
    for code, tier in tiers.items():
        if tier not in SHARES:
            raise GlotliftError(
                "GL-WORLD-013", f"{tier!r} is no tier", place=code, fix=f"use {', '.join(SHARES)}"
            )
    return {
        code: documents(code, max(1, round(rows * SHARES[tier])), seed=seed, split=split)
        for code, tier in tiers.items()
        if SHARES[tier]
    }
