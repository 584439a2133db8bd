"""Initialisers by name, and what each needs beside the rows."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pydantic import Field
from transformers import PreTrainedTokenizerFast

from glotlift.models.loading import find_model, load_tokenizer
from glotlift.runs.config import Config
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Initialiser
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.segmentation import vocabulary_of

INITIALISERS = {
    "mean": "glotlift.vocabulary.initialise:mean_of_pieces",
    "random": "glotlift.vocabulary.initialise:random_rows",
    "focus": "glotlift.vocabulary.focus:Focus",
    "wechsel": "glotlift.vocabulary.wechsel:Wechsel",
    "ofa": "glotlift.vocabulary.ofa:Ofa",
    "matching-pursuit": "glotlift.vocabulary.matching_pursuit:MatchingPursuit",
}


class Initialisation(Config):
    """Which initialiser fills the new rows, with its settings and what it needs."""

    name: str = "mean"
    """mean, random, focus, wechsel, ofa or matching-pursuit."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Settings of a published method, such as ``neighbours: 10``."""
    old_vectors: Path | None = None
    """Word vectors of the old language or of many (WECHSEL, OFA)."""
    new_vectors: Path | None = None
    """Word vectors of the new language, if the others are of the old one alone."""
    pairs: Path | None = None
    """Word pairs, old and new with a tab between, by which the old vectors are turned."""
    donor: str | None = None
    """A model that has the new tokenizer (matching pursuit)."""


def initialiser_named(initialisation: Initialisation) -> Initialiser:
    """Return the initialiser.

    Raises GL-VOCABULARY-091 (it needs something that is not given), -093 (an unknown name) and -094
    (a setting that it does not have).
    """
    name = initialisation.name
    if name not in INITIALISERS:
        raise GlotliftError(
            "GL-VOCABULARY-093",
            f"unknown initialiser {name!r}",
            place="initialisation.name",
            fix=f"choose one of {', '.join(INITIALISERS)}",
        )
    needs = {
        "wechsel": ("old_vectors", initialisation.old_vectors),
        "ofa": ("old_vectors", initialisation.old_vectors),
        "matching-pursuit": ("donor", initialisation.donor),
    }
    needed, given = needs.get(name, ("", True))
    if not given:
        raise GlotliftError(
            "GL-VOCABULARY-091",
            f"{name} needs {needed.replace('_', ' ')}",
            place=f"initialisation.{needed}",
            fix=f"set {needed}, or choose mean",
        )
    module, _, attribute = INITIALISERS[name].partition(":")
    found: Callable[..., Any] = getattr(import_module(module), attribute)
    if not isinstance(found, type):
        if initialisation.settings:
            raise unknown_setting(name, str(next(iter(initialisation.settings))))
        return cast(Initialiser, found)
    try:
        return cast(Initialiser, found(**initialisation.settings))
    except TypeError as error:
        raise unknown_setting(name, str(error)) from None


def unknown_setting(name: str, told: str) -> GlotliftError:
    """Return the error for a setting that an initialiser does not have."""
    return GlotliftError(
        "GL-VOCABULARY-094",
        f"{name} has no such setting: {told}",
        place="initialisation.settings",
        fix="remove it; docs/reference/vocabulary.md lists the settings",
    )


def aids_for(
    initialisation: Initialisation,
    tokenizer: PreTrainedTokenizerFast,
    edit: VocabularyEdit,
    texts: Sequence[str],
) -> dict[str, Any]:
    """Return what the initialiser needs: vectors of the pieces, or the rows of a donor."""
    if not edit.added:
        return {}
    edited = edit.tokenizer(tokenizer)
    match initialisation.name:
        case "focus":
            from glotlift.vocabulary.learnt_vectors import token_vectors

            return {"new_vectors": token_vectors(edited, texts)}
        case "wechsel" | "ofa":
            return aligned_vectors(initialisation, tokenizer, edited)
        case "matching-pursuit":
            return {"donor": donor_rows(str(initialisation.donor), edited)}
    return {}


def aligned_vectors(
    initialisation: Initialisation,
    old: PreTrainedTokenizerFast,
    new: PreTrainedTokenizerFast,
) -> dict[str, Any]:
    """Return "old_vectors" and "new_vectors" of the pieces, from word vectors in one space."""
    from glotlift.vocabulary.vector_files import read_vectors
    from glotlift.vocabulary.word_vectors import align, piece_vectors

    assert initialisation.old_vectors is not None
    source = target = read_vectors(initialisation.old_vectors)
    if initialisation.new_vectors is not None:
        target = read_vectors(initialisation.new_vectors)
    if initialisation.pairs is not None:
        source = align(source, target, list(read_pairs(initialisation.pairs)))
    ofa = initialisation.name == "ofa"
    return {
        name: piece_vectors(tokenizer, vectors, weights="equal" if ofa else "counts", capitals=ofa)
        for name, tokenizer, vectors in (
            ("old_vectors", old, source),
            ("new_vectors", new, target),
        )
    }


def read_pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Yield word pairs from lines with a tab between; other lines are passed over."""
    for line in path.read_text(encoding="utf-8").splitlines():
        first, tab, second = line.partition("\t")
        if tab and first.strip() and second.strip():
            yield first.strip(), second.strip()


def donor_rows(donor: str, tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """Return a donor's input and output rows [V_new, e] in the order of `tokenizer`'s ids.

    Pieces that the donor does not have get zeros.
    """
    import torch

    from glotlift.vocabulary.apply import matrices_of
    from glotlift.vocabulary.checkpoints import load_checkpoint

    files = find_model(donor)
    theirs = vocabulary_of(load_tokenizer(files.folder))
    ours = vocabulary_of(tokenizer)
    shared = [(number, theirs[piece]) for piece, number in ours.items() if piece in theirs]
    places, numbers = (torch.tensor(side).long() for side in zip(*shared, strict=True))
    matrices = matrices_of(load_checkpoint(files))
    found: dict[str, Any] = {}
    for role in ("input", "output"):
        if role in matrices:
            rows = torch.zeros((max(ours.values()) + 1, matrices[role].shape[1]))
            rows[places] = matrices[role].detach()[numbers].float()
            found[role] = rows
    return found
