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

In `revision` small models learn to translate from single turns, or from as many tokens of
conversations whose second turn mends a draft or repeats it, and are then asked to revise what they
said, drafts with planted errors, and right drafts. A second turn that says no more than "again"
tells what mere trying brings. Nothing new is said in a revision, so what can be gained is only what
the model knew and did not use.

In `hallucination` a rule types planted errors in answers as contradictions of the source or as what
cannot be verified from it, in four languages. The part `reasoning` is in `chat_reasoning`.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.chat_reasoning import REASONING
from glotlift.recipes.few_words import WORLD
from glotlift.recipes.revising_models import (
    ABOVE as ABOVE_OTHERS,
)
from glotlift.recipes.revising_models import (
    BEYOND,
    FIRST,
    GAIN,
    KEPT,
    LAST,
    PLANTED,
    RETRY,
    Layout,
    corrected,
    repeated,
    single,
    teach,
)
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
from glotlift.recipes.typed_answers import HALLUCINATION

SEEDS = (0, 1, 2, 3, 4)
POINTS, PER_CHARACTER = "points of chrF++", "bits per English character"
WEB, ALIKE, EVEN = "as on the web", "plain text alike", "all written alike"
IN_THE_WORLD: dict[str, Any] = {
    "text": WORLD,
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
SINGLE, CORRECTED, REPEATED = "single turns", "drafts mended", "drafts repeated"
TALKS: dict[str, Any] = IN_THE_WORLD | {
    "languages": ["spa_Latn", "rus_Cyrl"],
    "plain": 0.0,
    "pieces": 1000,
    "tokens": 40_000,
}


def taught(name: str, description: str, layout: Layout, turns: int) -> Arm:
    """Return the arm that is taught translations laid out so."""
    return Arm(name, description, partial(teach, layout=layout, turns=turns))


REVISION = Recipe(
    name="chatgpt-mmm",
    part="revision",
    question="Does a further turn that asks for a revision improve a translation?",
    difference="how the same translations are laid out in turns to learn from",
    budget_unit="tokens written",
    seeds=SEEDS,
    arms=(
        taught(SINGLE, "one turn, which is right", single, 1),
        taught(
            CORRECTED, "a draft, often with errors; its correction or, again, itself", corrected, 2
        ),
        taught(REPEATED, "such a draft, and itself in any case", repeated, 2),
    ),
    claims=(
        Claim(
            "gain",
            "taught to mend drafts, a model gains by being asked to revise its own",
            *(GAIN, CORRECTED, 0.0, "greater", 0.0, POINTS),
            Published("+2 % chrF++ by a second turn (and +8 % ROUGE-1, summaries)", "the abstract"),
        ),
        wider("taught", "over 1 more than taught single turns", GAIN, CORRECTED, SINGLE, 1.0),
        wider(
            "not by two turns",
            "over 1 more than taught to repeat drafts",
            *(GAIN, CORRECTED, REPEATED, 1.0),
        ),
        wider(
            "not by trying again",
            "and more than by being told no more than to say it again",
            *(BEYOND, CORRECTED, 0.0, 0.0),
        ),
        wider("planted", "it mends over 5 of planted errors", PLANTED, CORRECTED, 0.0, 5.0),
        Claim(
            "planted, repeated",
            "taught to repeat drafts, it mends nothing of them, within 2",
            *(PLANTED, REPEATED, 0.0, "within", 2.0, POINTS),
        ),
        wider("kept", "a right draft loses less than 5", KEPT, CORRECTED, 0.0, -5.0),
        Claim(
            "price",
            "lessons of drafts with errors make the first turn worse than single turns do",
            *(FIRST, CORRECTED, SINGLE, "less", 0.0, POINTS),
        ),
        Claim(
            "in the end",
            "and what it ends with is worse than what single turns say at once",
            *(LAST, CORRECTED, SINGLE, "less", 0.0, POINTS),
        ),
        wider(
            "learnt",
            "taught single turns, translations are over 5 above replies to other sentences",
            *(ABOVE_OTHERS, SINGLE, 0.0, 5.0),
        ),
    ),
    metrics={
        name: Metric(POINTS, higher_is_better=True)
        for name in (FIRST, LAST, ABOVE_OTHERS, GAIN, RETRY, BEYOND, PLANTED, KEPT)
    },
    settings=(
        Setting("world", TALKS),
        Setting(
            "real",
            TALKS
            | {name: REAL[name] for name in ("text", "documents", "longest", "pieces")}
            | {"languages": ["spa_Latn", "hin_Deva"]},
        ),
    ),
)
RECIPES = (DIRECTIONS, REVISION, REASONING, HALLUCINATION)
