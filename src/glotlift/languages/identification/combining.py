"""Several identifiers as one: the first is believed, the others where it knows no better."""

from collections.abc import Sequence

from glotlift.languages.identification.guesses import UNDETERMINED, Guess, Identifier
from glotlift.runs.errors import GlotliftError


class Combined:
    """Identifiers in order; each later one is believed where those before it cannot know.

    A later identifier's answer replaces the earlier one when that is "und", or when it names a
    language that no earlier one knows: an identifier gives a text of a language it was never taught
    to the nearest one it was.
    """

    def __init__(self, identifiers: Sequence[Identifier]) -> None:
        self._identifiers = tuple(identifiers)
        self.name = " + ".join(identifier.name for identifier in identifiers)
        self.languages = tuple(sorted({code for i in identifiers for code in i.languages}))

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """Return one guess for each text, in order."""
        guesses = self._identifiers[0].identify(texts)
        known = set(self._identifiers[0].languages)
        for identifier in self._identifiers[1:]:
            others = identifier.identify(texts)
            guesses = [
                other if believed(guess, other, known) else guess
                for guess, other in zip(guesses, others, strict=True)
            ]
            known.update(identifier.languages)
        return guesses


def believed(earlier: Guess, later: Guess, known: set[str]) -> bool:
    """Return whether a later identifier's guess replaces the one made so far."""
    if later.language == UNDETERMINED:
        return False
    return earlier.language == UNDETERMINED or later.language not in known


def combine(*identifiers: Identifier) -> Identifier:
    """Return one identifier of several, the widest first: ``combine(bundled(), trained)``.

    Raises GL-LANGUAGE-025 without any.
    """
    if not identifiers:
        raise GlotliftError(
            "GL-LANGUAGE-025",
            "no identifier was given to combine",
            fix="combine(bundled(), your_identifier)",
        )
    return identifiers[0] if len(identifiers) == 1 else Combined(identifiers)
