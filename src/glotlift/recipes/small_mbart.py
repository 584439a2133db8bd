"""A small mBART that has learnt to translate, made once a seed, and its bits by language."""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import transformers
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift import world
from glotlift.recipes.small_seq2seq import (
    Floats,
    Pair,
    State,
    cached,
    encode,
    in_turn,
    learn,
    load,
    written_bits,
)
from glotlift.recipes.starting_point import locate
from glotlift.vocabulary import add_language_codes, train_tokenizer
from glotlift.vocabulary.language_codes import language_codes

OLD, NEW = "old languages", "new languages"
ROLES = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
Texts = dict[str, list[str]]


@dataclass(frozen=True)
class Shared:
    """What all arms of a seed share: the trained model, and text of both splits by language."""

    folder: Path
    train: Texts
    test: Texts
    before: Floats
    """[rows] the model's bits of a held-out row in all directions of the old languages."""


@lru_cache(maxsize=1)
def shared(values: str, seed: int) -> Shared:
    """Return what the arms of a seed share; `values` are the setting's JSON."""
    chosen = json.loads(values)
    codes = [chosen["pivot"], *chosen["old"], *chosen["new"]]
    train, test = parallel(chosen, codes)
    names = ("pieces", "width", "layers", "pretraining", "rate", "pivot", "old")
    told = [{name: chosen[name] for name in names}, seed, train]
    folder = cached(told, partial(translating, chosen, train, seed))
    return Shared(folder, train, test, bits_of(load(folder), test, chosen, OLD))


def parallel(values: Mapping[str, Any], codes: Iterable[str]) -> tuple[Texts, Texts]:
    """Return training and held-out translations, by language and row: no row is in both."""
    rows, held_out = values["rows"], values["held_out"]
    if values["text"] == "world":
        parts = [
            {code: list(world.parallel([code], count, split=split)["text"]) for code in codes}
            for split, count in (("train", rows), ("test", held_out))
        ]
        return parts[0], parts[1]
    lines = {code: read_lines(values["text"].format(code)) for code in codes}
    train = {code: texts[:rows] for code, texts in lines.items()}
    return train, {code: texts[rows : rows + held_out] for code, texts in lines.items()}


def read_lines(address: str) -> list[str]:
    """Return the lines of a compressed file, blank ones too: a line's number is its row."""
    with gzip.open(locate(address), "rt", encoding="utf-8") as lines:
        return [line.strip() for line in lines]


def translating(values: Mapping[str, Any], train: Texts, seed: int) -> State:
    """Return an mBART that has learnt to translate between the pivot and the old languages."""
    tokenizer = train_tokenizer(
        (text for texts in train.values() for text in texts),
        kind="unigram",
        size=values["pieces"],
        special_tokens=ROLES,
    )
    tokenizer = add_language_codes(tokenizer, [values["pivot"], *values["old"]]).tokenizer(
        tokenizer
    )
    set_seed(seed)
    model = untrained(values, tokenizer)
    learn(
        model,
        tokenizer,
        in_turn(directions(tokenizer, train, values["pivot"], values["old"]), seed),
        amount=values["pretraining"],
        unit="tokens written",
        rate=values["rate"],
        seed=seed,
    )
    return model, tokenizer


def untrained(values: Mapping[str, Any], tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """Return an mBART; its decoder begins with the end token, as mBART-50's does."""
    width, layers, heads = values["width"], values["layers"], max(2, values["width"] // 32)
    settings: dict[str, Any] = {"decoder_start_token_id": tokenizer.eos_token_id}
    config = transformers.MBartConfig(
        vocab_size=len(tokenizer),
        d_model=width,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=4 * width,
        decoder_ffn_dim=4 * width,
        max_position_embeddings=256,
        scale_embedding=True,
        dropout=0.0,
        init_std=width**-0.5,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        forced_eos_token_id=None,
        **settings,
    )
    return transformers.MBartForConditionalGeneration(config)


def directions(
    tokenizer: PreTrainedTokenizerFast, texts: Texts, pivot: str, others: Iterable[str]
) -> dict[str, list[Pair]]:
    """Return the pairs of each direction between the pivot and the others, row by row."""
    codes = language_codes(tokenizer)

    def coded(code: str, text: str) -> list[int]:
        return [codes[code], *encode(tokenizer, text)]

    found: dict[str, list[Pair]] = {}
    for other in others:
        for source, target in ((pivot, other), (other, pivot)):
            both = zip(texts[source], texts[target], strict=True)
            found[f"{source}>{target}"] = [
                (coded(source, read), coded(target, written)) for read, written in both
            ]
    return found


def bits_of(state: State, test: Texts, values: Mapping[str, Any], group: str) -> Floats:
    """Return [rows] the bits of a held-out row in all directions of the old or new languages."""
    model, tokenizer = state
    others = values["old"] if group == OLD else list(values["new"])
    pairs = directions(tokenizer, test, values["pivot"], others)
    each = [written_bits(model, tokenizer, pairs[name], given=1) for name in pairs]
    return np.asarray(np.sum(each, axis=0), dtype=np.float64)


def bytes_of(made: Shared, values: Mapping[str, Any], group: str) -> Floats:
    """Return [rows] the bytes of what is written in those directions."""
    others = values["old"] if group == OLD else list(values["new"])
    targets = [code for other in others for code in (other, values["pivot"])]
    lengths = [[len(text.encode()) for text in made.test[code]] for code in targets]
    return np.asarray(np.sum(lengths, axis=0), dtype=np.float64)
