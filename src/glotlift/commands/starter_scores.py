"""What a starter model can do, measured: bits per byte, and tasks against chance and a control."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from transformers import set_seed

from glotlift import world
from glotlift.clients.local import LocalModel
from glotlift.evaluation import evaluate_options
from glotlift.evaluation.metrics import chrf_rows, exact_match
from glotlift.evaluation.statistics import paired_difference
from glotlift.objectives.bits import document_bits
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.masked import MaskedLanguageModelling, plain_inputs
from glotlift.probing.linear import fit_probe
from glotlift.training.schooling import ask
from glotlift.world.tasks import TASKS, Task

DOCUMENTS = 50
LESSONS = 1000  # labelled training texts of each language that a probe learns from
ALL = "all"
Scores = NDArray[np.float64]


def language_scores(model: Any, tokenizer: Any, tiers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return bits per byte of held-out documents in every language of the world.

    A masked model also has the share of hidden tokens that it puts first, hidden as in training.
    """
    found = []
    for code in dict.fromkeys((*tiers, *world.LANGUAGES)):
        rows = world.documents(code, DOCUMENTS, split="test")
        bits, sizes = document_bits(model, tokenizer, list(rows["text"]))
        row = {
            "language": code,
            "tier": tiers.get(code, "unseen"),
            "documents": len(rows),
            "bits_per_byte": paired_difference(bits / sizes, 0.0, weights=sizes).brief(),
        }
        if tokenizer.mask_token_id is not None:
            row["masked_accuracy"] = masked_accuracy(model, tokenizer, rows)
        found.append(row)
    return found


def masked_accuracy(model: Any, tokenizer: Any, rows: Dataset) -> dict[str, Any]:
    """Return the share of hidden tokens that the model finds, with its interval over documents."""
    objective = MaskedLanguageModelling(tokenizer)
    features = objective.prepare(rows)["input_ids"]
    most = model.config.max_position_embeddings
    blocks = [[np.asarray(ids[:most], np.int32)] for ids in features]
    batch = objective.collate(blocks, range(len(blocks)))
    with torch.no_grad():
        best = model.eval()(**plain_inputs(batch)).logits.argmax(-1)
    asked = batch["labels"] != IGNORED
    right = ((best == batch["labels"]) & asked).sum(1).double().numpy()
    hidden = asked.sum(1).double().numpy()
    return paired_difference(right / np.maximum(hidden, 1), 0.0, weights=hidden).brief()


def task_scores(
    model: Any, tokenizer: Any, kind: str, languages: Sequence[str], rows: int
) -> list[dict[str, Any]]:
    """Return scores of the tasks that this kind of model can be asked, by language and over all.

    Each has the score of a control: for a decoder its own with the prompt withheld, for a probe
    that of one on an untrained encoder, for translation the source text as it is.
    """
    client = LocalModel(model, tokenizer)
    if kind == "decoder":
        tasks = [task for task in TASKS.values() if task.kind == "options"]
        return [row for task in tasks for row in option_scores(client, task, languages, rows)]
    if kind == "encoder":
        set_seed(0)
        untrained = LocalModel(type(model)(model.config), tokenizer)
        return [
            row
            for name in ("topic", "sentiment")
            for row in probe_scores(client, untrained, name, languages, rows)
        ]
    return translation_scores(client, languages, rows) if len(languages) > 1 else []


def option_scores(
    client: LocalModel, task: Task, languages: Sequence[str], rows: int
) -> list[dict[str, Any]]:
    """Return the accuracy of choosing the likeliest option."""
    asked = {code: task.make(code, rows, split="test") for code in languages}
    answered = {
        code: (evaluate_options(client, found), evaluate_options(client, found, blind=True))
        for code, found in asked.items()
    }
    about: dict[str, Any] = {"task": task.name, "metric": "accuracy"}
    about |= {
        "control": "prompt withheld",
        "chance": next(iter(answered.values()))[0].chance,
        "ceiling": task.ceiling,
    }
    return by_language(
        about,
        {code: list(found["prompt"]) for code, found in asked.items()},
        {code: (shown.correct, blind.correct) for code, (shown, blind) in answered.items()},
    )


def probe_scores(
    client: LocalModel, untrained: LocalModel, name: str, languages: Sequence[str], rows: int
) -> list[dict[str, Any]]:
    """Return the accuracy of a linear probe on frozen mean-pooled states, a probe per language."""
    make = getattr(world.tasks, name)
    texts, scores = {}, {}
    for code in languages:
        lessons, questions = make(code, LESSONS, split="train"), make(code, rows, split="test")
        texts[code] = read(questions)
        scores[code] = tuple(probe(one, lessons, questions) for one in (client, untrained))
    chance = 1 / len(labels_of(questions)[1][0])
    about: dict[str, Any] = {"task": name, "metric": "accuracy of a linear probe"}
    about |= {"control": "untrained encoder", "chance": chance, "ceiling": 1.0}
    return by_language(about, texts, scores)


def read(rows: Dataset) -> list[str]:
    """Return what a probe reads of each row."""
    return list(rows["prompt" if "prompt" in rows.column_names else "text"])


def labels_of(rows: Dataset) -> tuple[list[str], list[list[str]]]:
    """Return the right label of each row, and the labels that it is chosen from."""
    if "options" in rows.column_names:
        options = [list(listed) for listed in rows["options"]]
        return [listed[a] for listed, a in zip(options, rows["answer"], strict=True)], options
    labels = list(rows["label"])
    return labels, [sorted(set(labels))] * len(labels)


def probe(client: LocalModel, lessons: Dataset, questions: Dataset) -> Scores:
    """Return 1.0 where a logistic regression on frozen states chooses right, else 0.0, [rows]."""
    taught, _ = labels_of(lessons)
    names = sorted(set(taught))
    fitted = fit_probe(client.encode(read(lessons)), [names.index(label) for label in taught])
    scores = fitted.scores(client.encode(read(questions)))
    right, options = labels_of(questions)
    chosen = [
        max(listed, key=lambda label: row[names.index(label)] if label in names else -np.inf)
        for row, listed in zip(scores, options, strict=True)
    ]
    return np.array([a == b for a, b in zip(chosen, right, strict=True)], np.float64)


def translation_scores(
    client: LocalModel, languages: Sequence[str], rows: int
) -> list[dict[str, Any]]:
    """Return chrF++ by sentence and exact match, into each language from all others evenly."""
    texts: dict[str, list[str]] = {}
    scores: dict[str, dict[str, tuple[Scores, Scores]]] = {"chrF++": {}, "exact match": {}}
    for target in languages:
        sources = [code for code in languages if code != target]
        share = max(2, rows // len(sources))
        pairs = [
            row for source in sources for row in world.tasks.translation(source, target, share)
        ]
        given, wanted = ([row[name] for row in pairs] for name in ("source_text", "text"))
        written = client.generate(
            [ask(target, text) for text in given],
            max_new_tokens=2 * max(len(ids) for ids in client.tokenizer(wanted)["input_ids"]),
        )
        written = [text.strip() for text in written]
        texts[target] = [row["id"] for row in pairs]
        scores["chrF++"][target] = chrf_rows(written, wanted), chrf_rows(given, wanted)
        scores["exact match"][target] = exact_match(written, wanted), exact_match(given, wanted)
    found = []
    for metric, ceiling in (("chrF++", 100.0), ("exact match", 1.0)):
        about = {"task": "translation", "metric": metric, "control": "source copied"}
        found += by_language(
            about | {"chance": 0.0, "ceiling": ceiling}, texts, scores[metric], together=False
        )
    return found


def by_language(
    about: Mapping[str, Any],
    questions: Mapping[str, Sequence[str]],
    scores: Mapping[str, tuple[Scores, ...]],
    *,
    together: bool = True,
) -> list[dict[str, Any]]:
    """Return a row of scores for each language and one over all.

    Rows that ask the same are one question. With `together` the rows of all languages are one and
    the same, so that over all they count once.
    """
    found = []
    for code, (own, control) in scores.items():
        found.append({**about, "language": code, **summary(questions[code], own, control)})
    if len(scores) > 1:
        join = (lambda parts: np.mean(parts, axis=0)) if together else np.concatenate
        own, control = (join([pair[i] for pair in scores.values()]) for i in (0, 1))
        first = next(iter(questions.values()))
        asked = first if together else [text for listed in questions.values() for text in listed]
        found.append({**about, "language": ALL, **summary(asked, own, control)})
    return found


def summary(questions: Sequence[str], own: Scores, control: Scores) -> dict[str, Any]:
    """Return the mean over questions with its interval, the control's, and their numbers."""
    _, place = np.unique(np.asarray(questions), return_inverse=True)
    count = np.bincount(place)
    means = np.bincount(place, own) / count
    return {
        "rows": len(own),
        "questions": len(count),
        "score": paired_difference(means, 0.0).brief(),
        "control_score": float((np.bincount(place, control) / count).mean()),
    }
