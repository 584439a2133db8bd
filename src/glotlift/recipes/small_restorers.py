"""A small mBART pretrained by denoising, and stages of noise before it learns to translate."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, concatenate_datasets
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast, set_seed

from glotlift import world
from glotlift.corpus import read
from glotlift.objectives.code_switching import CodeSwitchingRestore
from glotlift.objectives.denoising import Denoising
from glotlift.objectives.packing import Ids, columns
from glotlift.recipes.small_mbart import ROLES, Texts, parallel, untrained
from glotlift.recipes.small_seq2seq import Pair, State, cached, learn
from glotlift.recipes.starting_point import locate
from glotlift.vocabulary import add_language_codes, train_tokenizer

Objective = CodeSwitchingRestore | Denoising
LONGEST, CHARACTERS = 96, 300  # tokens of a piece, and of a real document how much is read
APART = 100_000  # rows of the world between the monolingual texts of two languages


@dataclass(frozen=True)
class Shared:
    """What all arms share: the pretrained model, and translations of both splits by language."""

    folder: Path
    train: Texts
    test: Texts


@lru_cache(maxsize=1)
def shared(values: str) -> Shared:
    """Return what the arms of a setting share; `values` are its JSON."""
    chosen = json.loads(values)
    train, test = parallel(chosen, chosen["pair"])
    names = ("pieces", "width", "layers", "pretraining", "rate", "languages", "mono")
    told = ["restorers", {name: chosen[name] for name in names}, chosen["pair"], train]
    return Shared(cached(told, partial(pretrained, chosen, train)), train, test)


def pretrained(values: Mapping[str, Any], train: Texts) -> State:
    """Return an mBART that has learnt to denoise text of each language, and no translation."""
    mono = {code: monolingual(values, code, at) for at, code in enumerate(values["languages"])}
    texts = [text for rows in mono.values() for text in rows["text"]]
    tokenizer = train_tokenizer(
        texts + [text for rows in train.values() for text in rows],
        kind="unigram",
        size=values["pieces"],
        special_tokens=ROLES | {"mask_token": "<mask>"},
    )
    tokenizer = add_language_codes(tokenizer, values["languages"]).tokenizer(tokenizer)
    set_seed(0)
    model = untrained(values, tokenizer)
    objective = Denoising.for_model(model, tokenizer, permute=False)
    learn(
        model,
        tokenizer,
        noised(objective, concatenate_datasets(list(mono.values())), 0),
        amount=values["pretraining"],
        unit="tokens written",
        rate=values["rate"],
        seed=0,
    )
    return model, tokenizer


def monolingual(values: Mapping[str, Any], code: str, number: int) -> Dataset:
    """Return text of one language; no two languages say the same."""
    rows = values["mono"]["rows"]
    if values["mono"]["text"] == "world":
        return world.parallel([code], rows, start=APART * (number + 1))
    found = read(locate(values["mono"]["text"].format(code)), language=code)
    found = found.select(range(min(rows, len(found)))).select_columns(["id", "language", "text"])
    return found.map(lambda row: {"text": row["text"][:CHARACTERS]}, load_from_cache_file=False)


def rows_of(texts: Texts) -> Dataset:
    """Return texts of several languages as rows, one after another."""
    both = [(code, text) for code, rows in texts.items() for text in rows if text]
    return Dataset.from_dict({"language": [c for c, _ in both], "text": [t for _, t in both]})


def noised(objective: Objective, rows: Dataset, seed: int) -> Iterator[Pair]:
    """Yield what is read and written of rows, without end, in new orders and with new noise."""
    flat, offsets = columns(objective.prepare(rows), objective.columns)
    pieces = [flat[start:stop][:LONGEST] for start, stop in pairwise(offsets) if stop - start > 2]
    order = np.random.default_rng([seed, 0x52])
    while True:
        for place in order.permutation(len(pieces)):
            yield pair_of(objective, pieces[int(place)], order)


def pair_of(objective: Objective, piece: Ids, rng: np.random.Generator) -> Pair:
    """Return what is read and written of one piece, each with its end token."""
    if isinstance(objective, CodeSwitchingRestore):
        made = objective.example(piece, rng)
        return [*made.source, *objective.end], [*made.target, *objective.end]
    target = objective.target(piece)
    return objective.noised(target, piece[:, 1], piece[:, 2], rng).tolist(), target.tolist()


def distance_ratios(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return [n] the distance of each translation as a share of that of the other rows.

    Both are [n, d]. A ratio: vectors that all shrink come nearer to each other without meaning it.
    """
    apart = np.linalg.norm(ours[:, None] - theirs[None], axis=-1).astype(np.float64)
    others = (apart.sum(1) - apart.diagonal()) / (len(apart) - 1)
    return np.asarray(apart.diagonal() / others)


def marked(tokenizer: PreTrainedTokenizerFast, code: str, text: str) -> str:
    """Return a text as the encoder reads it, with its language's code and an end."""
    return f"{code}{text}{tokenizer.eos_token}"
