"""Requests to a server over HTTP, asked again while it fails in ways that pass."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, TypeVar

import httpx2 as httpx

from glotlift.runs.errors import GlotliftError

Answer = TypeVar("Answer")
LARGEST_ANSWER = 64 * 2**20  # bytes; vectors and log-probabilities of one text are far smaller
PASSING = {408, 409, 425, 429, 500, 502, 503, 504, 529}
UNAUTHORISED = {401, 403}


@dataclass(frozen=True)
class Patience:
    """How long, how often and how fast a server is asked.

    `timeout` is in seconds for one whole answer. A request is tried `attempts` times, after pauses
    that begin with `first_pause` seconds and double; where the server says how long to wait, that
    long, unless it is over `longest_pause`. At most `concurrency` requests are under way, and at
    most `per_second` begin within a second.
    """

    attempts: int = 6
    timeout: float = 120.0
    first_pause: float = 0.5
    longest_pause: float = 60.0
    concurrency: int = 8
    per_second: float | None = None


class RefusalError(Exception):
    """The server understood and will not answer: the status, and what it said."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"status {status}: {message}")
        self.status, self.message = status, message


class Failure(NamedTuple):
    """What an attempt that failed would raise, and how long the server asks to wait."""

    error: GlotliftError
    wait: float | None = None


class Endpoint:
    """A server's address, and how it is asked. Threads may share one.

    `key` is sent to the server as a bearer token and kept nowhere else.
    """

    def __init__(self, url: str, *, key: str | None = None, patience: Patience) -> None:
        self.url, self.patience = url.rstrip("/"), patience
        self.retries = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._not_before = 0.0
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limits = httpx.Limits(max_connections=patience.concurrency)
        # Certificates take a while to load, and plain HTTP has none; no redirect is followed.
        verify = httpx.URL(self.url).scheme != "http"
        self._client = httpx.Client(
            headers=headers, timeout=patience.timeout, limits=limits, verify=verify
        )

    def post(self, path: str, body: Mapping[str, Any], read: Callable[[Any], Answer]) -> Answer:
        """Return what `read` makes of the server's answer.

        `read` raises ValueError, KeyError, TypeError or IndexError for an answer that is not what
        the protocol promises; the request is then tried again. Raises `RefusalError` for a status
        that trying again does not change, and after the last attempt GL-CLIENT-007 (the connection
        fails), -008 (too slow), -009 (rate limit), -010 (no answer of the protocol) or -012 (the
        server fails).
        """
        attempt = 0
        while isinstance(outcome := self._try(path, body, read), Failure):
            attempt += 1
            if attempt >= self.patience.attempts or not self._pause(attempt, outcome):
                raise outcome.error
        return outcome

    def _pause(self, attempt: int, last: Failure) -> bool:
        """Wait before another attempt; False where that is in vain."""
        pause = last.wait
        if pause is None:
            pause = min(self.patience.first_pause * 2 ** (attempt - 1), self.patience.longest_pause)
        if pause > self.patience.longest_pause or self.stopping.wait(pause):
            return False
        with self._lock:
            self.retries += 1
        return True

    def _try(
        self, path: str, body: Mapping[str, Any], read: Callable[[Any], Answer]
    ) -> Answer | Failure:
        """Ask once."""
        self._take_turn()
        try:
            status, headers, content = self._exchange(path, body)
        except httpx.TimeoutException:
            return Failure(
                GlotliftError(
                    "GL-CLIENT-008",
                    f"no whole answer within {self.patience.timeout:g} s",
                    place=f"{self.url}/{path}",
                    fix="allow a longer timeout",
                )
            )
        except httpx.RequestError as error:
            return Failure(
                GlotliftError(
                    "GL-CLIENT-007",
                    f"the connection to the server fails ({type(error).__name__})",
                    place=f"{self.url}/{path}",
                    fix="see that it runs, and at this address",
                )
            )
        if status >= 300:
            return self._refusal(status, headers, content)
        try:
            return read(json.loads(content))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return Failure(
                GlotliftError(
                    "GL-CLIENT-010",
                    f"no answer of the OpenAI protocol: {content[:80]!r}",
                    place=f"{self.url}/{path}",
                    fix="give the address that ends in /v1",
                )
            )

    def _exchange(self, path: str, body: Mapping[str, Any]) -> tuple[int, httpx.Headers, bytes]:
        """Send a request and read the whole answer, or give up when the time is over."""
        end = time.monotonic() + self.patience.timeout
        content = bytearray()
        with self._client.stream("POST", f"{self.url}/{path}", json=dict(body)) as response:
            for piece in response.iter_bytes():
                content += piece
                # A server that sends a byte now and then never runs into the client's timeout.
                if time.monotonic() > end or len(content) > LARGEST_ANSWER:
                    raise httpx.ReadTimeout("the answer does not end")
            return response.status_code, response.headers, bytes(content)

    def _refusal(self, status: int, headers: httpx.Headers, content: bytes) -> Failure:
        """Return a status that may pass as a failure; else raise it, or GL-CLIENT-013."""
        message = told(content)
        if status in UNAUTHORISED:
            raise GlotliftError(
                "GL-CLIENT-013",
                f"the server does not let us in: {message}",
                place=self.url,
                fix="set GLOTLIFT_API_KEY to a key that it knows",
            )
        if status not in PASSING:
            raise RefusalError(status, message)
        wait = seconds_to_wait(headers.get("retry-after", ""))
        if status == 429:
            if wait is not None:
                with self._lock:  # the others need not run into the same limit
                    hold = min(wait, self.patience.longest_pause)
                    self._not_before = max(self._not_before, time.monotonic() + hold)
            asks = "" if wait is None else f", and asks to wait {wait:g} s"
            limited = GlotliftError(
                "GL-CLIENT-009",
                f"the server limits the rate{asks}",
                place=self.url,
                fix="ask more slowly: lower per_second or concurrency",
            )
            return Failure(limited, wait)
        failing = GlotliftError(
            "GL-CLIENT-012",
            f"the server fails with status {status}: {message}",
            place=self.url,
            fix="see the server's log",
        )
        return Failure(failing, wait)

    def _take_turn(self) -> None:
        """Wait until the rate allows another request."""
        gap = 1 / self.patience.per_second if self.patience.per_second else 0.0
        with self._lock:
            turn = max(self._not_before, time.monotonic())
            self._not_before = max(self._not_before, turn + gap)
        self.stopping.wait(max(0.0, turn - time.monotonic()))


def seconds_to_wait(text: str) -> float | None:
    """Read a Retry-After header: seconds or a date (RFC 9110, section 10.2.3)."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, seconds) if seconds == seconds else None


def told(content: bytes) -> str:
    """Return the message in an error's body, or its first characters."""
    text = content.decode("utf-8", "replace")
    try:
        error = json.loads(text)
        error = error.get("error", error.get("detail", error))
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, AttributeError, RecursionError):
        pass
    return text[:200] or "it does not say why"
