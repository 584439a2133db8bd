"""Code-switching restore (Zan et al. 2022, arXiv:2204.07834): a stage before finetuning.

Between the denoising of mBART's pretraining and learning to translate, the paper lets the model
restore sentences of the task's own text, in which words have been replaced by translations. It
reports consistent gains in translation, summarisation and XNLI, and languages that move closer.
Here a small mBART is pretrained by denoising text of several languages, of which no two say the
same, and learns to translate from few pairs. All arms write the same number of tokens in all. They
differ in the first third: translations already, denoising, or restoring, with a dictionary (the
sample world's, or FreeDict's), with one induced from the training text of the two languages alone,
or with a dictionary whose translations are dealt out at random. Words are replaced, not pieces, and
always by the most similar of an induced dictionary: the published code takes the least similar.

Distance is that of a sentence's translation over that of other sentences, between means of encoder
states: a ratio, because all distances can shrink together. Summarisation and XNLI are not part of
this, nor are the paper's sizes.
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.clients import LocalModel
from glotlift.evaluation.metrics import chrf_rows
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.objectives.code_switching import CodeSwitchingRestore
from glotlift.objectives.denoising import Denoising
from glotlift.objectives.dictionaries import (
    induce_dictionary,
    read_dictionary,
    shuffled,
    world_lexicon,
)
from glotlift.recipes.small_mbart import Texts, directions
from glotlift.recipes.small_restorers import (
    Objective,
    Shared,
    distance_ratios,
    marked,
    noised,
    rows_of,
    shared,
)
from glotlift.recipes.small_seq2seq import (
    Floats,
    Spent,
    State,
    in_turn,
    learn,
    load,
    write,
    written_bits,
)
from glotlift.recipes.starting_point import locate
from glotlift.vocabulary import train_vectors
from glotlift.vocabulary.language_codes import language_codes

BITS, CHRF, AFTER = "translations", "chrF++", "distance after the stage"
LATER = "distance after finetuning"
BYTE, POINTS, SHARE = "bits per byte", "points", "share of other rows' distance"
NONE, DENOISE, RESTORE = "finetuning alone", "denoising first", "restoring first"
INDUCED, SHUFFLED = "restoring, induced dictionary", "restoring, shuffled dictionary"
IN_THE_WORLD: dict[str, Any] = {
    "text": "world",
    "pair": ["eng_Latn", "spa_Latn"],
    "languages": ["eng_Latn", "spa_Latn", "deu_Latn", "tur_Latn"],
    "mono": {"text": "world", "rows": 1500},
    "dictionary": "world",
    "rows": 400,
    "held_out": 60,
    "pieces": 1500,
    "width": 64,
    "layers": 2,
    "pretraining": 150_000,
    "stage": 15_000,
    "finetuning": 30_000,
    "rate": 0.03,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "pair": ["eng_Latn", "swh_Latn"],
    "languages": ["eng_Latn", "swh_Latn", "fra_Latn", "tur_Latn"],
    "mono": {"text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz", "rows": 600},
    "dictionary": "$GLOTLIFT_DATA/freedict/{}-{}.jsonl.gz",
    "rows": 600,
    "pieces": 3000,
}


def go(setting: Setting, seed: int, folder: Path, *, first: str) -> Measurement:
    """Train the pretrained model on one stage and then on translations; score held-out rows."""
    del folder
    values = dict(setting.values)
    made = shared(json.dumps(values, sort_keys=True))
    model, tokenizer = load(made.folder)
    spent: list[Spent] = []
    settings: dict[str, Any] = {"unit": "tokens written", "rate": values["rate"], "seed": seed}
    amount = values["finetuning"]
    if first == NONE:
        amount += values["stage"]
    else:
        objective = stage_of(first, (model, tokenizer), made, values, seed)
        pairs = noised(objective, rows_of(made.train), seed)
        spent.append(learn(model, tokenizer, pairs, amount=values["stage"], **settings))
    ratios = {AFTER: ratios_of((model, tokenizer), made.test)}
    one, other = values["pair"]
    groups = directions(tokenizer, made.train, one, [other])
    spent.append(learn(model, tokenizer, in_turn(groups, seed), amount=amount, **settings))
    ratios[LATER] = ratios_of((model, tokenizer), made.test)
    return judged((model, tokenizer), made, values, ratios, spent)


def stage_of(
    first: str, state: State, made: Shared, values: Mapping[str, Any], seed: int
) -> Objective:
    """Return what the stage before finetuning teaches."""
    model, tokenizer = state
    if first == DENOISE:
        return Denoising.for_model(model, tokenizer, permute=False)
    lexicon = induced(made.train) if first == INDUCED else dictionaries(values)
    if first == SHUFFLED:
        lexicon = {code: shuffled(known, seed) for code, known in lexicon.items()}
    return CodeSwitchingRestore.for_model(model, tokenizer, lexicon=lexicon)


def dictionaries(values: Mapping[str, Any]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the setting's dictionaries, from each language of the pair into the other."""
    one, other = values["pair"]
    if values["dictionary"] == "world":
        return world_lexicon(one, other)
    return {
        source: read_dictionary(locate(values["dictionary"].format(source[:3], target[:3])))
        for source, target in ((one, other), (other, one))
    }


def induced(train: Texts) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return dictionaries from the text of each language; which rows are translations is unused."""
    vectors = {code: train_vectors(texts, width=64, least=3) for code, texts in train.items()}
    one, other = train
    return {
        source: induce_dictionary(vectors[source], vectors[target])
        for source, target in ((one, other), (other, one))
    }


def ratios_of(state: State, test: Texts) -> Floats:
    """Return [rows] how far apart held-out translations are for the encoder."""
    model, tokenizer = state
    client = LocalModel(model, tokenizer)
    sides = [
        client.encode([marked(tokenizer, code, text) for text in texts])
        for code, texts in test.items()
    ]
    return distance_ratios(*sides)


def judged(
    state: State,
    made: Shared,
    values: Mapping[str, Any],
    ratios: Mapping[str, Floats],
    spent: list[Spent],
) -> Measurement:
    """Return bits and chrF++ of held-out translations in both directions, and distances."""
    model, tokenizer = state
    one, other = values["pair"]
    pairs = directions(tokenizer, made.test, one, [other])
    bits = np.sum(
        [written_bits(model, tokenizer, each, given=1) for each in pairs.values()], axis=0
    )
    lengths = np.sum(
        [[len(text.encode()) for text in made.test[code]] for code in (one, other)], axis=0
    )
    points = [
        chrf_rows(translated(state, pairs[name], name.split(">")[1]), made.test[name.split(">")[1]])
        for name in pairs
    ]
    known = {text for texts in made.train.values() for text in texts}
    scores = {BITS: bits / lengths, CHRF: np.mean(points, axis=0), **ratios}
    rows = [str(row) for row in range(len(bits))]
    return Measurement(
        sum(each.written for each in spent),
        scores,
        dict.fromkeys(scores, rows),
        {BITS: lengths.astype(np.float64)},
        {
            "steps": sum(each.steps for each in spent),
            "processor seconds of training": sum(each.seconds for each in spent),
            "test texts in training": sum(t in known for ts in made.test.values() for t in ts),
        },
    )


def translated(state: State, pairs: list[Any], code: str) -> list[str]:
    """Return what a model writes in a language."""
    model, tokenizer = state
    begin = [language_codes(tokenizer)[code]]
    ids = write(model, tokenizer, [source for source, _ in pairs], longest=48, begin=begin)
    return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]


def better(id: str, text: str, metric: str, name: str, versus: str) -> Claim:
    """Claim that an arm is better than another in one metric, by any margin."""
    unit = {BITS: BYTE, CHRF: POINTS}.get(metric, SHARE)
    return Claim(id, text, metric, name, versus, "greater" if metric == CHRF else "less", 0.0, unit)


GAINS = Published("consistent gains; languages move closer", "Zan et al. 2022, abstract")
ARMS = {
    NONE: "translations alone, for as many tokens",
    DENOISE: "denoising the text of both languages, then translations",
    RESTORE: "restoring it from words of a dictionary, then translations",
    INDUCED: "restoring it from words of a dictionary induced from it, then translations",
    SHUFFLED: "restoring it from random words of the dictionary, then translations",
}
RECIPES = (
    Recipe(
        name="csr",
        part="restore",
        question="What does restoring switched text before finetuning change?",
        difference="the first third of what is written",
        budget_unit="tokens written",
        seeds=(0, 1, 2, 3, 4),
        arms=tuple(Arm(name, text, partial(go, first=name)) for name, text in ARMS.items()),
        claims=(
            better(
                "closer", "the languages move closer than by denoising", AFTER, RESTORE, DENOISE
            ),
            better("dictionary", "it takes a true dictionary", AFTER, RESTORE, SHUFFLED),
            better("closer: induced", "an induced one will do", AFTER, INDUCED, SHUFFLED),
            better("later", "and they stay closer after finetuning", LATER, RESTORE, DENOISE),
            Claim(
                "bits",
                "translations cost fewer bits than after finetuning alone",
                *(BITS, RESTORE, NONE, "less", 0.0, BYTE),
                GAINS,
            ),
            better("bits: stage", "and fewer than after denoising", BITS, RESTORE, DENOISE),
            better("bits: dictionary", "it takes a true dictionary", BITS, RESTORE, SHUFFLED),
            better("chrF++", "translations are better", CHRF, RESTORE, NONE),
            better("chrF++: stage", "and better than after denoising", CHRF, RESTORE, DENOISE),
            better("chrF++: induced", "an induced dictionary will do", CHRF, INDUCED, DENOISE),
        ),
        metrics={
            BITS: Metric(BYTE, higher_is_better=False),
            CHRF: Metric(POINTS, higher_is_better=True),
            AFTER: Metric(SHARE, higher_is_better=False),
            LATER: Metric(SHARE, higher_is_better=False),
        },
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
)
