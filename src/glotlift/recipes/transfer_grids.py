"""Small encoders tuned on the labels of one language and tested in all, for each language in turn.

What the parts of a recipe about source languages share: encoders pretrained on plain text of all
languages and on translations, the rows of two tasks, and the grids of scores. A translation stands
between any two languages as often as between any other two, so that no source is favoured by it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from datasets import Dataset, concatenate_datasets
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift import world
from glotlift.corpus import hand, read
from glotlift.evaluation.spans import OUTSIDE, span_f1_rows
from glotlift.evaluation.transfer import TransferGrid
from glotlift.languages import language
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.aligned_decoders import sentences
from glotlift.recipes.club_data import lines
from glotlift.recipes.encoder_heads import Tuning, fine_tune_tagger, tag
from glotlift.recipes.small_encoders import (
    Floats,
    continue_masked,
    encoder_tokenizer,
    fine_tune_classifier,
    logits,
)
from glotlift.recipes.starting_point import locate
from glotlift.recipes.topics import topic_rows
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.hashing import hash_json
from glotlift.training.schedule import Budget
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES, VERSION
from glotlift.vocabulary.comparison import shared_pieces

TOPICS, SPANS = "topics", "spans"
TASKS = (TOPICS, SPANS)
ENGLISH = "eng_Latn"
EVEN, CENTRED = "all languages alike", "English above all"
SHARES = {EVEN: None, CENTRED: 0.8}  # of English in the plain text; None: as of any other
PAIRS, PAIRED = "pairs", 1 / 2  # the share of translations in all that is read
WORLD = "world"
SPLITS = {"train": "train", "validation": "dev", "test": "test"}  # as SIB-200 names them
Values = Mapping[str, Any]
Rows = dict[str, dict[str, Dataset]]  # language -> split -> rows


@dataclass(frozen=True)
class Text:
    """What encoders are pretrained on, their tokenizer, and the pieces that languages share."""

    sources: dict[str, Dataset]
    tokenizer: PreTrainedTokenizerFast
    shared: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Grid:
    """A task's scores of one seed: sources, targets and rows, to choose by and to judge by."""

    task: str
    values: str
    seed: int
    validation: TransferGrid
    test: TransferGrid


@lru_cache(maxsize=2)
def text(values: str) -> Text:
    """Return the text of a setting; `values` are its JSON."""
    chosen = json.loads(values)
    codes = chosen["languages"][TOPICS]
    plain = {
        code: read(locate(chosen["text"].format(code)), language=code, rows=chosen["documents"])
        for code in codes
    }
    tokenizer = encoder_tokenizer(chosen, plain)
    overlaps = shared_pieces(tokenizer, {code: list(rows["text"]) for code, rows in plain.items()})
    shared = {
        code: dict(zip(codes, map(float, row), strict=True))
        for code, row in zip(codes, overlaps, strict=True)
    }
    return Text({**plain, PAIRS: translations(chosen, codes)}, tokenizer, shared)


def translations(values: Values, codes: list[str]) -> Dataset:
    """Return sentences in two languages each; every sentence is paired once in every language."""
    told = {"pivot": codes[0], "languages": codes[1:], "pairs": [values["sentences"]]}
    taught = sentences(json.dumps({**told, "parallel": values["parallel"]})).taught
    rng = np.random.default_rng(0)
    found = [
        "\n".join(taught[codes[place]][row] for place in pair)
        for row in range(len(taught[codes[0]]))
        for pair in rng.permutation(len(codes))[: len(codes) // 2 * 2].reshape(-1, 2)
    ]
    return Dataset.from_dict({"id": [str(number) for number in range(len(found))], "text": found})


def encoder(values: Values, base: str) -> PreTrainedModel:
    """Return the encoder that read the text as `base` says; made once and cached."""
    known = text(json.dumps(dict(values), sort_keys=True))
    shape = replace(SIZES[values["size"]], steps=values["steps"])
    told = {name: list(rows["text"]) for name, rows in known.sources.items()}
    key = [VERSION, repr(shape), values["learning_rate"], base, SHARES[base], PAIRED, told]
    path = cache_folder("bases") / f"transfer-{hash_json([*key, values['pieces']])[:12]}"
    with atomic.locked(path):
        if not path.is_dir():
            with TemporaryDirectory() as work:
                trained = continue_masked(
                    untrained(values),
                    known.tokenizer,
                    known.sources,
                    hand(shares(list(known.shared), SHARES[base])),
                    budget=Budget(shape.steps, "steps"),
                    rate=values["learning_rate"],
                    seed=0,
                    folder=Path(work) / "base",
                )
            with atomic.folder(path) as folder:
                trained.model.save_pretrained(folder)
                known.tokenizer.save_pretrained(folder)
    model: PreTrainedModel = load_model(find_model(str(path)))
    return model


def untrained(values: Values) -> PreTrainedModel:
    """Return the encoder as it begins."""
    set_seed(0)
    known = text(json.dumps(dict(values), sort_keys=True))
    return build("encoder", SIZES[values["size"]], known.tokenizer)


def shares(codes: list[str], english: float | None) -> dict[str, float]:
    """Return the share of each source in the bytes read: translations, English, the others."""
    first = 1 / len(codes) if english is None else english
    rest = (1 - first) / (len(codes) - 1)
    plain = {code: first if code == ENGLISH else rest for code in codes}
    return {PAIRS: PAIRED, **{code: (1 - PAIRED) * share for code, share in plain.items()}}


@lru_cache(maxsize=4)
def labelled(values: str, task: str) -> Rows:
    """Return the rows of a task by language and split; equal ids are translations."""
    chosen = json.loads(values)
    codes, most = chosen["languages"][task], chosen["rows"][task]
    if chosen[task] == WORLD:
        make = {TOPICS: world.tasks.categorised, SPANS: world.tasks.ner}[task]
        return numbered(
            {
                code: {split: make(code, rows, split=split) for split, rows in most.items()}
                for code in codes
            }
        )
    if task == TOPICS:
        named = {SPLITS[split]: rows for split, rows in most.items()}
        asked = {**chosen, "languages": codes, "topic_rows": named}
        found = topic_rows(asked).rows
        return {code: {s: found[code][SPLITS[s]] for s in most} for code in codes}
    return {code: slots(Path(locate(chosen[task])), code, most) for code in codes}


def numbered(rows: Rows) -> Rows:
    """Return rows whose labels, where there are any, are numbers."""
    splits = [split for by_split in rows.values() for split in by_split.values()]
    if "label" not in splits[0].column_names:
        return rows
    names = sorted({name for split in splits for name in split["label"]})
    return {
        code: {
            split: found.map(lambda row: {"label": names.index(row["label"])})
            for split, found in by_split.items()
        }
        for code, by_split in rows.items()
    }


def slots(folder: Path, code: str, most: Mapping[str, int]) -> dict[str, Dataset]:
    """Return xSID's utterances with their slots; its valid split is parted, to tune and choose."""
    tongue = language(code).bcp47.split("-")[0]
    valid, test = (
        Dataset.from_list(
            [
                {"id": f"{part}/{number}", "tokens": row["tokens"], "tags": row["slots"]}
                for number, row in enumerate(lines(folder / f"{tongue}.{part}.jsonl.gz"))
            ]
        )
        for part in ("valid", "test")
    )
    train = range(most["train"])
    choose = range(most["train"], most["train"] + most["validation"])
    return {
        "train": valid.select(train),
        "validation": valid.select(choose),
        "test": test.select(range(most["test"])),
    }


def tune(
    values: Values, task: str, model: PreTrainedModel, train: Dataset, seed: int
) -> Callable[[Dataset], Floats]:
    """Return what scores rows of a task, [rows], by a head tuned on `train`."""
    tokenizer = text(json.dumps(dict(values), sort_keys=True)).tokenizer
    tuning = Tuning(values["epochs"], values["tuning_rate"], seed)
    if task == SPANS:
        tagger = fine_tune_tagger(model, tokenizer, train["tokens"], train["tags"], tuning)
        return lambda rows: span_f1_rows(
            tag(tagger, tokenizer, rows["tokens"], otherwise=OUTSIDE), rows["tags"]
        )
    classifier = fine_tune_classifier(
        model,
        tokenizer,
        train["text"],
        train["label"],
        classes=1 + max(train["label"]),
        epochs=tuning.epochs,
        rate=tuning.rate,
        seed=seed,
    )
    return lambda rows: np.asarray(
        logits(classifier, tokenizer, rows["text"]).argmax(1) == np.array(rows["label"]), np.float64
    )


@lru_cache(maxsize=32)
def grid(values: str, seed: int, task: str, base: str = EVEN) -> Grid:
    """Return the scores of a task from each language in each, of one seed."""
    chosen, rows = json.loads(values), labelled(values, task)
    model = encoder(chosen, base)
    scores: dict[str, list[list[Floats]]] = {"validation": [], "test": []}
    for splits in rows.values():
        judge = tune(chosen, task, model, splits["train"], seed)
        for split, found in scores.items():
            found.append([judge(target[split]) for target in rows.values()])
    codes = tuple(rows)
    grids = {split: TransferGrid(codes, codes, np.array([s])) for split, s in scores.items()}
    return Grid(task, values, seed, **grids)


@lru_cache(maxsize=4)
def mixed(values: str, seed: int, task: str) -> dict[str, Floats]:
    """Return the test scores of each target but English by a head tuned on all other languages.

    It is tuned on the very items that a single source gives, each in another language, in turn.
    """
    chosen, rows = json.loads(values), labelled(values, task)
    model = encoder(chosen, EVEN)
    found = {}
    for target in rows.keys() - {ENGLISH}:
        others = [splits["train"] for code, splits in rows.items() if code != target]
        parts = [
            train.select(range(place, len(train), len(others)))
            for place, train in enumerate(others)
        ]
        judge = tune(chosen, task, model, concatenate_datasets(parts), seed)
        found[target] = judge(rows[target]["test"])
    return found


@lru_cache(maxsize=4)
def from_untrained(values: str, seed: int, task: str) -> dict[str, Floats]:
    """Return each target's test scores by an encoder that read nothing, tuned on English."""
    chosen, rows = json.loads(values), labelled(values, task)
    judge = tune(chosen, task, untrained(chosen), rows[ENGLISH]["train"], seed)
    return {target: judge(splits["test"]) for target, splits in rows.items()}
