"""Marco-LLM (Ming et al. 2024, arXiv:2412.04003): continued pretraining in two stages, with replay.

The paper carries a model into weak languages on 300 billion tokens. Stage I reads 160 of them,
49 % English and Chinese, which the model knows; stage II reads 140, 43 % English and Chinese, more
of the low-resource languages, at 0.6 of the first stage's peak learning rate. Within a tier all
languages get the same number of tokens. The shares are known here from a third party's
transcription of the paper's tables.

Here the languages that the model was made with stand for English and Chinese, and everything else
in the paper's mixture is text of new languages. All arms follow the paper's two learning rates, so
that no arm can win by a schedule of its own: they differ in replay alone. The model is made first,
on enough text that it has something to forget: one still learning its own languages would go on
learning them from the replayed text.

Supervised tuning follows, on prompts and responses in all the languages. Its part asks what the two
stages before it are good for: against tuning the model as it is, and against two stages of as many
tokens of the languages that it knows. Preference tuning is not part of this.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.instruction_tuning import ABOVE, BITS_OF_ANSWERS, DONE, tune_after
from glotlift.recipes.one_stage import BLOCKS
from glotlift.recipes.staged_pretraining import (
    BITS,
    CHANGE,
    CHANGE_IN_NEW,
    CHANGE_IN_SOURCE,
    Phase,
    Unit,
    continue_pretraining,
)
from glotlift.recipes.starting_point import NEW, PRETRAINED, SOURCE

TOKENS = (160, 140)  # billions, in stages I and II
REPLAY = (0.49, 0.43)
RATES = (1.0, 0.6)  # 1e-5 and 6e-6
AVERAGE = sum(t * r for t, r in zip(TOKENS, REPLAY, strict=True)) / sum(TOKENS)

NONE, HALVED = "new only", "new only, more steps"
ONE, TWO = "one mixture", "two mixtures"
TRANSCRIBED = "a third party's transcription of the paper's tables"
METRICS = {CHANGE_IN_SOURCE: CHANGE, CHANGE_IN_NEW: CHANGE}
SEEDS = (0, 1, 2, 3, 4)
KNOWN = ("eng_Latn", "spa_Latn", "deu_Latn", "rus_Cyrl")
WORLD: dict[str, Any] = {
    "model": PRETRAINED,
    "size": "tiny",
    "steps": 1200,
    "kept": {code: f"world:{code}?rows=3600&sentences=2" for code in KNOWN},
    "new": {code: f"world:{code}?rows=900&sentences=2" for code in ("hin_Deva", "tur_Latn")},
    "documents": 120,
    "tokens": 64_000,
    "learning_rate": 2e-3,
}
MONO = "$GLOTLIFT_DATA/mono/{}.jsonl.gz"
REAL: dict[str, Any] = WORLD | {
    "kept": {code: MONO.format(code) for code in ("eng_Latn", "spa_Latn", "fra_Latn", "por_Latn")},
    "new": {code: MONO.format(code) for code in ("yor_Latn", "mlt_Latn")},
    "documents": 24,
    "tokens": 160_000,
}
TUNING: dict[str, Any] = {
    "answers": "world",
    "answered": [*KNOWN, "hin_Deva", "tur_Latn"],
    "asked": 60,
    "characters": 0,
    "tuning_rows": 300,
    "tuning_tokens": 100_000,
    "tuning_rate": 2e-3,
}
TOPICS = TUNING | {
    "answers": "$GLOTLIFT_DATA/sib200",
    "answered": ["eng_Latn", "fra_Latn", "por_Latn", "yor_Latn", "mlt_Latn"],
    "asked": 150,
    "characters": 80,
    "tuning_rows": 600,
    "tuning_tokens": 180_000,
}


def arm(
    name: str, description: str, replay: tuple[float, float], unit: Unit, blocks: int = BLOCKS
) -> Arm:
    """Return the arm that replays these shares of its tokens in the two stages."""
    phases = tuple(map(Phase, TOKENS, replay, RATES))
    run = partial(continue_pretraining, phases=phases, unit=unit, blocks=blocks)
    return Arm(name, description, run)


WITHOUT = "text of the new languages only"
STAGES = "replay of 49 % of the tokens in stage I and 43 % in stage II"
AT_EQUAL_TOKENS = (
    arm(NONE, WITHOUT, (0.0, 0.0), "tokens"),
    arm(ONE, f"replay of {AVERAGE:.1%} of the tokens in both stages", (AVERAGE,) * 2, "tokens"),
    arm(TWO, STAGES, REPLAY, "tokens"),
)
# Replay on top makes more steps. Steps of half the size tell that apart from what replay teaches.
AT_EQUAL_TARGET = (
    arm(NONE, WITHOUT, (0.0, 0.0), "new tokens"),
    arm(HALVED, f"{WITHOUT}, in steps of half the size", (0.0, 0.0), "new tokens", BLOCKS // 2),
    arm(TWO, STAGES, REPLAY, "new tokens"),
)


def forgets_less(name: str) -> Claim:
    """Claim that an arm with replay forgets less than the one without."""
    text = f"{name}: the source languages are forgotten less than without replay"
    return Claim(f"forgets less: {name}", text, CHANGE_IN_SOURCE, name, NONE, "less", 0.05, BITS)


def gains(name: str, margin: float, versus: str = NONE) -> Claim:
    """Claim that an arm with replay gains at most `margin` less in the new languages."""
    text = f"{name}: the new languages gain at most {margin} less than with “{versus}”"
    id = f"gain at equal steps: {name}" if versus == HALVED else f"gain: {name}"
    return Claim(id, text, CHANGE_IN_NEW, name, versus, "less", -margin, BITS)


UNFORGOTTEN = Claim(
    "not forgotten",
    f"{TWO}: the source languages are at most 0.02 worse than before",
    *(CHANGE_IN_SOURCE, TWO, 0.0, "less", -0.02, BITS),
    Published("English, 7B model: 77.4 before, 77.9 after", TRANSCRIBED),
)
STAGED = (
    Claim(
        "staged: new",
        "shifting towards the new languages in stage II helps them",
        *(CHANGE_IN_NEW, TWO, ONE, "less", 0.0, BITS),
    ),
    Claim(
        "staged: source",
        "shifting towards the new languages in stage II leaves the source languages as they are",
        *(CHANGE_IN_SOURCE, TWO, ONE, "within", 0.02, BITS),
    ),
)

AS_IT_IS, ON_KNOWN, AFTER = "tuning alone", "known text, tuning", "two stages, tuning"
ASKED = "share of what was asked"


def tuned(name: str, description: str, *replay: float) -> Arm:
    """Return the arm that replays these shares in its stages and is tuned then."""
    phases = tuple(Phase(*each) for each in zip(TOKENS, replay, RATES, strict=False))
    return Arm(name, description, partial(tune_after, phases=phases))


def follows(id: str, text: str, metric: str, versus: str | float, margin: float = 0.0) -> Claim:
    """Claim that tuning after the two stages does more of what is asked."""
    return Claim(id, text, metric, AFTER, versus, "greater", margin, ASKED)


FOLLOWING = (
    follows("stages help", "the two stages help to do what new languages ask", f"{DONE}{NEW}",
            AS_IT_IS),
    follows("not by more training", "they help more than as much text of known languages",
            f"{DONE}{NEW}", ON_KNOWN),
    follows("what is asked", "answers fit what was asked better than other answers do",
            f"{ABOVE}{NEW}", 0.0),
    follows("source", "at most 0.02 less is done in the source languages", f"{DONE}{SOURCE}",
            AS_IT_IS, -0.02),
    Claim(
        "answers expected",
        "after the two stages, right answers in the new languages are more expected",
        *(f"{BITS_OF_ANSWERS}{NEW}", AFTER, ON_KNOWN, "less", 0.0, BITS),
    ),
)  # fmt: skip

RECIPES = (
    Recipe(
        name="marco-llm",
        part="replay",
        question="At equal tokens, what does replay keep, what does it cost, does it matter when?",
        difference="the share of replayed text in each of the two stages",
        budget_unit="tokens",
        seeds=SEEDS,
        arms=AT_EQUAL_TOKENS,
        claims=(
            *(forgets_less(ONE), forgets_less(TWO), UNFORGOTTEN),
            *(gains(ONE, 0.05), gains(TWO, 0.05), *STAGED),
        ),
        metrics=METRICS,
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
    Recipe(
        name="marco-llm",
        part="replay-at-equal-target",
        question="At equal tokens of the new languages, what does replay on top of them change?",
        difference="replayed text, read on top of the same amount of new text",
        budget_unit="tokens of the new languages",
        seeds=SEEDS,
        arms=AT_EQUAL_TARGET,
        claims=(forgets_less(TWO), UNFORGOTTEN, gains(TWO, 0.02), gains(TWO, 0.02, HALVED)),
        metrics=METRICS,
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
    Recipe(
        name="marco-llm",
        part="tuning",
        question="Does supervised tuning reach further after the two stages than without them?",
        difference="what the model reads before it is tuned",
        budget_unit="tokens of instructions",
        seeds=SEEDS,
        arms=(
            tuned(AS_IT_IS, "the model as it is, tuned on instructions"),
            tuned(ON_KNOWN, "two stages of text that the model knows, then tuned", 1.0, 1.0),
            tuned(AFTER, f"{STAGES}, then tuned", *REPLAY),
        ),
        claims=FOLLOWING,
        metrics={
            f"{kind}{group}": metric
            for group in (NEW, SOURCE)
            for kind, metric in (
                (DONE, Metric(ASKED, higher_is_better=True)),
                (ABOVE, Metric(ASKED, higher_is_better=True)),
                (BITS_OF_ANSWERS, CHANGE),
            )
        },
        settings=(Setting("world", WORLD | TUNING), Setting("real", REAL | TOPICS)),
    ),
)
