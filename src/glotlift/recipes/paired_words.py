"""Translations to learn words from, and typed pairs of the words that they have.

Of the sample world, or of real text (NTREX and verses) and dictionaries: PanLex's Swadesh lists,
whose meanings are concepts, and FreeDict's, whose meanings are English words.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, concatenate_datasets

from glotlift import world
from glotlift.corpus import read
from glotlift.languages import language
from glotlift.probing.pair_types import (
    UNLIKE,
    Lexicon,
    candidates,
    drawn,
    relations,
    typed_pairs,
)
from glotlift.probing.spelling import spelling_similarity
from glotlift.probing.word_pairs import FALSE_COGNATE, UNRELATED
from glotlift.recipes.small_word_encoders import Word, words_of
from glotlift.recipes.starting_point import locate
from glotlift.world.tasks.senses import entries

WORLD = "world"
TRANSLATIONS, FRIENDS, RANDOM = "translations", "false friends", "unrelated"
Lexicons = dict[str, Lexicon]
Pair = tuple[Word, Word, bool]


@dataclass(frozen=True)
class Paired:
    """Sentences by language, row by row, and what the dictionaries say of their words."""

    rows: list[dict[str, str]]
    lexicons: tuple[Lexicons, ...]


@lru_cache(maxsize=1)
def material(values: str) -> Paired:
    """Return what arms and seeds share, made once a process; `values` are the setting's JSON.

    A word is in a lexicon if it stands in at least ``values["least"]`` sentences.
    """
    chosen = json.loads(values)
    codes = chosen["languages"]
    if chosen["parallel"] == WORLD:
        by_id: dict[str, dict[str, str]] = {}
        for row in world.parallel(codes, chosen["rows"]):
            by_id.setdefault(row["id"], {})[row["language"]] = row["text"]
        rows, known = list(by_id.values()), [{code: world_lexicon(code) for code in codes}]
    else:
        rows = real_rows(chosen)
        known = [swadesh(chosen), *glosses(chosen)]
    counts = Counter(
        (code, word) for row in rows for code in row for word in set(words_of(row[code], code))
    )
    return Paired(
        rows,
        tuple(
            {
                code: {
                    word: meanings
                    for word, meanings in lexicon.items()
                    if counts[code, word] >= chosen["least"]
                }
                for code, lexicon in lexicons.items()
            }
            for lexicons in known
        ),
    )


def world_lexicon(code: str) -> Lexicon:
    """Return the words of a language of the sample world, with their concepts."""
    return by_word((entry.word, entry.concept) for entry in entries(code))


def real_rows(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the sentences of a parallel corpus, and the verses that two of the languages have."""
    codes = values["languages"]
    texts = [read(locate(values["parallel"].format(code)), language=code)["text"] for code in codes]
    rows = [dict(zip(codes, row, strict=True)) for row in zip(*texts, strict=True)]
    for verse in objects(values["verses"]):
        row = {code: verse[code] for code in codes if verse.get(code)}
        rows += [row] if len(row) > 1 else []
    return rows


def swadesh(values: Mapping[str, Any]) -> Lexicons:
    """Return the words of PanLex's Swadesh lists with the number of their concept."""
    wanted = {language(code).iso639_3: code for code in values["languages"]}
    return {
        wanted[row["lang"]]: by_word(
            (word, f"concept {number}")
            for number, words in enumerate(row["words"])
            for word in words
        )
        for row in objects(values["swadesh"])
        if row["lang"] in wanted
    }


def glosses(values: Mapping[str, Any]) -> list[Lexicons]:
    """Return English and another language's words, whose meanings are English words."""
    found = []
    for code, address in values["glosses"].items():
        pairs = [
            (row["src"], gloss.strip().casefold())
            for row in objects(address)
            for told in row["tgt"]
            for gloss in told.split(",")
        ]
        english = by_word((gloss, gloss) for _, gloss in pairs)
        found.append({values["glossed_in"]: english, code: by_word(pairs)})
    return found


def by_word(pairs: Iterable[tuple[str, str]]) -> Lexicon:
    """Return single words, in small letters, with all that they mean."""
    found: dict[str, set[str]] = {}
    for word, meaning in pairs:
        if " " not in word:
            found.setdefault(word.casefold(), set()).add(meaning)
    return {word: frozenset(meanings) for word, meanings in found.items()}


def objects(address: str) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines, as it is."""
    with gzip.open(Path(locate(address)), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@lru_cache(maxsize=2)
def asked_pairs(values: str) -> Dataset:
    """Return the typed pairs of the ``values["tested"]`` languages, of all where none are named.

    A pair that two dictionaries give counts once.
    """
    chosen, found = json.loads(values), []
    for lexicons in material(values).lexicons:
        between = [pair for pair in combinations(sorted(lexicons), 2) if is_tested(chosen, pair)]
        if between:
            found.append(typed_pairs(lexicons, between, most=chosen["most"], alike=chosen["alike"]))
    rows = concatenate_datasets(found)
    first = {id: place for place, id in reversed(list(enumerate(rows["id"])))}
    return rows.select(sorted(first.values()))


def is_tested(values: Mapping[str, Any], pair: Sequence[str]) -> bool:
    """Tell whether words of two languages are asked about, and so never taught."""
    return not values["tested"] or sorted(pair) in map(sorted, values["tested"])


@lru_cache(maxsize=1)
def expert_shares(address: str, alike: float) -> dict[str, float]:
    """Return how many translations that look alike, or unlike, have one origin, as experts judge.

    Of IECoR's languages, each meaning's words of each two of them; letters are its romanisation's.
    """
    by_meaning: dict[str, list[dict[str, Any]]] = {}
    for row in objects(address):
        by_meaning.setdefault(row["meaning"], []).append(row)
    pairs = [
        (one, other)
        for rows in by_meaning.values()
        for one, other in combinations(rows, 2)
        if one["lang"] != other["lang"]
    ]
    similar = spelling_similarity([a["form"] for a, _ in pairs], [b["form"] for _, b in pairs])
    related = np.array([bool({*a["cognate_sets"]} & {*b["cognate_sets"]}) for a, b in pairs])
    return {
        "translations alike: of one origin": float(related[similar >= alike].mean()),
        "translations unlike: of one origin": float(related[similar <= UNLIKE].mean()),
    }


@lru_cache(maxsize=2)
def teachable(values: str) -> dict[str, list[Pair]]:
    """Return all pairs that may be taught, of languages that are not tested, by what they are.

    ``translations`` of any spelling, ``false friends`` from a similarity of
    ``values["taught_alike"]`` on, and ``unrelated`` words.
    """
    chosen = json.loads(values)
    found: dict[str, list[Pair]] = {TRANSLATIONS: [], FRIENDS: [], RANDOM: []}
    for lexicons in material(values).lexicons:
        related = relations(lexicons)
        for one, other in combinations(sorted(lexicons), 2):
            if is_tested(chosen, (one, other)):
                continue
            by_type = candidates(lexicons[one], lexicons[other], chosen["taught_alike"], UNLIKE)
            friends = drawn(by_type[FALSE_COGNATE], FALSE_COGNATE, related, len(lexicons[one]))
            rest = [
                (a, b, lexicons[one][a], lexicons[other][b])
                for a in lexicons[one]
                for b in lexicons[other]
                if lexicons[one][a] & lexicons[other][b]
            ]
            for name, pairs, same in (
                (TRANSLATIONS, rest, True),
                (FRIENDS, friends, False),
                (RANDOM, by_type[UNRELATED], False),
            ):
                found[name] += [((one, a), (other, b), same) for a, b, *_ in pairs]
    return found


def taught_pairs(values: str, seed: int, *, friends: float) -> list[Pair]:
    """Return ``values["taught"]`` pairs, half of them translations; a share are false friends.

    The rest are unrelated words. A kind of which there are fewer is gone through again.
    """
    chosen, known = json.loads(values), teachable(values)
    generator = np.random.default_rng([seed, 0x50414952])
    count = chosen["taught"]
    wanted = {TRANSLATIONS: count // 2, FRIENDS: round(friends * count)}
    wanted[RANDOM] = count - sum(wanted.values())
    pairs: list[Pair] = []
    for name, amount in wanted.items():
        order = generator.permutation(len(known[name])).tolist()
        pairs += [known[name][at] for at in np.resize(order, amount).tolist()] if amount else []
    return pairs
