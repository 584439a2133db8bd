"""An encoder that learns in rounds from a pool of sentences: what AfroLM's arms have in common."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.corpus import Mixture, natural, read, split_rows
from glotlift.languages.sentences import split_sentences
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.one_stage import prepared, train_stage
from glotlift.recipes.small_encoders import Floats, encoder_tokenizer
from glotlift.recipes.starting_point import locate
from glotlift.recipes.topics import Topics, topic_rows
from glotlift.runs.atomic import write_json
from glotlift.synthesis.completion import complete, cut_off, unsureness, worth_cutting
from glotlift.synthesis.rounds import Score, SelfTrained, Write, self_train
from glotlift.training.schedule import Budget
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES

CUT, CHANCE, WHOLE, MODEL = "cut off", "words by chance", "whole sentences", "the encoder's words"
READ = "read.json"
SENTENCES = 32  # read in a step; each is a block of its own
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Material:
    """What all arms share: sentences to begin with, a pool, held-out ones, tokenizer and topics."""

    data: Dataset
    pool: Dataset
    held_out: Dataset
    tokenizer: PreTrainedTokenizerFast
    topics: Topics


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what arms and seeds share; `values` are the setting's JSON.

    Documents are parted by id into text to begin with, pool and held-out text, then cut into
    sentences; the tokenizer is made from the text to begin with.
    """
    chosen = json.loads(values)
    parts: dict[str, list[dict[str, str]]] = {"train": [], "validation": [], "test": []}
    for code in chosen["languages"]:
        documents = read(
            locate(chosen["text"].format(code)), language=code, rows=chosen["documents"]
        )
        split = split_rows(documents, validation=chosen["pool"], test=0.2)
        for name, rows in parts.items():
            most = chosen["held_out"] if name == "test" else len(split[name])
            for row in split[name].select(range(min(most, len(split[name])))):
                rows += sentences_of(row)
    found = {name: Dataset.from_list(rows) for name, rows in parts.items()}
    pool = found["validation"].filter(lambda row: worth_cutting(row["text"]), keep_in_memory=True)
    tokenizer = encoder_tokenizer(chosen, by_language(found["train"]))
    return Material(found["train"], pool, found["test"], tokenizer, topic_rows(chosen))


def sentences_of(row: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a document's sentences as rows whose ids begin with its own and its language."""
    return [
        {"id": f"{row['language']} {row['id']}#{n}", "language": row["language"], "text": text}
        for n, text in enumerate(split_sentences(row["text"], row["language"]))
    ]


def by_language(rows: Dataset) -> dict[str, Dataset]:
    """Return language -> its rows."""
    codes = rows["language"]
    return {
        code: rows.select([at for at, other in enumerate(codes) if other == code])
        for code in sorted(set(codes))
    }


@dataclass(frozen=True)
class Learner:
    """How the encoder learns in a round: from the beginning, or on from the last round's."""

    values: Values
    seed: int
    tokenizer: PreTrainedTokenizerFast
    goes_on: bool
    rounds_at_once: int = 1

    def __call__(self, rows: Dataset, previous: Path | None, folder: Path, number: int) -> None:
        """Train for as many bytes as a round has and leave model and tokenizer in `folder`."""
        if previous is not None and self.goes_on:
            model: PreTrainedModel = load_model(find_model(str(previous)))
        else:
            set_seed(self.seed)
            model = build("encoder", SIZES[self.values["size"]], self.tokenizer)
        sources = by_language(rows)
        trained = train_stage(
            model,
            self.tokenizer,
            prepared(model, self.tokenizer, sources),
            Mixture(sources, natural, seed=1000 * number + self.seed),
            Budget(self.rounds_at_once * self.values["bytes_a_round"], "bytes"),
            rate=self.values["learning_rate"],
            seed=1000 * number + self.seed,
            folder=folder.with_name("training"),
            blocks=SENTENCES,
        )
        trained.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        write_json(folder / READ, trained.plan.total_bytes)


def by_chance(seed: int) -> Score:
    """Return a score that knows nothing but the row's id."""
    return lambda _, rows: [float(zlib.crc32(f"{seed} {id}".encode())) for id in rows["id"]]


def least_sure(tokenizer: PreTrainedTokenizerFast) -> Score:
    """Return the entropy of what the encoder expects after a sentence's beginning as a score."""

    def score(learner: Path, rows: Dataset) -> Floats:
        model = load_model(find_model(str(learner)))
        return unsureness(model, tokenizer, [cut_off(text)[0] for text in rows["text"]])

    return score


def writer(kind: str, shared: Material, seed: int) -> Write:
    """Return what makes a text of a chosen sentence, as an arm does."""
    words = [word for text in shared.data["text"] for word in text.split()]

    def write(learner: Path, rows: Dataset) -> list[str]:
        beginnings, gone = map(list, zip(*map(cut_off, rows["text"]), strict=True))
        if kind == CUT:
            return beginnings
        if kind == WHOLE:
            return list(rows["text"])
        if kind == CHANCE:
            drawn = np.random.default_rng([seed, len(rows), zlib.crc32(rows["id"][0].encode())])
            ends = [" ".join(drawn.choice(words, size)) for size in gone]
            return [f"{start} {end}" for start, end in zip(beginnings, ends, strict=True)]
        model = load_model(find_model(str(learner)))
        return complete(model, shared.tokenizer, beginnings, gone)

    return write


def in_rounds(
    values: Values, seed: int, folder: Path, *, writes: str, goes_on: bool, unsure: bool
) -> SelfTrained:
    """Teach an encoder in rounds: `writes` says whose words end the sentences that are chosen."""
    shared = material(json.dumps(dict(values), sort_keys=True))
    return self_train(
        shared.data,
        shared.pool,
        shared.held_out,
        rounds=values["rounds"],
        per_round=values["per_round"],
        learn=Learner(values, seed, shared.tokenizer, goes_on),
        score=least_sure(shared.tokenizer) if unsure else by_chance(seed),
        write=writer(writes, shared, seed),
        folder=folder,
    )


def bytes_read(folder: Path) -> int:
    """Return the bytes of text that all learners under a folder have read."""
    return sum(json.loads(path.read_text(encoding="utf-8")) for path in folder.rglob(READ))
