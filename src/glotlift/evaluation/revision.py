"""What a further turn is worth: a client is asked to revise its own answer (Bang et al. 2023).

The gain of the second turn over the first is paired by row (arXiv:2302.04023). The same client is
also told no more than "again", so that what a mere second try brings is seen, and a turn that gives
away the reference is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.evaluation.metrics import chrf_rows, exact_match
from glotlift.evaluation.rows import TRANSLATION_COLUMNS, check_columns
from glotlift.evaluation.statistics import Interval, paired_difference
from glotlift.evaluation.tasks.wording import ENGLISH, Wording, wordings
from glotlift.languages import language
from glotlift.languages.words import word_spans
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Message, Talker

Floats = NDArray[np.float64]
Score = Callable[[Sequence[str], Sequence[str], Sequence[str]], Floats]
Kind = Literal["translation", "summaries"]
Instructions = Literal["english", "target"]
COLUMNS: dict[str, tuple[str, ...]] = {
    "translation": TRANSLATION_COLUMNS,
    "summaries": ("id", "language", "text", "summary"),
}
REFERENCE = {"translation": "text", "summaries": "summary"}
FORMULATION = 1  # of `tasks/prompts.yaml`: the one that reads as something asked
LONGEST = 256  # tokens of a reply
GRAM, GIVEN_AWAY = 4, 0.5  # words in a row, and the share of them that gives a reference away
# What is asked after an answer, by the language of the instructions. English is the paper's, short.
REVISIONS: dict[str, dict[str, str]] = {
    "translation": {
        "eng": "Post-edit your translation so that it means the same as: {source_text}",
        "deu": "Überarbeite deine Übersetzung, sodass sie dasselbe bedeutet wie: {source_text}",
        "fra": "Révise ta traduction pour qu’elle ait le même sens que : {source_text}",
        "rus": "Исправьте перевод так, чтобы он значил то же, что и: {source_text}",
        "spa": "Revisa tu traducción para que signifique lo mismo que: {source_text}",
        "zho": "请修改你的译文，使它的意思与原文相同：{source_text}",
    },
    "summaries": {
        "eng": "Make your summary shorter.",
        "deu": "Kürze deine Zusammenfassung.",
        "fra": "Raccourcis ton résumé.",
        "rus": "Сократите ваш пересказ.",
        "spa": "Acorta tu resumen.",
        "zho": "请把你的概括缩短。",
    },
}
AGAIN = {
    "eng": "Again.",
    "deu": "Noch einmal.",
    "fra": "Encore une fois.",
    "rus": "Ещё раз.",
    "spa": "Otra vez.",
    "zho": "再来一次。",
}


@dataclass(frozen=True)
class Prompts:
    """What is asked first, in each further turn, and in the turn that says nothing new.

    They are templates: {names} are columns of a row, and {source_name} and {target_name} are what
    its languages are called.
    """

    first: str
    revisions: tuple[str, ...]
    again: str
    spoken: str = ENGLISH


@dataclass(frozen=True)
class Revised:
    """What was said and scored in every turn, and after "again" in place of the second.

    `scores` are [turns, rows], `again_scores` [rows]. `gains` are of each further turn over the
    first, `retry` is that of "again", and `beyond` that of the second turn over "again". `same` is
    the share of second replies that are the first.
    """

    ids: list[str]
    replies: list[list[str]]
    again: list[str]
    scores: Floats
    again_scores: Floats
    gains: tuple[Interval, ...]
    retry: Interval
    beyond: Interval
    same: float


def prompts_for(
    kind: Kind, code: str, *, turns: int = 2, instructions: Instructions = "english"
) -> Prompts:
    """Return what is asked in a number of turns, in English or in the language of the answer.

    A language without revisions of its own is asked in English. Raises GL-EVALUATION-141 for less
    than two turns, and -142 for a kind that has none.
    """
    if turns < 2:
        raise GlotliftError(
            "GL-EVALUATION-141",
            f"in {turns} turns nothing is revised",
            place="turns",
            fix="give 2 or more",
        )
    if kind not in REVISIONS:
        raise GlotliftError(
            "GL-EVALUATION-142",
            f"there is no revision of {kind!r}",
            fix=f"choose one of {list(REVISIONS)}, or give prompts",
        )
    own = language(code).iso639_3
    known = instructions == "target" and own in REVISIONS[kind]
    first = wordings(kind, code, instructions="target" if known else "english")[FORMULATION]
    spoken = own if known else ENGLISH
    return Prompts(first.template, (REVISIONS[kind][spoken],) * (turns - 1), AGAIN[spoken], spoken)


def revise(
    client: Talker,
    rows: Dataset,
    *,
    kind: Kind = "translation",
    turns: int = 2,
    instructions: Instructions = "english",
    prompts: Prompts | None = None,
    drafts: Sequence[str] | None = None,
    score: Score | None = None,
    max_new_tokens: int = LONGEST,
) -> Revised:
    """Ask for each row's answer and then for revisions of it; compare the turns row by row.

    Rows of translation are those of `evaluate_generation`, rows of summaries have the columns id,
    language, text and summary. In every further turn the client reads its own replies. With
    `drafts`, [rows], these stand in place of its first reply, and their scores are turn 1.
    `prompts` replace the built-in ones, and as many turns as they have revisions follow. A `score`
    of replies, references and languages replaces chrF++ or, for summaries, the F1 of words
    (ROUGE-1).

    Raises GL-EVALUATION-065 (a client that does not converse), -140 (a further turn gives the
    reference away), -143 (drafts that do not pair with rows), what `prompts_for` raises, and -006
    or -007 (rows).
    """
    if not isinstance(client, Talker):
        raise GlotliftError(
            "GL-EVALUATION-065",
            f"a {type(client).__name__} does not answer conversations",
            fix="give a client with a method chat, such as LocalModel or ServerModel",
        )
    check_columns(rows, COLUMNS.get(kind, ()))
    codes = list(rows["language"])
    chosen = [
        prompts or prompts_for(kind, code, turns=turns, instructions=instructions) for code in codes
    ]
    references = list(rows[REFERENCE[kind]])
    asked = [filled(kind, row, each) for row, each in zip(rows, chosen, strict=True)]
    for row, said in zip(rows, asked, strict=True):
        for prompt in said[1:]:
            refuse_leak(prompt, said[0], row[REFERENCE[kind]], row)
    if drafts is not None and len(drafts) != len(rows):
        raise GlotliftError(
            "GL-EVALUATION-143",
            f"{len(drafts)} drafts do not pair with {len(rows)} rows",
            fix="give one draft for each row",
        )
    replies: list[list[str]] = [] if drafts is None else [list(drafts)]
    for turn in range(len(replies), len(asked[0]) - 1):
        replies.append(
            answered(client, [said[: turn + 1] for said in asked], replies, max_new_tokens)
        )
    again = answered(client, [[said[0], said[-1]] for said in asked], replies[:1], max_new_tokens)
    judge = score or (chrf_of if kind == "translation" else word_f1)
    scores = np.stack([judge(said, references, codes) for said in replies])
    retried = judge(again, references, codes)
    return Revised(
        ids=[str(id) for id in rows["id"]],
        replies=replies,
        again=again,
        scores=scores,
        again_scores=retried,
        gains=tuple(paired_difference(later, scores[0]) for later in scores[1:]),
        retry=paired_difference(retried, scores[0]),
        beyond=paired_difference(scores[1], retried),
        same=float(exact_match(replies[1], replies[0]).mean()),
    )


def filled(kind: str, row: dict[str, Any], prompts: Prompts) -> list[str]:
    """Return what is asked about a row: first, in each further turn, and again."""
    templates = (prompts.first, *prompts.revisions, prompts.again)
    return [
        Wording(kind, row["language"], prompts.spoken, template, {}).fill(row, ())
        for template in templates
    ]


def answered(
    client: Talker,
    asked: Sequence[Sequence[str]],
    replies: Sequence[Sequence[str]],
    max_new_tokens: int,
) -> list[str]:
    """Return the next reply of every row, after its earlier turns with their replies."""
    told: list[list[Message]] = []
    for place, prompts in enumerate(asked):
        messages: list[Message] = []
        for turn, prompt in enumerate(prompts):
            messages.append({"role": "user", "content": prompt})
            if turn < len(prompts) - 1:
                messages.append({"role": "assistant", "content": replies[turn][place]})
        told.append(messages)
    return [text.strip() for text in client.chat(told, max_new_tokens=max_new_tokens)]


def refuse_leak(prompt: str, first: str, reference: str, row: dict[str, Any]) -> None:
    """Raise GL-EVALUATION-140 where a prompt says of the reference what the first turn did not.

    It may say less than half of the reference's runs of four words (all of it, if it is shorter).
    """
    code = row["language"]
    wanted, known, told = (grams(text, code, reference) for text in (reference, first, prompt))
    new = (wanted & told) - known
    if wanted and len(new) >= GIVEN_AWAY * len(wanted):
        raise GlotliftError(
            "GL-EVALUATION-140",
            "a further turn gives the reference away, so that its gain would mean nothing",
            place=f"row {row['id']}",
            fix="ask for the revision without the reference",
        )


def grams(text: str, code: str, reference: str) -> set[tuple[str, ...]]:
    """Return the runs of words of a text, as long as those of a reference."""
    size = min(GRAM, len(words(reference, code)))
    known = words(text, code)
    return {tuple(known[at : at + size]) for at in range(len(known) - size + 1)} if size else set()


def words(text: str, code: str) -> list[str]:
    """Return the words of a text in small letters, without marks."""
    found = (text[start:end].casefold() for start, end in word_spans(text, code))
    return [word for word in found if any(map(str.isalnum, word))]


def chrf_of(replies: Sequence[str], references: Sequence[str], codes: Sequence[str]) -> Floats:
    """Return the chrF++ of each reply, [n]."""
    return chrf_rows(replies, references)


def word_f1(replies: Sequence[str], references: Sequence[str], codes: Sequence[str]) -> Floats:
    """Return the F1 of each reply's words, as often as they stand there, [n], 0 to 100 (ROUGE-1).

    Words are those of `languages.words`, in small letters, and not stemmed (Lin 2004).
    """
    found = []
    for reply, reference, code in zip(replies, references, codes, strict=True):
        one, other = words(reply, code), words(reference, code)
        both = sum(min(one.count(word), other.count(word)) for word in set(one))
        found.append(200 * both / max(1, len(one) + len(other)))
    return np.asarray(found, np.float64)
