"""A small multilingual T5, made once a seed, cut to one language in several ways."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.models.loading import load_tokenizer
from glotlift.recipes.hidden_spans import sentinel_tokenizer, untrained_mt5, with_spans_hidden
from glotlift.recipes.small_seq2seq import (
    Floats,
    Pair,
    State,
    cached,
    encode,
    in_turn,
    learn,
    load,
    states_and_logits,
    write,
)
from glotlift.recipes.starting_point import read_sources
from glotlift.recipes.topics import Topics, topic_rows
from glotlift.vocabulary import VocabularyEdit, apply_edit, trim, trim_report
from glotlift.vocabulary.trimming import count_pieces

WHOLE, SEEN, CUT = "whole", "all seen pieces", "idT5's cut"
RANDOM, OTHER, TIED = "random pieces", "another language", "head tied"
NEVER = 10**9


@dataclass(frozen=True)
class Shared:
    """What all arms of a seed share: text by language, topics, the whole model and its answers."""

    train: dict[str, list[str]]
    test: list[str]
    topics: Topics
    folder: Path
    asked: list[tuple[str, str]]
    """What is read and what is to be written in place of the sentinels, a pair a held-out text."""
    written: list[str]
    logits: torch.Tensor
    """Those of the whole model, [texts, tokens, V]."""


@lru_cache(maxsize=1)
def shared(values: str, seed: int) -> Shared:
    """Return what the arms of a seed share; `values` are the setting's JSON."""
    chosen = json.loads(values)
    codes = [chosen["language"], chosen["pivot"], chosen["other"], *chosen["more"]]
    sources = read_sources(
        {code: chosen["text"].format(code) for code in codes}, chosen["held_out"]
    )
    train = {code: paragraphs(parts["train"]) for code, parts in sources.items()}
    test = paragraphs(sources[chosen["language"]]["test"])[: chosen["held_out"]]
    own = [chosen["language"]]
    topics = topic_rows(chosen | {"languages": own})
    shape = {name: chosen[name] for name in ("pieces", "width", "layers", "pretraining", "rate")}
    folder = cached([shape, seed, train], partial(pretrained, chosen, train, seed))
    model, tokenizer = load(folder)
    asked = [with_spans_hidden(text, 0) for text in test]  # the same of every seed
    logits = states_and_logits(model, tokenizer, pairs(tokenizer, asked))[1]
    written = answers(model, tokenizer, asked)
    return Shared(train, test, topics, folder, asked, written, logits)


def paragraphs(rows: Dataset) -> list[str]:
    """Return the first paragraph of each document that has five words."""
    parts = ([part for part in text.split("\n") if len(part.split()) > 4] for text in rows["text"])
    return [part[0] for part in parts if part]


def pretrained(values: Mapping[str, Any], train: Mapping[str, list[str]], seed: int) -> State:
    """Return an mT5 with an untied head that has learnt to fill spans in all languages."""
    texts = [text for texts in train.values() for text in texts]
    tokenizer = sentinel_tokenizer(texts, values["pieces"])
    set_seed(seed)
    model = untrained_mt5(values, tokenizer)
    groups = {
        code: pairs(tokenizer, [with_spans_hidden(text, seed) for text in texts])
        for code, texts in train.items()
    }
    stream = in_turn(groups, seed)
    amount, rate = values["pretraining"], values["rate"]
    learn(model, tokenizer, stream, amount=amount, unit="pairs", rate=rate, seed=seed)
    return model, tokenizer


def pairs(tokenizer: PreTrainedTokenizerFast, asked: list[tuple[str, str]]) -> list[Pair]:
    """Return texts to read and to write as ids."""
    return [(encode(tokenizer, read), encode(tokenizer, written)) for read, written in asked]


def answers(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, asked: list[tuple[str, str]]
) -> list[str]:
    """Return what a model writes greedily to each text that it reads, sentinels included."""
    ids = write(model, tokenizer, [encode(tokenizer, read) for read, _ in asked], longest=24)
    return [str(text) for text in tokenizer.batch_decode(ids)]


def idt5_edit(
    tokenizer: PreTrainedTokenizerFast, texts: list[str], pivot: list[str], keep: Mapping[str, int]
) -> VocabularyEdit:
    """Return idT5's cut: the first ids, the pivot's and the language's most frequent, sentinels."""
    chosen = set(range(keep["first"]))
    for name, read in (("pivot", pivot), ("language", texts)):
        counts = count_pieces(tokenizer, read)
        best = np.argsort(-counts, kind="stable")[: keep[name]]
        chosen |= {int(piece) for piece in best if counts[piece]}
    return only(tokenizer, chosen)


def only(tokenizer: PreTrainedTokenizerFast, ids: set[int]) -> VocabularyEdit:
    """Return the edit that keeps these ids and what every cut keeps (sentinels, bytes)."""
    return trim(tokenizer, texts=["."], keep=sorted(ids), least=NEVER)


def edit_for(name: str, made: Shared, values: Mapping[str, Any], seed: int) -> VocabularyEdit:
    """Return the edit of an arm; the controls keep as many pieces as idT5's cut."""
    tokenizer = load_tokenizer(made.folder)
    own, pivot, other = (made.train[values[role]] for role in ("language", "pivot", "other"))
    if name == WHOLE:
        return only(tokenizer, set(range(len(tokenizer))))
    if name == SEEN:
        return trim(tokenizer, texts=[*own, *pivot])
    cut = idt5_edit(tokenizer, own, pivot, values["keep"])
    if name in (CUT, TIED):
        return cut
    if name == OTHER:
        return trim(tokenizer, texts=[*other, *pivot], size=cut.new_size)
    free = np.flatnonzero(only(tokenizer, set()).old_to_new < 0)
    wanted = cut.new_size - len(tokenizer) + len(free)
    drawn = np.random.default_rng(seed).choice(free, wanted, replace=False)
    return only(tokenizer, set(drawn.tolist()))


def edited(name: str, made: Shared, values: Mapping[str, Any], seed: int) -> tuple[State, Any]:
    """Return an arm's model and tokenizer, and its edit."""
    model, tokenizer = load(made.folder)
    edit = edit_for(name, made, values, seed)
    apply_edit(model, edit)
    if name == TIED:
        model.lm_head.weight = model.shared.weight  # type: ignore[union-attr]
    return (model, edit.tokenizer(tokenizer)), edit


def drift(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    asked: list[Pair],
    made: Shared,
    edit: VocabularyEdit,
) -> Floats:
    """Return [texts] the largest change of a kept piece's logit.

    It is 0 for a text that is cut otherwise than before, whose logits have no counterparts.
    """
    before = pairs(load_tokenizer(made.folder), made.asked)
    places = torch.from_numpy(edit.old_to_new)
    kept = torch.from_numpy(np.flatnonzero(edit.old_to_new >= 0))
    alike = [
        row
        for row, both in enumerate(zip(asked, before, strict=True))
        if all(
            edit.old_to_new[list(old)].tolist() == list(new) for new, old in zip(*both, strict=True)
        )
    ]
    changes = np.zeros(len(asked))
    if alike:
        after = states_and_logits(model, tokenizer, [asked[row] for row in alike])[1]
        old = made.logits[alike][:, : after.shape[1]]
        changes[alike] = (after[..., places[kept]] - old[..., kept]).abs().amax((1, 2)).numpy()
    return changes


def sizes(model: Any) -> dict[str, float]:
    """Return an edited model's weights, all and over pieces, and its bytes."""
    pieces = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    tables = {id(table): table for table in pieces}
    count = sum(weight.numel() for weight in model.parameters())
    over = sum(int(weight.numel()) for weight in tables.values())
    return {"parameters": count, "parameters over pieces": over, "bytes in float32": 4 * count}


def segmentation(made: Shared, edit: VocabularyEdit, code: str) -> dict[str, float]:
    """Return what an edit does to the pieces of the held-out text."""
    report = trim_report(load_tokenizer(made.folder), edit, {code: made.test})[0]
    return {"pieces": edit.new_size} | {
        f"held-out text: {name}": float(value)
        for name, value in report.items()
        if isinstance(value, (int, float))
    }
