"""What stands in an answer of the OpenAI protocol.

Readers raise ValueError, KeyError, TypeError or IndexError for an answer that breaks the protocol.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glotlift.clients.transport import RefusalError
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Scores


class Reply(NamedTuple):
    """What was asked for, as JSON, and the tokens that the server counted."""

    value: Any
    prompt_tokens: int = 0
    completion_tokens: int = 0


def reply(value: Any, answer: Mapping[str, Any]) -> Reply:
    """Return a value with the answer's token counts, where it gives them."""
    usage = answer.get("usage") or {}
    return Reply(
        value, int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
    )


def read_text(answer: Any, body: Mapping[str, Any]) -> Reply:
    """Read the text of a chat or plain completion; what a model leaves unsaid is empty text."""
    choice = answer["choices"][0]
    text = choice["message"]["content"] if "message" in choice else choice["text"]
    if not isinstance(text, str | None):
        raise TypeError("the text is no text")
    return reply(text or "", answer)


def read_vector(answer: Any, body: Mapping[str, Any]) -> Reply:
    """Read one vector of finite numbers."""
    vector = [float(number) for number in answer["data"][0]["embedding"]]
    if not vector or not all(map(math.isfinite, vector)):
        raise ValueError("the vector is empty or not finite")
    return reply(vector, answer)


def read_echo(answer: Any, body: Mapping[str, Any]) -> Reply:
    """Read an echoed text: where each token ends in it, and its log-probability.

    Ends are counted from the end of the text, which leaves out start tokens that some servers count
    and do not echo. Raises `RefusalError` where the text is not echoed with log-probabilities.
    """
    choice = answer["choices"][0]
    logs, text = choice.get("logprobs"), choice["text"]
    if logs is None or not text.startswith(body["prompt"]):
        raise RefusalError(200, "it does not echo the text with logprobs")
    tokens, starts, values = logs["tokens"], logs["text_offset"], logs["token_logprobs"]
    if not len(tokens) == len(starts) == len(values) or not tokens or starts != sorted(starts):
        raise ValueError("the lists of log-probabilities do not fit together")
    finish = starts[-1] + len(tokens[-1])
    ends = [int(start) + len(text) - finish for start in (*starts[1:], finish)]
    values = [value if value is None else float(value) for value in values]
    return reply([list(pair) for pair in zip(ends, values, strict=True)], answer)


def tail_scores(
    contexts: Sequence[str],
    continuations: Sequence[str],
    echoes: Sequence[Sequence[tuple[int, float | None]]],
) -> Scores:
    """Sum the log-probabilities of each continuation's tokens, given as ends and values.

    Raises GL-CLIENT-004 for a continuation without tokens, -021 for one that begins with a token
    to which the server gives no probability.
    """
    begins: dict[str, int] = {}
    for context, echo in zip(contexts, echoes, strict=True):
        # A token that ends in the continuation begins where the one before it ends.
        begin = max((end for end, _ in echo if end <= len(context)), default=0)
        begins[context] = min(begins.get(context, begin), begin)
    sums, tokens = [], []
    for row, (context, text, echo) in enumerate(zip(contexts, continuations, echoes, strict=True)):
        begin, finish = begins[context], len(context) + len(text)
        # Bytes of a letter that is not whole yet have no width; those after `begin` count.
        starts = [min(0, echo[0][0] - 1), *(end for end, _ in echo)]
        values = [
            value
            for start, (end, value) in zip(starts, echo, strict=False)
            if begin <= start and end <= finish
        ]
        place = f"pair {row}: {text!r:.60}"
        if not values:
            raise GlotliftError(
                "GL-CLIENT-004",
                "a continuation has no tokens of its own",
                place=place,
                fix="give it text",
            )
        if None in values:
            raise GlotliftError(
                "GL-CLIENT-021",
                "this server gives the first token of a text no probability",
                place=place,
                fix="give the continuation a context",
            )
        sums.append(sum(value for value in values if value is not None))
        tokens.append(len(values))
    return Scores(np.array(sums, np.float64), np.array(tokens, np.int64))
