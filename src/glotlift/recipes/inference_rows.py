"""Inference rows to learn from and to be tested on: of the sample world, or real.

What teaches in the world are the phenomena named in the setting, from scenes of its training split.
The diagnostic sets are the world's in every setting: real text has its own held-out rows beside.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets

from glotlift import world
from glotlift.corpus import read, split_rows
from glotlift.corpus.pairing.glossing import gloss
from glotlift.corpus.pairing.lexicon import Entries, induce_lexicon
from glotlift.evaluation.perturbations import INFERENCE_COLUMNS, distracted, homophones
from glotlift.languages.words import split_words
from glotlift.recipes.small_encoders import encoder_tokenizer
from glotlift.recipes.starting_point import locate
from glotlift.runs.errors import GlotliftError
from glotlift.world.tasks.diagnostics import PHENOMENA
from glotlift.world.tasks.inference import LABELS

WORLD, SPACE = "world", "▁"
COLUMNS = (*INFERENCE_COLUMNS, "category", "phenomenon")
HELD_OUT = "held out"
Values = Mapping[str, Any]
_LETTER = {label[0]: label for label in LABELS}


def training_rows(values: Values, code: str, seed: int) -> Dataset:
    """Return ``values["rows"]`` rows of a language, drawn by the seed; translations share ids."""
    if values["inference"] == WORLD:
        return taught_rows(values, code, "train", values["rows"], seed)
    found = real_rows(values["inference"][code]["train"], code)
    if len(found) < values["rows"]:
        raise GlotliftError(
            "GL-RECIPE-013",
            f"{len(found)} rows of inference in {code} are fewer than {values['rows']}",
            place=str(values["inference"][code]["train"]),
            fix="lower `rows`, which every arm reads alike",
        )
    return found.shuffle(seed=seed).select(range(values["rows"]))


def taught_rows(values: Values, code: str, split: str, rows: int, seed: int) -> Dataset:
    """Return rows of the taught phenomena in equal parts."""
    taught = values["taught"]
    each = rows // len(taught)
    return concatenate_datasets(
        [diagnostic_rows(code, phenomenon, split, each, seed) for phenomenon in taught]
    )


def diagnostic_rows(code: str, phenomenon: str, split: str, rows: int, seed: int = 0) -> Dataset:
    """Return the world's diagnostic rows of a phenomenon."""
    made = world.tasks.nli_diagnostics(code, rows, phenomenon=phenomenon, split=split, seed=seed)
    return made.select_columns(list(COLUMNS))


def real_rows(addresses: Sequence[str], code: str) -> Dataset:
    """Return the rows of files of JSON lines, whose labels may be words or their first letters."""
    found = []
    for address in addresses:
        path = Path(locate(address))
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, row in enumerate(map(json.loads, lines)):
                label = _LETTER.get(row["label"][0], "")
                if label:
                    sides = {side: row[side] for side in ("premise", "hypothesis")}
                    id = f"{path.parent.name}/{path.name.split('.')[1]}/{number}"
                    kind = {"category": "real", "phenomenon": "real"}
                    found.append({"id": id, "language": code, **sides, "label": label, **kind})
    return Dataset.from_list(found)


@lru_cache(maxsize=2)
def asked_rows(values: str) -> dict[str, Dataset]:
    """Return the target's test rows by metric: held-out ones, and those of the four categories."""
    chosen = json.loads(values)
    target, count = chosen["target"], chosen["test_rows"]
    found = {HELD_OUT: held_out(chosen, target, 6 * count)}
    for category in dict.fromkeys(PHENOMENA.values()):
        found[category] = concatenate_datasets(
            [
                diagnostic_rows(target, name, "test", count)
                for name, group in PHENOMENA.items()
                if group == category
            ]
        )
    held = found[HELD_OUT].select(range(count))
    changed = [
        distracted(held),
        distracted(held, side="premise", negated=True),
        homophones(found[HELD_OUT]).select(range(count)),
    ]
    found["stress"] = concatenate_datasets(
        [found["stress"], *(rows.select_columns(list(COLUMNS)) for rows in changed)]
    )
    return found


def held_out(values: Values, code: str, rows: int) -> Dataset:
    """Return rows of a language that no arm learns from, in an order that mixes phenomena."""
    if values["inference"] == WORLD:
        found = taught_rows(values, code, "test", rows, seed=1)
    else:
        found = real_rows(values["inference"][code]["test"], code)
    return found.shuffle(seed=0).select(range(min(rows, len(found))))


@lru_cache(maxsize=2)
def texts(values: str) -> dict[str, Dataset]:
    """Return what the encoder reads: text of both languages, and pairs, a translation each."""
    chosen = json.loads(values)
    codes = chosen["source"], chosen["target"]
    plain = {}
    for code in codes:
        rows = read(locate(chosen["text"].format(code)), language=code, rows=chosen["documents"])
        plain[code] = split_rows(rows, validation=0, test=0)["train"].select_columns(["id", "text"])
    one, other = pairs(values)
    joint = [f"{said}\n{heard}" for said, heard in zip(one, other, strict=True)]
    ids = [f"pair {number}" for number in range(len(joint))]
    return plain | {"pairs": Dataset.from_dict({"id": ids, "text": joint})}


@lru_cache(maxsize=2)
def pairs(values: str) -> tuple[list[str], list[str]]:
    """Return sentences of the source and their translations.

    In the world they are single sentences, and as many premises and hypotheses of training scenes
    that no arm learns labels from.
    """
    chosen = json.loads(values)
    count, codes = chosen["pairs"], (chosen["source"], chosen["target"])
    if chosen["parallel"] != WORLD:
        sides = []
        for code in codes:
            path = locate(chosen["parallel"].format(code))
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                sides.append([line.strip() for line in lines][:count])
        return sides[0], sides[1]
    found = []
    for code in codes:
        side = list(world.parallel(code, count // 2)["text"])
        each = count // 2 // (2 * len(PHENOMENA)) + 1
        for name in PHENOMENA:
            if name != "synonym":
                rows = diagnostic_rows(code, name, "train", each, seed=1_000_000)
                side += [*rows["premise"], *rows["hypothesis"]]
        found.append(side)
    return found[0], found[1]


def glossed(values: str, rows: Dataset) -> Dataset:
    """Return source rows translated word by word into the target, in the source's order.

    The lexicon is learnt from the pairs that the encoder reads, by IBM Model 1, between words of
    the source and the encoder's pieces of the target.
    """
    chosen, entries = json.loads(values), lexicon(values)
    code = chosen["source"]

    def translated(text: str) -> str:
        pieces = gloss(lowered(text, code), entries)
        return "".join(pieces).replace(SPACE, " ").strip() or text

    found = [
        {**row, "language": chosen["target"]}
        | {side: translated(row[side]) for side in ("premise", "hypothesis")}
        for row in rows
    ]
    return Dataset.from_list(found)


@lru_cache(maxsize=2)
def lexicon(values: str) -> Entries:
    """Return the target's pieces for words of the source, as the pairs teach them."""
    chosen, (one, other) = json.loads(values), pairs(values)
    tokenizer = encoder_tokenizer(chosen, texts(values))
    words = [lowered(text, chosen["source"]) for text in one]
    pieces = [
        [piece for piece in tokenizer.tokenize(text) if any(map(str.isalnum, piece))]
        for text in other
    ]
    return induce_lexicon(words, pieces).forward


def lowered(text: str, code: str) -> list[str]:
    """Return the words of a text in lower case, without marks."""
    return [word.lower() for word in split_words(text, code) if any(map(str.isalnum, word))]
