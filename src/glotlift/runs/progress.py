"""Progress that a person reads: bars on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from glotlift.runs.figures import duration, size

T = TypeVar("T")


def track(items: Iterable[T], *, total: int | None = None, label: str = "") -> Iterator[T]:
    """Yield `items` under a progress bar on standard error; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track as rich_track

    yield from rich_track(items, description=label, total=total, console=Console(stderr=True))


def say(text: str, style: str = "") -> None:
    """Print one line to standard error, coloured on a terminal."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, highlight=False).print(Text(text, style=style), soft_wrap=True)


class TrainingLine:
    """One line that says how training goes: loss, bits per byte, tokens/s, memory, time left."""

    def __init__(self, label: str, steps: int) -> None:
        self.label, self.steps = label, steps
        self.started, self.first_step, self.printed = time.monotonic(), 0, 0.0

    def begin(self, step: int) -> None:
        """Note the step that this process starts from."""
        self.started, self.first_step = time.monotonic(), step

    def elapsed(self) -> float:
        """Return the seconds since `begin`."""
        return time.monotonic() - self.started

    def update(self, step: int, values: dict[str, Any]) -> None:
        """Show the line again; where there is no terminal, at most once in ten seconds."""
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if not terminal and now - self.printed < 10 and step < self.steps:
            return
        self.printed = now
        rate = (now - self.started) / max(step - self.first_step, 1)
        parts = [f"{self.label} {step}/{self.steps}", *(f"{k} {v}" for k, v in values.items())]
        line = " | ".join([*parts, f"left {duration(rate * (self.steps - step))}"])
        if terminal:
            sys.stderr.write(
                f"\r\x1b[2K\x1b[36m{line}\x1b[0m" + ("\n" if step >= self.steps else "")
            )
            sys.stderr.flush()
        else:
            say(line)


@contextmanager
def byte_progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told of bytes done: a bar with speed and time left on a terminal.

    Elsewhere it is a line, at most one in ten seconds.
    """
    if sys.stderr.isatty():
        from rich import progress
        from rich.console import Console

        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.DownloadColumn(),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
        )
        with progress.Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(label, total=total)
            yield lambda more: bar.advance(task, more)
        return
    began = printed = time.monotonic()
    done = 0

    def add(more: int) -> None:
        nonlocal done, printed
        done += more
        now = time.monotonic()
        if now - printed >= 10 or (done >= total and more):
            printed = now
            rate = done / max(now - began, 1e-9)
            left = duration((total - done) / rate) if rate else "unknown"
            share = f"{size(done)} of {size(total)}"
            say(f"{label} {share} | {size(rate)}/s | left {left}")

    yield add


def hush_libraries() -> None:
    """Leave progress to us: no bars of the libraries below where nobody watches a terminal."""
    if sys.stderr.isatty():
        return
    import datasets
    import transformers

    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
