"""UL2R (Tay et al. 2022, arXiv:2210.11399): a finished decoder learns a little denoising.

The paper trains PaLM a little further on UL2's denoisers: half of the texts are continued from a
prefix that is seen whole, a quarter have short spans hidden, a quarter long ones or half of all
tokens. It reports infilling as a new ability, and the quality of the final 540B model at about half
of its compute. Here a small decoder that has finished its causal training is trained on for a
twentieth of it. All arms get the same sentinels and mode tokens, read the same text, and compute
the same number of tokens, sentinels and both sides of an example counted: so an arm that hides
spans reads less text than one that goes on as before.

A gap is four tokens of a held-out document. An arm that has learnt to fill spans is asked with the
text on both sides; one that has not, with what stands before the gap, as its pretraining taught it.
Few-shot tasks, emergence and scaling curves are not part of this.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.objectives.denoisers import MIXTURES
from glotlift.recipes.small_denoisers import AHEAD, BOTH, CONTINUED, FILLED, TEXT, denoise
from glotlift.recipes.starting_point import PRETRAINED

BYTE = "bits per byte"
CAUSAL, UL2R, HALF = "more causal", "UL2R", "UL2R and causal"
PREFIX, SPANS, LEFT = "prefixes only", "spans only", "UL2R, left to right"
MIXTURE = dict(MIXTURES["ul2r"])
HIDDEN = {name: share for name, share in MIXTURE.items() if name != "S"}
WORLD: dict[str, Any] = {
    "model": PRETRAINED,
    "size": "tiny",
    "steps": 1600,
    "kept": {
        code: f"world:{code}?rows=2000&sentences=3"
        for code in ("eng_Latn", "spa_Latn", "deu_Latn", "tur_Latn")
    },
    "documents": 60,
    "sentinels": 48,
    "tokens": 82_000,
    "learning_rate": 1e-3,
}
MONO = "$GLOTLIFT_DATA/mono/{}.jsonl.gz"
REAL = WORLD | {
    "kept": {code: MONO.format(code) for code in ("eng_Latn", "spa_Latn", "fra_Latn", "swh_Latn")},
    "documents": 20,
}


def arm(name: str, description: str, mixture: dict[str, float], **settings: Any) -> Arm:
    """Return the arm that trains on a mixture."""
    return Arm(name, description, partial(denoise, mixture=mixture, **settings))


def less(id: str, text: str, metric: str, name: str, versus: str | float, margin: float) -> Claim:
    """Claim that an arm spends fewer bits."""
    return Claim(id, text, metric, name, versus, "less", margin, BYTE)


PUBLISHED = Published(
    "540B: the final model's quality at about half of its compute", "Tay et al. 2022, abstract"
)
RECIPES = (
    Recipe(
        name="ul2r",
        part="denoising",
        question="What does a little denoising teach a finished decoder, and what does it cost?",
        difference="the mixture of denoisers that is read on, and how prefixes are seen",
        budget_unit="tokens computed",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(CAUSAL, "causal language modelling, as before", {"causal": 1.0}),
            arm(UL2R, "half prefixes, a quarter short spans, a quarter extreme ones", MIXTURE),
            arm(HALF, "the same for half of the texts, causal for the others", MIXTURE, causal=0.5),
            arm(PREFIX, "prefixes that are seen whole", {"S": 1.0}),
            arm(SPANS, "short spans and extreme ones in equal shares", HIDDEN),
            arm(LEFT, "UL2R's examples, read from left to right", MIXTURE, attention="causal"),
        ),
        claims=(
            less("infills", "gaps are filled from both sides", BOTH, UL2R, CAUSAL, 0.5),
            less(
                "both sides",
                "both sides of a gap tell more than its left side tells the causal arm",
                *(FILLED, UL2R, CAUSAL, 0.05),
            ),
            less(
                "both sides: half",
                "so they do where half of the texts are causal",
                *(FILLED, HALF, CAUSAL, 0.05),
            ),
            less(
                "kept",
                "whole texts cost at most 0.03 more than with more causal training",
                *(TEXT, UL2R, CAUSAL, -0.03),
            ),
            less(
                "kept: half",
                "with half of the texts causal, at most 0.01 more",
                *(TEXT, HALF, CAUSAL, -0.01),
            ),
            less("ahead", "seeing a prefix whole helps to continue it", AHEAD, UL2R, 0.0, 0.0),
            Claim(
                "not ahead",
                "it harms a decoder that was never shown one",
                *(AHEAD, CAUSAL, 0.0, "greater", 0.0, BYTE),
            ),
            Claim(
                "continued",
                "texts are continued better than after more causal training",
                *(CONTINUED, UL2R, CAUSAL, "less", 0.0, BYTE),
                PUBLISHED,
            ),
            less("directions", "gaps want both directions", BOTH, UL2R, LEFT, 0.0),
            less("prefixes", "prefixes alone teach no gaps", BOTH, UL2R, PREFIX, 0.5),
            less("spans", "spans alone leave continuations worse", CONTINUED, UL2R, SPANS, 0.0),
        ),
        metrics={
            name: Metric(BYTE, higher_is_better=False)
            for name in (BOTH, FILLED, AHEAD, CONTINUED, TEXT)
        },
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
)
