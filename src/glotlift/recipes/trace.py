"""TRACE (Wang et al. 2023, arXiv:2310.06762): tasks learnt in sequence, and what is lost by it.

The paper tunes chat models on eight tasks one after another, measures what becomes of the tasks, of
general ability, of instructions and of safety, and trains on rationales to lose less. Here a small
decoder that solves word problems step by step, follows instructions and refuses what is unsafe
learns four tasks in four languages. Rationales are a word problem's steps, or the word that tells
most of a label; another row's, as a control, are as long and say nothing. The paper's rationales
are written by a large model.

Seeds draw the order of tasks and of rows; the decoder is one. On real text it has read articles and
learnt real requests and hateful text, but its word problems are made up: real ones that are worked
out are beyond it.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.continual_tuning import (
    BACKWARD,
    CHANGE,
    GENERAL,
    LEARNT,
    OVERALL,
    REASONING,
    TEXT,
    learn_in_order,
)
from glotlift.recipes.task_sequences import OTHERS, PLAIN, REASONS
from glotlift.training.sequences import Reading, Replay, joint, plain

ALONE, REPLAYED, REASONED, SHUFFLED, TOGETHER = (
    "plain", "replay", "reasons", "reasons of others", "joint",
)  # fmt: skip
SHARE = "share of rows"
REASONING_CHANGE, INSTRUCTIONS_CHANGE, SAFETY_CHANGE = (
    f"{CHANGE}{name}" for name in (REASONING, "instructions", "safety")
)
WORLD: dict[str, Any] = {
    "size": "tiny",
    "pieces": 1000,
    "steps": 900,
    "text": {
        code: f"world:{code}?rows=800&sentences=1"
        for code in ("eng_Latn", "spa_Latn", "deu_Latn", "ind_Latn", "swh_Latn")
    },
    "documents": 12,
    "characters": 200,
    "skills": {
        "reasoning": {"world": "arithmetic", "language": "eng_Latn", "rows": 2500},
        "instructions": {"world": "instructions", "language": "eng_Latn", "rows": 800},
        "safety": {"world": "safety", "language": "eng_Latn", "rows": 500},
    },
    "tasks": {
        "topics": {"world": "topic", "language": "swh_Latn", "rows": 600},
        "kinds": {"world": "ner", "language": "spa_Latn", "rows": 600},
        "wishes": {"world": "intents", "language": "deu_Latn", "rows": 600},
        "problems": {"world": "arithmetic", "language": "ind_Latn", "rows": 600},
    },
    "text_rows": 800,
    "kept_rows": 400,
    "asked": 40,
    "task_tokens": 16_000,
    "learning_rate": 2e-3,
    "blocks": 4,
}
DATA = "$GLOTLIFT_DATA"


def read(train: str, test: str, language: str, rows: int, **more: Any) -> dict[str, Any]:
    """Return a task on two real files, or on one that is parted."""
    files = {"train": f"{DATA}/{train}.jsonl.gz", "test": f"{DATA}/{test}.jsonl.gz"}
    return files | {"language": language, "rows": rows} | more


HATE = "multilingual_hatecheck"
REAL: dict[str, Any] = WORLD | {
    "pieces": 2000,
    "text_rows": 400,
    "text": {
        code: f"{DATA}/mono/{code}.jsonl.gz"
        for code in ("eng_Latn", "swh_Latn", "ind_Latn", "tur_Latn", "fra_Latn", "por_Latn")
    },
    "skills": {
        "reasoning": {"world": "arithmetic", "language": "eng_Latn", "rows": 2500},
        "instructions": read("xsid/en.valid", "xsid/en.test", "eng_Latn", 300, label="intent"),
        "safety": read(f"{HATE}/portuguese", f"{HATE}/portuguese", "por_Latn", 800),
    },
    "tasks": {
        "topics": read(
            *("sib200/swh_Latn/train", "sib200/swh_Latn/test"), "swh_Latn", 600, characters=100
        ),
        "sentiment": read(
            *("nusax/ind_Latn.train", "nusax/ind_Latn.test"), "ind_Latn", 500, characters=100
        ),
        "requests": read("xsid/tr.valid", "xsid/tr.test", "tur_Latn", 300, label="intent"),
        "targets": read(f"{HATE}/french", f"{HATE}/french", "fra_Latn", 600, label="target"),
    },
}


def arm(name: str, description: str, reading: Reading = plain, says: str = PLAIN) -> Arm:
    """Return the arm that reads this in every task's stage."""
    return Arm(name, description, partial(learn_in_order, reading=reading, says=says))


RECIPES = (
    Recipe(
        name="trace",
        part="sequence",
        question="What do tasks learnt in sequence take away, and what keeps more of it?",
        difference="what is read while a task is learnt",
        budget_unit="tokens",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(ALONE, "the task's own rows"),
            arm(
                REPLAYED,
                "and a tenth as much of each earlier task and of what it learnt before",
                Replay(0.1, (GENERAL,)),
            ),
            arm(REASONED, "the task's own rows, each answer after its reason", says=REASONS),
            arm(SHUFFLED, "each answer after another row's reason", says=OTHERS),
            arm(TOGETHER, "rows of all tasks in every stage", joint),
        ),
        claims=(
            Claim(
                "learnt",
                "tasks are answered, just after they are learnt, over 0.1 above the majority",
                *(LEARNT, ALONE, 0.0, "greater", 0.1, SHARE),
            ),
            Claim(
                "forgets",
                "learning tasks in sequence loses over 0.05 of those learnt before",
                *(BACKWARD, ALONE, 0.0, "less", 0.05, SHARE),
            ),
            Claim(
                "reasoning",
                "and over 0.1 of word problems that it could solve",
                *(REASONING_CHANGE, ALONE, 0.0, "less", 0.1, SHARE),
                Published("28.8 % to 2 % on GSM8K", "the abstract"),
            ),
            Claim(
                "instructions",
                "and over 0.05 of instructions that it could follow",
                *(INSTRUCTIONS_CHANGE, ALONE, 0.0, "less", 0.05, SHARE),
            ),
            Claim(
                "safety",
                "and over 0.1 of what it could tell to be unsafe",
                *(SAFETY_CHANGE, ALONE, 0.0, "less", 0.1, SHARE),
            ),
            Claim(
                "text",
                "and over 0.05 bits per byte of text that it has read before",
                *(TEXT, ALONE, 0.0, "greater", 0.05, "bits per byte"),
            ),
            Claim(
                "replay: tasks",
                "replay loses less of the tasks, by over 0.05",
                *(BACKWARD, REPLAYED, ALONE, "greater", 0.05, SHARE),
            ),
            Claim(
                "replay: reasoning",
                "and less of word problems, by over 0.05",
                *(REASONING_CHANGE, REPLAYED, ALONE, "greater", 0.05, SHARE),
            ),
            Claim(
                "replay: overall",
                "and ends with more right answers",
                *(OVERALL, REPLAYED, ALONE, "greater", 0.0, SHARE),
            ),
            Claim(
                "reasons: tasks",
                "answers after reasons lose less of the tasks",
                *(BACKWARD, REASONED, ALONE, "greater", 0.0, SHARE),
                Published("less forgetting; direction only", "the abstract"),
            ),
            Claim(
                "reasons: reasoning",
                "and less of word problems",
                *(REASONING_CHANGE, REASONED, ALONE, "greater", 0.0, SHARE),
                Published("reasoning paths preserve abilities; direction only", "the abstract"),
            ),
            Claim(
                "reasons: learnt",
                "and learn tasks better in as many tokens",
                *(LEARNT, REASONED, ALONE, "greater", 0.0, SHARE),
                Published("faster convergence; direction only", "the abstract"),
            ),
            Claim(
                "reasons of others",
                "a row's own reason ends with more right answers than another row's",
                *(OVERALL, REASONED, SHUFFLED, "greater", 0.0, SHARE),
            ),
            Claim(
                "joint",
                "all tasks at once end with more right answers than replay",
                *(OVERALL, TOGETHER, REPLAYED, "greater", 0.0, SHARE),
            ),
        ),
        metrics={
            OVERALL: Metric(SHARE, higher_is_better=True),
            BACKWARD: Metric(SHARE, higher_is_better=True),
            LEARNT: Metric(SHARE, higher_is_better=True),
            REASONING_CHANGE: Metric(SHARE, higher_is_better=True),
            INSTRUCTIONS_CHANGE: Metric(SHARE, higher_is_better=True),
            SAFETY_CHANGE: Metric(SHARE, higher_is_better=True),
            TEXT: Metric("bits per byte", higher_is_better=False),
        },
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
)
