"""Tasks asked of a client in many languages: samples kept as they come, figures with intervals.

Each task, language and formulation is a file of samples that is written whole or not at all, so an
evaluation that was stopped goes on with what is missing.
"""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.aggregates import aggregate, compare_languages
from glotlift.evaluation.replies import OUTCOMES
from glotlift.evaluation.statistics import paired_difference
from glotlift.evaluation.tasks.asking import SHOWN, Client, Sample, ask_rows
from glotlift.evaluation.tasks.config import EvaluateConfig
from glotlift.evaluation.tasks.embedding import CHANCE, embed_rows
from glotlift.evaluation.tasks.kinds import METRICS, OPTIONS, VECTORS
from glotlift.evaluation.tasks.sources import TaskSource, task_sources
from glotlift.evaluation.tasks.wording import Translate, labels_of, wordings
from glotlift.languages import language
from glotlift.runs import atomic
from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]
SAMPLES = "samples"
ABSENT = ("GL-EVALUATION-032", "GL-EVALUATION-100", "GL-WORLD-001")  # a task without a language


@dataclass(frozen=True)
class Asked:
    """One task in one language: its samples by formulation, and what could not be done."""

    source: TaskSource
    code: str
    samples: list[list[Sample]]
    spoken: str

    @property
    def metric(self) -> str:
        """What a score is."""
        return METRICS[self.source.kind]

    @property
    def chance(self) -> float:
        """What guessing scores: 0 where text is written."""
        if self.source.kind in VECTORS:
            return statistics.fmean(sample.notes[CHANCE] for sample in self.samples[0])
        counts = [len(sample.options) for sample in self.samples[0]]
        return float(np.mean([1 / count if count else 0.0 for count in counts]))

    @property
    def majority(self) -> float:
        """The accuracy of always taking the option at one place; 0 where none is taken."""
        if self.source.kind not in OPTIONS:
            return 0.0
        listed = [sample for sample in self.samples[0] if sample.options]
        places = [sample.options.index(sample.right.strip()) for sample in listed]
        return max(map(places.count, set(places))) / len(places) if places else 0.0

    def replies(self) -> dict[str, Any]:
        """Return how the score rests on how replies are read; nothing where none were read.

        Over all formulations: the share of replies that name one option, the accuracy of these, the
        accuracy where the option named first counts, and the share of each kind of reply.
        """
        read = [one for samples in self.samples for one in samples if "outcome" in one.notes]
        if not read:
            return {}
        outcomes = [one.notes["outcome"] for one in read]
        answered = [one.score for one in read if one.answer]
        return {
            "replies": {
                "answered": len(answered) / len(read),
                "accuracy of answered": statistics.fmean(answered) if answered else None,
                "accuracy, first named": statistics.fmean(
                    one.notes["first is right"] for one in read
                ),
                "outcomes": {kind: outcomes.count(kind) / len(read) for kind in OUTCOMES},
            }
        }

    def rows(self) -> Floats:
        """Return [rows] scores in the middle formulation, or the mean of the two middle ones."""
        return middle(self.samples)


def middle(samples: Sequence[Sequence[Sample]]) -> Floats:
    """Return [rows] scores in the formulation of median score; of two, the mean of both."""
    scores = np.array([[sample.score for sample in asked] for asked in samples])
    order = np.argsort(scores.mean(1), kind="stable")
    chosen = order[(len(order) - 1) // 2 : len(order) // 2 + 1]
    return np.asarray(scores[chosen].mean(0), np.float64)


def evaluate(
    client: Client,
    config: EvaluateConfig,
    folder: Path,
    *,
    event: Callable[..., None] | None = None,
    translate: Translate | None = None,
) -> dict[str, Any]:
    """Ask `client` every task in every language, and return the figures.

    Samples lie in ``folder/samples``; those that are there are not asked again.

    Raises GL-EVALUATION-037 (no task has any of the languages) and what sources and clients raise.
    """
    asked = []
    for source in task_sources(config.tasks):
        for code in (language(tag).code for tag in config.languages):
            found = ask_language(client, source, code, config, folder / SAMPLES, translate)
            if found is None:
                continue
            asked.append(found)
            if event is not None:
                event("asked", task=source.name, language=code, score=float(found.rows().mean()))
    if not asked:
        raise GlotliftError(
            "GL-EVALUATION-037",
            "none of the tasks has rows in any of the languages",
            place="tasks and languages",
            fix="'glotlift tasks show TASK' names the languages of a task",
        )
    return describe(config, asked, getattr(client, "notes", []))


def ask_language(
    client: Client,
    source: TaskSource,
    code: str,
    config: EvaluateConfig,
    folder: Path,
    translate: Translate | None,
) -> Asked | None:
    """Return a task's samples in one language, or None where it has no rows there."""
    try:
        rows = source.rows(code, config.rows)
        learnt = config.shots if source.kind not in VECTORS else 0
        shots = source.rows(code, learnt, split="train") if learnt else []
    except GlotliftError as error:
        if error.code in ABSENT:
            return None
        raise
    if source.kind in VECTORS:
        return Asked(
            source,
            code,
            [
                kept(
                    folder / f"{source.name}.{code}.0.jsonl",
                    partial(embed_rows, client, source, code, rows),
                )
            ],
            "",
        )
    labels = labels_of(rows)
    ways = wordings(
        source.kind, code, instructions=config.instructions, labels=labels, translate=translate
    )
    if source.kind in OPTIONS and config.answers == "written":
        ways = [way for way in ways if SHOWN in way.template] or ways
    ways = ways[: config.formulations]
    samples = [
        kept(
            folder / f"{source.name}.{code}.{number}.jsonl",
            partial(
                ask_rows,
                client,
                source.name,
                wording,
                rows,
                formulation=number,
                shots=list(shots),
                normalise=config.normalise,
                answers=config.answers,
            ),
        )
        for number, wording in enumerate(ways)
    ]
    return Asked(source, code, samples, ways[0].spoken)


def kept(path: Path, ask: Callable[[], list[Sample]]) -> list[Sample]:
    """Return the samples of a file, which are asked for where there is none."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(sample.line()) for sample in ask()]  # in ASCII: text may be broken
        atomic.write_text(path, "".join(f"{line}\n" for line in lines))
    return read_samples(path)


def read_samples(path: Path) -> list[Sample]:
    """Return the samples of a file."""
    return [Sample(**json.loads(line)) for line in path.read_bytes().splitlines()]


def describe(
    config: EvaluateConfig, asked: Sequence[Asked], notes: Sequence[str]
) -> dict[str, Any]:
    """Return the figures of an evaluation: by task and language, and over languages."""
    tasks = []
    for found in asked:
        rows = found.rows()
        tasks.append({
            "task": found.source.name,
            "kind": found.source.kind,
            "language": found.code,
            "metric": found.metric,
            **paired_difference(rows, 0.0).brief(),
            "chance": found.chance,
            "majority": found.majority,
            "rows": len(rows),
            "by_formulation": [
                statistics.fmean(sample.score for sample in samples) for samples in found.samples
            ],
            "instructions": found.spoken,
            **found.replies(),
        })  # fmt: skip
    groups = []
    for name in dict.fromkeys(found.source.name for found in asked):
        mine = [found for found in asked if found.source.name == name]
        scores = [found.rows() for found in mine]
        codes = [found.code for found, rows in zip(mine, scores, strict=True) for _ in rows]
        groups += [
            {
                "task": name, "group": a.kind, "name": a.name, "languages": a.languages,
                "rows": a.rows, **a.interval.brief(),
            }
            for a in aggregate(np.concatenate(scores), codes)
            if a.kind != "language"
        ]  # fmt: skip
    return {
        "schema": 1,
        "kind": "evaluation",
        "config": config.model_dump(),
        "tasks": tasks,
        "groups": groups,
        "notes": list(notes),
    }


Scores = dict[tuple[str, str], dict[str, float]]  # by task and language, then by row


def run_scores(folder: Path) -> Scores:
    """Return every row's score of a finished evaluation, in the middle formulation."""
    files: dict[tuple[str, str], list[Path]] = {}
    for path in sorted((folder / SAMPLES).glob("*.jsonl")):
        task, code, _ = path.stem.rsplit(".", 2)
        files.setdefault((task, code), []).append(path)
    found: Scores = {}
    for key, paths in files.items():
        samples = [read_samples(path) for path in paths]
        ids = [sample.id for sample in samples[0]]
        found[key] = dict(zip(ids, middle(samples).tolist(), strict=True))
    return found


def compare_runs(before: Scores, after: Scores) -> list[dict[str, Any]]:
    """Return each task's and language's paired change over the rows that both runs have.

    P-values are corrected over the languages of a task (Holm 1979). Raises GL-EVALUATION-038 where
    the runs share no rows.
    """
    shared = {
        key: [id for id in rows if id in after[key]] for key, rows in before.items() if key in after
    }
    shared = {key: ids for key, ids in shared.items() if len(ids) > 1}
    if not shared:
        raise GlotliftError(
            "GL-EVALUATION-038",
            "the two evaluations have no rows in common",
            fix="ask both models the same tasks in the same languages",
        )
    found = []
    for task in dict.fromkeys(task for task, _ in shared):
        mine = {code: ids for (name, code), ids in shared.items() if name == task}
        sides = [
            {code: np.array([side[task, code][id] for id in ids]) for code, ids in mine.items()}
            for side in (before, after)
        ]
        found += [
            {
                "task": task,
                "language": change.code,
                "rows": len(mine[change.code]),
                "before": float(sides[0][change.code].mean()),
                "after": float(sides[1][change.code].mean()),
                **change.interval.brief(),
                "p_value": change.p_value,
            }
            for change in compare_languages(*sides)
        ]
    return found
