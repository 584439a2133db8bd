"""Any client, with everything that it was asked and answered in a file, and that file as a client.

A recorded call can be made again without the model: each prompt, pair or text is looked up by what
was asked of it. What is not there is asked of the client, or refused where there is none.
"""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.clients.answers import AnswerBook, Request, key_of
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Message, Scores

AT_ONCE = {
    "generate": 256,
    "chat": 256,
    "score": 4096,
    "encode": 4096,
}  # asked before answers are saved


class RecordedModel:
    """A client of any kind that remembers, and asks `client` for the rest.

    `path` is a file, `name` says which model answers: answers of one model are not given for those
    of another. Without a client this is a replay: what was not recorded is refused with
    GL-CLIENT-015. Further keywords of a call go to the client and belong to the question.
    """

    def __init__(self, path: Path, client: Any = None, *, name: str = "") -> None:
        self.client, self.name = client, name
        self.book = AnswerBook(path)

    @property
    def notes(self) -> list[str]:
        """What the client has to say of its answers."""
        return list(getattr(self.client, "notes", []))

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, stop: Sequence[str] = (), **more: Any
    ) -> list[str]:
        """Return one continuation per prompt; raises GL-CLIENT-015 and what the client raises."""
        settings = {"max_new_tokens": max_new_tokens, "stop": list(stop), **more}

        def ask(items: Sequence[Request]) -> list[str]:
            given = [item["prompt"] for item in items]
            texts = self.client.generate(given, max_new_tokens=max_new_tokens, stop=stop, **more)
            return list(texts)

        return self._answers("generate", [{"prompt": text} for text in prompts], settings, ask)

    def chat(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
    ) -> list[str]:
        """Return the next message of each; raises GL-CLIENT-015 and what the client raises."""
        settings = {"max_new_tokens": max_new_tokens, "stop": list(stop)}

        def ask(items: Sequence[Request]) -> list[str]:
            given = [item["messages"] for item in items]
            return list(self.client.chat(given, max_new_tokens=max_new_tokens, stop=stop))

        told = [{"messages": list(map(dict, messages))} for messages in conversations]
        return self._answers("chat", told, settings, ask)

    def score(self, contexts: Sequence[str], continuations: Sequence[str]) -> Scores:
        """Return log-probabilities and token counts of continuations, [n] each.

        Continuations of one context are one question: under some tokenizers their scores depend on
        each other (see `pairs`). Raises GL-CLIENT-015 and what the client raises.
        """
        groups: dict[str, list[str]] = {}
        for context, text in zip(contexts, continuations, strict=True):
            groups.setdefault(context, []).append(text)
        items = [{"context": context, "texts": texts} for context, texts in groups.items()]

        def ask(items: Sequence[Request]) -> list[Any]:
            given = [(item["context"], text) for item in items for text in item["texts"]]
            found = self.client.score([a for a, _ in given], [b for _, b in given])
            pairs = zip(found.log_probabilities.tolist(), found.tokens.tolist(), strict=True)
            return [[list(next(pairs)) for _ in item["texts"]] for item in items]

        answers = self._answers("score", items, {}, ask)
        of_context = {
            item["context"]: iter(answer) for item, answer in zip(items, answers, strict=True)
        }
        rows = [next(of_context[context]) for context in contexts]
        return Scores(
            np.array([value for value, _ in rows], np.float64),
            np.array([count for _, count in rows], np.int64),
        )

    def encode(self, texts: Sequence[str], **more: Any) -> NDArray[np.float32]:
        """Return one vector per text; raises GL-CLIENT-015 and what the client raises."""

        def ask(items: Sequence[Request]) -> list[str]:
            vectors = self.client.encode([item["text"] for item in items], **more)
            return [packed(vector) for vector in vectors]

        answers = self._answers("encode", [{"text": text} for text in texts], more, ask)
        return np.array([unpacked(answer) for answer in answers], np.float32)

    def _answers(
        self,
        deed: str,
        items: Sequence[Request],
        settings: Request,
        ask: Callable[[Sequence[Request]], Sequence[Any]],
    ) -> list[Any]:
        """Return an answer per item, in order, recorded as they come."""
        requests = [
            {"model": self.name, "deed": deed, **item, "settings": dict(settings)} for item in items
        ]
        missing = {
            key_of(request): place
            for place, request in enumerate(requests)
            if request not in self.book
        }
        places = sorted(missing.values())
        if places and self.client is None:
            raise GlotliftError(
                "GL-CLIENT-015",
                f"{len(places)} of {len(items)} questions were never recorded",
                place=f"{self.book.path}: {items[places[0]]!s:.60}",
                fix="run it once with the model",
            )
        for start in range(0, len(places), AT_ONCE[deed]):
            some = places[start : start + AT_ONCE[deed]]
            for place, answer in zip(some, ask([items[place] for place in some]), strict=True):
                self.book.put(requests[place], answer)
        return [self.book.get(request) for request in requests]


def packed(vector: NDArray[np.float32]) -> str:
    """Return a vector's float32 as base64, a quarter of what its digits would take."""
    return base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode()


def unpacked(text: str) -> NDArray[np.float32]:
    """Return the vector of `packed`."""
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32)
