"""A client that answers as it was told: for tests, demonstrations and dry runs."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from glotlift.clients.stopping import cut
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Message, Scores


class ScriptedModel:
    """A `Generator`, `Talker`, `Scorer` and `Encoder` made of plain functions.

    `reply` maps a prompt to text, `talk` the messages of a conversation to the next, `likelihood`
    a context and a continuation to a log-probability, `vector` a text to a vector. What is not
    given is refused with GL-CLIENT-006. Tokens are counted as characters.
    """

    def __init__(
        self,
        *,
        reply: Callable[[str], str] | None = None,
        talk: Callable[[Sequence[Message]], str] | None = None,
        likelihood: Callable[[str, str], float] | None = None,
        vector: Callable[[str], Sequence[float]] | None = None,
    ) -> None:
        self.reply, self.talk, self.likelihood, self.vector = reply, talk, likelihood, vector

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, stop: Sequence[str] = ()
    ) -> list[str]:
        """Return the scripted replies, at most `max_new_tokens` characters, cut at `stop`."""
        if self.reply is None:
            raise unscripted("write text", "reply")
        return [cut(self.reply(prompt)[:max_new_tokens], stop) for prompt in prompts]

    def chat(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
    ) -> list[str]:
        """Return the scripted next messages, at most `max_new_tokens` characters, cut at `stop`."""
        if self.talk is None:
            raise unscripted("answer conversations", "talk")
        return [cut(self.talk(messages)[:max_new_tokens], stop) for messages in conversations]

    def score(self, contexts: Sequence[str], continuations: Sequence[str]) -> Scores:
        """Return the scripted log-probabilities, and characters as token counts."""
        if self.likelihood is None:
            raise unscripted("score text", "likelihood")
        pairs = list(zip(contexts, continuations, strict=True))
        return Scores(
            np.array([self.likelihood(context, text) for context, text in pairs], np.float64),
            np.array([len(text) for _, text in pairs], np.int64),
        )

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the scripted vectors, [n, width]."""
        if self.vector is None:
            raise unscripted("encode text", "vector")
        return np.array([self.vector(text) for text in texts], np.float32)


def unscripted(deed: str, argument: str) -> GlotliftError:
    """Return the refusal of a client that was given no script for what it is asked."""
    return GlotliftError(
        "GL-CLIENT-006", f"this scripted client cannot {deed}", fix=f"give it {argument}="
    )
