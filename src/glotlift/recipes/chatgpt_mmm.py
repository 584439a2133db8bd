"""ChatGPT profiled (Bang et al. 2023, arXiv:2302.04023): what is understood, revised and reasoned.

The paper asks one closed chat model about small samples of many data sets. Two of its findings are
asked here of models whose lessons are known.

In `directions` small models translate between English and six languages, half of them in other
scripts than Latin, both ways. The paper finds that languages of other scripts are understood (into
English) better than written (out of English). What is written most in training may be the cause, so
arms write more English or less: plain text as the web has it, five times as much English as of
another language; as much of all; and besides no more pairs into English than into any other. chrF++
cannot be compared between target languages: a reply to another sentence already gets more in some
than in others. So gaps are told again above such replies, and in bits of the target for each
character of the same English sentence, which says the same whatever the language. The copied
source stands beside.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.two_way_models import (
    ABOVE,
    AMOUNTS,
    BITS,
    GAP,
    INTO,
    LATIN,
    LEARNT,
    OTHER,
    OUT,
    SCRIPTS,
    Deal,
    alike,
    as_on_the_web,
    even,
    read_and_translate,
)

SEEDS = (0, 1, 2, 3, 4)
POINTS, PER_CHARACTER = "points of chrF++", "bits per English character"
WEB, ALIKE, EVEN = "as on the web", "plain text alike", "all written alike"
IN_THE_WORLD: dict[str, Any] = {
    "text": "world",
    "pivot": "eng_Latn",
    "languages": ["spa_Latn", "swh_Latn", "tur_Latn", "arb_Arab", "hin_Deva", "rus_Cyrl"],
    "amounts": [0.5, 1.0, 1.5],
    "patterns": ["event", "like", "past", "future", "gift", "event_count"],
    "concepts": 60,
    "drawn": 24_000,
    "pairs": 600,
    "asked": 24,
    "plain": 0.3,
    "sentences": 4000,
    "pieces": 2000,
    "width": 64,
    "layers": 2,
    "tokens": 45_000,
    "rate": 0.03,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "plain_text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "languages": ["spa_Latn", "swh_Latn", "tur_Latn", "hin_Deva", "srp_Cyrl", "tel_Telu"],
    "documents": 120,
    "longest": 200,
    "pieces": 3000,
}


def writes(name: str, description: str, deal: Deal) -> Arm:
    """Return the arm whose lessons are dealt so."""
    return Arm(name, description, partial(read_and_translate, deal=deal))


def wider(id: str, text: str, metric: str, arm: str, versus: str | float, margin: float) -> Claim:
    """Claim that what is counted in chrF++ is more by over a margin."""
    return Claim(id, text, metric, arm, versus, "greater", margin, POINTS)


DIRECTIONS = Recipe(
    name="chatgpt-mmm",
    part="directions",
    question="Are other scripts understood better than written, and because of what is written?",
    difference="how much of what is written in training is English",
    budget_unit="tokens written",
    seeds=SEEDS,
    arms=(
        writes(WEB, "five times as much plain text in English as in another", as_on_the_web),
        writes(ALIKE, "as much plain text of all; half of the pairs are into English", alike),
        writes(EVEN, "as much plain text of all, and pairs into each as often", even),
    ),
    claims=(
        wider(
            "learnt",
            "into English, translations are over 5 above replies to other sentences",
            *(LEARNT, WEB, 0.0, 5.0),
        ),
        Claim(
            "understood",
            "as on the web, other scripts are understood better than written",
            *(f"{GAP}, {OTHER}", WEB, 0.0, "greater", 0.0, POINTS),
            Published("non-Latin scripts are understood better than generated", "the abstract"),
        ),
        wider(
            "above the floor",
            "also above what replies to other sentences get",
            *(f"{GAP}, {ABOVE}, {OTHER}", WEB, 0.0, 0.0),
        ),
        Claim(
            "in bits",
            "and the same content takes fewer bits into English",
            *(f"{BITS}, {OTHER}", WEB, 0.0, "less", 0.0, PER_CHARACTER),
        ),
        wider(
            "not only other scripts",
            "languages of Latin script are understood better than written, too",
            *(f"{GAP}, {LATIN}", WEB, 0.0, 0.0),
        ),
        wider("script", "but by less than other scripts", SCRIPTS, WEB, 0.0, 0.0),
        wider("little text", "the gap is wider where there is less text", AMOUNTS, WEB, 0.0, 0.0),
        wider(
            "plain text",
            "with as much plain text of all, the gap of other scripts is smaller by over 1",
            *(f"{GAP}, {OTHER}", WEB, ALIKE, 1.0),
        ),
        wider(
            "pairs",
            "with pairs into all as often besides, it is smaller again by over 1",
            *(f"{GAP}, {OTHER}", ALIKE, EVEN, 1.0),
        ),
        Claim(
            "nothing left",
            "and what is left of it above the floor is within 2 of nothing",
            *(f"{GAP}, {ABOVE}, {OTHER}", EVEN, 0.0, "within", 2.0, POINTS),
        ),
    ),
    metrics={
        **{
            f"{what}, {script}": Metric(POINTS, higher_is_better=True)
            for what in (INTO, OUT, GAP, f"{GAP}, {ABOVE}")
            for script in (LATIN, OTHER)
        },
        **{
            f"{BITS}, {script}": Metric(PER_CHARACTER, higher_is_better=False)
            for script in (LATIN, OTHER)
        },
        **{name: Metric(POINTS, higher_is_better=True) for name in (SCRIPTS, AMOUNTS, LEARNT)},
    },
    settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
)
RECIPES = (DIRECTIONS,)
