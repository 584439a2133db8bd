"""A row put into words: prompts by kind and language, several formulations each.

Instructions may be in English, in the language of the task, or translated by a client from English.
A language without prompts of its own is asked in English, and the sample says so.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from datasets import Dataset

from glotlift.evaluation.rows import joint
from glotlift.evaluation.tasks.talk import said_intents
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

Instructions = Literal["english", "target", "translated"]
Translate = Callable[[str, str], str]  # of an English text and a language's code
ENGLISH = "eng"
SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Question:
    """A row as it is asked: what is read, what may be answered, and what is right.

    `options` is empty where text is to be written. `answer` is the place of the right option, or 0;
    `right` is how the right answer reads, for demonstrations and for people.
    """

    id: str
    prompt: str
    options: tuple[str, ...]
    answer: int
    right: str
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Wording:
    """How rows of a kind are put in one language, in one formulation."""

    kind: str
    code: str
    spoken: str  # the language of the instructions, ISO 639-3
    template: str
    words: Mapping[str, str]

    @property
    def locale(self) -> str:
        """The BCP-47 tag of the language of the instructions."""
        return "en" if self.spoken == ENGLISH else language(self.code).bcp47

    def ask(self, row: Mapping[str, Any], shots: Sequence[Mapping[str, Any]] = ()) -> Question:
        """Return a row as a question, after the demonstrations `shots` with their answers."""
        options, answer, right = self.answers(row)
        examples = [self.put(shot, self.answers(shot)) for shot in shots]
        asked = "\n\n".join([*examples, self.fill(row, options)])
        space = joint(self.code, asked) if not asked.endswith(("：", ":\n")) else ""
        return Question(
            str(row["id"]), asked, tuple(space + o for o in options), answer, right, row
        )

    def put(self, row: Mapping[str, Any], answers: tuple[tuple[str, ...], int, str]) -> str:
        """Return a demonstration: a row and its right answer."""
        filled = self.fill(row, answers[0])
        return f"{filled}{joint(self.code, filled)}{answers[2]}"

    def fill(self, row: Mapping[str, Any], options: Sequence[str]) -> str:
        """Return the template with the row's columns in their places."""
        slash = "、" if self.spoken == "zho" else ", "
        listed = options or tuple(self.words.values())
        named = {"options": slash.join(option.rstrip(".。") for option in listed)}
        for side in ("source", "target"):
            code = row.get("source_language") if side == "source" else self.code
            named[f"{side}_name"] = name_in(code, self.locale) if code else ""
        values = {**row, **named}
        return SLOT.sub(lambda found: as_text(values.get(found[1], found[0])), self.template)

    def answers(self, row: Mapping[str, Any]) -> tuple[tuple[str, ...], int, str]:
        """Return a row's options, the place of the right one, and the right answer in words."""
        match self.kind:
            case "choice" | "dialogue":
                options = tuple(row["options"])
                return options, row["answer"], options[row["answer"]]
            case "sentiment" | "topic" | "nli":
                labels = list(self.words)
                options = tuple(self.words.values())
                place = labels.index(row["label"])
                return options, place, options[place]
            case "questions":
                return (), 0, row["answers"]["text"][0]
            case "arithmetic":
                return (), 0, f"{row.get('steps', '')}\n{row['answer']}".strip()
            case "translation":
                return (), 0, row["text"]
            case "summaries":
                return (), 0, row["summary"]
            case "names":
                return (), 0, said_names(row["tokens"], row["tags"])
            case "tags":
                return (), 0, as_text(list(zip(row["tokens"], row["tags"], strict=True)))
            case "intents":
                return (), 0, said_intents(row)
        return (), 0, row.get("response", "")


def wordings(
    kind: str,
    code: str,
    *,
    instructions: Instructions = "target",
    labels: Sequence[str] = (),
    translate: Translate | None = None,
) -> list[Wording]:
    """Return the formulations of a kind in a language.

    `labels` are those that a task has, where it is not all that there are words for. Raises
    GL-EVALUATION-054 where instructions are to be translated and nothing can.
    """
    known = catalogue()[kind]
    own = language(code).iso639_3
    spoken = own if instructions == "target" and own in known["prompts"] else ENGLISH
    words = dict(known.get("words", {}).get(spoken, {}))
    if labels:
        words = {label: words.get(label, label) for label in labels}
    templates = list(known["prompts"][spoken])
    if instructions == "translated" and own != ENGLISH:
        if translate is None:
            raise GlotliftError(
                "GL-EVALUATION-054",
                "nothing is there to translate instructions with",
                place="instructions",
                fix="give a function of a text and a language, or ask in english or target",
            )
        templates = [translate(template, code) for template in templates]
        words = {label: translate(word, code) for label, word in words.items()}
        spoken = own
    return [Wording(kind, code, spoken, template, words) for template in templates]


def labels_of(rows: Dataset) -> list[str]:
    """Return the labels, or intents, that rows have; none where their kind has no such thing."""
    if "intents" in rows.column_names:
        return sorted({intent for listed in rows["intents"] for intent in listed})
    return sorted(set(rows["label"])) if "label" in rows.column_names else []


@cache
def catalogue() -> dict[str, Any]:
    """Return the prompts and words of all kinds."""
    text = (files("glotlift.evaluation.tasks") / "prompts.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@cache
def name_in(code: str, locale: str) -> str:
    """Return what a language is called in that of a BCP-47 tag, by CLDR, else in English."""
    from babel import Locale, UnknownLocaleError

    known = language(code)
    try:
        found = Locale.parse(locale, sep="-").languages.get(known.bcp47.split("-")[0])
    except (UnknownLocaleError, ValueError):
        found = None
    return str(found or known.name)


def as_text(value: Any) -> str:
    """Return a value of a row as it is shown: a list as JSON, its letters as they are."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)


def said_names(tokens: Sequence[str], tags: Sequence[str]) -> str:
    """Return the names of a tagged text as they are to be written: ``PER: A, B; LOC: C``."""
    from glotlift.evaluation.spans import spans_of

    found: dict[str, list[str]] = {}
    for kind, start, end in spans_of(tags):
        found.setdefault(kind, []).append(" ".join(tokens[start:end]))
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in found.items()) or "–"
