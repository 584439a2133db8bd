"""Three ways to answer a task in four forms: an encoder, a linear model of n-grams, the majority.

Each learns a task's training rows and answers test rows; what it scores, how long both take and how
large it is are measured alike. Seconds are those of the processor, so that what else a machine does
counts for little.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.evaluation.correlation import pearson_rows
from glotlift.evaluation.ngrams import (
    fit_classifier,
    fit_regression,
    pair_features,
    text_features,
    word_features,
)
from glotlift.evaluation.spans import span_f1_rows
from glotlift.recipes.club_tasks import commonest, words_right
from glotlift.recipes.encoder_heads import (
    Tuning,
    fine_tune_likeness,
    fine_tune_tagger,
    likeness,
    tag,
)
from glotlift.recipes.nine_tasks import CHOICE, LABEL, POS, TAGS, Task
from glotlift.recipes.small_encoders import Floats, fine_tune_classifier, logits
from glotlift.vocabulary.trimming_report import sizes

BYTES = 8  # of a number of a linear model
Guesses = list[Any]  # tags of each word, a label, the place of an option, or a degree; one a row
Answer = Callable[[Dataset], Guesses]
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Learnt:
    """What answers a task, and how large it is."""

    answer: Answer
    parameters: float
    bytes: float


@dataclass(frozen=True)
class Judged:
    """Scores of a task's test rows, [rows], and what they cost."""

    scores: Floats
    seconds_to_tune: float
    seconds_per_1000: float
    parameters: float
    bytes: float


Learn = Callable[[Task], Learnt]


def judge(task: Task, learn: Learn) -> Judged:
    """Return what a model that learns a task scores in it, and at what cost."""
    started = time.process_time()
    learnt = learn(task)
    tuned = time.process_time()
    guesses = learnt.answer(task.test)
    answered = time.process_time() - tuned
    return Judged(
        scores_of(task, guesses),
        tuned - started,
        1000 * answered / len(task.test),
        learnt.parameters,
        learnt.bytes,
    )


def scores_of(task: Task, guesses: Guesses) -> Floats:
    """Return [rows] whose mean (over words in parts of speech) is the task's own measure."""
    test = task.test
    if task.name == POS:
        return words_right(guesses, test)
    if task.form == TAGS:
        return span_f1_rows(guesses, test["tags"])
    if task.form in (LABEL, CHOICE):
        right = test["label"] if task.form == LABEL else test["answer"]
        return np.array([one == other for one, other in zip(guesses, right, strict=True)], float)
    return pearson_rows(guesses, test["likeness"])


def pairs_of_options(rows: Dataset) -> tuple[Pairs, list[float]]:
    """Return every prompt with each of its options, and 1 for the right one, else 0."""
    pairs = [(row["prompt"], option) for row in rows for option in row["options"]]
    right = [float(n == row["answer"]) for row in rows for n in range(len(row["options"]))]
    return pairs, right


def best_options(rows: Dataset, degrees: Sequence[float]) -> list[int]:
    """Return the place of each row's option of the highest degree."""
    ends = np.cumsum([len(options) for options in rows["options"]])[:-1]
    return [int(part.argmax()) for part in np.split(np.asarray(degrees), ends)]


def by_encoder(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tuning: Tuning) -> Learn:
    """Return what learns a task by fine-tuning a copy of an encoder under a head of its form."""
    known = sizes(model)

    def answers(task: Task) -> Answer:
        train = task.train
        if task.form == TAGS:
            often = commonest(train)
            tagger = fine_tune_tagger(model, tokenizer, train["tokens"], train["tags"], tuning)
            return lambda rows: tag(tagger, tokenizer, rows["tokens"], otherwise=often)
        if task.form == LABEL:
            return labels_by_encoder(model, tokenizer, train, tuning)
        if task.form == CHOICE:
            chooser = fine_tune_likeness(model, tokenizer, *pairs_of_options(train), tuning)
            return lambda rows: best_options(
                rows, likeness(chooser, tokenizer, pairs_of_options(rows)[0]).tolist()
            )
        judged = fine_tune_likeness(model, tokenizer, pairs(train), train["likeness"], tuning)
        return lambda rows: likeness(judged, tokenizer, pairs(rows)).tolist()

    return lambda task: Learnt(answers(task), known["parameters"], known["bytes"])


def labels_by_encoder(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, train: Dataset, tuning: Tuning
) -> Answer:
    """Return what labels one or two texts, by a classifier tuned on the training rows."""
    names = sorted(set(train["label"]))
    classifier = fine_tune_classifier(
        model,
        tokenizer,
        texts(train, tokenizer.sep_token),
        [names.index(label) for label in train["label"]],
        classes=len(names),
        epochs=tuning.epochs,
        rate=tuning.rate,
        seed=tuning.seed,
    )
    return lambda rows: [
        names[number]
        for number in logits(classifier, tokenizer, texts(rows, tokenizer.sep_token)).argmax(1)
    ]


def texts(rows: Dataset, between: str) -> list[str]:
    """Return each row's text, or both with a token between them."""
    return [f"{one} {between} {other}" if other else one for one, other in pairs(rows)]


def pairs(rows: Dataset) -> Pairs:
    """Return the two texts of each row."""
    return list(zip(rows["first"], rows["second"], strict=True))


def by_ngrams(task: Task) -> Learnt:
    """Learn a task by a linear model of character n-grams."""
    train = task.train
    if task.form == TAGS:
        tags = [tag for row in train["tags"] for tag in row]
        tagger = fit_classifier(features_of_words(train), tags)

        def answer(rows: Dataset) -> Guesses:
            guessed = iter(tagger.labels(features_of_words(rows)))
            return [[next(guessed) for _ in words] for words in rows["tokens"]]

        model = tagger
    elif task.form == LABEL:
        model = fit_classifier(features_of_texts(train), train["label"])

        def answer(rows: Dataset) -> Guesses:
            return model.labels(features_of_texts(rows))

    else:
        chooses = task.form == CHOICE
        asked, degrees = pairs_of_options(train) if chooses else (pairs(train), train["likeness"])
        model = fit_regression([pair_features(*pair) for pair in asked], degrees)

        def answer(rows: Dataset) -> Guesses:
            asked = pairs_of_options(rows)[0] if chooses else pairs(rows)
            found = model.scores([pair_features(*pair) for pair in asked])[:, 0].tolist()
            return best_options(rows, found) if chooses else found

    return Learnt(answer, model.parameters, BYTES * model.parameters)


def features_of_words(rows: Dataset) -> list[list[str]]:
    """Return the features of every word of the rows."""
    return [word_features(words, n) for words in rows["tokens"] for n in range(len(words))]


def features_of_texts(rows: Dataset) -> list[list[str]]:
    """Return the features of every row's text, or of both together."""
    return [pair_features(*pair) if pair[1] else text_features(pair[0]) for pair in pairs(rows)]


def by_majority(task: Task) -> Learnt:
    """Learn a task's commonest answer: one tag for all words, one label, one place."""
    if task.form == TAGS:
        often = commonest(task.train)
        return Learnt(lambda rows: [[often] * len(words) for words in rows["tokens"]], 0, 0)
    column = {LABEL: "label", CHOICE: "answer"}.get(task.form, "likeness")
    answer = Counter(task.train[column]).most_common(1)[0][0]
    return Learnt(lambda rows: [answer] * len(rows), 0, 0)
