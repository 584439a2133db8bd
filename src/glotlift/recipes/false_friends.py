"""False friends (Tanwar et al. 2025): do words that look alike pass for words of one meaning?

The paper (arXiv:2501.09127) asks large models whether an English word and one of another language
mean the same, and finds several below chance at interlingual homographs. Here similarities of words
are asked, from ones that see spelling alone to ones that learnt from translations, and a small
model that is taught same-meaning pairs, with or without false friends of other languages among
them. Pairs are found in dictionaries by program: false friends are words of a similarity of 0.75
(real: two thirds) and more that share no meaning, of which homographs proper are few. Unrelated
words are a fourth type, so that half of the answers are yes whatever the spelling.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Kind, Published
from glotlift.probing.spelling import n_gram_similarity, spelling_similarity
from glotlift.probing.word_pairs import COGNATE, FALSE_COGNATE, NON_COGNATE, TYPES
from glotlift.recipes.paired_words import WORLD
from glotlift.recipes.word_judgements import (
    BIASED,
    MEANING_INDEX,
    SHORTCUT,
    by_spelling,
    by_vectors,
    compare,
    teach,
)

LEVENSHTEIN, N_GRAMS, UNTRAINED = "string similarity", "n-grams", "untrained"
MEANT, BOTH, SHUFFLED = "words from translations", "n-grams too", "shuffled second words"
WITHOUT, WITH, RANDOM = "without false friends", "a fifth false friends", "random answers"
SHARE, DIFFERENCE = "share of pairs", "difference of shares"
IN_THE_WORLD: dict[str, Any] = {
    "parallel": WORLD,
    "languages": [
        *("cat_Latn", "deu_Latn", "eng_Latn", "ind_Latn", "spa_Latn", "swh_Latn", "tur_Latn"),
    ],
    "rows": 2000,
    "least": 3,
    "most": 16,
    "alike": 0.75,
    "tested": [],
    "width": 64,
    "steps": 400,
    "batch": 64,
    "rate": 0.01,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "verses": "$GLOTLIFT_DATA/bible_parallel/verses.jsonl.gz",
    "swadesh": "$GLOTLIFT_DATA/panlex_swadesh/swadesh110.jsonl.gz",
    "glosses": {"swh_Latn": "$GLOTLIFT_DATA/freedict/swh-eng.jsonl.gz"},
    "glossed_in": "eng_Latn",
    "cognate_sets": "$GLOTLIFT_DATA/iecor_cognates/forms.jsonl.gz",
    "languages": [
        *("cat_Latn", "deu_Latn", "eng_Latn", "fra_Latn", "ind_Latn", "ita_Latn", "mlt_Latn"),
        *("por_Latn", "ron_Latn", "spa_Latn", "swh_Latn", "tur_Latn"),
    ],
    "least": 2,
    "alike": 2 / 3,
}
TEACHING: dict[str, Any] = {
    "taught": 3000,
    "taught_alike": 0.6,
    "epochs": 8,
    "taught_rate": 0.003,
}
TESTED = {
    "world": [
        *(["eng_Latn", "deu_Latn"], ["eng_Latn", "cat_Latn"], ["spa_Latn", "cat_Latn"]),
        *(["ind_Latn", "swh_Latn"], ["swh_Latn", "tur_Latn"]),
    ],
    "real": [
        *(["eng_Latn", "deu_Latn"], ["eng_Latn", "fra_Latn"], ["eng_Latn", "spa_Latn"]),
        *(["ita_Latn", "por_Latn"], ["ron_Latn", "spa_Latn"], ["eng_Latn", "swh_Latn"]),
    ],
}
METRICS = {
    **dict.fromkeys(TYPES, Metric(SHARE, higher_is_better=True)),
    BIASED: Metric(DIFFERENCE, higher_is_better=False),
    SHORTCUT: Metric(DIFFERENCE, higher_is_better=False),
    MEANING_INDEX: Metric(DIFFERENCE, higher_is_better=True),
}
ABSTRACT = "the abstract"


def right(
    id: str,
    text: str,
    asked: tuple[str, str, str | float],
    kind: Kind,
    margin: float = 0.0,
    published: str = "",
) -> Claim:
    """Claim something about right answers to a type of pairs, by (type, arm, versus)."""
    told = Published(published, ABSTRACT) if published else None
    return Claim(id, text, *asked, kind, margin, SHARE, told)


def explains(
    id: str, text: str, asked: tuple[str, str, str | float], kind: Kind, margin: float = 0.0
) -> Claim:
    """Claim something about what explains the answers, by (index, arm, versus)."""
    return Claim(id, text, *asked, kind, margin, DIFFERENCE)


SPELT = partial(by_spelling, measure=spelling_similarity)
SPELT_IN_PARTS = partial(by_spelling, measure=n_gram_similarity)
WORDS, PARTS = partial(by_vectors, spelt=False), partial(by_vectors, spelt=True)
FRESH, DEALT = partial(PARTS, trained=False), partial(WORDS, shuffled=True)
SIMILARITIES = (
    Arm(LEVENSHTEIN, "Levenshtein similarity", partial(compare, by=SPELT), trained=False),
    Arm(N_GRAMS, "counts of n-grams", partial(compare, by=SPELT_IN_PARTS), trained=False),
    Arm(MEANT, "a vector for each word of each language", partial(compare, by=WORDS)),
    Arm(BOTH, "the same and vectors of n-grams, shared", partial(compare, by=PARTS)),
    Arm(UNTRAINED, "the latter before training", partial(compare, by=FRESH)),
    Arm(SHUFFLED, "words alone, second words dealt out anew", partial(compare, by=DEALT)),
)
HALF = "half translations, half unrelated words"
LESSONS = (
    Arm(WITHOUT, HALF, partial(teach, friends=0.0)),
    Arm(WITH, "a fifth false friends in place of unrelated words", partial(teach, friends=0.2)),
    Arm(RANDOM, f"{HALF}, answers dealt out anew", partial(teach, friends=0.0, shuffled=True)),
)
RECIPES = (
    Recipe(
        name="false-friends",
        part="similarity",
        question="Are words that look alike taken for words that mean the same?",
        difference="the similarity of words by which the pairs are decided",
        budget_unit="pairs decided",
        seeds=(0, 1, 2, 3, 4),
        arms=SIMILARITIES,
        claims=(
            right(
                "spelling",
                "string similarity is right about false cognates in under 0.2",
                *((FALSE_COGNATE, LEVENSHTEIN, 0.5), "less", 0.3),
                published="several models below random",
            ),
            right(
                "n-grams",
                "n-grams are below chance at false cognates",
                *((FALSE_COGNATE, N_GRAMS, 0.5), "less"),
            ),
            right(
                "meaning",
                "words from translations are better at them by over 0.2",
                *((FALSE_COGNATE, MEANT, LEVENSHTEIN), "greater", 0.2),
            ),
            right(
                "non-cognates",
                "and at non-cognates by over 0.2",
                *((NON_COGNATE, MEANT, LEVENSHTEIN), "greater", 0.2),
            ),
            right(
                "above chance",
                "and above chance at non-cognates",
                *((NON_COGNATE, MEANT, 0.5), "greater"),
            ),
            explains(
                "shortcut",
                "spelling explains less of their answers, by over 0.3",
                *((SHORTCUT, MEANT, LEVENSHTEIN), "less", 0.3),
            ),
            explains(
                "n-grams bring it back",
                "with n-grams too spelling explains more of the answers",
                *((SHORTCUT, BOTH, MEANT), "greater"),
            ),
            explains(
                "control",
                "with second words dealt out anew meaning explains nothing",
                *((MEANING_INDEX, SHUFFLED, 0.0), "within", 0.15),
            ),
        ),
        metrics=METRICS,
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
    Recipe(
        name="false-friends",
        part="taught",
        question="Does a model that is taught what words mean the same fall for false friends?",
        difference="what a fifth of the taught pairs are: unrelated words, or false friends",
        budget_unit="pairs taught",
        seeds=(0, 1, 2, 3, 4),
        arms=LESSONS,
        claims=(
            right(
                "fooled",
                "without false friends the model is below chance at them",
                *((FALSE_COGNATE, WITHOUT, 0.5), "less"),
                published="several models below random",
            ),
            right(
                "cognates",
                "and right about cognates in over 0.7",
                *((COGNATE, WITHOUT, 0.5), "greater", 0.2),
                published="the same models are good at cognates",
            ),
            right(
                "cure",
                "false friends of other languages make it better at them by over 0.1",
                *((FALSE_COGNATE, WITH, WITHOUT), "greater", 0.1),
            ),
            right(
                "price",
                "at a price of under 0.1 at cognates",
                *((COGNATE, WITH, WITHOUT), "greater", -0.1),
            ),
            right(
                "no price",
                "and of under 0.1 at non-cognates",
                *((NON_COGNATE, WITH, WITHOUT), "greater", -0.1),
            ),
            explains(
                "shortcut",
                "spelling explains less of its answers",
                *((SHORTCUT, WITH, WITHOUT), "less"),
            ),
            explains("meaning", "and meaning more", *((MEANING_INDEX, WITH, WITHOUT), "greater")),
            explains(
                "control",
                "from random answers nothing of meaning is learnt",
                *((MEANING_INDEX, RANDOM, 0.0), "within", 0.15),
            ),
        ),
        metrics=METRICS,
        settings=tuple(
            Setting(name, values | TEACHING | {"tested": TESTED[name]})
            for name, values in (("world", IN_THE_WORLD), ("real", REAL))
        ),
    ),
)
