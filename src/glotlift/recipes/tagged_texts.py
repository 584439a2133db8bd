"""How a tagger's written reply is read: a part of the recipe `beyond-english`.

A script tags words as a chat model does that is asked for pairs of word and tag: it forgets words,
adds some, tags some wrongly, and puts its list in the wrong form now and then. What it said of each
word is known, so that every way of reading its replies can be held against it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from glotlift import world
from glotlift.evaluation.tagged_replies import Pairs, aligned_tags, tagged_pairs
from glotlift.evaluation.tasks.treebanks import treebank
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.starting_point import locate

ALIGNED, BY_WORD, BY_PLACE, STRICT = (
    "aligned", "word by word", "place by place", "whole lists alone",
)  # fmt: skip
READ, LEANS = "read as it was said", "accuracy less the true one"
SHARE = "share of words"
WORLD = "world"
TELLS = ("{}", "Here are the tags:\n{}\nLet me know if you need more!", "```json\n{}\n```")
Read = Callable[[str, Sequence[str]], Sequence[str | None]]
IN_THE_WORLD: dict[str, Any] = {
    "treebank": WORLD,
    "languages": ["deu_Latn", "spa_Latn", "rus_Cyrl", "hin_Deva", "tur_Latn", "zho_Hans"],
    "rows": 60,
    "forgets": 0.08,
    "adds": 0.03,
    "wrong": 0.1,
    "lists": 0.7,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "treebank": "$GLOTLIFT_DATA/ud/{}.dev.conllu.gz",
    "languages": ["fin", "ind", "mar", "mlt", "tam", "tur", "vie"],
}


@dataclass(frozen=True)
class Tagged:
    """A sentence, its right tags, what was said of each word (None: nothing), and the reply."""

    id: str
    tokens: list[str]
    tags: list[str]
    said: list[str | None]
    reply: str


@lru_cache(maxsize=1)
def sentences(values: str, seed: int) -> list[Tagged]:
    """Return the tagged sentences of a setting in all its languages."""
    chosen = json.loads(values)
    found = []
    for number, code in enumerate(chosen["languages"]):
        if chosen["treebank"] == WORLD:
            rows = list(world.tasks.pos(code, chosen["rows"]))
        else:
            rows = list(treebank(Path(locate(chosen["treebank"].format(code)))))[: chosen["rows"]]
        inventory = sorted({tag for row in rows for tag in row["tags"]})
        draw = np.random.default_rng([seed, number])
        found += [
            scripted(f"{code} {place}", row["tokens"], row["tags"], inventory, chosen, draw)
            for place, row in enumerate(rows)
        ]
    return found


def scripted(
    id: str,
    tokens: list[str],
    tags: list[str],
    inventory: list[str],
    values: dict[str, Any],
    draw: np.random.Generator,
) -> Tagged:
    """Return a sentence with what the script says of it."""
    said: list[str | None] = []
    pairs: Pairs = []
    for token, tag in zip(tokens, tags, strict=True):
        if draw.random() < values["adds"]:
            pairs.append((str(draw.choice(tokens)), str(draw.choice(inventory))))
        if draw.random() < values["forgets"]:
            said.append(None)
            continue
        given = str(draw.choice(inventory)) if draw.random() < values["wrong"] else tag
        said.append(given)
        pairs.append((token, given))
    if draw.random() < values["lists"]:
        listed = json.dumps([list(pair) for pair in pairs], ensure_ascii=False)
    else:
        listed = "\n".join(f"{token}: {tag}" for token, tag in pairs)
    return Tagged(id, tokens, tags, said, str(draw.choice(TELLS)).format(listed))


def aligned(reply: str, tokens: Sequence[str]) -> Sequence[str | None]:
    """Return the tags of the words that are found again in order."""
    return aligned_tags(tagged_pairs(reply), tokens)


def by_word(reply: str, tokens: Sequence[str]) -> Sequence[str | None]:
    """Return for each word the first tag that it has anywhere in the reply."""
    known = dict(reversed(tagged_pairs(reply)))
    return [known.get(token) for token in tokens]


def by_place(reply: str, tokens: Sequence[str]) -> Sequence[str | None]:
    """Return the first tag for the first word, and so on."""
    tags = [tag for _, tag in tagged_pairs(reply)][: len(tokens)]
    return [*tags, *[None] * (len(tokens) - len(tags))]


def strict(reply: str, tokens: Sequence[str]) -> Sequence[str | None]:
    """Return the tags of a reply that is JSON and has every word, else none."""
    try:
        listed = [(token, tag) for token, tag in json.loads(reply)]
    except ValueError:
        listed = []
    whole = [token for token, _ in listed] == list(tokens)
    return [tag for _, tag in listed] if whole else [None] * len(tokens)


def read_all(setting: Setting, seed: int, folder: Path, *, read: Read) -> Measurement:
    """Score how far a way of reading finds what was said, [rows] sentences."""
    known = sentences(json.dumps(dict(setting.values), sort_keys=True), seed)
    found = [read(one.reply, one.tokens) for one in known]
    pairs = list(zip(known, found, strict=True))
    agreed = [np.mean([a == b for a, b in zip(one.said, got, strict=True)]) for one, got in pairs]
    measured = [right(got, one.tags) for one, got in pairs]
    true = [right(one.said, one.tags) for one in known]
    ids = [one.id for one in known]
    scores = {READ: np.array(agreed), LEANS: np.array(measured) - np.array(true)}
    return Measurement(
        len(known),
        scores,
        dict.fromkeys(scores, ids),
        {name: np.array([len(one.tokens) for one in known], np.float64) for name in scores},
        {"measured accuracy": float(np.mean(measured)), "true accuracy": float(np.mean(true))},
    )


def right(said: Sequence[str | None], tags: Sequence[str]) -> float:
    """Return the share of words with the right tag."""
    return float(np.mean([a == b for a, b in zip(said, tags, strict=True)]))


def way(name: str, description: str, read: Read) -> Arm:
    """Return the arm that reads replies so."""
    return Arm(name, description, partial(read_all, read=read), trained=False)


def more(id: str, text: str, versus: str | float, margin: float) -> Claim:
    """Claim that aligned reading finds more of what was said."""
    return Claim(id, text, READ, ALIGNED, versus, "greater", margin, SHARE)


TAGGING = Recipe(
    name="beyond-english",
    part="tagging",
    question="What of a tagger's written reply is found again, and what does that do to a figure?",
    difference="how replies are read",
    budget_unit="replies",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        way(ALIGNED, "words are found again in order, as many as can be", aligned),
        way(BY_WORD, "a word has the first tag that stands with it", by_word),
        way(BY_PLACE, "the first tag is that of the first word, and so on", by_place),
        way(STRICT, "only a whole list in JSON with every word is read", strict),
    ),
    claims=(
        more("recovers", "aligned reading finds over 0.98 of what was said", 0.0, 0.98),
        more("place", "over 0.2 more than place by place", BY_PLACE, 0.2),
        more("strict", "over 0.5 more than whole lists alone", STRICT, 0.5),
        more("word", "and more than word by word", BY_WORD, 0.0),
        Claim(
            "unbiased",
            "the accuracy that it measures is within 0.01 of the true one",
            *(LEANS, ALIGNED, 0.0, "within", 0.01, SHARE),
        ),
        Claim(
            "place leans",
            "read place by place a tagger looks worse than it is, by over 0.2",
            *(LEANS, BY_PLACE, 0.0, "less", 0.2, SHARE),
        ),
        Claim(
            "strict leans",
            "and by over 0.5 read by whole lists alone",
            *(LEANS, STRICT, 0.0, "less", 0.5, SHARE),
        ),
    ),
    metrics={
        READ: Metric(SHARE, higher_is_better=True),
        LEANS: Metric(SHARE, higher_is_better=True),
    },
    settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
)
