"""What an evaluation asks."""

from typing import Literal

from pydantic import Field

from glotlift.runs.config import Config


class EvaluateConfig(Config):
    """What is asked: tasks, languages, how many rows, and in which words."""

    model: str
    """A folder, a Hub id, a starter, or the address of a server."""
    tasks: list[str] = Field(min_length=1)
    """Addresses: ``world:nli``, ``xcopa:data/xcopa``, ``sib200:Davlan/sib200``."""
    languages: list[str] = Field(min_length=1)
    """Codes such as ``yor_Latn``; a task is asked in those that it has."""
    rows: int = Field(default=200, ge=2)
    """Rows of each task in each language."""
    shots: int = Field(default=0, ge=0, le=32)
    """Demonstrations before each question, from the training rows."""
    formulations: int = Field(default=3, ge=1, le=3)
    """In how many wordings each row is asked; the median over them is reported."""
    instructions: Literal["english", "target", "translated"] = "target"
    """In which language the wording is: english, target, or translated by the model."""
    normalise: Literal["sum", "tokens", "bytes"] = "bytes"
    """By what an option's log-probability is divided: sum, tokens or bytes."""
    answers: Literal["scored", "written"] = "scored"
    """How an option is chosen: the likeliest one, or the one that the model names in what it writes
    (for servers that give no log-probabilities); wordings that list the options are used."""
