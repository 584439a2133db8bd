"""How published task files are laid out, and the rows that come of them.

A layout turns a line of a file, or a row of the Hub's data set of the same form, into a task row.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glotlift.evaluation.tasks.talk import slots_of
from glotlift.runs.errors import GlotliftError

Line = Mapping[str, Any]
Convert = Callable[[Line, str], dict[str, Any]]  # of a line and the language's code
# "because" and "so", which join a premise with a cause or an effect
CONNECTIVES = {
    "est": ("sest", "seega"), "hat": ("paske", "donk"), "ind": ("karena", "jadi"),
    "ita": ("perché", "quindi"), "swh": ("kwa sababu", "kwa hiyo"), "tam": ("ஏனெனில்", "எனவே"),
    "tha": ("เพราะ", "ดังนั้น"), "tur": ("çünkü", "bu yüzden"), "vie": ("bởi vì", "vì vậy"),
    "zho": ("因为", "所以"), "eng": ("because", "so"),
}  # fmt: skip
SHORT_NLI = {"e": "entailment", "n": "neutral", "c": "contradiction"}
NUMBERED_NLI = {0: "entailment", 1: "neutral", 2: "contradiction"}


@dataclass(frozen=True)
class Layout:
    """A form of task files: the kind of task, how lines become rows, and which splits there are."""

    kind: str
    convert: Convert
    test: tuple[str, ...] = ("test", "dev", "val", "valid", "validation", "dev_a", "test_a", "")
    train: tuple[str, ...] = ("train", "dev", "val", "valid", "validation")
    joined: str = ""
    """A second file of the same split, whose lines are joined by their ids."""
    documents: str = ""
    """The file of the documents that are retrieved, whose lines have an id and a text."""
    beside: bool = False
    """Are the files plain text, whose lines stand beside those of the file in another language?"""
    treebank: bool = False
    """Are the files treebanks in CoNLL-U, of which the sentences stand for lines?"""


def plausible_alternative(line: Line, code: str) -> dict[str, Any]:
    """XCOPA: a premise, and two causes or effects (Ponti et al. 2020)."""
    from glotlift.evaluation.rows import joint
    from glotlift.languages import language

    cause, effect = CONNECTIVES.get(language(code).iso639_3, CONNECTIVES["eng"])
    premise = line["premise"].strip().rstrip(".。!！")
    connective = cause if line["question"] == "cause" else effect
    options = [lowered(line[name].strip()) for name in ("choice1", "choice2")]
    prompt = f"{premise}{joint(code, premise)}{connective}"
    return {"prompt": prompt, "options": options, "answer": line["label"]}


def lowered(text: str) -> str:
    """Return a clause with a small first letter, as it stands within a sentence."""
    return text[:1].lower() + text[1:]


def examination(line: Line, _: str) -> dict[str, Any]:
    """EXAMS, AfriMMLU: a question, its options, and the letter of the right one."""
    letters = list(line.get("labels") or "ABCDEFGHIJ"[: len(line["choices"])])
    options = [str(option) for option in line["choices"]]
    return {
        "prompt": line["question"], "options": options, "answer": letters.index(line["answer"]),
    }  # fmt: skip


def inference(line: Line, _: str) -> dict[str, Any]:
    """XNLI and its kin: a premise, a hypothesis and their relation."""
    label = line["label"]
    label = SHORT_NLI.get(label, label) if isinstance(label, str) else NUMBERED_NLI[label]
    return {"premise": line["premise"], "hypothesis": line["hypothesis"], "label": label}


def labelled(line: Line, _: str) -> dict[str, Any]:
    """SIB-200, AfriSenti, NusaX: a text and its label."""
    return {"text": line["text"], "label": line["label"] if "label" in line else line["category"]}


def reading(line: Line, _: str) -> dict[str, Any]:
    """XQuAD: a question, a paragraph and the words of it that answer."""
    answers = [{"text": a["text"], "start": a["start"]} for a in line["answers"]]
    return {
        "context": line["context"],
        "question": line["question"],
        "answers": {
            "text": [a["text"] for a in answers], "answer_start": [a["start"] for a in answers],
        },
    }  # fmt: skip


def problem(line: Line, _: str) -> dict[str, Any]:
    """MGSM, AfriMGSM: a problem in words and its number."""
    return {"text": line["question"], "answer": str(line.get("answer_number", line["answer"]))}


def tagged(line: Line, _: str) -> dict[str, Any]:
    """MasakhaNER, treebanks: words and their tags."""
    return {"tokens": line["tokens"], "tags": line["tags"], "text": " ".join(line["tokens"])}


def requested(line: Line, _: str) -> dict[str, Any]:
    """xSID: a request, its intent, and tags of its slots."""
    slots = slots_of(line["tokens"], line["slots"])
    return {"text": line["text"], "intents": [line["intent"]], "slots": slots}


def spoken_to(line: Line, _: str) -> dict[str, Any]:
    """INJONGO: a request, its intent, and slots by places, which count letters, not bytes."""
    slots = [
        {"name": one["label"], "words": line["text"][one["start_byte"] : one["limit_byte"]]}
        for one in line["spans"]
    ]
    return {"text": line["text"], "intents": [line["intent"]], "slots": slots}


def question(line: Line, _: str) -> dict[str, Any]:
    """XQuAD as retrieval: a question, and the paragraph that answers it."""
    return {"text": line["question"], "relevant": [str(line["context_id"])], "grades": [1.0]}


def query(line: Line, _: str) -> dict[str, Any]:
    """A query, and the ids of what is relevant, or grades by id (as in BEIR's judgements)."""
    given = line["relevant"]
    grades = given if isinstance(given, Mapping) else dict.fromkeys(given, 1.0)
    named = {str(id): float(grade) for id, grade in grades.items()}
    return {"text": line["text"], "relevant": list(named), "grades": list(named.values())}


def likeness(line: Line, _: str) -> dict[str, Any]:
    """STS benchmarks: two sentences, and how similar they are."""
    degree = line["score"] if "score" in line else line["similarity_score"]
    return {
        "source_text": line["sentence1"], "text": line["sentence2"], "degree": float(degree),
    }  # fmt: skip


def side_by_side(line: Line, _: str) -> dict[str, Any]:
    """NTREX and its kin: a sentence and its translation."""
    return {"source_text": line["beside"], "text": line["text"]}


def instructed(line: Line, code: str) -> dict[str, Any]:
    """IFEval, M-IFEval: a prompt and constraints that a program checks, keywords as JSON."""
    from glotlift.evaluation.constraints.conversations import conversation

    row = conversation(line, code, "a row of instructions")
    constraints = [
        {"name": one.name, "arguments": json.dumps(one.arguments)}
        for one in row.turns[0].constraints
    ]
    return {"prompt": row.turns[0].prompt, "constraints": constraints}


LAYOUTS: dict[str, Layout] = {
    "xcopa": Layout("choice", plausible_alternative),
    "exams": Layout("choice", examination),
    "afrimmlu": Layout("choice", examination),
    "nli": Layout("nli", inference),
    "sib200": Layout("topic", labelled),
    "sentiment": Layout("sentiment", labelled),
    "xquad": Layout("questions", reading, test=("questions", "validation"), joined="contexts"),
    "mgsm": Layout("arithmetic", problem),
    "ner": Layout("names", tagged),
    "conllu": Layout("tags", tagged, treebank=True),
    "xsid": Layout("intents", requested),
    "injongo": Layout("intents", spoken_to),
    "ifeval": Layout("instructions", instructed),
    "retrieval": Layout("retrieval", query, test=("queries",), documents="corpus"),
    "xquad-retrieval": Layout("retrieval", question, test=("questions",), documents="contexts"),
    "similarity": Layout("similarity", likeness),
    "bitext": Layout("bitext", side_by_side, beside=True),
}


def layout(name: str) -> Layout:
    """Return the layout of that name; raises GL-EVALUATION-031."""
    if name not in LAYOUTS:
        raise GlotliftError(
            "GL-EVALUATION-031",
            f"no layout of task files is called {name!r}",
            fix=f"choose one of {', '.join(LAYOUTS)}, or a task of the sample world",
        )
    return LAYOUTS[name]
