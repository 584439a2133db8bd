"""The processes that work on one run: one writes, all train."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from accelerate import PartialState

from glotlift.adaptation.config import AdaptConfig
from glotlift.models.loading import ModelFiles, find_model
from glotlift.runs import machine
from glotlift.runs.folders import RunFolder
from glotlift.runs.hashing import hash_path
from glotlift.runs.progress import say
from glotlift.training.starters import STARTER, starter_address

PATIENCE = timedelta(days=7)  # of the processes that wait while the first one works alone


class Team:
    """The processes of one run, of which the first leads."""

    def __init__(self) -> None:
        self.state = PartialState(cpu=not machine.has_accelerator(), timeout=PATIENCE)

    @property
    def leads(self) -> bool:
        """Whether this process writes the folder."""
        return bool(self.state.is_main_process)

    def wait(self) -> None:
        """Wait until every process is here."""
        self.state.wait_for_everyone()

    def find(self, config: AdaptConfig) -> ModelFiles:
        """Find the model's files; the leading process makes a starter that is not cached.

        A run that goes on keeps the Hub revision that it began with.
        """
        if not config.model.startswith(STARTER):
            return find_model(pinned(config))
        if self.leads:
            starter_address(config.model)
        self.wait()
        return find_model(str(starter_address(config.model)))

    def open(self, config: AdaptConfig, files: ModelFiles, inputs: dict[str, str]) -> RunFolder:
        """Open the run folder: the first process locks and describes it."""
        if not self.leads:
            self.wait()
            return RunFolder(config.folder)
        run = RunFolder.open(
            config.folder,
            command="adapt",
            config=config.model_dump(mode="json", exclude={"output"}),
            inputs={**inputs, config.model: files.revision or hash_path(files.folder)},
            seeds=list(config.seed_list),
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


def pinned(config: AdaptConfig) -> str:
    """Return the model's address, with the Hub revision that a run to go on with recorded."""
    about = config.folder / "run.json"
    if Path(config.model).expanduser().is_dir() or "@" in config.model or not about.exists():
        return config.model
    revision = RunFolder(config.folder).about().get("inputs", {}).get(config.model)
    return f"{config.model}@{revision}" if revision else config.model
