"""Small models that translate both ways between English and others, and write English more or less.

All learn the same pairs, and restore plain text from what is left of it when tokens are dropped
(Lewis et al. 2020, arXiv:1910.13461, section 2.2). How much of either is written in English
differs, by the plain text that each language has and by how often a pair is read into English.
Text is counted in sentences.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast, set_seed

from glotlift.evaluation.metrics import chrf_rows
from glotlift.evidence.design import Measurement, Setting
from glotlift.probing.similarity import derangement
from glotlift.recipes.few_words import Texts, said
from glotlift.recipes.small_mbart import ROLES, directions, untrained
from glotlift.recipes.small_seq2seq import (
    Pair,
    State,
    encode,
    endless,
    in_turn,
    learn,
    write,
    written_bits,
)
from glotlift.runs.machine import peak_memory
from glotlift.vocabulary import add_language_codes, train_tokenizer
from glotlift.vocabulary.language_codes import language_codes

Values = Mapping[str, Any]
Floats = NDArray[np.float64]
Deal = Callable[[Values, int], "Written"]  # of a setting and a seed
INTO, OUT = "into English", "out of English"
LATIN, OTHER = "Latin", "other scripts"
GAP, ABOVE, BITS = "into less out", "above others' replies", "bits, into less out"
SCRIPTS, AMOUNTS = "other scripts less Latin", "little text less much"
LEARNT = f"{INTO}, {ABOVE}"
LONGEST = 40  # tokens of a translation
DROPPED = 0.35  # of the tokens of plain text
ON_THE_WEB = 5.0  # times as much English as there is of another language, on average


def groups(values: Values) -> dict[str, list[str]]:
    """Return the languages other than English by script."""
    codes: Sequence[str] = values["languages"]
    latin = [code for code in codes if code.endswith("Latn")]
    return {LATIN: latin, OTHER: [code for code in codes if code not in latin]}


def amounts(values: Values, seed: int) -> dict[str, float]:
    """Return the text of each language but English, in shares: dealt by the seed in each script."""
    draw = np.random.default_rng([seed, 0x4D4D4D])
    dealt: dict[str, float] = {}
    for codes in groups(values).values():
        given = np.resize(np.asarray(values["amounts"], np.float64), len(codes))
        order = draw.permutation(len(codes))
        dealt |= {codes[place]: float(given[at]) for at, place in enumerate(order)}
    return dealt


class Written(NamedTuple):
    """The shares of plain text by language, and the share of pairs that are read into English."""

    plain: dict[str, float]
    into: float


def as_on_the_web(values: Values, seed: int) -> Written:
    """Return much English, and less of the others, of which some have more and some less."""
    others = amounts(values, seed)
    english = ON_THE_WEB * float(np.mean(list(others.values())))
    return Written({values["pivot"]: english, **others}, 0.5)


def alike(values: Values, seed: int) -> Written:
    """Return as much plain text of every language; half of all pairs are still into English."""
    return Written(dict.fromkeys((values["pivot"], *values["languages"]), 1.0), 0.5)


def even(values: Values, seed: int) -> Written:
    """Return as much plain text of every language, and pairs into each as often."""
    codes = (values["pivot"], *values["languages"])
    return Written(dict.fromkeys(codes, 1.0), 1 / len(codes))


@lru_cache(maxsize=1)
def tokenizer_for(key: str) -> PreTrainedTokenizerFast:
    """Return the tokenizer of all arms, from as many sentences of every language."""
    values, known = json.loads(key), said(key).pairs
    made = train_tokenizer(
        (text for texts in known.values() for text in texts),
        kind="bpe",
        size=values["pieces"],
        special_tokens=ROLES,
    )
    coded: PreTrainedTokenizerFast = add_language_codes(made, list(known)).tokenizer(made)
    return coded


def lessons(
    tokenizer: PreTrainedTokenizerFast,
    values: Values,
    plain: Texts,
    pairs: Texts,
    into: float,
    seed: int,
) -> Iterator[Pair]:
    """Yield pairs, a share of them `into` English, and the sentences of `plain` text, without end.

    Languages take turns in either direction.
    """
    ways = directions(tokenizer, pairs, values["pivot"], values["languages"])
    rng, codes = np.random.default_rng([seed, 0x574159]), language_codes(tokenizer)
    inwards, outwards = (
        in_turn({n: each for n, each in ways.items() if n.endswith(values["pivot"]) == side}, seed)
        for side in (True, False)
    )
    texts = endless(
        [([codes[code]], encode(tokenizer, text)) for code, some in plain.items() for text in some],
        np.random.default_rng([seed, 0x504C]),
    )
    while True:
        if rng.random() < values["plain"]:
            code, ids = next(texts)
            left = [one for one in ids[:-1] if rng.random() >= DROPPED]
            yield [*code, *left, ids[-1]], [*code, *ids]
        else:
            yield next(inwards if rng.random() < into else outwards)


def dealt(plain: Texts, shares: Mapping[str, float], seed: int, most: int) -> Texts:
    """Return `most` sentences of plain text in all, of each language its share."""
    draw = np.random.default_rng([seed, 0x445254])
    found = {}
    for code, share in shares.items():
        count = round(most * share / sum(shares.values()))
        order = np.resize(draw.permutation(len(plain[code])), count)
        found[code] = [plain[code][place] for place in order]
    return found


class Direction(NamedTuple):
    """Scores of a direction, [sentences]: chrF++, the same above others' replies, and bits.

    Bits are those of the target for each character of the English sentence, which is the same
    content in every direction (Cotterell et al. 2018). `copied` is the chrF++ of handing
    back the source.
    """

    chrf: Floats
    above: Floats
    bits: Floats
    copied: float


def scored(
    state: State, pairs: list[Pair], texts: tuple[list[str], list[str]], size: Floats
) -> Direction:
    """Score translations into a language; `texts` are sources and targets as they are written."""
    model, tokenizer = state
    sources, targets = texts
    ids = write(model, tokenizer, [s for s, _ in pairs], longest=LONGEST, begin=pairs[0][1][:1])
    replies = [str(tokenizer.decode(row, skip_special_tokens=True)).strip() for row in ids]
    moved = [replies[place] for place in derangement(len(replies), 0)]
    found = chrf_rows(replies, targets)
    return Direction(
        found,
        found - chrf_rows(moved, targets),
        written_bits(model, tokenizer, pairs, given=1) / size,
        float(chrf_rows(sources, targets).mean()),
    )


def read_and_translate(setting: Setting, seed: int, folder: Path, *, deal: Deal) -> Measurement:
    """Train a model on text dealt so, and score it in all directions.

    The budget is ``values["tokens"]`` written. A row of the scores is a held-out sentence, in the
    mean of a group's languages.
    """
    del folder
    values, key = setting.values, json.dumps(dict(setting.values), sort_keys=True)
    known, tokenizer, pivot = said(key), tokenizer_for(key), values["pivot"]
    asked = deal(values, seed)
    plain = dealt(known.plain, asked.plain, seed, values["sentences"])
    set_seed(seed)
    model = untrained(values, tokenizer)
    spent = learn(
        model,
        tokenizer,
        lessons(tokenizer, values, plain, known.pairs, asked.into, seed),
        amount=values["tokens"],
        unit="tokens written",
        rate=values["rate"],
        seed=seed,
    )
    size = np.array([len(text) for text in known.held_out[pivot]], np.float64)
    tested: dict[str, dict[str, Direction]] = {INTO: {}, OUT: {}}
    for name, pairs in directions(tokenizer, known.held_out, pivot, values["languages"]).items():
        source, _, target = name.partition(">")
        texts = known.held_out[source], known.held_out[target]
        way, code = (INTO, source) if target == pivot else (OUT, target)
        tested[way][code] = scored((model, tokenizer), pairs, texts, size)
    scores = summed(values, seed, tested)
    cost = {
        "steps": float(spent.steps),
        "processor seconds of training": spent.seconds,
        "peak_memory_bytes": float(peak_memory()),
        "test sentences in training": repeated(known.held_out, known.pairs, plain),
    }
    for way, rows in tested.items():
        for code, one in rows.items():
            cost |= {f"{code}, {way}": float(one.chrf.mean()), f"{code}, {way}, copied": one.copied}
    ids = [str(row) for row in range(len(size))]
    return Measurement(spent.written, scores, dict.fromkeys(scores, ids), cost=cost)


def repeated(held_out: Texts, *read: Texts) -> float:
    """Return how many held-out sentences stand in what was read."""
    found = {(code, text) for texts in read for code, some in texts.items() for text in some}
    return float(sum((code, text) in found for code, some in held_out.items() for text in some))


def summed(
    values: Values, seed: int, tested: Mapping[str, Mapping[str, Direction]]
) -> dict[str, Floats]:
    """Return the metrics of a model, [sentences] each: means over languages."""

    def mean(way: str, codes: Sequence[str], what: str) -> Floats:
        return np.asarray(np.mean([getattr(tested[way][code], what) for code in codes], axis=0))

    def gap(codes: Sequence[str], what: str) -> Floats:
        return np.asarray(mean(INTO, codes, what) - mean(OUT, codes, what))

    found: dict[str, Floats] = {}
    for script, codes in groups(values).items():
        found[f"{INTO}, {script}"] = mean(INTO, codes, "chrf")
        found[f"{OUT}, {script}"] = mean(OUT, codes, "chrf")
        found[f"{GAP}, {script}"] = gap(codes, "chrf")
        found[f"{GAP}, {ABOVE}, {script}"] = gap(codes, "above")
        found[f"{BITS}, {script}"] = gap(codes, "bits")
    given = amounts(values, seed)
    little, much = (
        [code for code, amount in given.items() if amount == end]
        for end in (min(given.values()), max(given.values()))
    )
    found[SCRIPTS] = found[f"{GAP}, {OTHER}"] - found[f"{GAP}, {LATIN}"]
    found[AMOUNTS] = gap(little, "chrf") - gap(much, "chrf")
    found[LEARNT] = mean(INTO, values["languages"], "above")
    return found
