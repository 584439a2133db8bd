"""An evaluation as a run: a folder that goes on where it stopped, with every call on record."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glotlift.clients import client_for
from glotlift.evaluation.tasks.config import EvaluateConfig
from glotlift.evaluation.tasks.instructions import translator
from glotlift.evaluation.tasks.running import SAMPLES as SAMPLES
from glotlift.evaluation.tasks.running import evaluate
from glotlift.evaluation.tasks.sources import task_sources
from glotlift.languages import language
from glotlift.runs import atomic
from glotlift.runs.config import load_config
from glotlift.runs.folders import RunFolder
from glotlift.runs.progress import hush_libraries

CALLS, EVIDENCE = "calls.jsonl", "evidence.json"


def evaluate_model(config: EvaluateConfig | Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Ask a model all tasks in all languages; return and keep the figures.

    The folder holds ``samples/`` (a file for each task, language and formulation), ``calls.jsonl``
    (every call with its answer, from which ``replay:`` answers again) and ``evidence.json``. Called
    again with the same configuration only what is missing is asked.

    Raises coded errors for tasks and languages before a model is loaded.
    """
    config = config if isinstance(config, EvaluateConfig) else load_config(EvaluateConfig, config)
    hush_libraries()
    task_sources(config.tasks)
    for code in config.languages:
        language(code)
    run = RunFolder.open(
        folder, command="evaluate", config=config.model_dump(mode="json"), inputs={}, seeds=[]
    )
    try:
        client = client_for(config.model, recording=folder / CALLS)
        translated = config.instructions == "translated"
        translate = translator(client) if translated else None
        found = evaluate(client, config, folder, event=run.event, translate=translate)
        atomic.write_json(folder / EVIDENCE, found)
    finally:
        run.close()
    return found
