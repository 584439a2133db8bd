"""MULTI3NLU++ (Moghe et al. 2023, arXiv:2212.10455): several intents, and slots, from few rows.

The authors translate requests of an assistant from English into four languages and learn their
intents and slots from a twentieth of the rows, in the language or in English, by a head over fixed
sentence vectors or by a model that is asked about each intent. Here the vectors are bags of words
and n-grams, drawn together by translations (`small_word_encoders`), under logistic regressions: one
for each intent, or one that reads a request together with an intent's name. Slots are a word's tag,
read from its vector and its neighbours'. All arms learn from equally many requests; the same
request in another language is never tested. Seeds are those of the vectors; rows are one fold.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.evaluation.multilabel import exact_rows, label_f1_rows
from glotlift.evaluation.ngrams import learn_weights, text_features
from glotlift.evaluation.spans import span_f1_rows
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.probing.linear import fit_labels, fit_probe
from glotlift.recipes.intent_rows import (
    Request,
    Requests,
    glossed,
    lexicon,
    requests,
    sentence_features,
    word_encoder,
    word_features,
)
from glotlift.recipes.small_encoders import Floats
from glotlift.recipes.small_word_encoders import WordEncoder

OWN, ENGLISH, MIXED, GLOSSED = "the language", "English", "all languages", "English, word by word"
ASKED, UNTIED, GRAMS = "English, asked by name", "English, untied vectors", "n-grams"
SHUFFLED, FREQUENT = "shuffled labels", "commonest"
F1, EXACT, SLOTS = "intents", "all intents right", "slots"
UNITS = {F1: "micro-F1", EXACT: "share of requests", SLOTS: "F1 of spans"}
WORLD: dict[str, Any] = {
    "requests": "world",
    "rows": {"train": 100, "test": 300},
    "parallel": "world",
    "pairs": [1500],
    "pivot": "eng_Latn",
    "languages": ["spa_Latn", "tur_Latn", "hin_Deva", "swh_Latn"],
    "width": 64,
    "learning": {"steps": 400, "batch": 128, "rate": 0.01},
}
REAL: dict[str, Any] = WORLD | {
    "requests": "$GLOTLIFT_DATA/xsid",
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "languages": ["deu_Latn", "ind_Latn", "tur_Latn", "zho_Hans"],
}
Sets = list[frozenset[str]]
Lesson = Callable[[str, Requests, str], list[tuple[str, list[Request]]]]
"""Of the setting, its requests and a language: requests to learn from, by the language of each."""


def own(values: str, known: Requests, code: str) -> list[tuple[str, list[Request]]]:
    """Learn from requests of the language."""
    return [(code, known["train"][code])]


def english(values: str, known: Requests, code: str) -> list[tuple[str, list[Request]]]:
    """Learn from English requests."""
    pivot = json.loads(values)["pivot"]
    return [(pivot, known["train"][pivot])]


def mixed(values: str, known: Requests, code: str) -> list[tuple[str, list[Request]]]:
    """Learn from as many requests, each in the next of all languages."""
    train = known["train"]
    return [(other, train[other][n :: len(train)]) for n, other in enumerate(train)]


def word_by_word(values: str, known: Requests, code: str) -> list[tuple[str, list[Request]]]:
    """Learn from English requests whose words are put into the language one by one."""
    return [(code, glossed(known["train"][json.loads(values)["pivot"]], lexicon(values, code)))]


def shuffled(values: str, known: Requests, code: str) -> list[tuple[str, list[Request]]]:
    """Learn from requests of the language with the intents of others, and tags moved on by one."""
    rows = known["train"][code]
    order = np.random.default_rng(0).permutation(len(rows))
    wrong = [
        Request(row.id, row.tokens, [*row.tags[1:], *row.tags[:1]], rows[other].intents)
        for row, other in zip(rows, order, strict=True)
    ]
    return [(code, wrong)]


def understand(
    setting: Setting,
    seed: int,
    folder: Path,
    *,
    lesson: Lesson,
    tied: bool = True,
    asked: bool = False,
) -> Measurement:
    """Learn intents and slots from a lesson, by vectors of words, and understand all languages."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    known, encoder = requests(values), word_encoder(values, seed, tied)
    read = name_reader if asked else intent_reader
    found: dict[str, tuple[Sets, list[list[str]]]] = {}
    for code in setting.values["languages"]:
        lessons = lesson(values, known, code)
        rows = known["test"][code]
        intents = read(encoder, lessons, setting.values["pivot"])(rows, code)
        found[code] = intents, tagged(encoder, lessons, rows, code)
    return measured(setting, known, found)


def intent_reader(
    encoder: WordEncoder, lessons: Sequence[tuple[str, list[Request]]], pivot: str
) -> Callable[[list[Request], str], Sets]:
    """Return what tells intents of requests: a logistic regression for each intent."""
    taught = [row.intents for _, rows in lessons for row in rows]
    names = sorted(set().union(*taught))
    vectors = np.concatenate([sentence_features(encoder, rows, code) for code, rows in lessons])
    probe = fit_labels(vectors, indicators(taught, names))

    def read(rows: list[Request], code: str) -> Sets:
        likely = probe.scores(sentence_features(encoder, rows, code)) > 0
        return [frozenset(np.array(names)[row].tolist()) for row in likely]

    return read


def name_reader(
    encoder: WordEncoder, lessons: Sequence[tuple[str, list[Request]]], pivot: str
) -> Callable[[list[Request], str], Sets]:
    """Return what tells intents of requests: one regression that reads an intent's name as well."""
    taught = [row.intents for _, rows in lessons for row in rows]
    names = sorted(set().union(*taught))
    words = [
        Request("", name.replace("_", " ").replace("/", " ").split(), [], frozenset())
        for name in names
    ]
    meant = sentence_features(encoder, words, pivot)

    def pairs(rows: Sequence[Request], code: str) -> Floats:
        said = sentence_features(encoder, rows, code)[:, None]
        both = np.concatenate([said * meant, np.abs(said - meant)], axis=2)
        return np.asarray(both.reshape(-1, both.shape[2]))

    vectors = np.concatenate([pairs(rows, code) for code, rows in lessons])
    probe = fit_labels(vectors, indicators(taught, names).reshape(-1, 1))

    def read(rows: list[Request], code: str) -> Sets:
        likely = probe.scores(pairs(rows, code)).reshape(len(rows), len(names)) > 0
        return [frozenset(np.array(names)[row].tolist()) for row in likely]

    return read


def indicators(taught: Sequence[frozenset[str]], names: Sequence[str]) -> Floats:
    """Return 1 where a request has an intent, [requests, intents]."""
    return np.array([[name in row for name in names] for row in taught], np.float64)


def tagged(
    encoder: WordEncoder,
    lessons: Sequence[tuple[str, list[Request]]],
    rows: list[Request],
    code: str,
) -> list[list[str]]:
    """Return a tag for each word of the requests, learnt from the words of a lesson."""
    vectors = np.concatenate([word_features(encoder, taught, known) for known, taught in lessons])
    tags = [tag for _, taught in lessons for row in taught for tag in row.tags]
    names = sorted(set(tags))
    probe = fit_probe(vectors, [names.index(tag) for tag in tags])
    said = iter(probe.classes(word_features(encoder, rows, code)).tolist())
    return [[names[next(said)] for _ in row.tokens] for row in rows]


def by_grams(setting: Setting, seed: int, folder: Path) -> Measurement:
    """Learn intents from requests of the language by their n-grams; slots by their words alone."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    known, found = requests(values), {}
    for code in setting.values["languages"]:
        train, test = (known[split][code] for split in ("train", "test"))
        names = sorted(set().union(*(row.intents for row in train)))
        features = [[text_features(" ".join(row.tokens)) for row in rows] for rows in (train, test)]
        weights = learn_weights(features[0])
        vectors = [weights.vectors(each).to_dense().numpy() for each in features]
        probe = fit_labels(vectors[0], indicators([row.intents for row in train], names))
        likely = probe.scores(vectors[1]) > 0
        tags = {w.casefold(): t for row in train for w, t in zip(row.tokens, row.tags, strict=True)}
        found[code] = (
            [frozenset(np.array(names)[row].tolist()) for row in likely],
            [[tags.get(word.casefold(), "O") for word in row.tokens] for row in test],
        )
    return measured(setting, known, found)


def commonest(setting: Setting, seed: int, folder: Path) -> Measurement:
    """Say the commonest intent of every request, and no slot."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    known, found = requests(values), {}
    for code in setting.values["languages"]:
        said = [intent for row in known["train"][code] for intent in row.intents]
        often = frozenset([max(sorted(set(said)), key=said.count)])
        test = known["test"][code]
        found[code] = [often] * len(test), [["O"] * len(row.tokens) for row in test]
    return measured(setting, known, found)


def measured(
    setting: Setting, known: Requests, found: dict[str, tuple[Sets, list[list[str]]]]
) -> Measurement:
    """Return the scores of all languages' requests, which count alike."""
    tests = {code: known["test"][code] for code in found}
    rights = {code: [row.intents for row in rows] for code, rows in tests.items()}
    scores = {
        F1: [label_f1_rows(found[code][0], rights[code]) for code in found],
        EXACT: [exact_rows(found[code][0], rights[code]) for code in found],
        SLOTS: [span_f1_rows(found[code][1], [r.tags for r in tests[code]]) for code in found],
    }
    names = [f"{code} {row.id}" for code, rows in tests.items() for row in rows]
    return Measurement(
        setting.values["rows"]["train"],
        {metric: np.concatenate(parts) for metric, parts in scores.items()},
        dict.fromkeys(scores, names),
        cost={
            f"{metric}, {code}": float(part.mean())
            for metric, parts in scores.items()
            for code, part in zip(found, parts, strict=True)
        },
    )


def more(
    arm: str, versus: str, text: str, margin: float = 0.0, metrics: Any = (F1,)
) -> list[Claim]:
    """Claim that an arm understands more than another, by over a margin."""
    return [
        Claim(
            f"{metric}: {arm} > {versus}",
            f"{metric}: {text}" + (f" by over {margin}" if margin else ""),
            *(metric, arm, versus, "greater", margin, UNITS[metric]),
        )
        for metric in metrics
    ]


RECIPES = (
    Recipe(
        name="multi3nlu",
        part="sources",
        question="From equally many requests, in which language are intents and slots best learnt?",
        difference="the requests that are learnt from, and what reads them",
        budget_unit="requests learnt from",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            Arm(OWN, "requests of the language", partial(understand, lesson=own)),
            Arm(ENGLISH, "English requests", partial(understand, lesson=english)),
            Arm(MIXED, "each in the next of all languages", partial(understand, lesson=mixed)),
            Arm(GLOSSED, "English ones, word by word", partial(understand, lesson=word_by_word)),
            Arm(
                ASKED,
                "English ones, with each intent's name",
                partial(understand, lesson=english, asked=True),
            ),
            Arm(
                UNTIED,
                "English ones, by vectors that no translation drew together",
                partial(understand, lesson=english, tied=False),
            ),
            Arm(GRAMS, "requests of the language, by n-grams", by_grams, trained=False),
            Arm(SHUFFLED, "those with others' labels", partial(understand, lesson=shuffled)),
            Arm(FREQUENT, "the commonest intent, no slot", commonest, trained=False),
        ),
        claims=(
            *more(OWN, ENGLISH, "the language's own requests teach more", 0.05, (F1, SLOTS)),
            *more(MIXED, ENGLISH, "all languages teach more than English", 0.0, (F1, SLOTS)),
            *more(
                GLOSSED, ENGLISH, "so does English put into words of the language", 0.0, (F1, SLOTS)
            ),
            *more(ENGLISH, UNTIED, "translations carry them over", 0.05, (F1, SLOTS)),
            *more(ASKED, ENGLISH, "names of intents help"),
            *more(OWN, GRAMS, "vectors read more than n-grams", 0.0, (F1, EXACT)),
            *more(OWN, SHUFFLED, "labels are learnt", 0.1, (F1, SLOTS)),
            *more(ENGLISH, FREQUENT, "more than the commonest intent", 0.0),
        ),
        metrics={name: Metric(unit, higher_is_better=True) for name, unit in UNITS.items()},
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
)
