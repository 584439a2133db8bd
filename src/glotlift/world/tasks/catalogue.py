"""Every task of the world: what is asked, how it is measured, what guessing and knowing reach."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from datasets import Dataset


@dataclass(frozen=True)
class Task:
    """One task; `make(language, rows, split=, seed=, start=)` returns its rows.

    `kind` says what an answer is: the position of an option, a label, a tag per token, a span, a
    text, a ranking, a degree from 0 to 1, or nothing (rows to learn from). `reads` are the columns
    that a solver may see, `answer` the gold one. `chance` is what guessing scores under `measure`,
    None where it scores nothing; `ceiling` what a reader who knows all scores. `shortcut` says why
    trivial features beat chance, where they do. The function of a task over a `pair` of languages
    takes (source, target, rows); `make` then translates from English, or from Spanish into English.
    """

    name: str
    module: str
    about: str
    kind: str
    measure: str = "none"
    chance: float | None = None
    reads: tuple[str, ...] = ("text",)
    answer: str = "label"
    ceiling: float = 1.0
    shortcut: str = ""
    pair: bool = False

    @property
    def make(self) -> Callable[..., Dataset]:
        """Return the function that makes rows of this task."""
        module = import_module(f"glotlift.world.tasks.{self.module}")
        made: Callable[..., Dataset] = getattr(module, self.name)
        return partial(_from_another, made) if self.pair else made


def _from_another(made: Callable[..., Dataset], language: str, *rest: Any, **known: Any) -> Dataset:
    return made("spa_Latn" if language.startswith("eng") else "eng_Latn", language, *rest, **known)


def _options(name: str, module: str, about: str, chance: float, shortcut: str = "") -> Task:
    reads = ("prompt", "options")
    return Task(
        name, module, about, "options", "accuracy", chance, reads, "answer", shortcut=shortcut
    )


_FOREIGN = (
    "words left in another language are longer where that one writes with letters and this one "
    "does not (Chinese)"
)
TASKS = {
    task.name: task
    for task in (
        Task(
            "translation",
            "pairs",
            "a sentence in another language, any to any",
            "text",
            "chrF++, exact match",
            0.0,
            ("source_text",),
            "text",
            pair=True,
        ),
        _options("topic", "choices", "what a sentence is about, of four topics", 0.25),
        Task(
            "sentiment",
            "labels",
            "the feeling in a text of three to five sentences",
            "label",
            "accuracy",
            1 / 3,
        ),
        Task(
            "ner",
            "labels",
            "mentions of persons, names, animals, things, places and cities",
            "tags",
            "span F1",
            reads=("tokens",),
            answer="tags",
        ),
        Task(
            "pos",
            "labels",
            "parts of speech, as Universal Dependencies tags",
            "tags",
            "accuracy per token",
            reads=("tokens",),
            answer="tags",
        ),
        Task(
            "nli",
            "inference",
            "does a hypothesis follow: negation, restriction, roles, comparison",
            "label",
            "accuracy",
            1 / 3,
            ("premise", "hypothesis"),
        ),
        _options("cause", "choices", "which of two causes is one", 0.5),
        _options("facts", "choices", "what training documents said of a named person", 0.25),
        Task(
            "question_answering",
            "comprehension",
            "the words of a text that answer a question",
            "span",
            "exact match, span F1",
            reads=("context", "question"),
            answer="answers",
        ),
        _options("reading", "comprehension", "the same, of four answers", 0.25),
        Task(
            "arithmetic",
            "problems",
            "word problems with their steps",
            "text",
            "exact match of the number",
            1 / 9,
            answer="answer",
            shortcut="the last number alone scores 0.14, the largest 0.18",
        ),
        Task(
            "intents",
            "requests",
            "one to three wishes in an utterance, and what each is about",
            "tags",
            "span F1",
            reads=("text", "tokens"),
            answer="tags",
        ),
        Task(
            "safety",
            "requests",
            "may a request be answered (unsafe ones are harmless placeholders)",
            "label",
            "accuracy",
            0.5,
            ("prompt",),
            shortcut="safe and unsafe requests differ in length; in Chinese most",
        ),
        Task(
            "instructions",
            "orders",
            "one to three instructions that a program can check",
            "text",
            "share of constraints fulfilled",
            reads=("prompt",),
            answer="response",
        ),
        Task(
            "dialogues",
            "talk",
            "several turns with somebody who has a persona",
            "rows",
            reads=("messages",),
            answer="messages",
        ),
        Task(
            "persona_consistency",
            "talk",
            "does the last answer agree with what was said before",
            "label",
            "accuracy",
            0.5,
            ("messages",),
            "consistent",
        ),
        Task(
            "ratings",
            "judging",
            "how many errors a translation has, rated by judges of known bias",
            "label",
            "accuracy",
            0.2,
            ("source_text", "text"),
            "quality",
            shortcut=_FOREIGN,
        ),
        Task(
            "comparisons",
            "judging",
            "which of two translations is better, and what judges of known bias say",
            "label",
            "accuracy",
            0.5,
            ("source_text", "first", "second"),
            "better",
            shortcut=_FOREIGN,
        ),
        Task(
            "retrieval_queries",
            "retrieval",
            "documents in another language that answer a question, among hard negatives",
            "ranking",
            "nDCG@10",
            answer="id",
        ),
        Task(
            "similarity",
            "degrees",
            "how much two sentences of two languages say in common",
            "degree",
            "Spearman's correlation",
            0.0,
            ("source_text", "text"),
            "degree",
            pair=True,
        ),
        Task(
            "categorised",
            "texts",
            "the category of a document of 5 to 30 sentences",
            "label",
            "accuracy",
            1 / 7,
        ),
        Task(
            "summaries",
            "texts",
            "one or two sentences that say what a document says",
            "text",
            "chrF++",
            answer="summary",
        ),
        Task(
            "lexicon",
            "senses",
            "words and their translations, by sense",
            "rows",
            "precision@1",
            reads=("source_word",),
            answer="word",
            pair=True,
        ),
        Task(
            "word_pairs",
            "words",
            "is a word the opposite, the kind, the fellow or the synonym of another",
            "label",
            "accuracy",
            0.5,
            ("first", "second", "relation"),
        ),
        _options("link_prediction", "graph", "the missing end of a triple of the graph", 0.25),
    )
}
