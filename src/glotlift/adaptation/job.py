"""The main job, told from top to bottom: text, dial, vocabulary, training, measuring, evidence."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glotlift.adaptation.config import AdaptConfig
from glotlift.runs.config import load_config
from glotlift.runs.folders import RunFolder
from glotlift.runs.progress import hush_libraries


def adapt(config: AdaptConfig | Mapping[str, Any] | Path) -> Path:
    """Adapt a model to a language and return the run folder.

    The folder holds ``model/`` (weights, tokenizer, card; it loads with plain transformers),
    ``evidence.json`` and ``report.html``. Called again with the same configuration it goes on
    where it stopped. Under ``torchrun`` the processes train together.

    Raises coded errors (``GlotliftError``) before a model is loaded wherever that is possible.
    """
    config = config if isinstance(config, AdaptConfig) else load_config(AdaptConfig, config)
    from glotlift.adaptation import steps, text

    hush_libraries()
    team = steps.Team()
    run = team.open(config, text.input_hashes(config))
    try:
        if not (run.path / "evidence.json").exists():
            files = steps.resolve(config, team)
            team.stage(run, "text", lambda folder: text.save_text(*text.gather(config), folder))
            corpus = text.load_text(run.path / "text")
            team.stage(run, "dial", lambda folder: steps.save_dial(config, files, corpus, folder))
            dial = steps.load_dial(run.path / "dial")
            team.stage(
                run,
                "vocabulary",
                lambda folder: steps.change_vocabulary(config, files, corpus, dial, folder),
            )
            team.stage(
                run, "before", lambda folder: steps.measure(config, files.folder, corpus, folder)
            )
            steps.train_rows(config, dial, corpus, run, team)
            steps.train_all(config, dial, corpus, run, team)
            trained = run.path / "training" / "model"
            team.stage(run, "after", lambda folder: steps.measure(config, trained, corpus, folder))
            team.alone(lambda: finish(config, files.revision, run))
    finally:
        run.close()
    return run.path


def finish(config: AdaptConfig, revision: str | None, run: RunFolder) -> None:
    """Write the model with its card, the page, and last the evidence: then the run is done."""
    from glotlift.adaptation.proof import gather_evidence
    from glotlift.evidence.card import model_card
    from glotlift.evidence.report import render_report
    from glotlift.runs import atomic

    evidence = gather_evidence(config, revision, run)
    with atomic.folder(run.path / "model") as folder:
        shutil.copytree(run.path / "training" / "model", folder, dirs_exist_ok=True)
        (folder / "README.md").write_text(model_card(evidence), encoding="utf-8")
    render_report(evidence, run.path / "report.html")
    atomic.write_json(run.path / "evidence.json", evidence)


def read_stage(run: RunFolder, stage: str, name: str) -> Any:
    """Return a JSON file of a finished stage."""
    return json.loads((run.path / stage / name).read_text(encoding="utf-8"))
