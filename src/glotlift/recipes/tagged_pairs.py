"""Pairs whose words' parts of speech are known, and an encoder that hides by them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, concatenate_datasets
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift import world
from glotlift.languages.tagging import LexicalTagger
from glotlift.languages.words import word_spans
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.named import objective_named
from glotlift.objectives.packing import columns
from glotlift.objectives.word_columns import Label, Tagger
from glotlift.recipes.club_data import treebank
from glotlift.recipes.paired_encoders import texts_of
from glotlift.recipes.romanised_text import ENGLISH, sentences, together
from glotlift.recipes.starting_point import locate

COUNTED = 300  # rows of which it is counted what is hidden
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Tagged:
    """Pairs and single texts to learn from by language, held-out sentences, and the taggers."""

    pairs: dict[str, Dataset]
    singles: dict[str, Dataset]
    ids: list[str]
    tests: dict[str, list[str]]
    taggers: dict[str, LexicalTagger]
    right: dict[str, float]

    def tagger(self) -> Tagger | None:
        """Return what labels rows that carry no labels; None where rows carry their own."""
        return labelling(self.taggers) if self.taggers else None


@lru_cache(maxsize=2)
def tagged(values: str) -> Tagged:
    """Return pairs of ``values["romanised"]`` with ``values["pivot"]``, and what goes with them.

    In the sample world rows carry their parts of speech. Elsewhere a tagger of each language is
    learnt from ``values["treebanks"]``, and `right` says of how many words of a held-out treebank
    it tells the part of speech.
    """
    chosen = json.loads(values)
    pivot, others = chosen["pivot"], chosen["romanised"]
    codes = [*others, pivot]
    said = together(sentences(chosen, [*codes, ENGLISH]), chosen["items"] + later(chosen))
    held = {code: list(said[code].values())[: chosen["items"]] for code in codes}
    taggers, right = ({}, {}) if chosen["parallel"] == "world" else learnt(chosen, codes)
    if chosen["parallel"] == "world":
        rows = {code: world.labelled(code, chosen["pairs"], split="train") for code in codes}
    else:
        rest = {code: list(said[code].values())[chosen["items"] :] for code in codes}
        rows = {code: texts_of(code, texts) for code, texts in rest.items()}
    known = ["language", "text", "tokens", "pos"]
    singles = {
        code: each.select_columns(["id", *(n for n in known if n in each.column_names)])
        for code, each in rows.items()
    }
    pairs = {code: joined(singles[code], singles[pivot]) for code in others}
    return Tagged(pairs, singles, list(said[pivot])[: chosen["items"]], held, taggers, right)


def later(values: Values) -> int:
    """Return how many sentences beyond the tested ones are read: the world has others to learn."""
    return 0 if values["parallel"] == "world" else int(values["pairs"])


def joined(sources: Dataset, texts: Dataset) -> Dataset:
    """Return pairs of rows that stand at the same place."""
    named = {name: f"source_{name}" for name in sources.column_names if name != "id"}
    renamed = sources.remove_columns("id").rename_columns(named)
    return concatenate_datasets([texts, renamed], axis=1)


def learnt(
    values: Values, codes: Iterable[str]
) -> tuple[dict[str, LexicalTagger], dict[str, float]]:
    """Return the tagger of each language, and its share of right tags on the held-out treebank."""
    taggers, right = {}, {}
    for code in codes:
        train, held_out = (
            list(treebank(Path(locate(values["treebanks"].format(code[:3], part)))))
            for part in ("train", "dev")
        )
        taggers[code] = LexicalTagger.learn((row["tokens"], row["tags"]) for row in train)
        guessed = [taggers[code].tags(row["tokens"]) for row in held_out]
        hits = [a == b for tags, row in zip(guessed, held_out, strict=True)
                for a, b in zip(tags, row["tags"], strict=True)]  # fmt: skip
        right[code] = float(np.mean(hits))
    return taggers, right


def labelling(taggers: Mapping[str, LexicalTagger]) -> Callable[..., list[list[Label]]]:
    """Return a labeller of texts in these languages."""

    def label(texts: Sequence[str], languages: Sequence[str]) -> list[list[Label]]:
        labels = []
        for text, code in zip(texts, languages, strict=True):
            spans = word_spans(text, code)
            tags = taggers[code].tags([text[start:end] for start, end in spans])
            labels.append([Label(*span, tag) for span, tag in zip(spans, tags, strict=True)])
        return labels

    return label


def hidden_share(
    rows: Dataset,
    objective: str,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    **settings: Any,
) -> float:
    """Return the share of the pieces of some rows that an objective hides."""
    taught = objective_named(objective, model, tokenizer, **settings)
    some = taught.prepare(rows.select(range(min(COUNTED, len(rows)))))
    flat, offsets = columns(some, taught.columns)
    blocks = [[flat[start:stop]] for start, stop in pairwise(offsets)]
    hidden = int((taught.collate(blocks, range(len(blocks)))["labels"] != IGNORED).sum())
    special = np.isin(flat if flat.ndim == 1 else flat[:, 0], tokenizer.all_special_ids)
    return hidden / int((~special).sum())
