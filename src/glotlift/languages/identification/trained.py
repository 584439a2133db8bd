"""An identifier learnt from samples: per-language n-gram tables, weighed and calibrated.

The table holds, for every hashed n-gram, by how much each language uses it more than all of them
together do: log((1 - s) f / q + s), with f the n-gram's frequency in the language, q that of the
background and s the mass kept for the unseen (Witten and Bell 1991).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.identification.calibration import Calibration
from glotlift.languages.identification.features import mean_rows
from glotlift.languages.identification.guesses import NOTHING, UNDETERMINED, Guess, sample
from glotlift.runs import atomic
from glotlift.runs.errors import GlotliftError

FORMAT = "glotlift-identifier-1"
WEIGHTS, SETTINGS = "identifier.safetensors", "identifier.json"
READ, LEAST_READ = 1_200, 300  # characters of a text, and with very many languages
LANGUAGES_READ_WHOLE = 64  # with more, less of a text is read: each n-gram then costs more
BATCH = 64


@dataclass(frozen=True)
class TrainedIdentifier:
    """A linear model over hashed character n-grams, with open-set rejection.

    `table` is [rows, languages] float32; `report` is what was measured on held-out texts.
    """

    languages: tuple[str, ...]
    table: NDArray[np.float32]
    calibration: Calibration
    report: dict[str, Any] = field(default_factory=dict)
    name: str = "trained"

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """Return one guess for each text, in order."""
        guesses: list[Guess] = []
        size = min(READ, max(LEAST_READ, READ * LANGUAGES_READ_WHOLE // len(self.languages)))
        for start in range(0, len(texts), BATCH):
            read = [sample(text, size) for text in texts[start : start + BATCH]]
            means, counts = mean_rows(self.table, read)
            best, confidence, accepted = self.calibration.decide(means, counts)
            codes = [self.languages[index] for index in best.tolist()]
            kept = zip(codes, confidence.tolist(), accepted.tolist(), counts[:, 0], strict=True)
            guesses += [
                Guess(code if known else UNDETERMINED, sure) if letters else NOTHING
                for code, sure, known, letters in kept
            ]
        return guesses

    def save(self, folder: Path) -> Path:
        """Write the identifier to a folder: safetensors and JSON; return the folder."""
        from safetensors.numpy import save_file

        settings = {
            "format": FORMAT,
            "languages": list(self.languages),
            "calibration": self.calibration.to_json(),
            "report": self.report,
        }
        with atomic.folder(Path(folder)) as partial:
            save_file({"table": self.table.astype(np.float16)}, partial / WEIGHTS)
            atomic.write_json(partial / SETTINGS, settings)
        return Path(folder)

    @classmethod
    def load(cls, folder: Path) -> "TrainedIdentifier":
        """Read an identifier that `save` wrote.

        Raises GL-LANGUAGE-021 when the folder holds none, or one of another format.
        """
        import json

        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        folder = Path(folder)
        try:
            settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            if settings["format"] != FORMAT:
                raise ValueError(f"its format is {settings['format']!r}, not {FORMAT!r}")
            tensors = load_file(folder / WEIGHTS)
            return cls(
                tuple(settings["languages"]),
                tensors["table"].astype(np.float32),
                Calibration.from_json(settings["calibration"]),
                settings["report"],
            )
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise GlotliftError(
                "GL-LANGUAGE-021",
                f"no identifier can be read there: {error}",
                place=str(folder),
                fix="name a folder that `glotlift corpus train-lid` wrote",
            ) from None
