"""The main job, told from top to bottom: text, dial, vocabulary, training, measuring, evidence."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glotlift.adaptation.config import AdaptConfig
from glotlift.runs import atomic
from glotlift.runs.config import load_config
from glotlift.runs.progress import hush_libraries


def adapt(config: AdaptConfig | Mapping[str, Any] | Path) -> Path:
    """Adapt a model to a language and return the run folder.

    The folder holds ``model/`` (weights, tokenizer, card; it loads with plain transformers),
    ``evidence.json`` and ``report.html``. Called again with the same configuration it goes on
    where it stopped. Under ``torchrun`` the processes train together.

    Raises coded errors (``GlotliftError``) before a model is loaded wherever that is possible.
    """
    config = config if isinstance(config, AdaptConfig) else load_config(AdaptConfig, config)
    from glotlift.adaptation import text
    from glotlift.adaptation.team import Team

    hush_libraries()
    team = Team()
    inputs = text.input_hashes(config)
    files = team.find(config)
    run = team.open(config, files, inputs)
    try:
        if not (run.path / "evidence.json").exists():
            carry_over(config, team, run, files)
    finally:
        run.close()
    return run.path


def carry_over(config: AdaptConfig, team: Any, run: Any, files: Any) -> None:
    """Do every stage that is not done yet."""
    from glotlift.adaptation import dial, extending, learning, steps, text
    from glotlift.adaptation.work import Work, read_stage, stage_name

    team.stage(run, "text", lambda folder: text.save_text(*text.gather(config), folder))
    corpus = text.load_text(run.path / "text")

    def turn(folder: Path) -> None:
        atomic.write_json(folder / "dial.json", steps.decide(config, files, corpus).as_json())

    team.stage(run, "dial", turn)
    decided = dial.Dial(**read_stage(run, "dial", "dial.json"))

    def change(folder: Path) -> None:
        extending.change_vocabulary(config, files, corpus, decided.pieces, folder)

    team.stage(run, "vocabulary", change)
    team.stage(
        run, "before", lambda folder: steps.measure_before(config, files.folder, corpus, folder)
    )
    work = Work(config, team, run, files, corpus, decided)
    for number in range(len(config.seed_list)):
        learning.train_rows(work, number)
        learning.train_all(work, number)
        trained = run.path / stage_name("training", number) / "model"
        after = stage_name("after", number)
        team.stage(run, after, lambda folder, t=trained: steps.measure(config, t, corpus, folder))
    team.alone(lambda: finish(work))


def finish(work: Any) -> None:
    """Write the model with its card, the page, and last the evidence: then the run is done."""
    from glotlift.adaptation.proof import gather_evidence
    from glotlift.evidence.card import model_card
    from glotlift.evidence.report import render_report

    path = work.run.path
    if not (path / "model").exists():
        (path / "training" / "model").replace(path / "model")
    evidence = gather_evidence(work)
    atomic.write_text(path / "model" / "README.md", model_card(evidence))
    render_report(evidence, path / "report.html")
    for folder in [path / ".checkpoints", *path.glob("*/model")]:  # not needed any more
        shutil.rmtree(folder, ignore_errors=True)
    atomic.write_json(path / "evidence.json", evidence)
