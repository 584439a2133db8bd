"""WIT (Srinivasan et al. 2021, arXiv:2103.01913): pictures of Wikipedia and their texts, text half.

The paper makes a row of every picture on a page: its caption on the page, its descriptions beside
the file, its alternative text, and the title, section and lead of the page, in 108 languages. Rows
go by rules, descriptions are kept by language, the splits are made by picture. Its 37.6 million
rows are not made again here, and what it claims of retrieval between pictures and text (that rows
pretrain well, that context helps) needs vision and is not part of this.

Here are the rows: how many of the right ones are there in each language and no others, whether
their texts are the right ones, whether descriptions are in the page's language, and how many
pictures a split by row would have shown in training. The pages are made up, with gold for every
picture; their junk is of the kinds that the rules name, so recall on them says that the rules work
and not that Wikipedia has no other junk. Every page stands in every language, so a split by row
is sure to show test pictures, and a split by picture shows none by its making: that part is a check
of the splitter. A language is never dropped for having few rows, as those below 12,000 were: the
sample would have none left.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Kind
from glotlift.recipes.picture_texts import (
    F1,
    FOREIGN,
    JUDGED,
    KEPT,
    LEAKED,
    OWN,
    TEXTS,
    make_rows,
    split,
)

ALL, FILTERED, CHECKED = "all pictures", "filtered", "filtered, language checked"
BY_ROW, BY_PICTURE = "by row", "by picture"
SHARE = "share"
SEEDS = (0, 1, 2, 3, 4)
WORLD: dict[str, Any] = {
    "languages": [
        *("eng_Latn", "spa_Latn", "cat_Latn", "swh_Latn", "rus_Cyrl", "arb_Arab", "hin_Deva"),
        "zho_Hans",
    ],
    "pages": 60,
}
REAL = {"archive": "$GLOTLIFT_DATA/emoji_captions/shard-000000.tar"}
RULES = "no junk: by medium, size, license, number of pages, repetition and what captions say"


def rows(name: str, description: str, *, filtered: bool, checked: bool) -> Arm:
    """Return the arm whose rows went through these steps."""
    run = partial(make_rows, filtered=filtered, checked=checked)
    return Arm(name, description, run, trained=False)


def share(
    id: str, text: str, metric: str, of: tuple[str, str | float], kind: Kind, margin: float = 0.0
) -> Claim:
    """Claim something of a share: of one arm against another, or against a number."""
    return Claim(id, text, metric, *of, kind, margin, SHARE)


ROWS = (
    share("rows", "the rules give more of the right rows", F1, (FILTERED, ALL), "greater", 0.1),
    share("right", "filtered rows have an F1 above 0.95", F1, (FILTERED, 0.95), "greater"),
    share("coverage", "the rules keep over 0.95 of good rows", KEPT, (FILTERED, 0.95), "greater"),
    share(
        "texts", "over 0.95 of rows have all the right texts", TEXTS, (FILTERED, 0.95), "greater"
    ),
    share(
        "other languages", "check: below 0.1 of other languages", FOREIGN, (CHECKED, 0.1), "less"
    ),
    share("own language", "check: over 0.9 of own descriptions", OWN, (CHECKED, 0.9), "greater"),
)
SPLITS = (
    share("leak", "by row: over half of test pictures seen", LEAKED, (BY_ROW, 0.5), "greater"),
    share("apart", "by picture: fewer by over half", LEAKED, (BY_PICTURE, BY_ROW), "less", 0.5),
)

RECIPES = (
    Recipe(
        name="wit",
        part="rows",
        question="Are the rows those that pages have pictures and texts for, in every language?",
        difference="which rules the rows went through",
        budget_unit="pages",
        seeds=SEEDS,
        arms=(
            rows(ALL, "a row for every picture", filtered=False, checked=False),
            rows(FILTERED, RULES, filtered=True, checked=False),
            rows(
                *(CHECKED, f"{RULES}; descriptions only in the page's language"),
                filtered=True,
                checked=True,
            ),
        ),
        claims=ROWS,
        metrics={name: Metric(SHARE, higher_is_better=name != FOREIGN) for name in JUDGED},
        settings=(Setting("world", WORLD),),
    ),
    Recipe(
        name="wit",
        part="split",
        question="How many pictures of the test rows were seen in training?",
        difference="whether rows are split each for itself or by their picture",
        budget_unit="rows",
        seeds=SEEDS,
        arms=(
            Arm(BY_ROW, "rows split at random", partial(split, by_picture=False), trained=False),
            Arm(
                BY_PICTURE, "rows split by picture", partial(split, by_picture=True), trained=False
            ),
        ),
        claims=SPLITS,
        metrics={LEAKED: Metric(SHARE, higher_is_better=False)},
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
)
