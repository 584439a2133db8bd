"""mOSCAR (Futeral et al. 2024, arXiv:2406.08707): documents of web pages, the text half.

The paper reads text nodes and pictures of web pages in document order, identifies languages,
filters by rules of text and of pictures, and takes duplicates away. It then shows that interleaved
documents beside captions make a model that learns from the examples in its context.

Here are the steps that text alone decides: which text of a page is its own, and where pictures
stand among it; languages, personal data, junk and near duplicates; and what a small model gains by
each step at equal tokens. What is claimed of the paper's model, and its rules for pictures (sizes,
likeness to the text, unwanted content), need vision and are not part of this.

Two limits. The paper drops documents below 500 bytes, which would take most of the sample world's
short pages, and those of scripts with short characters first: the bound that a corpus build learns
for each language stands in its place. And the pages' templates name their classes as many sites
do; only the forum's comments have no name. No threshold was set on them.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Kind
from glotlift.recipes.web_corpora import (
    BITS,
    FOREIGN,
    JUDGED,
    KEPT,
    PERSONAL,
    SURROUNDINGS,
    TWICE,
    learn,
)
from glotlift.recipes.web_documents import F1, PLACES, Extraction, read_out

ALL: Extraction = "all text"
MAIN: Extraction = "main text"
FILTERED, DISTINCT = "filtered", "deduplicated"
SHARE = "share"
SEEDS = (0, 1, 2, 3, 4)
PAGES: dict[str, Any] = {
    "languages": [
        *("eng_Latn", "spa_Latn", "cat_Latn", "swh_Latn", "rus_Cyrl", "arb_Arab", "hin_Deva"),
        "zho_Hans",
    ],
    "pages": 80,
}
CORPUS = PAGES | {"documents": 15, "tokens": 150_000, "learning_rate": 4e-3}
REAL = {
    "archive": "$GLOTLIFT_DATA/formats/pages.warc.gz",
    "gold": "$GLOTLIFT_DATA/formats/pages.gold.jsonl.gz",
}
EVERYTHING = "every text node of a page but scripts and styles"
OWN = "a page's own text, its surroundings taken away"
FILTERS = f"{OWN}; languages identified, junk dropped, personal data masked"


def reading(name: Extraction, description: str) -> Arm:
    """Return the arm that reads pages out in this way."""
    return Arm(name, description, partial(read_out, extraction=name), trained=False)


def corpus(name: str, description: str, extraction: Extraction, near: bool | None = None) -> Arm:
    """Return the arm that learns from a corpus of pages that went through these steps."""
    return Arm(name, description, partial(learn, extraction=extraction, near=near))


def share(
    id: str, text: str, metric: str, of: tuple[str, str | float], kind: Kind, margin: float = 0.0
) -> Claim:
    """Claim something of a share: of one arm against another, or against a number."""
    return Claim(id, text, metric, *of, kind, margin, SHARE)


def helps(name: str, versus: str, margin: float) -> Claim:
    """Claim that a step of the pipeline helps the model by more than a margin."""
    text = f"a model learns more from “{name}” than from as many tokens of “{versus}”"
    return Claim(f"learns: {name}", text, BITS, name, versus, "less", margin, BITS)


READINGS = (reading(ALL, EVERYTHING), reading(MAIN, OWN))
SURROUNDED = "whether the surroundings of a page's own text are taken away"
READ = (
    share("better", "main text is nearer to gold than all text", F1, (MAIN, ALL), "greater", 0.1),
    share("good", "main text has an F1 above 0.9 against gold", F1, (MAIN, 0.9), "greater"),
)
ORDERED = (
    share("in place", "main text: F1 of pictures above 0.95", PLACES, (MAIN, 0.95), "greater"),
    share("better", "main text: more pictures are in place", PLACES, (MAIN, ALL), "greater", 0.1),
)
BY_STEP = (
    *(helps(MAIN, ALL, 0.05), helps(FILTERED, MAIN, 0.0), helps(DISTINCT, FILTERED, 0.0)),
    share("own text", "main text: fewer words of others", SURROUNDINGS, (MAIN, ALL), "less", 0.2),
    share(
        "kept", "after all steps: over 0.92 of the clean text", KEPT, (DISTINCT, 0.92), "greater"
    ),
    share("duplicates", "after all steps: below 0.1 of repeats", TWICE, (DISTINCT, 0.1), "less"),
    share("near", "near duplicates: fewer repeats", TWICE, (DISTINCT, FILTERED), "less", 0.2),
    share(
        "languages", "filters: half of foreign text or less", FOREIGN, (FILTERED, MAIN), "less", 0.5
    ),
    share(
        "personal data", "filters: below 0.1 of personal data", PERSONAL, (FILTERED, 0.1), "less"
    ),
)

read_pages = partial(
    Recipe, "moscar", difference=SURROUNDED, budget_unit="pages", seeds=SEEDS, arms=READINGS
)

RECIPES = (
    read_pages(
        part="extraction",
        question="How much of what is read out of a page is its own text, and is all of it there?",
        claims=READ,
        metrics={F1: Metric(SHARE, higher_is_better=True)},
        settings=(Setting("world", PAGES), Setting("real", REAL)),
    ),
    read_pages(
        part="order",
        question="Do pictures stand among the paragraphs where they stood on the page?",
        claims=ORDERED,
        metrics={PLACES: Metric(SHARE, higher_is_better=True)},
        settings=(Setting("world", PAGES),),
    ),
    Recipe(
        name="moscar",
        part="filters",
        question="What does each step leave in the corpus, and does a model learn more after it?",
        difference="how many steps of the pipeline the pages went through",
        budget_unit="tokens",
        seeds=SEEDS,
        arms=(
            corpus(ALL, f"{EVERYTHING}, nothing dropped", ALL),
            corpus(MAIN, f"{OWN}, nothing dropped", MAIN),
            corpus(FILTERED, f"{FILTERS}; equal texts dropped", MAIN, near=False),
            corpus(DISTINCT, f"{FILTERS}; near duplicates dropped too", MAIN, near=True),
        ),
        claims=BY_STEP,
        metrics={BITS: Metric(BITS, higher_is_better=False)}
        | {name: Metric(SHARE, higher_is_better=name == KEPT) for name in JUDGED},
        settings=(Setting("world", CORPUS),),
    ),
)
