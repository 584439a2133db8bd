"""Conversations of one or more turns with what each turn must follow, and published rows of them.

Multi-IF (He et al. 2024, arXiv:2410.15553, section 3) holds up to three turns in a row; IFEval and
M-IFEval hold one. In Multi-IF the constraints of a turn are those of all turns up to it.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glotlift.evaluation.constraints.checkers import CHECKERS, Constraint, check_arguments
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

MOST_TURNS = 9
NONE = ("", "None", None)  # how published rows write that there is no such turn
NAMES = {
    "English": "eng_Latn", "French": "fra_Latn", "Russian": "rus_Cyrl", "Hindi": "hin_Deva",
    "Italian": "ita_Latn", "Portuguese": "por_Latn", "Spanish": "spa_Latn", "Chinese": "zho_Hans",
    "German": "deu_Latn", "Vietnamese": "vie_Latn", "Thai": "tha_Thai",
}  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """What a user says, and all that the reply must follow; `gold` is a reply that does, or ""."""

    prompt: str
    constraints: tuple[Constraint, ...]
    gold: str = ""


@dataclass(frozen=True)
class Conversation:
    """Turns in one language; each turn's constraints hold those of the turn before."""

    id: str
    language: str
    turns: tuple[Turn, ...]


def read_conversations(path: Path, code: str = "") -> list[Conversation]:
    """Return the conversations of a file of published rows, JSON lines or CSV.

    Columns ``turn_1_prompt``, ``turn_1_instruction_id_list`` and ``turn_1_kwargs`` (JSON in
    strings) make a turn, and so on; ``prompt``, ``instruction_id_list`` and ``kwargs`` make a
    conversation of one. `code` is the language of rows that name none.

    Raises GL-EVALUATION-062 (a row of another layout), -063 (a turn that drops a constraint),
    and -060 or -061 (an unknown constraint, or one whose keywords make no sense).
    """
    return [conversation(row, code, f"{path}, row {n + 1}") for n, row in enumerate(rows(path))]


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file; raises GL-EVALUATION-062 for a line that is not JSON."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            yield from csv.DictReader(file)
            return
        for number, line in enumerate(file):
            yield unpacked(line, f"{path}, line {number + 1}")


def conversation(row: Mapping[str, Any], code: str, place: str) -> Conversation:
    """Return a published row as a conversation; raises what `read_conversations` raises."""
    place = f"{place} (key {row['key']})" if "key" in row else place
    named = str(row.get("language", code))
    spoken = language(NAMES.get(named, named)).code if named else ""
    if not spoken:
        raise misplaced("there is no language", place)
    turns: list[Turn] = []
    if "prompt" in row:
        told = {"content": row["prompt"]}
        turns = [one_turn(told, row.get("instruction_id_list"), row.get("kwargs"), place)]
    for number in range(1, MOST_TURNS + 1):
        prompt = row.get(f"turn_{number}_prompt")
        if prompt in NONE:
            break
        names, arguments = (
            row.get(f"turn_{number}_{part}") for part in ("instruction_id_list", "kwargs")
        )
        turns.append(one_turn(prompt, names, arguments, f"{place}, turn {number}"))
        check_grows(turns, f"{place}, turn {number}")
    if not turns:
        raise misplaced("there is no prompt", place)
    return Conversation(str(row.get("key", place)), spoken, tuple(turns))


def one_turn(prompt: Any, names: Any, arguments: Any, place: str) -> Turn:
    """Return a turn of a published row, whose parts may be JSON in strings."""
    message = unpacked(prompt, place)
    if not isinstance(message, Mapping) or "content" not in message:
        raise misplaced("the prompt is not a message", place)
    listed, given = unpacked(names, place), unpacked(arguments, place)
    lists = isinstance(listed, list) and isinstance(given, list)
    if not lists or not len(listed) == len(given) > 0:
        raise misplaced("instruction_id_list and kwargs are not lists of one length", place)
    found = [
        check_arguments(Constraint(plain_name(name), unpacked(one, place)), place)
        for name, one in zip(listed, given, strict=True)
    ]
    return Turn(str(message["content"]), tuple(found))


def plain_name(name: str) -> str:
    """Return a checker's name without the language that M-IFEval writes before it."""
    shorter = name.partition(":")[2]
    return shorter if name not in CHECKERS and shorter in CHECKERS else name


def unpacked(value: Any, place: str) -> Any:
    """Return a value, read from JSON where it is a string; raises GL-EVALUATION-062."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise misplaced(f"not JSON: {error}", place) from error


def check_grows(turns: Sequence[Turn], place: str) -> None:
    """Raise GL-EVALUATION-063 where the last turn lacks a constraint of the one before."""
    for constraint in turns[-2].constraints if len(turns) > 1 else ():
        if constraint not in turns[-1].constraints:
            raise GlotliftError(
                "GL-EVALUATION-063",
                f"{constraint.name} of the turn before is not asked any more",
                place=place,
                fix="list all constraints of the turns so far, or leave the row out",
            )


def misplaced(cause: str, place: str) -> GlotliftError:
    """Return the refusal of a row that is not laid out as published ones are."""
    return GlotliftError(
        "GL-EVALUATION-062", cause, place=place, fix="lay the row out as Multi-IF or IFEval does"
    )
