"""Aurora-M (Nakamura et al. 2024, arXiv:2404.00399): a code model learns languages and keeps code.

The first of the paper's two stages, continual auxiliary pretraining, mixes the new languages with
code and English that the model knows. Here a model is made on Python source and English, then
carried into languages of the sample world with and without 40 % of the tokens replayed, half code
and half English. That share is chosen here; the paper's second stage, instruction and safety
tuning, is not part of this.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.staged_pretraining import (
    BITS,
    CHANGE,
    CHANGE_IN,
    CHANGE_IN_NEW,
    CHANGE_IN_SOURCE,
    Phase,
    continue_pretraining,
)
from glotlift.recipes.starting_point import CODE, PRETRAINED

REPLAY = 0.4
CHANGE_IN_CODE = f"{CHANGE_IN}code"
NONE, MIXED = "new only", "with replay"
WORLD: dict[str, Any] = {
    "model": PRETRAINED,
    "size": "tiny",
    "steps": 1200,
    "kept": {"code": CODE, "eng_Latn": "world:eng_Latn?rows=3600&sentences=2"},
    "new": {code: f"world:{code}?rows=900&sentences=2" for code in ("hin_Deva", "tur_Latn")},
    "documents": 120,
    "tokens": 120_000,
    "learning_rate": 2e-3,
}
REAL: dict[str, Any] = WORLD | {
    "kept": {"code": CODE, "eng_Latn": "$GLOTLIFT_DATA/mono/eng_Latn.jsonl.gz"},
    "new": {
        code: f"$GLOTLIFT_DATA/mono/{code}.jsonl.gz"
        for code in ("fin_Latn", "hin_Deva", "jpn_Jpan", "vie_Latn")
    },
    "documents": 24,
    "tokens": 160_000,
}


def arm(name: str, description: str, replay: float) -> Arm:
    """Return the arm that replays this share of its tokens, in one stage."""
    run = partial(continue_pretraining, phases=(Phase(1.0, replay, 1.0),), unit="tokens")
    return Arm(name, description, run)


def forgets_less(what: str, metric: str) -> Claim:
    """Claim that replay limits what is forgotten of one thing."""
    text = f"{what} is forgotten less with replay"
    return Claim(f"forgets less: {what}", text, metric, MIXED, NONE, "less", 0.05, BITS)


RECIPES = (
    Recipe(
        name="aurora-m",
        part="replay",
        question="At equal tokens, does replaying code and English keep them, and at what cost?",
        difference="whether 40 % of the tokens are replayed code and English",
        budget_unit="tokens",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(NONE, "no replay: text of the new languages only", 0.0),
            arm(MIXED, "40 % of the tokens are replayed: half code, half English", REPLAY),
        ),
        claims=(
            forgets_less("code", CHANGE_IN_CODE),
            forgets_less("English", CHANGE_IN_SOURCE),
            Claim(
                "gain",
                "the new languages gain at most 0.05 less with replay",
                *(CHANGE_IN_NEW, MIXED, NONE, "less", -0.05, BITS),
            ),
        ),
        metrics={CHANGE_IN_CODE: CHANGE, CHANGE_IN_SOURCE: CHANGE, CHANGE_IN_NEW: CHANGE},
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
)
