"""Rows of the sample world to look at: one scene in several languages, and rows of a task."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from glotlift.runs.errors import GlotliftError
from glotlift.world.grammar import LANGUAGES, Grammar, grammar
from glotlift.world.scenes import Scene, document, scene
from glotlift.world.sentences import numbers
from glotlift.world.tasks.catalogue import TASKS, Task
from glotlift.world.truth import truth

SENTENCES = 6


def named_languages(codes: Sequence[str]) -> tuple[str, ...]:
    """Return each language once, or all that the world has a file for where none is named.

    Raises GL-WORLD-001 for one that the world does not speak.
    """
    chosen = tuple(dict.fromkeys(code for code in codes if code)) or LANGUAGES
    for code in chosen:
        grammar(code)
    return chosen


def sentence_samples(
    languages: Sequence[str], rows: int, *, seed: int, split: str, labels: bool
) -> list[dict[str, Any]]:
    """Return sentences side by side: id, gloss and ``texts``, one mapping per language.

    With `labels` a row also says topic, sentiment and facts, and a text its tokens, parts of speech
    and entities. Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    found = []
    for row in numbers(rows, split, 0):
        drawn = scene(seed, split, row)
        sample: dict[str, Any] = {"id": f"world/{seed}/{split}/{row}", "gloss": gloss(drawn)}
        if labels:
            label = truth(grammar(languages[0]), drawn)
            sample |= {
                "topic": label.topic,
                "sentiment": label.sentiment,
                "facts": [" ".join(fact) for fact in label.facts],
            }
        sample["texts"] = [told(grammar(code), drawn, labels) for code in languages]
        found.append(sample)
    return found


def told(spoken: Grammar, drawn: Scene, labels: bool) -> dict[str, Any]:
    """Return a scene as one language says it, with its tokens and entities where wanted."""
    plain: dict[str, Any] = {"language": spoken.code, "text": spoken.say(drawn)}
    if not labels:
        return plain
    label = truth(spoken, drawn)
    entities = [entity._asdict() for entity in label.entities]
    return plain | {"tokens": label.tokens, "pos": label.pos, "entities": entities}


def document_samples(
    languages: Sequence[str], rows: int, *, seed: int, split: str
) -> list[dict[str, Any]]:
    """Return documents side by side: id, gloss (one line a sentence) and ``texts``.

    Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    found = []
    for row in numbers(rows, split, 0):
        scenes = document(seed, split, row, SENTENCES)
        texts = [
            {"language": code, "text": grammar(code).join(map(grammar(code).say, scenes))}
            for code in languages
        ]
        found.append(
            {
                "id": f"world/documents/{seed}/{split}/{row}",
                "gloss": "; ".join(map(gloss, scenes)),
                "texts": texts,
            }
        )
    return found


def gloss(drawn: Scene) -> str:
    """Return a scene in no language: ``event: agent farmer, action buy, patient bread``."""
    return f"{drawn.pattern}: " + ", ".join(f"{slot} {name}" for slot, name in drawn.said.items())


def shown_text(text: Mapping[str, Any]) -> dict[str, Any]:
    """Return a text as a row of a table; tokens bear their part of speech: ``farmer/NOUN``."""
    row = {"language": text["language"], "text": text["text"]}
    if "tokens" in text:
        pairs = zip(text["tokens"], text["pos"], strict=True)
        row["parts of speech"] = " ".join(f"{token}/{pos}" for token, pos in pairs)
        row["entities"] = [
            f"{text['text'][entity['start'] : entity['end']]} ({entity['kind']})"
            for entity in text["entities"]
        ]
    return row


def described_tasks() -> list[dict[str, Any]]:
    """Return what the catalogue says of every task."""
    return [describe(task) for task in TASKS.values()]


def describe(task: Task) -> dict[str, Any]:
    """Return what the catalogue says of a task; `module` is where its function lives."""
    return asdict(task) | {"module": f"glotlift.world.tasks.{task.module}"}


def named_task(name: str, besides: Sequence[str] = ()) -> Task:
    """Return a task by its name. Raises GL-WORLD-060 for one that the world does not have.

    `besides` are other names that would have done, for the advice.
    """
    known = [*besides, *TASKS]
    if name not in TASKS:
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        raise GlotliftError(
            "GL-WORLD-060",
            f"the sample world has no rows called {name!r}",
            fix=f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(known)}",
        )
    return TASKS[name]
