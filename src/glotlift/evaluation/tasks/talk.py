"""What is said to a person or a machine: replies of a dialogue, and requests with their intents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset

SPEAKERS = {"user": "A", "assistant": "B"}


def replies(rows: Dataset) -> Dataset:
    """Return dialogues with two replies to choose from, out of rows that give one of them each.

    Two rows that follow one another share the dialogue before its last message and differ in that
    one, which is `consistent` with it in one of the two.
    """
    from datasets import Dataset

    found = list(rows)
    return Dataset.from_list(
        [
            {
                "id": one["id"],
                "language": one["language"],
                "prompt": conversation(one["messages"][:-1]),
                "options": [row["messages"][-1]["content"] for row in (one, other)],
                "answer": 0 if one["consistent"] else 1,
            }
            for one, other in zip(found[::2], found[1::2], strict=True)
        ]
    )


def conversation(messages: Sequence[Mapping[str, str]]) -> str:
    """Return what two said by turns, one message a line, up to where B is to speak."""
    lines = [f"{SPEAKERS[message['role']]}: {message['content']}" for message in messages]
    return "\n".join([*lines, "B:"])


def requests(rows: Dataset) -> Dataset:
    """Return requests of the sample world with the words of each slot."""
    from datasets import Dataset

    return Dataset.from_list(
        [
            {
                **{name: row[name] for name in ("id", "language", "text", "intents")},
                "slots": [
                    {"name": slot["name"], "words": row["text"][slot["start"] : slot["end"]]}
                    for slot in row["slots"]
                ],
            }
            for row in rows
        ]
    )


def slots_of(tokens: Sequence[str], tags: Sequence[str]) -> list[dict[str, str]]:
    """Return the slots of a tagged text with their words."""
    from glotlift.evaluation.spans import spans_of

    return [
        {"name": name, "words": " ".join(tokens[start:end])} for name, start, end in spans_of(tags)
    ]


def said_intents(row: Mapping[str, Any]) -> str:
    """Return a request as it is to be written: ``intent: remind; time: at noon, at night``."""
    found: dict[str, list[str]] = {"intent": list(row["intents"])}
    for slot in row["slots"]:
        found.setdefault(slot["name"], []).append(slot["words"])
    return "; ".join(f"{name}: {', '.join(words)}" for name, words in found.items())
