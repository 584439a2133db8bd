"""The acceptance of the sample world: its figures, its soundness, and what shortcuts can do."""

from collections.abc import Mapping, Sequence
from typing import Any

from datasets import Dataset

from glotlift.evaluation.shortcuts import shortcut_accuracies
from glotlift.runs.errors import GlotliftError
from glotlift.runs.progress import track
from glotlift.world import soundness
from glotlift.world.concepts import inventory
from glotlift.world.grammar import grammar
from glotlift.world.scenes import scene
from glotlift.world.tasks import retrieval
from glotlift.world.tasks.catalogue import TASKS, Task

MARGIN = 0.03
TRIED_LANGUAGES = 3
# What seems a shortcut is tried again on so many times the rows, since the best of many features
# on few rows is above chance by luck alone.
AGAIN = 4
_DRAWN = 200_000
_UNTRIED = dict.fromkeys(("best_shortcut", "in", "scores", "above_chance"))


def check_world(languages: Sequence[str], rows: int) -> dict[str, Any]:
    """Return the figures of the world over `languages`; tasks are tried on `rows` per split.

    Keys: ``world`` (rows per second of one core, counts, leaks, alignment), ``languages`` and
    ``tasks`` (one mapping each), ``failures`` (one line each; empty when the world is sound).
    """
    shared = soundness.leaks(languages)
    alignment = soundness.alignment_consistency(languages)
    spoken = [measure_language(code, shared[code]) for code in track(languages, label="languages")]
    tasks = [
        measure_task(task, tried(languages, place), rows)
        for place, task in enumerate(track(TASKS.values(), total=len(TASKS), label="tasks"))
    ]
    world = {
        "rows_per_second": round(soundness.speed(languages)),
        "languages": len(languages),
        "concepts": len(inventory().concepts),
        "patterns": len(inventory().patterns),
        f"distinct_sentences_of_{_DRAWN}": distinct_sentences(languages[0]),
        "combinations_in_two_splits": shared["combinations"],
        "alignment_consistency": alignment,
        "tasks": len(TASKS),
    }
    return {
        "world": world,
        "languages": spoken,
        "tasks": tasks,
        "failures": failures(world, spoken, tasks),
    }


def distinct_sentences(language: str) -> int:
    """Return how many of the first 200,000 sentences of a language differ."""
    spoken = grammar(language)
    return len({spoken.say(scene(0, "train", row)) for row in range(_DRAWN)})


def measure_language(language: str, shared: int) -> dict[str, Any]:
    """Return the size, variety and soundness of a language; `shared` sentences are in two splits.

    Types, tokens and their ratio are of 2,000 sentences, distinct sentences of 20,000.
    """
    figures = soundness.size(language) | soundness.variety(language)
    return {
        **{name.replace(" ", "_"): value for name, value in figures.items()},
        "leaks": shared,
        "label_agreement": soundness.label_agreement(language),
    }


def tried(languages: Sequence[str], place: int) -> list[str]:
    """Return the few languages in which one task is tried; tasks take turns, so all are."""
    step = max(1, len(languages) // TRIED_LANGUAGES)
    turns = range(place, place + step * TRIED_LANGUAGES, step)
    return list(dict.fromkeys(languages[turn % len(languages)] for turn in turns))


def measure_task(task: Task, languages: Sequence[str], rows: int) -> dict[str, Any]:
    """Return chance and ceiling of a task and the best that trivial features reach on it.

    ``verdict`` is "ok" (within 0.03 of chance), "explained" (the catalogue says why not),
    "shortcut" (it does not), "no choice" for a task whose answers nobody can guess, or
    "broken" where rows could not be made. ``leaks`` counts test questions that stand word for word
    in the training split; ``reason`` says why of what is explained or broken.
    """
    told = {name: getattr(task, name) for name in ("kind", "measure", "chance", "ceiling")}
    found: dict[str, Any] = {"task": task.name, **told, "leaks": None, **_UNTRIED}
    try:
        splits = {code: rows_of(task, code, rows) for code in languages}
        found["leaks"] = sum(shared_questions(task, code, *pair) for code, pair in splits.items())
        best = best_shortcut(task, splits)
        if best and best["above_chance"] > MARGIN and not task.shortcut:
            again = rows_of(task, best["in"], rows * AGAIN, seed=1)
            best = best_shortcut(task, {best["in"]: again})
    except GlotliftError as error:
        return found | {"verdict": "broken", "reason": str(error)}
    verdict = judge(task, best)
    reason = task.shortcut if verdict == "explained" else ""
    return found | (best or {}) | {"verdict": verdict, "reason": reason}


def rows_of(task: Task, language: str, rows: int, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Return rows of the training and of the test split."""
    train, test = (task.make(language, rows, split=split, seed=seed) for split in ("train", "test"))
    return train, test


def shared_questions(task: Task, language: str, train: Dataset, test: Dataset) -> int:
    """Return how many different questions of the test split are in the training split.

    A query is one only with a document that answers it: many queries can be asked in both splits,
    of other documents.
    """
    if task.kind == "ranking":
        return len(answered(language, len(train), "train") & answered(language, len(test), "test"))
    asked = [{repr([row[name] for name in task.reads]) for row in rows} for rows in (train, test)]
    return len(asked[0] & asked[1])


def answered(language: str, rows: int, split: str) -> set[tuple[str, str]]:
    """Return the queries of a split, each with the text of a document that says what it asks."""
    texts = {
        row["id"]: row["text"]
        for make in (retrieval.retrieval_queries, retrieval.retrieval_corpus)
        for row in make(language, rows, split=split)
    }
    judged = retrieval.retrieval_judgements(rows, split=split)
    return {(texts[r["query_id"]], texts[r["document_id"]]) for r in judged if r["grade"] == 2}


def best_shortcut(
    task: Task, splits: Mapping[str, tuple[Dataset, Dataset]]
) -> dict[str, Any] | None:
    """Return the trivial feature that scores highest over languages; None where none can choose.

    Keys ``best_shortcut``, ``in`` (the language), ``scores`` and ``above_chance``.
    """
    answers = [test[0][task.answer] for _, test in splits.values()]
    if task.chance is None or not all(isinstance(answer, str | int) for answer in answers):
        return None
    scores = [
        (score, code, feature)
        for code, (train, test) in splits.items()
        for feature, score in shortcut_accuracies(
            train, test, reads=task.reads, answer=task.answer
        ).items()
    ]
    if not scores:
        return None
    score, code, feature = max(scores)
    above = score - task.chance
    return {"best_shortcut": feature, "in": code, "scores": score, "above_chance": above}


def judge(task: Task, best: Mapping[str, Any] | None) -> str:
    """Return the verdict on a task; see `measure_task`."""
    if best is None:
        return "no choice"
    if best["above_chance"] <= MARGIN:
        return "ok"
    return "explained" if task.shortcut else "shortcut"


def failures(
    world: Mapping[str, Any],
    languages: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Return one line for everything that a sound world does not have."""
    found = []
    if world["combinations_in_two_splits"]:
        found.append(f"{world['combinations_in_two_splits']} combinations are in two splits")
    if world["alignment_consistency"] < 1:
        found.append(f"alignments compose in {world['alignment_consistency']:.4f} of the cases")
    for row in languages:
        if row["leaks"]:
            found.append(f"{row['language']}: {row['leaks']} sentences are in two splits")
        if row["label_agreement"] < 1:
            found.append(f"{row['language']}: labels agree in {row['label_agreement']:.4f}")
    for row in tasks:
        if row["leaks"]:
            found.append(f"{row['task']}: {row['leaks']} test questions are in the training split")
        if row["verdict"] == "broken":
            found.append(f"{row['task']}: {row['reason']}")
        if row["verdict"] == "shortcut":
            found.append(
                f"{row['task']}: {row['best_shortcut']} in {row['in']} scores {row['scores']:.3f} "
                f"where chance is {row['chance']:.3f}"
            )
    return found
