"""A toy setting in which the staged recipes train for a few steps."""

from collections.abc import Callable
from typing import Any

import pytest

from glotlift.evidence import Recipe, Setting

WORLD = "world:{}?rows=60&sentences=2"


@pytest.fixture(scope="session")
def toy() -> Callable[..., Setting]:
    """Return a function from a recipe to its world setting, made tiny."""

    def shrink(recipe: Recipe, **own: Any) -> Setting:
        values = dict(recipe.setting("world").values)
        kept = {name: WORLD.format(name) for name in ("eng_Latn", "spa_Latn")}
        kept = {name: kept.get(name, address) for name, address in values["kept"].items()}
        kept = dict(list(kept.items())[:2])
        values |= {
            "kept": kept,
            "new": {"tur_Latn": WORLD.format("tur_Latn")},
            "steps": 12,
            "documents": 8,
            "tokens": 4_000,
        }
        return Setting("world", values | own)

    return shrink
