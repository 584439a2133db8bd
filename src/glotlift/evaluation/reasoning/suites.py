"""The suites: rows of each category, and scores freed from what guessing reaches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.evaluation.reasoning import letters, stories
from glotlift.evaluation.reasoning.items import Address, Item, Maker
from glotlift.runs.errors import GlotliftError
from glotlift.world.grammar import LANGUAGES
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks import arithmetic, cause
from glotlift.world.tasks.fragments import logical
from glotlift.world.tasks.problems import ANSWERS
from glotlift.world.tasks.shuffling import few, shuffled

NUMBERS = 4  # of which one is the answer to a problem
Rows = Callable[[str, range, str, int], list[Item]]


@dataclass(frozen=True)
class Category:
    """A kind of reasoning: what is asked, how many answers there are, and who makes the items."""

    about: str
    options: int
    items: Rows

    @property
    def chance(self) -> float:
        """The accuracy of a guess."""
        return 1 / self.options


def made_by(maker: Maker) -> Rows:
    """Return the items of a maker, each by its own address."""

    def items(language: str, addresses: range, split: str, seed: int) -> list[Item]:
        spoken = logical(language)
        name = maker.__name__
        return [maker(spoken, split, ("reasoning", name, seed, split, row)) for row in addresses]

    return items


def causal(language: str, addresses: range, split: str, seed: int) -> list[Item]:
    """Return the items of the world's task `cause`."""
    rows = cause(language, len(addresses), split=split, seed=seed, start=addresses.start)
    return [Item(row["prompt"], first(row["options"], row["answer"])) for row in rows]


def mathematical(language: str, addresses: range, split: str, seed: int) -> list[Item]:
    """Return the items of the world's task `arithmetic`, each with three wrong numbers."""
    rows = arithmetic(language, len(addresses), split=split, seed=seed, start=addresses.start)
    found = []
    for row, place in zip(rows, addresses, strict=True):
        others = [number for number in ANSWERS if number != row["answer"]]
        wrong = few(others, NUMBERS - 1, "numbers", seed, split, place)
        found.append(Item(row["text"], [str(number) for number in (row["answer"], *wrong)]))
    return found


def first(options: Sequence[str], answer: int) -> list[str]:
    """Return options with the right one first."""
    return [options[answer], *options[:answer], *options[answer + 1 :]]


CATEGORIES = {
    "deductive": Category("a condition of a rule holds", 2, made_by(stories.deductive)),
    "inductive": Category("someone is like an example", 2, made_by(stories.inductive)),
    "abductive": Category("a consequence of a rule is seen", 2, made_by(stories.abductive)),
    "mathematical": Category("a problem in words", NUMBERS, mathematical),
    "temporal": Category("which of two events comes first, or last", 2, made_by(stories.temporal)),
    "spatial": Category("where something is by way of another", 2, made_by(stories.spatial)),
    "commonsense": Category("to what something is done", 2, made_by(stories.commonsense)),
    "causal": Category("which of two causes is one", 2, causal),
    "multi-hop": Category("who does something by way of their job", 2, made_by(stories.multi_hop)),
    "analogical": Category(
        "what becomes of a string of letters", len(letters.CHANGES), made_by(letters.analogical)
    ),
}


def reasoning(
    category: str,
    language: str,
    rows: int,
    *,
    split: str = "test",
    seed: int = 0,
    start: int = 0,
) -> Dataset:
    """Return questions of one category of reasoning, with options, in one language of the world.

    Columns id, language, prompt, options, answer (the position of the right one), category, source,
    license: rows of a task of choice. The categories (`CATEGORIES`) are those of Bang et al. (2023,
    arXiv:2302.04023, section 4); each row is made by rule, so what is right is known:

        deductive     two rules "if ..., then ...", and the condition of one: what follows?
        inductive     two persons with jobs and animals, and a third with one of the jobs
        abductive     two such rules, and the consequence of one: why?
        mathematical  the world's problems in words (`world.tasks.arithmetic`), four numbers
        temporal      two events in the morning, evening or night: which comes first, or last?
        spatial       things on, under or beside others, which are in places: where is one?
        commonsense   which of two things is read, played, cooked, planted or closed?
        causal        which of two causes is one (`world.tasks.cause`)
        multi-hop     who has which job, and which worker does what: who does it?
        analogical    letter strings: "a b c > a b d, i j k >"

    Ids, stories and positions are shared by all languages; letter strings are the same in all. Each
    position is right equally often, and every pair of options is asked as often with one right as
    with the other, so options alone say nothing. What an answer says decides the split, so that no
    answer of one split is right or wrong in another, but for numbers, causes and the things of
    commonsense, where who, what or which event it is about decides. Chance is 1/2, of numbers and
    letters 1/4: compare categories by `above_chance`.
    Raises GL-EVALUATION-130 (category), -131 (language), GL-WORLD-002 (split), -007 (rows).
    """
    check_category(category)
    _check_language(language)
    kind, addresses = CATEGORIES[category], numbers(rows, split, start)
    fields: dict[str, list[Any]] = {"prompt": [], "options": [], "answer": []}
    for row, made in zip(addresses, kind.items(language, addresses, split, seed), strict=True):
        block, place = divmod(row, kind.options)
        where: Address = ("position", category, seed, split, block)
        answer = shuffled(range(kind.options), *where)[place]
        listed = list(shuffled(made.options[1:], "options", category, seed, split, row))
        listed.insert(answer, made.options[0])
        for name, value in zip(fields, (made.prompt, listed, answer), strict=True):
            fields[name].append(value)
    fields["category"] = [category] * rows
    ids = [f"reasoning/{category}/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def above_chance(
    correct: Sequence[float] | NDArray[np.float64], options: Sequence[int] | NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return [rows] scores whose mean is 0 for guessing and 1 for answers that are all right.

    `correct` are 0 or 1, `options` how many answers a row has: (correct - chance) / (1 - chance).
    So categories of different chance can be averaged. Raises GL-EVALUATION-132 where the two do not
    pair, or a row leaves no choice.
    """
    hits, counts = np.asarray(correct, np.float64), np.asarray(options, np.float64)
    if hits.shape != counts.shape or not np.all(counts > 1):
        raise GlotliftError(
            "GL-EVALUATION-132",
            f"{hits.size} answers do not pair with {counts.size} rows of two or more options",
            fix="give the number of options of every row that was answered",
        )
    chance = 1 / counts
    return np.asarray((hits - chance) / (1 - chance))


def check_category(category: str) -> None:
    """Raise GL-EVALUATION-130 unless there is such a category."""
    if category not in CATEGORIES:
        raise GlotliftError(
            "GL-EVALUATION-130",
            f"there are no questions of {category!r} reasoning",
            fix=f"use one of {', '.join(CATEGORIES)}",
        )


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise GlotliftError(
            "GL-EVALUATION-131",
            f"reasoning is not asked in {language!r}",
            place="evaluation/reasoning/questions.yaml",
            fix=f"use one of {', '.join(LANGUAGES)}",
        )
