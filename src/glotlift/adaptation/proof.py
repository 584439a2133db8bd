"""The evidence of one adaptation, put together from what its stages wrote."""

import shlex
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from glotlift import __version__
from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.dial import COMFORTABLE_BYTES
from glotlift.adaptation.work import Work, read_stage, stage_name
from glotlift.evaluation import compare_bits, paired_difference
from glotlift.evidence.verdicts import Claim, judge
from glotlift.languages import language
from glotlift.runs import machine

Bits = Mapping[str, tuple[np.ndarray, np.ndarray]]


def gather_evidence(work: Work) -> dict[str, Any]:
    """Return the evidence of a run whose stages are all whole."""
    config, run = work.config, work.run
    numbers = range(len(config.seed_list))
    before = read_stage(run, "before", "measurements.json")
    afters = [read_stage(run, stage_name("after", n), "measurements.json") for n in numbers]
    trainings = [
        [read_stage(run, name, "training.json") for name in stages_of(work, n)] for n in numbers
    ]
    logs, table = trainings[0], read_stage(run, "text", "table.json")
    old, new = stacked([before] * len(afters)), stacked(afters)
    seen = tokens_seen(logs)
    return {
        "schema": 1,
        "kind": "adapt",
        "title": f"{Path(config.model).name} in {language(config.language).name}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "glotlift": __version__,
        "command": command(config),
        "model": {
            "name": config.model,
            "architecture": before["architecture"],
            "revision": work.files.revision,
            "parameters_before": before["parameters"],
            "parameters_after": afters[0]["parameters"],
            "vocabulary_before": before["vocabulary"],
            "vocabulary_after": afters[0]["vocabulary"],
        },
        "target": config.language,
        "kept": list(config.keep),
        "languages": compare_bits(old, new, target=config.language),
        "tasks": compare_tasks(before, afters),
        "vocabulary": read_stage(run, "vocabulary", "report.json"),
        "dial": work.dial.as_json(),
        "cost": cost(work, [log for each in trainings for log in each]),
        "tokens_seen": seen,
        "curves": curves(logs),
        "samples": compare_samples(before["samples"], afters[0]["samples"]),
        "corpus": table,
        "notes": notes(config, table),
        "machine": machine.describe(),
        "versions": machine.versions(),
        "claims": claims(config, old, new),
        "reproduce": {"command": command(config), "config": written(config)},
    }


def stages_of(work: Work, number: int) -> list[str]:
    """Return the training stages that ran under the `number`-th seed."""
    names = [stage_name(stage, number) for stage in ("rows", "training")]
    return [name for name in names if work.run.done(name)]


def stacked(measured: list[Any]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return bits [seeds, documents] and bytes [documents] by language."""
    return {
        code: (
            np.asarray([one["bits"][code]["bits"] for one in measured]),
            np.asarray(found["bytes"]),
        )
        for code, found in measured[0]["bits"].items()
    }


def claims(config: AdaptConfig, before: Bits, after: Bits) -> list[dict[str, Any]]:
    """Judge what every adaptation claims: the target improves, the kept languages do not suffer."""
    rows = []
    for code in config.languages:
        target = code == config.language
        sizes = before[code][1].astype(np.float64)
        interval = paired_difference(after[code][0] / sizes, before[code][0] / sizes, weights=sizes)
        claim = Claim(
            id=f"{'gain' if target else 'kept'}-{code}",
            text=f"{language(code).name} is predicted "
            + ("with fewer bits per byte" if target else "with at most 0.05 bits per byte more"),
            metric="bits per byte",
            arm="after",
            versus="before",
            kind="less",
            margin=0.0 if target else -0.05,
            unit="bits per byte",
        )
        rows.append(judge(claim, interval).row())
    return rows


def compare_tasks(before: Mapping[str, Any], afters: list[Any]) -> list[dict[str, Any]]:
    """Return the tasks' rows of the page, over all seeds."""
    rows = []
    for place, old in enumerate(before["tasks"]):
        new = np.asarray([after["tasks"][place]["scores"] for after in afters])
        interval = paired_difference(new, np.tile(old["scores"], (len(new), 1)))
        shared = {name: old[name] for name in ("task", "language", "metric", "rows", "chance")}
        means = {"before": float(np.mean(old["scores"])), "after": float(new.mean())}
        rows.append({**shared, **means, "change": interval.brief(), "higher_is_better": True})
    return rows


def compare_samples(
    before: Iterable[Mapping[str, str]], after: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Return what was written before and after, side by side."""
    return [
        {
            **{name: old[name] for name in ("language", "prompt", "reference")},
            "before": old["text"],
            "after": new["text"],
        }
        for old, new in zip(before, after, strict=True)
    ]


def tokens_seen(logs: list[Any]) -> list[dict[str, Any]]:
    """Return what training really read of each source, over all stages."""
    names = {name for log in logs for name in log["seen"]}
    totals = {
        name: {
            key: sum(log["seen"][name][key] for log in logs)
            for key in ("tokens", "bytes", "documents")
        }
        for name in sorted(names)
    }
    available = {name: log["seen"][name]["available_bytes"] for log in logs for name in log["seen"]}
    whole = max(1, sum(total["bytes"] for total in totals.values()))
    return [
        {
            "language": name.removeprefix("replay:"),
            "role": "replayed" if name.startswith("replay:") else "target",
            **total,
            "share": total["bytes"] / whole,
            "epochs": total["bytes"] / available[name],
        }
        for name, total in totals.items()
    ]


def cost(work: Work, logs: list[Any]) -> dict[str, Any]:
    """Return seconds, tokens, memory and disk that the adaptation took, all seeds together."""
    seen = tokens_seen(logs)
    tokens = sum(row["tokens"] for row in seen)
    seconds = work.run.stage_seconds()
    for log in logs:
        seconds[f"{log['stage']}: steps"] = log["seconds"]
    training = sum(log["seconds"] for log in logs)
    return {
        "seconds": sum(seconds.values()),
        "tokens": tokens,
        "bytes": sum(row["bytes"] for row in seen),
        "peak_memory_bytes": max(
            [machine.peak_memory(), *(log["peak_memory_bytes"] for log in logs)]
        ),
        "disk_bytes": sum(path.stat().st_size for path in (work.run.path / "model").iterdir()),
        "tokens_per_second": tokens / max(training, 1e-9),
        "stages": [{"name": name, "seconds": spent} for name, spent in seconds.items()],
    }


def curves(logs: list[Any]) -> dict[str, Any]:
    """Return the loss and the validation curves over all stages, steps counted through."""
    train, validation, done = [], [], 0
    for log in logs:
        measured: dict[int, dict[str, float]] = {}
        for entry in log["history"]:
            step = done + entry["step"]
            if "loss" in entry:
                train.append({"step": step, "loss": entry["loss"]})
            found = {k.rsplit("/", 1)[1]: v for k, v in entry.items() if k.startswith("eval_bits")}
            if found:
                measured[step] = found
        validation += [
            {"step": step, "language": code, "bits_per_byte": bits}
            for step, found in measured.items()
            for code, bits in found.items()
        ]
        done += log["steps"]
    return {"train": train, "validation": validation}


def notes(config: AdaptConfig, table: list[Any]) -> list[str]:
    """Return what a reader must know and was not measured."""
    told = []
    if config.seeds == 1:
        told.append(
            "The intervals are over held-out documents of one run; another seed is not covered."
        )
    if not config.keep:
        told.append(
            "Forgetting of other languages: not measured, no text given (--keep LANGUAGE=PATH)."
        )
    target = next(row for row in table if row["role"] == "target")
    if target["bytes"] < COMFORTABLE_BYTES:
        told.append(
            f"Only {target['bytes']:,} bytes of target text; gains are fragile below "
            f"{COMFORTABLE_BYTES:,}."
        )
    return told


def command(config: AdaptConfig) -> str:
    """Return the command line that runs the same job."""
    parts = ["glotlift", "adapt", "--model", config.model, "--language", config.language]
    for path in config.text:
        parts += ["--text", path]
    for code, paths in config.keep.items():
        for path in paths:
            parts += ["--keep", f"{code}={path}"]
    plain = AdaptConfig(
        model=config.model, language=config.language, text=config.text, keep=config.keep
    )
    return shlex.join([*parts, *overrides(config, plain)])


def overrides(config: AdaptConfig, plain: AdaptConfig) -> list[str]:
    """Return ``a.b=c`` for every value that differs from its default."""
    changed = []
    for key, value in config.model_dump(mode="json", exclude={"output"}).items():
        default = plain.model_dump(mode="json")[key]
        if isinstance(value, dict) and key != "keep":
            changed += [f"{key}.{k}={v}" for k, v in value.items() if v != default[k]]
        elif value != default:
            changed.append(f"{key}={value}")
    return changed


def written(config: AdaptConfig) -> str:
    """Return the whole configuration as YAML."""
    values = config.model_dump(mode="json", exclude={"output"})
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
