"""Every task of the world: what is asked, how it is measured, what guessing and knowing reach."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from datasets import Dataset


@dataclass(frozen=True)
class Task:
    """One task; `make(language, rows, split=, seed=, start=)` returns its rows.

    `kind` says what an answer is: the position of an option, a label, a tag per token, a span, a
    text, a ranking, or nothing (rows to learn from). `reads` are the columns that a solver may see,
    `answer` the gold one. `chance` is what guessing scores under `measure`, None where it scores
    nothing; `ceiling` what a reader who knows all scores. `shortcut` says why trivial features beat
    chance, where they do.
    """

    name: str
    module: str
    about: str
    kind: str
    chance: float | None
    measure: str
    reads: tuple[str, ...] = ("text",)
    answer: str = "label"
    ceiling: float = 1.0
    shortcut: str = ""

    @property
    def make(self) -> Callable[..., Dataset]:
        """Return the function that makes rows of this task."""
        made: Callable[..., Dataset] = getattr(
            import_module(f"glotlift.world.tasks.{self.module}"), self.name
        )
        return made


_OPTIONS = {"kind": "options", "measure": "accuracy", "answer": "answer"}
TASKS = {
    task.name: task
    for task in (
        Task(
            "topic",
            "choices",
            "what a sentence is about, of four topics",
            "options",
            0.25,
            "accuracy",
            ("prompt", "options"),
            "answer",
        ),
    )
}
