"""Probing as a run: a folder that goes on where it stopped, and its figures with intervals."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.clients import client_for
from glotlift.evaluation.correlation import spearman_rows
from glotlift.evaluation.statistics import paired_difference
from glotlift.languages import language
from glotlift.languages.facts import web_bytes
from glotlift.probing.layers.config import ProbeConfig
from glotlift.probing.layers.measuring import MEASURES, Measured, Prober
from glotlift.probing.layers.sources import ABSENT, tag_source
from glotlift.probing.layers.sources import folder as folder_of
from glotlift.probing.letters import LetterCounts
from glotlift.probing.tags import LayerEncoder
from glotlift.runs import atomic
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError
from glotlift.runs.folders import RunFolder
from glotlift.runs.hashing import hash_path
from glotlift.runs.progress import hush_libraries

MODEL, LETTERS, EVIDENCE = "model", "letters", "evidence.json"
RESAMPLES = 2000
LEAST = 5  # languages that a correlation over them is told of
Kept = dict[tuple[str, str], list[Measured]]  # by kind of vectors and language


def probe_model(config: ProbeConfig | Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Measure every layer of a model in every language; return and keep the figures.

    The folder holds ``scores/`` (a file for each probe and language, of the model and of its
    stand-in that knows letters alone) and ``evidence.json``. Called again with the same
    configuration only what is missing is measured.

    Raises GL-PROBING-067 for a client without hidden states and -068 where no language has any
    data, and coded errors for addresses and languages before a model is loaded.
    """
    config = config if isinstance(config, ProbeConfig) else load_config(ProbeConfig, config)
    hush_libraries()
    codes = codes_of(config)
    run = RunFolder.open(
        folder, command="probe", config=config.model_dump(mode="json"), inputs=inputs(config),
        seeds=[config.seed],
    )  # fmt: skip
    try:
        client = client_for(config.model)
        if not hasattr(client, "encode_words"):
            raise GlotliftError(
                "GL-PROBING-067",
                f"a {type(client).__name__} gives no hidden states",
                place=config.model,
                fix="name a folder, a Hub id or a starter",
            )
        kept, notes = measure_all(client, config, codes, folder / "scores", run.event)
        found = describe(config, kept, notes)
        atomic.write_json(folder / EVIDENCE, found)
    finally:
        run.close()
    return found


def codes_of(config: ProbeConfig) -> list[str]:
    """Return the languages to measure, the pivot first; refuse what can be before a model loads.

    Raises what `language`, `tag_source` and `folder` raise.
    """
    tag_source(config.tags)
    inputs(config)
    wanted = [config.pivot, *config.languages]
    return list(dict.fromkeys(language(tag).code for tag in wanted))


def inputs(config: ProbeConfig) -> dict[str, str]:
    """Return the hashes of the folders that data are read from."""
    named = {"words": config.words, "sentences": config.sentences}
    folders = {name: each for name, each in named.items() if each != "world"}
    first, _, where = config.tags.partition(":")
    if first == "conllu" or Path(where).is_dir():
        folders["tags"] = where
    return {name: hash_path(folder_of(each)) for name, each in folders.items()}


def measure_all(
    client: LayerEncoder,
    config: ProbeConfig,
    codes: Sequence[str],
    folder: Path,
    event: Callable[..., None],
) -> tuple[Kept, list[str]]:
    """Return the measures of the model and of letters by language, and what was left out."""
    letters = config.model_copy(update={"layers": None})
    probers = {
        MODEL: Prober(client, config, codes[0]), LETTERS: Prober(LetterCounts(), letters, codes[0])
    }  # fmt: skip
    kept: Kept = {}
    left_out: dict[str, list[str]] = {}
    for kind, prober in probers.items():
        for probe in config.probes:
            for code in codes:
                path = folder / kind / f"{probe}.{code}.json"
                if not path.is_file():
                    try:
                        lines = [each.line() for each in prober.measure(probe, code)]
                    except GlotliftError as error:
                        if error.code not in ABSENT:
                            raise
                        left_out.setdefault(probe, []).append(code)
                        continue
                    atomic.write_json(path, lines)
                    event("measured", vectors=kind, probe=probe, language=code)
                told = json.loads(path.read_text(encoding="utf-8"))
                kept.setdefault((kind, code), []).extend(Measured(**line) for line in told)
    if not any(kept.values()):
        raise GlotliftError(
            "GL-PROBING-068",
            "no language has data for any probe",
            place="languages",
            fix="name languages of the sample world, or folders that hold theirs",
        )
    notes = [
        f"no {probe} for {', '.join(sorted(set(out)))}: left out" for probe, out in left_out.items()
    ]
    return kept, notes


def describe(config: ProbeConfig, kept: Kept, notes: list[str]) -> dict[str, Any]:
    """Return the figures: by layer, over layers, and how they go with the text on the web."""
    layers: list[dict[str, Any]] = []
    means: list[dict[str, Any]] = []
    for measure in MEASURES:
        for (kind, code), found in kept.items():
            for each in (one for one in found if kind == MODEL and one.measure == measure):
                about = {"measure": measure, "language": code}
                scores = np.array(each.scores)
                beside = [m for m in kept.get((LETTERS, code), []) if m.measure == measure]
                layers += [
                    {**about, "layer": number, **interval(layer, each.weights)}
                    for number, layer in zip(names_of(config, len(scores)), scores, strict=True)
                ]
                means.append({
                    **about,
                    **interval(scores.mean(0), each.weights),
                    "control": each.control,
                    "letters": mean_of(beside[0]) if beside else None,
                    "rows": scores.shape[1],
                })  # fmt: skip
    return {
        "schema": 1,
        "kind": "probe",
        "config": config.model_dump(),
        "measures": {
            name: MEASURES[name] for name in dict.fromkeys(row["measure"] for row in means)
        },
        "means": means,
        "layers": layers,
        "web_text": by_web_text(means),
        "notes": notes,
    }


def names_of(config: ProbeConfig, count: int) -> list[int]:
    """Return the numbers of the layers that were measured."""
    return config.layers or list(range(count))


def interval(scores: Any, weights: Sequence[float]) -> dict[str, Any]:
    """Return the weighted mean of rows with its interval over rows."""
    return paired_difference(scores, 0.0, weights=weights, resamples=RESAMPLES).brief()


def mean_of(found: Measured) -> float:
    """Return the weighted mean over rows and layers."""
    return float(np.average(np.array(found.scores).mean(0), weights=found.weights))


def by_web_text(means: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return Spearman's correlation of each measure with how much text languages have on the web.

    Over five languages or more for which FineWeb2 counts text, with intervals over languages.
    """
    found = []
    for measure in dict.fromkeys(row["measure"] for row in means):
        rows = [
            row for row in means if row["measure"] == measure and row["language"] in web_bytes()
        ]
        if len(rows) >= LEAST:
            sizes = [web_bytes()[row["language"]] for row in rows]
            figures = spearman_rows(sizes, [row["estimate"] for row in rows])
            brief = paired_difference(figures, 0.0, resamples=RESAMPLES).brief()
            found.append({"measure": measure, "languages": len(rows), **brief})
    return found
