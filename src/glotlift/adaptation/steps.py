"""The steps of the main job; each fills one stage folder."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from accelerate import PartialState

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.dial import Dial, turn_dial
from glotlift.adaptation.speed import bytes_per_second
from glotlift.adaptation.text import Text, spread, training_sources
from glotlift.corpus import Mixture, hand
from glotlift.languages import language
from glotlift.models.deltas import AllWeights, Delta, LowRank, NewRows, Together
from glotlift.models.loading import (
    ModelFiles,
    find_model,
    load_model,
    load_tokenizer,
    parameter_count,
)
from glotlift.objectives.bits import longest_input
from glotlift.objectives.choice import objective_for
from glotlift.objectives.packing import columns
from glotlift.runs import atomic, machine
from glotlift.runs.folders import RunFolder
from glotlift.runs.progress import say
from glotlift.training.micro_batches import processes
from glotlift.training.schedule import Budget
from glotlift.training.stages import (
    Stage,
    Trained,
    TrainingSettings,
    discard_checkpoints,
    run_stage,
)
from glotlift.training.starters import STARTER, starter_address
from glotlift.vocabulary import (
    apply_edit,
    audit,
    extend,
    load_edit,
    mean_of_pieces,
    random_rows,
    segment,
    vocabulary_report,
)

INITIALISERS = {"mean_of_pieces": mean_of_pieces, "random_rows": random_rows}
MINIMUM_STEPS = 40  # a stage of fewer takes smaller steps
WATCHED = 40  # validation documents per language during training
PATIENCE = timedelta(days=7)  # of the processes that wait while the first one works alone
REPORTED = 400  # sentences per language in the vocabulary report


class Team:
    """The processes that work on one run: one writes, all train."""

    def __init__(self) -> None:
        self.state = PartialState(cpu=not machine.has_accelerator(), timeout=PATIENCE)

    @property
    def leads(self) -> bool:
        """Whether this process writes the folder."""
        return bool(self.state.is_main_process)

    def wait(self) -> None:
        """Wait until every process is here."""
        self.state.wait_for_everyone()

    def open(self, config: AdaptConfig, inputs: dict[str, str]) -> RunFolder:
        """Open the run folder: the first process locks and describes it."""
        if not self.leads:
            self.wait()
            return RunFolder(config.folder)
        run = RunFolder.open(
            config.folder,
            command="adapt",
            config=config.model_dump(mode="json", exclude={"output"}),
            inputs=inputs,
            seeds=[config.seed],
        )
        self.wait()
        return run

    def stage(self, run: RunFolder, name: str, make: Callable[[Path], Any]) -> None:
        """Let the leading process make a stage unless it is there; the others wait."""
        if self.leads and not run.done(name):
            say(f"{name} ...", style="dim")
            with run.stage(name) as folder:
                make(folder)
        self.wait()

    def alone(self, make: Callable[[], Any]) -> None:
        """Let the leading process do something; the others wait."""
        if self.leads:
            make()
        self.wait()


def resolve(config: AdaptConfig, team: Team) -> ModelFiles:
    """Find the model's files; a starter is made by the leading process where it is not cached."""
    if not config.model.startswith(STARTER):
        return find_model(config.model)
    if team.leads:
        starter_address(config.model)
    team.wait()
    return find_model(str(starter_address(config.model)))


def save_dial(config: AdaptConfig, files: ModelFiles, corpus: Text, folder: Path) -> None:
    """Turn the dial and write what it decided; a budget in time is measured first."""
    atomic.write_json(folder / "dial.json", decide(config, files, corpus).as_json())


def decide(config: AdaptConfig, files: ModelFiles, corpus: Text) -> Dial:
    """Turn the dial."""
    timed = config.budget.strip()[-1] in "smh"
    return turn_dial(
        config,
        target_bytes=corpus.bytes("train", config.language),
        parameters=parameter_count(files),
        vocabulary=len(load_tokenizer(files.folder)),
        longest_input=input_limit(files),
        bytes_per_second=bytes_per_second(config, files, corpus) if timed else None,
    )


def input_limit(files: ModelFiles) -> int:
    """Return how many tokens the model reads, from its configuration alone."""
    from types import SimpleNamespace

    from transformers import AutoConfig

    return longest_input(SimpleNamespace(config=AutoConfig.from_pretrained(files.folder)))  # type: ignore[arg-type]


def load_dial(folder: Path) -> Dial:
    """Read what `save_dial` wrote."""
    return Dial(**json.loads((folder / "dial.json").read_text(encoding="utf-8")))


def change_vocabulary(
    config: AdaptConfig, files: ModelFiles, corpus: Text, dial: Dial, folder: Path
) -> None:
    """Extend the tokenizer, carry the embeddings over, and write both with what changed."""
    tokenizer = load_tokenizer(files.folder)
    model = load_model(files)
    kept = {code: corpus.texts("train", code, REPORTED) for code in config.keep}
    watched = {code: corpus.texts("validation", code, REPORTED) for code in config.languages}
    report = {
        "report_before": vocabulary_report(tokenizer, watched),
        "pieces_added": 0,
        "unreached": 0,
    }
    extended = tokenizer
    if dial.pieces:
        edit = extend(
            tokenizer,
            corpus.texts("train", config.language),
            pieces=dial.pieces,
            keep_texts=kept or None,
            max_changed=config.extension.max_changed if kept else None,
        )
        extended = edit.tokenizer(tokenizer)
        apply_edit(model, edit, INITIALISERS[config.extension.initialiser], seed=config.seed)
        edit.save(folder / "edit.json")
        report["pieces_added"] = len(edit.added)
        report["unreached"] = sum(count == 0 for count in edit.counts) - len(edit.steps)
    report["report_after"] = vocabulary_report(extended, watched)
    report["audit"] = audit(tokenizer, extended, watched)
    report["segmentation"] = [
        {
            "language": code,
            "text": text,
            "before": segment(tokenizer, text),
            "after": segment(extended, text),
        }
        for code in config.languages
        for text in [first_sentences(text) for text in watched[code][:3]]
    ]
    atomic.write_json(folder / "report.json", report)
    save(model, extended, folder / "model")


def first_sentences(text: str, limit: int = 160) -> str:
    """Return the beginning of a text, cut at a space."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0]


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write a model and its tokenizer as transformers does."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def train_rows(config: AdaptConfig, dial: Dial, corpus: Text, run: RunFolder, team: Team) -> None:
    """Warm up the new embedding rows alone, if there are any."""
    edit_file = run.path / "vocabulary" / "edit.json"
    share = config.extension.warmup_share
    if not edit_file.exists() or share == 0 or run.done("rows"):
        return
    rows = NewRows(tuple(load_edit(edit_file).added_ids))
    source = run.path / "vocabulary" / "model"
    train(config, dial, corpus, run, team, name="rows", source=source, share=share, delta=rows)


def train_all(config: AdaptConfig, dial: Dial, corpus: Text, run: RunFolder, team: Team) -> None:
    """Train what the configuration lets move, for the rest of the budget."""
    if run.done("training"):
        return
    warmed = run.done("rows")
    share = 1 - config.extension.warmup_share if warmed else 1.0
    source = run.path / ("rows" if warmed else "vocabulary") / "model"
    train(
        config,
        dial,
        corpus,
        run,
        team,
        name="training",
        source=source,
        share=share,
        delta=moving(config, run),
    )


def moving(config: AdaptConfig, run: RunFolder) -> Delta:
    """Return what may move in the main stage."""
    if config.training.delta == "all":
        return AllWeights()
    low_rank = LowRank(rank=config.training.rank, alpha=2 * config.training.rank)
    edit_file = run.path / "vocabulary" / "edit.json"
    if not edit_file.exists():
        return low_rank
    return Together((NewRows(tuple(load_edit(edit_file).added_ids)), low_rank))


def train(
    config: AdaptConfig,
    dial: Dial,
    corpus: Text,
    run: RunFolder,
    team: Team,
    *,
    name: str,
    source: Path,
    share: float,
    delta: Delta,
) -> None:
    """Train one stage from the model in `source` and write model, log and what was read."""
    files = find_model(str(source))
    model, tokenizer = load_model(files), load_tokenizer(source)
    stage = make_stage(config, dial, corpus, model, tokenizer, name=name, share=share, delta=delta)
    watched = {code: spread(corpus.texts("validation", code), WATCHED) for code in config.languages}
    checkpoints = run.path / ".checkpoints" / name
    trained = run_stage(
        model,
        tokenizer,
        stage,
        checkpoints,
        validation=watched,
        event=run.event if team.leads else None,
    )

    def write(folder: Path) -> None:
        save(trained.model, tokenizer, folder / "model")
        atomic.write_json(folder / "training.json", summary(stage, trained))

    team.stage(run, name, write)
    team.alone(lambda: discard_checkpoints(checkpoints))


def make_stage(
    config: AdaptConfig,
    dial: Dial,
    corpus: Text,
    model: Any,
    tokenizer: Any,
    *,
    name: str,
    share: float,
    delta: Delta,
) -> Stage:
    """Return the stage that reads `share` of the budget."""
    sources, shares = training_sources(corpus, config.language, dial.replay_share)
    objective = objective_for(model, tokenizer)
    features = {source: objective.prepare(rows) for source, rows in sources.items()}
    mixture = Mixture(sources, hand(shares), seed=config.seed + (name == "rows"))
    budget = Budget(max(1, round(dial.budget_bytes * share)), "bytes")
    settings = stage_settings(config, dial, budget, features)
    return Stage(name, features, mixture, budget, delta, settings, seed=config.seed)


def stage_settings(
    config: AdaptConfig, dial: Dial, budget: Budget, features: Any
) -> TrainingSettings:
    """Return the stage's settings; a small budget gets smaller steps, so that there are enough."""
    tokens = sum(int(columns(rows)[1][-1]) for rows in features.values())
    length = sum(sum(rows["bytes"]) for rows in features.values())
    blocks = budget.amount * tokens / max(1, length) / dial.block
    per_step = config.training.blocks_per_step
    while per_step > 1 and blocks / per_step < MINIMUM_STEPS:
        per_step //= 2
    together = processes()
    per_step = -(-per_step // together) * together
    steps = max(1, int(blocks / per_step))
    return TrainingSettings(
        learning_rate=dial.learning_rate,
        embedding_rate=config.training.embedding_rate,
        weight_decay=config.training.weight_decay,
        block=dial.block,
        blocks_per_step=per_step,
        micro_blocks=min(per_step, config.training.micro_blocks),
        save_every=config.training.save_every,
        evaluate_every=max(1, steps // config.training.evaluations),
        precision=config.training.precision,
    )


def summary(stage: Stage, trained: Trained) -> dict[str, Any]:
    """Return what a stage read and how its loss went."""
    plan = trained.plan
    return {
        "steps": trained.steps,
        "settings": stage.settings.model_dump(mode="json"),
        "weights": stage.mixture.weights,
        "seen": {
            name: {
                "tokens": plan.tokens[name],
                "bytes": plan.bytes[name],
                "documents": plan.documents[name],
                "available_bytes": stage.mixture.sizes[name],
            }
            for name in plan.sources
        },
        "history": trained.history,
        "peak_memory_bytes": machine.peak_memory(),
    }


def measure(config: AdaptConfig, source: Path, corpus: Text, folder: Path) -> None:
    """Measure a model on the held-out documents of every language and write the figures."""
    from glotlift.adaptation.measuring import measurements

    model, tokenizer = load_model(find_model(str(source))), load_tokenizer(source)
    if machine.has_accelerator():
        model = model.cuda()
    held_out = {
        code: spread(corpus.texts("test", code), config.evaluation.documents)
        for code in config.languages
    }
    atomic.write_json(
        folder / "measurements.json", measurements(config, model, tokenizer, held_out)
    )


def names(codes: list[str]) -> dict[str, str]:
    """Return the languages' English names."""
    return {code: language(code).name for code in codes}
