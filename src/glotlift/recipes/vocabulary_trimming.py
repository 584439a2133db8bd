"""Vocabulary trimming (Ushio et al. 2023, arXiv:2305.15020): keep what one language uses.

The paper counts the pieces that a corpus of one language uses, drops all others with their rows of
the embeddings, before or after fine-tuning, and finds the accuracy kept with half of the pieces or
fewer. Here one classifier of topics in three languages is trimmed to one of them: to all pieces
that its text uses, to those that cover a share of it, and to fixed shares of the vocabulary. Equal
numbers of pieces drawn by chance, and of those most used in all languages together, are the
controls. Predictions are compared one by one, and not accuracy alone. In a second part a classifier
of one language is trimmed before or after its fine-tuning.

The model is a small encoder with a Unigram tokenizer, as XLM-R's, without bytes to fall back on.
One pretrained model serves all seeds, which are those of fine-tuning. The text that pieces are
counted in is never what is tested on. Question answering, generation and social bias are not part
of this.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.trimmed_classifiers import (
    ACCURACY,
    AGREEMENT,
    CHANGE,
    COVERED,
    OTHERS,
    Trimming,
    classify,
)

TARGET, ENGLISH, HINDI = "tur_Latn", "eng_Latn", "hin_Deva"
IN_THE_WORLD: dict[str, Any] = {
    "text": {
        code: f"world:{code}?rows=300"
        for code in (
            *(TARGET, ENGLISH, HINDI, "arb_Arab", "deu_Latn", "ind_Latn"),
            *("rus_Cyrl", "spa_Latn", "swh_Latn", "zho_Hans"),
        )
    },
    "mined": ["world:tur_Latn?rows=600&start=300"],
    "rows": 300,
    "target": TARGET,
    "languages": [TARGET, ENGLISH, HINDI],
    "topics": "world",
    "topic_rows": {"train": 700, "test": 300},
    "size": "tiny",
    "pieces": 5000,
    "byte_fallback": False,
    "steps": 400,
    "epochs": 4,
    "learning_rate": 3e-3,
}
MONO = "$GLOTLIFT_DATA/mono/{}.jsonl.gz"
INDONESIAN = "ind_Latn"
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": {
        code: MONO.format(code)
        for code in (
            *(INDONESIAN, ENGLISH, HINDI, "fin_Latn", "fra_Latn", "swh_Latn"),
            *("tel_Telu", "tur_Latn", "vie_Latn", "kor_Hang"),
        )
    },
    "mined": [MONO.format(INDONESIAN), "$GLOTLIFT_DATA/ntrex/ind_Latn.txt.gz"],
    "rows": 40,
    "target": INDONESIAN,
    "languages": [INDONESIAN, ENGLISH, HINDI],
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 701, "test": 204},
    "pieces": 8000,
}


def arm(name: str, description: str, trimming: Trimming) -> Arm:
    """Return the arm of one trimming."""
    return Arm(name, description, partial(classify, trimming=trimming))


def alone(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a setting's values for a classifier of the target alone."""
    return {**values, "languages": [values["target"]], "epochs": 1.5 * values["epochs"]}


WHOLE, USED = "whole", "used pieces"
TENTH, TWENTIETH, FIFTIETH = "10 % of all", "5 % of all", "2 % of all"
COVERING, COVERING_LESS = "covering 99 %", "covering 90 %"
CHANCE, EVERYONE = "as many by chance", "as many by all languages' use"
AFTER, BEFORE = "used pieces, after", "used pieces, before"
FEW_AFTER, FEW_BEFORE = "5 % of all, after", "5 % of all, before"
CHANCE_BEFORE = "as many as used by chance, before"
SHARE = "share of sentences"
METRICS = {
    ACCURACY: Metric(SHARE, higher_is_better=True),
    AGREEMENT: Metric(SHARE, higher_is_better=True),
    CHANGE: Metric("logits", higher_is_better=False),
    COVERED: Metric("logits", higher_is_better=False),
}
SEEDS = (0, 1, 2, 3, 4)
EPOCHS = "rows read in fine-tuning"

RECIPES = (
    Recipe(
        name="vocabulary-trimming",
        part="after",
        question="How few pieces does a fine-tuned classifier need in one language?",
        difference="which pieces of the vocabulary are kept",
        budget_unit=EPOCHS,
        seeds=SEEDS,
        arms=(
            arm(WHOLE, "all pieces", Trimming("all")),
            arm(USED, "all pieces that text of the language uses", Trimming("use")),
            arm(COVERING, "the fewest that cover 99 % of it", Trimming("use", coverage=0.99)),
            arm(COVERING_LESS, "the fewest that cover 90 % of it", Trimming("use", coverage=0.9)),
            arm(TENTH, "its most used, a tenth of the vocabulary", Trimming("use", share=0.1)),
            arm(TWENTIETH, "its most used, 5 % of it", Trimming("use", share=0.05)),
            arm(FIFTIETH, "its most used, 2 % of it", Trimming("use", share=0.02)),
            arm(EVERYONE, "as many as it uses, most used in all", Trimming("everyone")),
            arm(CHANCE, "as many as it uses, drawn by chance", Trimming("chance")),
        ),
        claims=(
            Claim(
                "accuracy",
                "with the used pieces alone, accuracy stays within 0.02",
                *(ACCURACY, USED, WHOLE, "within", 0.02, SHARE),
            ),
            Claim(
                "agreement",
                "and at most 2 % of the predictions change",
                *(AGREEMENT, USED, WHOLE, "greater", -0.02, SHARE),
            ),
            Claim(
                "identity",
                "text whose pieces are kept has the same logits, to 0.00001",
                *(COVERED, USED, WHOLE, "within", 1e-5, "logits"),
            ),
            Claim(
                "tenth",
                "with a tenth of the vocabulary, accuracy stays within 0.02",
                *(ACCURACY, TENTH, WHOLE, "within", 0.02, SHARE),
            ),
            Claim(
                "fiftieth",
                "with 2 % of it, over 0.05 of accuracy is lost",
                *(ACCURACY, FIFTIETH, WHOLE, "less", -0.05, SHARE),
            ),
            Claim(
                "chance",
                "used pieces keep over 0.05 more than as many drawn by chance",
                *(ACCURACY, USED, CHANCE, "greater", 0.05, SHARE),
            ),
            Claim(
                "everyone",
                "and more than as many of those most used in all languages",
                *(ACCURACY, USED, EVERYONE, "greater", 0, SHARE),
            ),
            Claim(
                "price",
                "other languages lose over 0.05 of accuracy",
                *(OTHERS, USED, WHOLE, "less", -0.05, SHARE),
            ),
        ),
        metrics=METRICS | {OTHERS: Metric(SHARE, higher_is_better=True)},
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
    Recipe(
        name="vocabulary-trimming",
        part="before",
        question="Is it better to trim a vocabulary before fine-tuning or after it?",
        difference="which pieces are kept, and whether the others go before fine-tuning",
        budget_unit=EPOCHS,
        seeds=SEEDS,
        arms=(
            arm(WHOLE, "all pieces", Trimming("all")),
            arm(AFTER, "fine-tuned, then trimmed to what is used", Trimming("use")),
            arm(BEFORE, "trimmed to what is used, then tuned", Trimming("use", before=True)),
            arm(FEW_AFTER, "fine-tuned, then trimmed to 5 %", Trimming("use", share=0.05)),
            arm(
                FEW_BEFORE,
                "trimmed to 5 %, then fine-tuned",
                Trimming("use", share=0.05, before=True),
            ),
            arm(CHANCE_BEFORE, "pieces by chance, then tuned", Trimming("chance", before=True)),
        ),
        claims=(
            Claim(
                "before",
                "trimmed before fine-tuning, accuracy stays within 0.02 of the whole model's",
                *(ACCURACY, BEFORE, WHOLE, "within", 0.02, SHARE),
            ),
            Claim(
                "robust",
                "trimming afterwards loses at most 0.02 against trimming before",
                *(ACCURACY, AFTER, BEFORE, "greater", -0.02, SHARE),
            ),
            Claim(
                "few",
                "with 5 % of the pieces, fine-tuning after the trim recovers accuracy",
                *(ACCURACY, FEW_BEFORE, FEW_AFTER, "greater", 0, SHARE),
            ),
            Claim(
                "chance",
                "fine-tuning does not mend a choice by chance: over 0.02 is lost",
                *(ACCURACY, CHANCE_BEFORE, BEFORE, "less", -0.02, SHARE),
            ),
        ),
        metrics={name: METRICS[name] for name in (ACCURACY, AGREEMENT)},
        settings=(Setting("world", alone(IN_THE_WORLD)), Setting("real", alone(REAL))),
    ),
)
