"""Chinese inference (Hu et al. 2021, arXiv:2106.03983): which knowledge comes over from English?

The paper trains large encoders for inference on English, Chinese, machine-translated and mixed rows
and tests them on Chinese sets that each ask for one piece of knowledge. Here a small encoder that
has read plain text and translations of both languages learns from equally many rows of each kind.
In the sample world rows teach phenomena and fragments of logic from scenes that are not tested;
heuristics and stress tests are of kinds that no row teaches. In the real setting English rows are
AfriXNLI's, Chinese ones OCNLI's, and the diagnostic sets stay those of the sample world. Rules that
read no meaning stand beside: the commonest label, the hypothesis alone, the overlap of words.
"""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, concatenate_datasets
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from glotlift.evaluation.diagnostics import RULES
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Kind
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.encoder_heads import Tuning, fine_tune, joined, outputs
from glotlift.recipes.inference_rows import (
    HELD_OUT,
    WORLD,
    Values,
    asked_rows,
    glossed,
    pairs,
    texts,
    training_rows,
)
from glotlift.recipes.small_encoders import base_encoder, encoder_tokenizer
from glotlift.recipes.translation_alignment import tune_on_translations
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.world.tasks.inference import LABELS

SOURCE, TARGET, MIXED, GLOSSED, SHUFFLED = (
    "English", "Chinese", "English and Chinese", "English, glossed", "Chinese, labels shuffled",
)  # fmt: skip
MAJORITY, HYPOTHESIS, OVERLAP = "commonest label", "hypothesis alone", "overlap of words"
HEURISTICS, STRESS, PHENOMENA, FRAGMENTS = "heuristics", "stress", "phenomena", "fragments"
NOT_ENTAILED = "heuristics, not entailed"
SHARE = "share of rows"
IN_THE_WORLD: dict[str, Any] = {
    "source": "eng_Latn",
    "target": "zho_Hans",
    "text": "world:{}?rows=400&sentences=6",
    "documents": 400,
    "parallel": "world",
    "pairs": 6000,
    "inference": WORLD,
    "taught": [
        *("anaphora", "modality", "tense"),
        *("negation", "boolean", "quantifier", "counting", "conditional", "comparative"),
    ],
    "rows": 1440,
    "test_rows": 30,
    "size": "tiny",
    "pieces": 1200,
    "steps": 400,
    "tie_steps": 120,
    "tie_rate": 1e-3,
    "epochs": 4,
    "tuning_rate": 2e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "documents": 200,
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "pairs": 700,
    "inference": {
        "eng_Latn": {
            "train": [
                "$GLOTLIFT_DATA/irokobench/africanli/eng_Latn.dev.jsonl.gz",
                "$GLOTLIFT_DATA/irokobench/africanli/eng_Latn.test.jsonl.gz",
            ]
        },
        "zho_Hans": {
            "train": ["$GLOTLIFT_DATA/ocnli/zho_Hans.train.jsonl.gz"],
            "test": ["$GLOTLIFT_DATA/ocnli/zho_Hans.dev_a.jsonl.gz"],
        },
    },
    "rows": 600,
    "epochs": 3,
    "tie_steps": 40,
    "pieces": 5000,
}


@lru_cache(maxsize=2)
def encoder(values: str) -> tuple[Any, PreTrainedModel]:
    """Return the tokenizer and the encoder that all arms start from; `values` are JSON.

    It has read text of both languages and pairs of translations, and was then tuned to give
    translations like vectors: so small an encoder ties languages little by reading alone.
    """
    chosen, sources = json.loads(values), texts(values)
    tokenizer = encoder_tokenizer(chosen, sources)
    base = base_encoder(chosen, 0, sources, tokenizer)
    path = cache_folder("bases") / f"tied-{chosen['tie_steps']}-{base.name}"
    with atomic.locked(path):
        if not path.is_dir():
            one, other = pairs(values)
            tied = tune_on_translations(
                base,
                tokenizer,
                one,
                {chosen["target"]: other},
                steps=chosen["tie_steps"],
                rate=chosen["tie_rate"],
                seed=0,
            )
            with atomic.folder(path) as folder:
                tied.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
    return tokenizer, load_model(find_model(str(path)))


def read_rows(told: str, kind: str, seed: int) -> Dataset:
    """Return what an arm learns from; of a mixture each half of the items is in one language."""
    values: Values = json.loads(told)
    source, target = (training_rows(values, values[side], seed) for side in ("source", "target"))
    if kind == SOURCE:
        return source
    if kind == GLOSSED:
        return glossed(told, source)
    if kind == MIXED:
        order = np.random.default_rng(seed).permutation(len(source))
        half = len(order) // 2
        return concatenate_datasets([source.select(order[:half]), target.select(order[half:])])
    if kind == SHUFFLED:
        labels = np.random.default_rng(seed).permutation(target["label"]).tolist()
        return target.remove_columns("label").add_column("label", labels)
    return target


def by_model(told: str, kind: str, seed: int, rows: dict[str, Dataset]) -> dict[str, list[str]]:
    """Return the answers of the encoder fine-tuned on what the arm reads."""
    values, train = json.loads(told), read_rows(told, kind, seed)
    tokenizer, base = encoder(told)
    model = fine_tune(
        base,
        AutoModelForSequenceClassification,
        {
            "id2label": dict(enumerate(LABELS)),
            "label2id": {label: number for number, label in enumerate(LABELS)},
            "classifier_pooling": "mean",
        },
        {
            "input_ids": joined(tokenizer, both(train)),
            "labels": [LABELS.index(label) for label in train["label"]],
        },
        {"input_ids": tokenizer.pad_token_id},
        Tuning(values["epochs"], values["tuning_rate"], seed),
    )
    return {
        name: [
            LABELS[int(row["logits"].argmax())]
            for row in outputs(model, tokenizer, joined(tokenizer, both(asked)))
        ]
        for name, asked in rows.items()
    }


def by_rule(told: str, kind: str, seed: int, rows: dict[str, Dataset]) -> dict[str, list[str]]:
    """Return the answers of a rule that learnt from the target's rows."""
    rule = RULES[kind](read_rows(told, TARGET, seed))
    return {name: rule(asked) for name, asked in rows.items()}


def both(rows: Dataset) -> list[tuple[str, str]]:
    """Return premises with their hypotheses."""
    return list(zip(rows["premise"], rows["hypothesis"], strict=True))


def run(
    setting: Setting, seed: int, folder: Path, *, answer: Callable[..., dict[str, list[str]]]
) -> Measurement:
    """Score the answers of an arm to every set of the target."""
    told = json.dumps(dict(setting.values), sort_keys=True)
    asked = asked_rows(told)
    given = answer(told, seed=seed, rows=asked)
    right = {name: np.array(given[name]) == np.array(rows["label"]) for name, rows in asked.items()}
    ids = {name: list(rows["id"]) for name, rows in asked.items()}
    turned = np.array(asked[HEURISTICS]["label"]) != LABELS[0]
    right[NOT_ENTAILED] = right[HEURISTICS][turned]
    ids[NOT_ENTAILED] = [id for id, kept in zip(ids[HEURISTICS], turned, strict=True) if kept]
    kinds = [
        (name, np.array(asked[name]["phenomenon"]))
        for name in (HEURISTICS, STRESS, PHENOMENA, FRAGMENTS)
    ]
    return Measurement(
        setting.values["rows"],
        {name: hits.astype(np.float64) for name, hits in right.items()},
        ids,
        cost={
            f"{name}: {kind}": float(right[name][found == kind].mean())
            for name, found in kinds
            for kind in dict.fromkeys(found.tolist())
        },
    )


def trained(kind: str, description: str) -> Arm:
    """Return the arm that learns from rows of a kind."""
    return Arm(kind, description, partial(run, answer=partial(by_model, kind=kind)))


def rule(name: str, kind: str, description: str) -> Arm:
    """Return the arm that reads no meaning."""
    return Arm(name, description, partial(run, answer=partial(by_rule, kind=kind)), trained=False)


def claim(
    id: str, text: str, metric: str, arm: str, versus: str | float, kind: Kind, margin: float
) -> Claim:
    """Claim a difference in the share of rows that are right."""
    return Claim(id, text, metric, arm, versus, kind, margin, SHARE)


RECIPES = (
    Recipe(
        name="chinese-nli",
        part="transfer",
        question="Which rows teach Chinese inference: English, translated, Chinese, or a mixture?",
        difference="the language of the rows learnt from, or the rule that answers",
        budget_unit="rows learnt from",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            trained(SOURCE, "English rows"),
            trained(TARGET, "Chinese rows"),
            trained(MIXED, "half of the items in English, the others in Chinese"),
            trained(GLOSSED, "English rows, put into Chinese word by word"),
            trained(SHUFFLED, "Chinese rows, whose labels are permuted"),
            rule(MAJORITY, "majority", "the commonest label of the Chinese rows"),
            rule(HYPOTHESIS, "hypothesis alone", "naive Bayes on the Chinese hypotheses"),
            rule(OVERLAP, "overlap", "entailed where nine in ten characters are in the premise"),
        ),
        claims=(
            *(
                claim(
                    f"zero-shot: {metric}",
                    f"{metric}: English rows are at most 0.02 below Chinese ones",
                    *(metric, SOURCE, TARGET, "greater", -0.02),
                )
                for metric in (HEURISTICS, STRESS, PHENOMENA, FRAGMENTS)
            ),
            claim(
                "mixed > Chinese",
                "a mixture is better than Chinese rows alone on held-out rows",
                *(HELD_OUT, MIXED, TARGET, "greater", 0.0),
            ),
            claim(
                "mixed > English",
                "and better than English rows alone by over 0.02",
                *(HELD_OUT, MIXED, SOURCE, "greater", 0.02),
            ),
            claim(
                "gloss < English",
                "putting English into Chinese word by word is worse than leaving it",
                *(HELD_OUT, GLOSSED, SOURCE, "less", 0.0),
            ),
            claim(
                "gloss < Chinese",
                "and worse than Chinese rows by over 0.02",
                *(HELD_OUT, GLOSSED, TARGET, "less", 0.02),
            ),
            claim(
                "believes overlap",
                "of pairs that overlap without entailment, under half are told",
                *(NOT_ENTAILED, TARGET, 0.5, "less", 0.0),
            ),
            *(
                claim(
                    f"control: {name}",
                    f"Chinese rows teach over 0.05 more than “{name}” has",
                    *(HELD_OUT, TARGET, name, "greater", 0.05),
                )
                for name in (SHUFFLED, HYPOTHESIS, OVERLAP)
            ),
            claim(
                "control: chance",
                "permuted labels teach nothing",
                *(HELD_OUT, SHUFFLED, 1 / 3, "within", 0.05),
            ),
        ),
        metrics={
            name: Metric(SHARE, higher_is_better=True)
            for name in (HELD_OUT, HEURISTICS, NOT_ENTAILED, STRESS, PHENOMENA, FRAGMENTS)
        },
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
)
