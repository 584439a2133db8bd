"""A model behind a server that speaks the OpenAI protocol, asked for text, scores and vectors."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.clients.answers import AnswerBook, Request
from glotlift.clients.replies import Reply, read_echo, read_text, read_vector, tail_scores
from glotlift.clients.stopping import cut
from glotlift.clients.transport import Endpoint, Patience, RefusalError
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Message, Scores

STOPS = 4  # that the protocol takes; the text is cut here at all of them
ABSENT = {404, 405, 501}
Read = Callable[[Any, Request], Reply]


@dataclass
class Usage:
    """What was asked: requests sent and remembered, and the tokens that the server counted.

    Tokens of remembered answers are not counted again. `cost` follows from the prices, given for a
    million tokens read and written.
    """

    prices: tuple[float, float] = (0.0, 0.0)
    requests: int = 0
    remembered: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def count(self, reply: Reply) -> None:
        """Add one answer; threads may do so at once."""
        with self._lock:
            self.requests += 1
            self.prompt_tokens += reply.prompt_tokens
            self.completion_tokens += reply.completion_tokens

    @property
    def cost(self) -> float:
        """What the tokens cost, in the unit of the prices."""
        read, write = self.prices
        return (self.prompt_tokens * read + self.completion_tokens * write) / 1e6


class ServerModel:
    """A `Generator`, `Talker`, `Scorer` and `Encoder` that asks a server.

    `url` ends in ``/v1``. Text is asked for by chat completions, a prompt as a user's message after
    the optional `system` message; with ``chat=False`` by plain completions. `settings` are added to
    each request for text (``{"seed": 1}``). With `answers` each answer is saved in that file as it
    comes, by model, prompt and settings, and never asked for again. Requests that fail in ways that
    pass are tried again as `patience` says; when one fails for good, those under way are finished
    and saved, and the error is raised.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str | None = None,
        chat: bool = True,
        system: str = "",
        settings: Mapping[str, Any] | None = None,
        answers: Path | None = None,
        prices: tuple[float, float] = (0.0, 0.0),
        patience: Patience | None = None,
    ) -> None:
        self.model, self.by_chat, self.system = model, chat, system
        self.settings = dict(settings or {})
        self.patience = patience or Patience()
        self.endpoint = Endpoint(url, key=key, patience=self.patience)
        self.book = AnswerBook(answers) if answers else None
        self.usage = Usage(prices)

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, stop: Sequence[str] = ()
    ) -> list[str]:
        """Continue or answer each prompt greedily, up to the limit or a stop string.

        Raises GL-CLIENT-007 to -013 (see `transport`) or -014 (the server writes no text so).
        """
        if not self.by_chat:
            plain = [{"prompt": prompt} for prompt in prompts]
            return self._written("completions", plain, max_new_tokens, stop)
        asked = [[{"role": "user", "content": prompt}] for prompt in prompts]
        return self.chat(asked, max_new_tokens=max_new_tokens, stop=stop)

    def chat(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
    ) -> list[str]:
        """Answer each conversation greedily, by chat completions; raises what `generate` raises."""
        asked = [self._telling(messages) for messages in conversations]
        return self._written("chat/completions", asked, max_new_tokens, stop)

    def score(self, contexts: Sequence[str], continuations: Sequence[str]) -> Scores:
        """Return log-probabilities in nats and token counts of continuations, [n] each.

        Asks plain completions to echo the whole text with log-probabilities. As under a local
        model, a token that begins in the context and ends in the continuation belongs to the
        continuation, and those of one context all begin where the earliest does.

        Raises GL-CLIENT-004, -005, -007 to -013, -014 (the server gives no log-probabilities), or
        -021 (a text without context, whose first token has none).
        """
        if len(contexts) != len(continuations):
            raise GlotliftError(
                "GL-CLIENT-005",
                f"{len(contexts)} contexts do not pair with {len(continuations)} continuations",
                fix="give one context per continuation",
            )
        body = {
            "model": self.model, "max_tokens": 0, "temperature": 0, "echo": True, "logprobs": 1,
        }  # fmt: skip
        texts = [a + b for a, b in zip(contexts, continuations, strict=True)]
        requests = [body | {"prompt": text} for text in texts]
        deed = "give log-probabilities"
        try:
            echoes = self._ask("completions", requests, read_echo, deed)
        except GlotliftError as error:
            raise self._reason(error, body, deed) from None
        return tail_scores(contexts, continuations, echoes)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the server's vector of each text, [n, width].

        Raises GL-CLIENT-007 to -013, or -014 (the server gives no vectors).
        """
        body = {"model": self.model, "encoding_format": "float"}
        requests = [body | {"input": text} for text in texts]
        vectors = self._ask("embeddings", requests, read_vector, "give vectors")
        return np.array(vectors, np.float32)

    def _reason(self, error: GlotliftError, body: Request, deed: str) -> GlotliftError:
        """Return GL-CLIENT-014 for an error of a server that fails over what it lacks, or it."""
        if error.code not in ("GL-CLIENT-011", "GL-CLIENT-012"):
            return error
        # Some take no request for no new token, and leave out what they do not know.
        request = {"body": {**body, "prompt": "a", "max_tokens": 1}}
        try:
            self._ask_server("completions", [request], read_echo, deed, remember=False)
        except GlotliftError as found:
            return found if found.code == "GL-CLIENT-014" else error
        return error

    def _telling(self, conversation: Sequence[Message]) -> dict[str, Any]:
        """Return the part of a request that holds a conversation."""
        messages = [{"role": "system", "content": self.system}] if self.system else []
        return {"messages": [*messages, *map(dict, conversation)]}

    def _written(
        self, path: str, asked: Sequence[Request], max_new_tokens: int, stop: Sequence[str]
    ) -> list[str]:
        """Return the text written to each of what is asked."""
        body = {"model": self.model, "max_tokens": max_new_tokens, "temperature": 0}
        body |= {"stop": list(stop)[:STOPS]} if stop else {}
        requests = [body | self.settings | dict(one) for one in asked]
        return [cut(text, stop) for text in self._ask(path, requests, read_text, "write text")]

    def _ask(self, path: str, bodies: Sequence[Request], read: Read, deed: str) -> list[Any]:
        """Return the value of each answer, asking only for those that are not remembered."""
        requests = [{"path": path, "body": body} for body in bodies]
        known: dict[int, Any] = {}
        asked: dict[str, int] = {}
        for place, request in enumerate(requests):
            if self.book is not None and request in self.book:
                known[place] = self.book.get(request)
                self.usage.remembered += 1
            else:
                asked.setdefault(repr(request), place)
        found = self._ask_server(path, [requests[place] for place in asked.values()], read, deed)
        new = dict(zip(asked, found, strict=True))
        return [
            known[place] if place in known else new[repr(request)]
            for place, request in enumerate(requests)
        ]

    def _ask_server(
        self, path: str, requests: Sequence[Request], read: Read, deed: str, remember: bool = True
    ) -> list[Any]:
        """Ask all, several at a time; after a failure finish those under way, then raise it."""
        if not requests:
            return []

        def one(request: Request) -> Reply:
            body = request["body"]
            reply = self.endpoint.post(path, body, lambda answer: read(answer, body))
            if self.book is not None and remember:
                self.book.put(request, reply.value)
            self.usage.count(reply)
            return reply

        self.endpoint.stopping.clear()
        with ThreadPoolExecutor(self.patience.concurrency) as pool:
            futures = [pool.submit(one, request) for request in requests]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                if any(not future.done() or future.exception() for future in futures):
                    self.endpoint.stopping.set()
                    pool.shutdown(cancel_futures=True)
        self.usage.retries = self.endpoint.retries
        for error in filter(None, (future.exception() for future in done)):
            raise self._told(error, path, deed) from None
        return [future.result().value for future in futures]

    def _told(self, error: BaseException, path: str, deed: str) -> BaseException:
        """Return a refusal of the server as the coded error that it is."""
        if not isinstance(error, RefusalError):
            return error
        place = f"{self.endpoint.url}/{path}"
        asks_much = path == "completions" and any(
            word in error.message.lower() for word in ("logprob", "echo")
        )
        if error.status in ABSENT or asks_much:
            return GlotliftError(
                "GL-CLIENT-014",
                f"this server does not {deed} ({error})",
                place=place,
                fix="ask a server that does (vLLM), or a local model",
            )
        return GlotliftError(
            "GL-CLIENT-011", f"the server refuses the request: {error}", place=place,
            fix="check the model's name and the length of the prompts",
        )  # fmt: skip
