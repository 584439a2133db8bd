"""mBART-50 (Tang et al. 2020, arXiv:2008.00401): new languages for a trained translation model.

mBART-50 adds the codes of 25 languages to mBART, as random rows, and trains on with all 50; its
authors report no loss on the old ones. That half is here, in translation: a small mBART learns to
translate between a pivot and the old languages, is given codes for new ones, and learns from their
pairs. Its tokenizer has read all languages from the start, as mBART's has. A text begins with its
language's code in encoder and decoder, and the code to be written is given when texts are scored.
The arms of the three parts differ in the rows that new codes get, before any training; in what is
read at equal tokens to be written; and in those rows again, after training. A pair counts as old
or new by its language beside the pivot. Continued denoising, and fine-tuning in many directions
against bilingual models, are not part of this; nor are the paper's sizes: on real text (NTREX)
so small a model learns to continue more than to translate, so bits count and not BLEU.
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.small_mbart import NEW, OLD, Shared, bits_of, bytes_of, directions, shared
from glotlift.recipes.small_seq2seq import (
    Floats,
    Pair,
    Spent,
    State,
    in_turn,
    learn,
    load,
    states_and_logits,
)
from glotlift.runs.protocols import Initialiser
from glotlift.vocabulary import add_language_codes, apply_edit, mean_of_pieces, random_rows

NONE, RANDOM, MEAN, RELATED, UNRELATED = "no codes", "random", "mean of codes", "related", "distant"
ALONE, BOTH, OLD_ALONE = "new pairs alone", "new and old pairs", "old pairs alone"
STATES, LOGITS = "decoder states that change", "change of an old logit"
CHANGE, UNTRAINED = "change of old languages", "new languages before training"
BYTE = "bits per byte"
TRAINED = dict.fromkeys((CHANGE, NEW, UNTRAINED), Metric(BYTE, higher_is_better=False))
IN_THE_WORLD: dict[str, Any] = {
    "text": "world",
    "pivot": "eng_Latn",
    "old": ["deu_Latn", "hin_Deva", "spa_Latn"],
    "new": {
        "cat_Latn": {"related": "spa_Latn", "distant": "hin_Deva"},
        "rus_Cyrl": {"related": "deu_Latn", "distant": "hin_Deva"},
    },
    "rows": 800,
    "held_out": 60,
    "pieces": 1500,
    "width": 64,
    "layers": 2,
    "pretraining": 60_000,
    "tokens": 16_000,
    "few_tokens": 6_000,
    "rate": 0.03,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "old": ["deu_Latn", "hin_Deva", "spa_Latn"],
    "new": {
        "mar_Deva": {"related": "hin_Deva", "distant": "spa_Latn"},
        "por_Latn": {"related": "spa_Latn", "distant": "hin_Deva"},
    },
    "rows": 600,
    "pieces": 3000,
}


def extended(made: Shared, values: Mapping[str, Any], rows: str, seed: int) -> State:
    """Return the trained model with codes for the new languages, if any, begun as `rows` says."""
    model, tokenizer = load(made.folder)
    if rows == NONE:
        return model, tokenizer
    new: Mapping[str, Mapping[str, str]] = values["new"]
    like = {code: near[rows] for code, near in new.items()} if rows in (RELATED, UNRELATED) else {}
    edit = add_language_codes(tokenizer, list(new), like=like)
    initialiser: Initialiser = random_rows if rows == RANDOM else mean_of_pieces
    return apply_edit(model, edit, initialiser, seed=seed), edit.tokenizer(tokenizer)


def add(setting: Setting, seed: int, folder: Path, *, rows: str) -> Measurement:
    """Add codes for new languages and train no further; score the old ones."""
    del folder
    values = dict(setting.values)
    made = shared(json.dumps(values, sort_keys=True), seed)
    before, after = load(made.folder), extended(made, values, rows, seed)
    lengths = bytes_of(made, values, OLD)
    pairs = directions(before[1], made.test, values["pivot"], values["old"])
    changes = np.max([moved(before, after, group) for group in pairs.values()], axis=0)
    scores = {
        OLD: bits_of(after, made.test, values, OLD) / lengths,
        STATES: (changes[0] > 0).astype(np.float64),
        LOGITS: changes[1],
    }
    ids = [str(row) for row in range(len(lengths))]
    return Measurement(lengths.sum(), scores, dict.fromkeys(scores, ids), {OLD: lengths})


def moved(before: State, after: State, pairs: list[Pair]) -> Floats:
    """Return [2, pairs]: the largest change of a decoder state, and of an old logit."""
    old, new = states_and_logits(*before, pairs), states_and_logits(*after, pairs)
    states, logits = new[0] - old[0], new[1][..., : old[1].shape[-1]] - old[1]
    found = torch.stack([states.abs().amax((1, 2)), logits.abs().amax((1, 2))])
    return np.asarray(found.double().numpy())


def go_on(
    setting: Setting, seed: int, folder: Path, *, rows: str, read: str, amount: str = "tokens"
) -> Measurement:
    """Add codes and train on pairs of the new languages, the old ones, or both; score both."""
    del folder
    values = dict(setting.values)
    made = shared(json.dumps(values, sort_keys=True), seed)
    state = extended(made, values, rows, seed)
    model, tokenizer = state
    begun = bits_of(state, made.test, values, NEW)
    others = {ALONE: [], BOTH: values["old"], OLD_ALONE: values["old"]}[read]
    groups = directions(tokenizer, made.train, values["pivot"], others)
    if read != OLD_ALONE:
        groups |= directions(tokenizer, made.train, values["pivot"], values["new"])
    spent = learn(
        model,
        tokenizer,
        in_turn(groups, seed),
        amount=values[amount],
        unit="tokens written",
        rate=values["rate"],
        seed=seed,
    )
    return judged(state, made, values, begun, spent)


def judged(
    state: State, made: Shared, values: Mapping[str, Any], begun: Floats, spent: Spent
) -> Measurement:
    """Return the bits of both groups after training, and the change of the old ones."""
    lengths = {group: bytes_of(made, values, group) for group in (OLD, NEW)}
    after = {group: bits_of(state, made.test, values, group) for group in (OLD, NEW)}
    scores = {
        CHANGE: (after[OLD] - made.before) / lengths[OLD],
        NEW: after[NEW] / lengths[NEW],
        UNTRAINED: begun / lengths[NEW],
    }
    weights = {CHANGE: lengths[OLD], NEW: lengths[NEW], UNTRAINED: lengths[NEW]}
    ids = [str(row) for row in range(len(made.before))]
    known = {text for texts in made.train.values() for text in texts}
    cost = {
        "steps": spent.steps,
        "pairs": spent.pairs,
        "processor seconds of training": spent.seconds,
        "old bits per byte before": float(made.before.sum() / lengths[OLD].sum()),
        "test texts in training": sum(t in known for texts in made.test.values() for t in texts),
    }
    return Measurement(spent.written, scores, dict.fromkeys(scores, ids), weights, cost)


NO_LOSS = Published("25 languages more, no loss on the old 25", "Tang et al. 2020, abstract")


def lower(id: str, text: str, metric: str, name: str, versus: str, margin: float) -> Claim:
    """Claim that one arm spends fewer bits per byte than another."""
    return Claim(id, text, metric, name, versus, "less", margin, BYTE)


SETTINGS = (Setting("world", IN_THE_WORLD), Setting("real", REAL))
ROWS = {
    RANDOM: "random rows, as mBART-50's",
    MEAN: "the mean of the old codes' rows",
    RELATED: "the row of a related old language",
    UNRELATED: "the row of a distant old language",
}
READ = {
    ALONE: "pairs of the new languages alone",
    BOTH: "pairs of new and old languages in turn",
    OLD_ALONE: "pairs of the old languages alone",
}
RECIPES = (
    Recipe(
        name="mbart50",
        part="codes",
        question="Does a trained model score its old languages as before once codes are added?",
        difference="the rows that new codes are given",
        budget_unit="bytes to be written",
        seeds=(0, 1, 2),
        arms=(
            Arm(NONE, "the model as it was", partial(add, rows=NONE), trained=False),
            *(Arm(n, text, partial(add, rows=n), trained=False) for n, text in ROWS.items()),
        ),
        claims=(
            *(
                Claim(
                    f"states: {name}",
                    f"{name}: no decoder state of an old pair changes in any bit",
                    *(STATES, name, 0.0, "within", 1e-9, "share of rows"),
                )
                for name in (RANDOM, RELATED)
            ),
            *(
                Claim(
                    f"logits: {name}",
                    f"{name}: old logits stay as they were",
                    *(LOGITS, name, 0.0, "within", 1e-4, "nats"),
                )
                for name in (RANDOM, RELATED)
            ),
            *(
                Claim(
                    f"bits: {name}",
                    f"{name}: codes take less than 0.001 from the old languages",
                    *(OLD, name, NONE, "within", 1e-3, BYTE),
                )
                for name in ROWS
            ),
        ),
        metrics={
            OLD: Metric(BYTE, higher_is_better=False),
            STATES: Metric("share of rows", higher_is_better=False),
            LOGITS: Metric("nats", higher_is_better=False),
        },
        settings=SETTINGS,
    ),
    Recipe(
        name="mbart50",
        part="old-pairs",
        question="What does learning new languages cost the old, with and without their pairs?",
        difference="the pairs that are read on",
        budget_unit="tokens written",
        seeds=(0, 1, 2, 3, 4),
        arms=tuple(Arm(n, t, partial(go_on, rows=RANDOM, read=n)) for n, t in READ.items()),
        claims=(
            Claim(
                "forgetting",
                "new pairs alone cost the old languages over 0.1",
                *(CHANGE, ALONE, 0.0, "greater", 0.1, BYTE),
            ),
            Claim(
                "no loss",
                "with old pairs too they lose under 0.05",
                *(CHANGE, BOTH, 0.0, "less", -0.05, BYTE),
                NO_LOSS,
            ),
            Claim(
                "old pairs", "old pairs save over 0.1", *(CHANGE, BOTH, ALONE, "less", 0.1, BYTE)
            ),
            Claim(
                "old alone",
                "new pairs cost them something beside old pairs",
                *(CHANGE, BOTH, OLD_ALONE, "greater", 0.0, BYTE),
            ),
            Claim(
                "price",
                "at equal tokens old pairs cost the new languages something",
                *(NEW, BOTH, ALONE, "greater", 0.0, BYTE),
            ),
            Claim(
                "learning",
                "the new languages are learnt beside the old ones",
                *(NEW, BOTH, OLD_ALONE, "less", 0.1, BYTE),
            ),
        ),
        metrics=TRAINED,
        settings=SETTINGS,
    ),
    Recipe(
        name="mbart50",
        part="initialisation",
        question="Which row should a new language's code begin as?",
        difference="the rows that new codes are given",
        budget_unit="tokens written",
        seeds=(0, 1, 2, 3, 4),
        arms=tuple(
            Arm(n, t, partial(go_on, rows=n, read=BOTH, amount="few_tokens"))
            for n, t in ROWS.items()
        ),
        claims=(
            lower(
                "before", "a related row is nearer before training", UNTRAINED, RELATED, RANDOM, 0
            ),
            lower("related", "a related row is better than random", NEW, RELATED, RANDOM, 0),
            lower("mean", "the codes' mean is better than random", NEW, MEAN, RANDOM, 0),
            lower("relation", "related is better than distant", NEW, RELATED, UNRELATED, 0),
            Claim(
                "old",
                "the old languages do not care",
                *(CHANGE, RELATED, RANDOM, "within", 0.02, BYTE),
            ),
        ),
        metrics=TRAINED,
        settings=SETTINGS,
    ),
)
