"""What every step of the main job works with."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.dial import Dial
from glotlift.adaptation.team import Team
from glotlift.adaptation.text import Text
from glotlift.models.loading import ModelFiles
from glotlift.runs.folders import RunFolder


@dataclass(frozen=True)
class Work:
    """One run: what is asked, who works, where it is written, and what was read and decided."""

    config: AdaptConfig
    team: Team
    run: RunFolder
    files: ModelFiles
    corpus: Text
    dial: Dial

    @property
    def edit_file(self) -> Path:
        """Where the vocabulary edit lies, if there is one."""
        return self.run.path / "vocabulary" / "edit.json"


def stage_name(stage: str, number: int) -> str:
    """Return a stage's folder for the `number`-th seed; the first has the plain name."""
    return stage if number == 0 else f"{stage}-{number}"


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write a model and its tokenizer as transformers does."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def read_stage(run: RunFolder, stage: str, name: str) -> Any:
    """Return a JSON file of a finished stage."""
    return json.loads((run.path / stage / name).read_text(encoding="utf-8"))
