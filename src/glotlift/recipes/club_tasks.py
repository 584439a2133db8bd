"""An encoder of one language judged by five kinds of task, fine-tuned on each alike.

Scores are by row, and their mean is the task's own measure: accuracy per word weighted by words,
seqeval's F1 of spans, Pearson's correlation, accuracy, and the F1 of an answer's words.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.evaluation.answers import answer_scores
from glotlift.evaluation.correlation import pearson_rows
from glotlift.evaluation.spans import OUTSIDE, span_f1_rows
from glotlift.recipes.club_data import NER, POS, QA, STS, TASKS, TOPIC, Splits
from glotlift.recipes.encoder_heads import (
    Tuning,
    fine_tune_likeness,
    fine_tune_reader,
    fine_tune_tagger,
    likeness,
    read_answers,
    tag,
)
from glotlift.recipes.small_encoders import Floats, fine_tune_classifier, logits

UNITS = {
    POS: "share of words",
    NER: "F1 of spans",
    STS: "Pearson's correlation",
    TOPIC: "share of sentences",
    QA: "F1 of words",
}


def five_scores(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tasks: Mapping[str, Splits],
    tuning: Tuning,
) -> dict[str, Floats]:
    """Return task -> scores of its test rows, after fine-tuning the encoder on its training rows.

    The encoder stays as it is.
    """
    return {
        task: SCORES[task](encoder, tokenizer, tasks[task]["train"], tasks[task]["test"], tuning)
        for task in TASKS
    }


def tagged(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Dataset,
    test: Dataset,
    tuning: Tuning,
) -> list[list[str]]:
    """Return the tags of the test's words by a tagger that learnt the training rows."""
    tagger = fine_tune_tagger(encoder, tokenizer, train["tokens"], train["tags"], tuning)
    return tag(tagger, tokenizer, test["tokens"], otherwise=commonest(train))


def parts_of_speech(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Dataset,
    test: Dataset,
    tuning: Tuning,
) -> Floats:
    """Return the share of each sentence's words that are tagged right."""
    return words_right(tagged(encoder, tokenizer, train, test, tuning), test)


def words_right(guessed: list[list[str]], test: Dataset) -> Floats:
    """Return the share of each sentence's tags that are right."""
    pairs = zip(guessed, test["tags"], strict=True)
    return np.array([np.mean(np.array(one) == np.array(other)) for one, other in pairs])


def entities(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Dataset,
    test: Dataset,
    tuning: Tuning,
) -> Floats:
    """Return rows whose mean is the F1 of spans."""
    return span_f1_rows(tagged(encoder, tokenizer, train, test, tuning), test["tags"])


def alike(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Dataset,
    test: Dataset,
    tuning: Tuning,
) -> Floats:
    """Return rows whose mean is the correlation of guessed and true likeness."""
    model = fine_tune_likeness(encoder, tokenizer, pairs(train), train["likeness"], tuning)
    return pearson_rows(likeness(model, tokenizer, pairs(test)).tolist(), test["likeness"])


def pairs(rows: Dataset) -> list[tuple[str, str]]:
    """Return the two sentences of each row."""
    return list(zip(rows["first"], rows["second"], strict=True))


def topics(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Dataset,
    test: Dataset,
    tuning: Tuning,
) -> Floats:
    """Return 1 where a sentence's topic is found, else 0."""
    classes = 1 + max(*train["label"], *test["label"])
    model = fine_tune_classifier(
        encoder,
        tokenizer,
        train["text"],
        train["label"],
        classes=classes,
        epochs=tuning.epochs,
        rate=tuning.rate,
        seed=tuning.seed,
    )
    found = logits(model, tokenizer, test["text"]).argmax(1)
    return np.asarray(found == np.array(test["label"]), dtype=np.float64)


def answers(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Dataset,
    test: Dataset,
    tuning: Tuning,
) -> Floats:
    """Return the F1 of the words of each answer."""
    asked = list(zip(train["question"], train["context"], strict=True))
    right = list(zip(train["start"], train["answer"], strict=True))
    model = fine_tune_reader(encoder, tokenizer, asked, right, tuning)
    tested = list(zip(test["question"], test["context"], strict=True))
    return words_shared(read_answers(model, tokenizer, tested), test)


def words_shared(guessed: list[str], test: Dataset) -> Floats:
    """Return the F1 of the words of each guessed answer and the right one."""
    return answer_scores(guessed, [[right] for right in test["answer"]], test["language"][0]).f1


def without_encoder(tasks: Mapping[str, Splits]) -> dict[str, float]:
    """Return what needs no encoder reaches in each task: the commonest label, or equal words.

    For likeness it is the share of words that two sentences have in common, for answers the first
    word of the context.
    """
    tests = {task: splits["test"] for task, splits in tasks.items()}
    often = commonest(tasks[POS]["train"])
    right = words_right([[often] * len(row) for row in tests[POS]["tags"]], tests[POS])
    nothing = [[OUTSIDE] * len(row) for row in tests[NER]["tags"]]
    label = Counter(tasks[TOPIC]["train"]["label"]).most_common(1)[0][0]
    shares = [jaccard(*map(str.split, pair)) for pair in pairs(tests[STS])]
    firsts = [context.split()[0] for context in tests[QA]["context"]]
    return {
        POS: float(np.average(right, weights=words_of(tests[POS]))),
        NER: float(span_f1_rows(nothing, tests[NER]["tags"]).mean()),
        STS: float(pearson_rows(shares, tests[STS]["likeness"]).mean()),
        TOPIC: float(np.mean(np.array(tests[TOPIC]["label"]) == label)),
        QA: float(words_shared(firsts, tests[QA]).mean()),
    }


def jaccard(one: list[str], other: list[str]) -> float:
    """Return the share of all words that both lists have."""
    return len({*one} & {*other}) / max(1, len({*one} | {*other}))


def commonest(rows: Dataset) -> str:
    """Return the commonest tag."""
    counts: Counter[str] = Counter(name for tags in rows["tags"] for name in tags)
    return counts.most_common(1)[0][0]


def words_of(rows: Dataset) -> Floats:
    """Return the number of words of each row, which weigh its share of them."""
    return np.array([len(tags) for tags in rows["tags"]], dtype=np.float64)


SCORES: Mapping[str, Any] = {
    POS: parts_of_speech,
    NER: entities,
    STS: alike,
    TOPIC: topics,
    QA: answers,
}
