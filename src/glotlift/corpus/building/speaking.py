"""Which language each row of a batch is in, and what becomes of rows in more than one."""

from collections.abc import Sequence

from glotlift.corpus.building.config import Identification
from glotlift.corpus.building.found import Found
from glotlift.corpus.rows import UNDETERMINED
from glotlift.languages.identification import Guess, Identifier, Part, identify_parts

CERTAIN = 0.9
UNIDENTIFIED = "language not identified"


def identify_rows(rows: Sequence[Found], identifier: Identifier, settings: Identification) -> None:
    """Give each row its language; rows of none and in part of another are dropped or cut.

    A row that states its language is checked only where the identifier knows that language.
    """
    asked = [
        row
        for row in rows
        if row.language == UNDETERMINED
        or (settings.stated == "check" and row.language in identifier.languages)
    ]
    texts = texts_of(asked)
    guesses = identifier.identify(texts)
    several = (
        [[]] * len(asked)
        if settings.mixed == "keep"
        else identify_parts(texts, identifier, whole=guesses)
    )
    for row, guess, parts in zip(asked, guesses, several, strict=True):
        if len({part.language for part in parts}) > 1:
            part_languages(row, parts, settings)
        else:
            settle(row, guess, settings)


def texts_of(rows: Sequence[Found]) -> list[str]:
    """Return the text of each row."""
    return [row.text for row in rows]


def part_languages(row: Found, parts: Sequence[Part], settings: Identification) -> None:
    """Drop a row in several languages, or keep its parts in the one that it states or has most."""
    sizes: dict[str, int] = {}
    for part in parts:
        sizes[part.language] = sizes.get(part.language, 0) + part.end - part.start
    stated = row.language in sizes
    row.language = row.language if stated else max(sizes, key=lambda code: sizes[code])
    if settings.mixed == "drop":
        row.drop("several languages")
        return
    own = [part for part in parts if part.language == row.language]
    kept = [row.text[part.start : part.end].strip("\n") for part in own]
    row.change("cut other language", "\n".join(kept), len(parts) - len(own))


def settle(row: Found, guess: Guess, settings: Identification) -> None:
    """Give a row the language it was found to be in, or drop it."""
    known = guess.confidence >= settings.confidence and guess.language != UNDETERMINED
    if row.language == UNDETERMINED:
        row.language = guess.language if known else UNDETERMINED
        if not known and not settings.keep_unidentified:
            row.drop(UNIDENTIFIED)
    elif known and guess.language != row.language and guess.confidence >= CERTAIN:
        row.drop(f"other language: {guess.language}")
