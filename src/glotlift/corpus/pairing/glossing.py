"""Word-by-word translation: the poorest there is, and one that needs no translator."""

from collections.abc import Sequence

from glotlift.corpus.pairing.lexicon import Entries


def gloss(words: Sequence[str], entries: Entries) -> list[str]:
    """Return the most probable translation of each word, in the order of the source.

    `entries` are one way of a lexicon (`induce_lexicon(...).forward`); words without an entry are
    left out, and nothing is inflected or moved.
    """
    return [
        max(entries[word], key=lambda other: (entries[word][other], other))
        for word in words
        if entries.get(word)
    ]
