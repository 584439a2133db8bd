"""Which language a text is in: bundled, from fastText weights, or trained from samples."""

from glotlift.runs.lazy import attach

_ROOM = "glotlift.languages.identification"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CLOSE_PAIRS": f"{_ROOM}.judging",
        "Guess": f"{_ROOM}.guesses",
        "Identifier": f"{_ROOM}.guesses",
        "Part": f"{_ROOM}.parts",
        "TrainIdentifierConfig": f"{_ROOM}.job",
        "TrainedIdentifier": f"{_ROOM}.trained",
        "UNDETERMINED": f"{_ROOM}.guesses",
        "bundled": f"{_ROOM}.libraries",
        "combine": f"{_ROOM}.combining",
        "identify_parts": f"{_ROOM}.parts",
        "judge_identifier": f"{_ROOM}.judging",
        "load_identifier": f"{_ROOM}.loading",
        "train_from_config": f"{_ROOM}.job",
        "train_identifier": f"{_ROOM}.training",
    },
)
