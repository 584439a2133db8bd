"""A client asked the rows of a task in a language, in every formulation, sample by sample."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.evaluation.answers import answer_scores
from glotlift.evaluation.constraints.checkers import Constraint
from glotlift.evaluation.constraints.grading import follows
from glotlift.evaluation.metrics import chrf_rows
from glotlift.evaluation.options import Normalise, option_scores
from glotlift.evaluation.replies import Reply, read_reply
from glotlift.evaluation.tagged_replies import tagged_right
from glotlift.evaluation.tasks.kinds import OPTIONS
from glotlift.evaluation.tasks.talk import said_intents
from glotlift.evaluation.tasks.wording import Question, Wording, said_names
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Encoder, Generator, Scorer
from glotlift.world.tasks import fulfils

Floats = NDArray[np.float64]
Answers = Literal["scored", "written"]
SHOWN = "{options}"  # where a wording lists what may be answered
REPLY = 48  # tokens in which an option is to be named
LENGTHS = {  # of what is written, in tokens
    "questions": 32, "arithmetic": 192, "translation": 160, "summaries": 128,
    "instructions": 192, "names": 96, "intents": 128,
}  # fmt: skip
PAIR = len('["", "SCONJ"], ')  # what a pair of word and tag has besides the word
SEVERAL_LINES = ("arithmetic", "instructions", "tags")
NUMBER = re.compile(r"-?\d+(?:[.,٫٬]\d+)*")


class Client(Generator, Scorer, Encoder, Protocol):
    """What a task may need of a client; one that cannot says so with a coded error."""


@dataclass(frozen=True)
class Sample:
    """One question and what came of it; `score` lies in [0, 1], but for rows of a correlation."""

    id: str
    language: str
    task: str
    formulation: int
    prompt: str
    options: list[str]
    scores: list[float]
    answer: str
    right: str
    score: float
    notes: dict[str, Any] = field(default_factory=dict)

    def line(self) -> dict[str, Any]:
        """Return the sample as a row of JSON."""
        return asdict(self)


def ask_rows(
    client: Client,
    task: str,
    wording: Wording,
    rows: Dataset,
    *,
    formulation: int = 0,
    shots: Sequence[Mapping[str, Any]] = (),
    normalise: Normalise = "bytes",
    answers: Answers = "scored",
) -> list[Sample]:
    """Ask all rows of a task in one wording; rows must have the columns of their kind.

    With ``answers="written"`` an option is not scored but looked for in what the client writes; it
    is right where it is named and no other is, and the notes of a sample hold the reply. Where the
    wording does not show the options they are scored all the same.
    """
    questions = [wording.ask(row, shots) for row in rows]
    notes: list[dict[str, Any]] = [{} for _ in questions]
    if wording.kind not in OPTIONS:
        answered = write(client, wording, questions)
    elif answers == "scored" or SHOWN not in wording.template:
        answered = choose(client, questions, normalise)
    else:
        answered, notes = name_options(client, wording, questions)
    return [
        Sample(
            question.id,
            wording.code,
            task,
            formulation,
            question.prompt,
            [option.strip() for option in question.options],
            scores,
            said,
            question.right,
            float(score),
            noted,
        )
        for question, (said, scores, score), noted in zip(questions, answered, notes, strict=True)
    ]


def name_options(
    client: Generator, wording: Wording, questions: Sequence[Question]
) -> tuple[list[tuple[str, list[float], float]], list[dict[str, Any]]]:
    """Return the option that each reply names, 1 where it is right, and what the reply says.

    Labels are found in the words of the prompt and under their own names, as English replies to a
    prompt in another language have them; other options by their text.
    """
    prompts = [question.prompt for question in questions]
    replies = client.generate(prompts, max_new_tokens=REPLY, stop=("\n\n",))
    answered, notes = [], []
    for question, text in zip(questions, replies, strict=True):
        read = read_reply(
            text, spellings(wording, question), wording.code, place=f"row {question.id}"
        )
        said, right = read.label or "", question.options[question.answer].strip()
        answered.append((said, list[float](), float(said == right)))
        notes.append(note(read, text, right))
    return answered, notes


def note(read: Reply, text: str, right: str) -> dict[str, Any]:
    """Return what a sample keeps of a reply."""
    return {
        "reply": text,
        "outcome": read.outcome,
        "first": read.first or "",
        "first is right": float(read.first == right),
    }


def spellings(wording: Wording, question: Question) -> dict[str, list[str]]:
    """Return how each option of a question may be written in a reply."""
    options = [option.strip() for option in question.options]
    if not wording.words:
        return {option: [option] for option in options}
    names = zip(options, wording.words, strict=True)
    taken = {option.casefold() for option in options}
    return {
        option: [option, *([name] if name.casefold() not in taken else [])]
        for option, name in names
    }


def choose(
    client: Scorer, questions: Sequence[Question], normalise: Normalise
) -> list[tuple[str, list[float], float]]:
    """Return each question's likeliest option, all options' scores, and 1 where it is right."""
    contexts = [question.prompt for question in questions]
    scored = option_scores(client, contexts, [q.options for q in questions], normalise)
    found = []
    for question, scores in zip(questions, scored, strict=True):
        best = int(np.argmax(scores))
        said = question.options[best].strip()
        found.append((said, scores.tolist(), float(best == question.answer)))
    return found


def write(
    client: Generator, wording: Wording, questions: Sequence[Question]
) -> list[tuple[str, list[float], float]]:
    """Return what was written to each question and how good it is.

    An answer ends with its line, or with its paragraph where its kind may have several lines.
    """
    prompts = [question.prompt for question in questions]
    stop = ("\n\n",) if wording.kind in SEVERAL_LINES else ("\n",)
    said = client.generate(prompts, max_new_tokens=longest(wording.kind, questions), stop=stop)
    said = [text.strip() for text in said]
    scores = score_answers(wording.kind, wording.code, said, [q.row for q in questions])
    return [(text, [], float(score)) for text, score in zip(said, scores, strict=True)]


def longest(kind: str, questions: Sequence[Question]) -> int:
    """Return how many tokens an answer may have; a list of tags as many as it has bytes."""
    if kind != "tags":
        return LENGTHS[kind]
    sentences = [question.row["tokens"] for question in questions]
    return max(sum(len(word.encode()) + PAIR for word in words) for words in sentences)


def score_answers(
    kind: str, code: str, said: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> Floats:
    """Return [n] scores in [0, 1] of written answers by the measure of their kind."""
    match kind:
        case "questions":
            references = [row["answers"]["text"] for row in rows]
            return answer_scores(said, references, code).f1
        case "arithmetic":
            pairs = zip(said, rows, strict=True)
            return np.array(
                [last_number(text) == number(str(row["answer"])) for text, row in pairs], float
            )
        case "translation":
            return chrf_rows(said, [row["text"] for row in rows]) / 100
        case "summaries":
            return chrf_rows(said, [row["summary"] for row in rows]) / 100
        case "instructions":
            pairs = zip(said, rows, strict=True)
            return np.array(
                [np.mean(followed(text, row["constraints"], code)) for text, row in pairs]
            )
        case "names":
            pairs = zip(said, rows, strict=True)
            return np.array([names_f1(t, said_names(r["tokens"], r["tags"])) for t, r in pairs])
        case "tags":
            pairs = zip(said, rows, strict=True)
            return np.array([tagged_right(t, r["tokens"], r["tags"]) for t, r in pairs])
        case "intents":
            pairs = zip(said, rows, strict=True)
            return np.array([names_f1(text, said_intents(row)) for text, row in pairs])
    raise GlotliftError(
        "GL-EVALUATION-036",
        f"no measure for tasks of the kind {kind!r}",
        fix="ask for options of it, or add a measure",
    )


def followed(text: str, constraints: Sequence[Mapping[str, Any]], code: str) -> list[bool]:
    """Return which constraints a text follows: the sample world's, or published ones by name."""
    if not all("name" in one for one in constraints):
        fulfilled: list[bool] = fulfils(text, constraints, code)
        return fulfilled
    named = [Constraint(one["name"], json.loads(one["arguments"])) for one in constraints]
    return follows(text, code, named)


def number(text: str) -> float | None:
    """Return the number that a text is, in the digits of any script, or None."""
    plain = "".join(str(unicodedata.decimal(mark, mark)) for mark in text)
    plain = plain.replace(",", "").replace("٬", "").replace("٫", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def last_number(text: str) -> float | None:
    """Return the last number in a text, or None: how a solution ends (Shi et al. 2022, MGSM)."""
    found = NUMBER.findall(text)
    return number(found[-1]) if found else None


def names_f1(said: str, right: str) -> float:
    """Return the F1 of names with their types, or slots, as ``PER: A, B; LOC: C`` lists them."""
    mine, theirs = listed(said), listed(right)
    if not mine or not theirs:
        return float(mine == theirs)
    return 2 * len(mine & theirs) / (len(mine) + len(theirs))


def listed(text: str) -> set[tuple[str, str]]:
    """Return the names of a list with their types."""
    found = set()
    for part in text.split(";"):
        kind, colon, names = part.partition(":")
        if colon:
            found |= {
                (kind.strip().casefold(), name.strip()) for name in names.split(",") if name.strip()
            }
    return found
