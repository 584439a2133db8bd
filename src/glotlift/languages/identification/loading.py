"""One door for identifiers: "bundled", a folder of ours, or a fastText file."""

from pathlib import Path

from glotlift.languages.identification.guesses import Identifier
from glotlift.runs.errors import GlotliftError


def load_identifier(address: str | Path) -> Identifier:
    """Return the identifier at an address.

    `address` is "bundled", a folder that `TrainedIdentifier.save` wrote, a fastText file (.bin or
    .ftz), or several of them joined by " + ", the widest first.

    Raises GL-LANGUAGE-026 when there is nothing of that kind, and what the identifiers raise.
    """
    from glotlift.languages.identification.combining import combine
    from glotlift.languages.identification.libraries import bundled

    parts = [part.strip() for part in str(address).split(" + ")]
    if len(parts) > 1:
        return combine(*(load_identifier(part) for part in parts))
    path = Path(parts[0])
    if parts[0] == "bundled":
        return bundled()
    if path.is_dir():
        from glotlift.languages.identification.trained import TrainedIdentifier

        return TrainedIdentifier.load(path)
    if path.is_file() and path.suffix in {".bin", ".ftz"}:
        from glotlift.languages.identification.fasttext_model import FastText

        return FastText(path)
    raise GlotliftError(
        "GL-LANGUAGE-026",
        "no identifier there",
        place=str(address),
        fix="give 'bundled', a folder of `glotlift corpus train-lid`, or a .bin or .ftz file",
    )
