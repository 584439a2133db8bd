"""Conversations held with a client, turn by turn (He et al. 2024, arXiv:2410.15553, section 4)."""

from collections.abc import Sequence
from typing import Literal

from glotlift.evaluation.constraints.conversations import Conversation
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Message, Talker

History = Literal["own", "gold"]
LONGEST = 1024  # tokens of a reply


def converse(
    client: Talker,
    conversations: Sequence[Conversation],
    *,
    history: History = "own",
    repeat: bool = False,
    max_new_tokens: int = LONGEST,
) -> list[list[str]]:
    """Return the client's reply to each turn of each conversation; a turn is asked of all at once.

    What stands before a turn are the user's earlier turns and the client's own replies to them.
    Two controls tell forgetting from difficulty: with ``history="gold"`` replies that follow
    everything stand there instead, and with `repeat` the user says again before each turn what
    was said in earlier ones.

    Raises GL-EVALUATION-065 (a client that does not converse) and -067 (a turn without gold).
    """
    if not isinstance(client, Talker):
        raise GlotliftError(
            "GL-EVALUATION-065",
            f"a {type(client).__name__} does not answer conversations",
            fix="give a client with a method chat, such as LocalModel or ServerModel",
        )
    replies: list[list[str]] = [[] for _ in conversations]
    for turn in range(max((len(row.turns) for row in conversations), default=0)):
        places = [n for n, row in enumerate(conversations) if turn < len(row.turns)]
        told = [messages(conversations[n], replies[n], history, repeat) for n in places]
        for n, said in zip(places, client.chat(told, max_new_tokens=max_new_tokens), strict=True):
            replies[n].append(said.strip())
    return replies


def messages(
    row: Conversation, replies: Sequence[str], history: History, repeat: bool
) -> list[Message]:
    """Return what stands before the next reply."""
    told: list[Message] = []
    for number, turn in enumerate(row.turns[: len(replies) + 1]):
        asked = [before.prompt for before in row.turns[: number + 1]] if repeat else [turn.prompt]
        told.append({"role": "user", "content": "\n".join(asked)})
        if number < len(replies):
            said = replies[number] if history == "own" else gold(row, number)
            told.append({"role": "assistant", "content": said})
    return told


def gold(row: Conversation, number: int) -> str:
    """Return the reply of a turn that follows everything; raises GL-EVALUATION-067."""
    if not row.turns[number].gold:
        raise GlotliftError(
            "GL-EVALUATION-067",
            f"turn {number + 1} has no gold reply",
            place=f"conversation {row.id}",
            fix="converse with the client's own history",
        )
    return row.turns[number].gold
