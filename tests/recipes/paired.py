"""A toy setting in which recipes about pairs train for two steps, and a romaniser that is quick."""

from collections.abc import Sequence
from typing import Any

from glotlift.evidence import Recipe, Setting


def toy(recipe: Recipe, **own: Any) -> Setting:
    """Return a recipe's world setting, made tiny."""
    return Setting(
        "world",
        dict(recipe.setting("world").values)
        | {
            "text": "world:{}?rows=20&sentences=3",
            "documents": 20,
            "items": 10,
            "pairs": 24,
            "romanised": ["hin_Deva", "rus_Cyrl"],
            "latin": ["eng_Latn", "spa_Latn"],
            "spelling": {},
            "topic_rows": {"train": 18, "test": 12},
            "pieces": 700,
            "steps": 2,
            "further_steps": 2,
            "pairs_per_step": 6,
            "epochs": 1,
        }
        | own,
    )


def romanised(texts: Sequence[str]) -> list[str]:
    """Return texts in letters of the Latin alphabet, one for each letter of another."""
    return ["".join(c if c.isascii() else chr(97 + ord(c) % 26) for c in text) for text in texts]
