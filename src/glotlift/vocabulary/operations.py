"""The operations on a checkpoint's vocabulary, each a configuration and what it does."""

import shlex
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import yaml
from pydantic import Field
from transformers import PreTrainedTokenizerFast

from glotlift.corpus.reading import read
from glotlift.models.loading import find_model, load_tokenizer, parameter_count
from glotlift.runs.config import Config
from glotlift.vocabulary.changes import Change
from glotlift.vocabulary.checkpoints import check_output, edit_checkpoint
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.initialiser_aids import Initialisation, aids_for, initialiser_named
from glotlift.vocabulary.segmentation import vocabulary_of

COMPARED = 2000
Texts = dict[str, list[str]]


class Made(NamedTuple):
    """An edit, and what is to be kept in mind about it."""

    edit: VocabularyEdit
    notes: tuple[str, ...] = ()


class Operation(Config, ABC):
    """What every operation on a checkpoint's vocabulary is told."""

    name: ClassVar[str]
    model: str
    """A folder or a Hub id."""
    output: Path
    """Folder of the checkpoint that is written."""
    text: dict[str, list[str]] = Field(default_factory=dict)
    """Addresses of text by language: what the operation is done for."""
    keep: dict[str, list[str]] = Field(default_factory=dict)
    """Addresses of text by language whose segmentation should change little."""
    compare: dict[str, list[str]] = Field(default_factory=dict)
    """Addresses of text by language to compare on; those of `text` and `keep` if there are none."""
    rows: int | None = Field(default=None, ge=1)
    """Rows to read per language; all if not given."""
    initialisation: Initialisation = Initialisation()
    seed: int = 0
    padded: int | None = Field(default=None, ge=1)
    """Round the rows of the matrices up to a multiple of this."""
    sentences: int = Field(default=3, ge=0)
    """Sentences that the page shows for each language."""

    @abstractmethod
    def make(self, tokenizer: PreTrainedTokenizerFast, text: Texts, keep: Texts) -> Made:
        """Return the edit of a tokenizer."""


class Extend(Operation):
    """Add pieces that the text needs (`glotlift.vocabulary.extend`)."""

    name: ClassVar[str] = "extend"
    pieces: int = Field(default=4000, ge=1)
    """Pieces to add, at most."""
    max_changed: float | None = Field(default=None, ge=0, le=1)
    """Share of kept sentences that may segment differently."""

    def make(self, tokenizer: PreTrainedTokenizerFast, text: Texts, keep: Texts) -> Made:
        """Return the edit that adds pieces."""
        from glotlift.vocabulary.extension import extend

        edit = extend(
            tokenizer,
            everything(text),
            pieces=self.pieces,
            keep_texts=keep or None,
            max_changed=self.max_changed,
        )
        missing = self.pieces - len(edit.added)
        note = f"{missing} of {self.pieces} pieces asked for were not found worth adding"
        return Made(edit, (note,) if missing else ())


class Trim(Operation):
    """Drop the pieces that the text, a size or some scripts do not need."""

    name: ClassVar[str] = "trim"
    size: int | None = Field(default=None, ge=1)
    """Pieces to keep, at most."""
    coverage: float | None = Field(default=None, gt=0, le=1)
    """Share of the pieces' occurrences in the text that the kept ones make up."""
    scripts: list[str] | None = None
    """ISO 15924 codes: keep pieces written in these."""
    keep_pieces: list[str] = Field(default_factory=list)
    """Pieces that stay in any case."""

    def make(self, tokenizer: PreTrainedTokenizerFast, text: Texts, keep: Texts) -> Made:
        """Return the edit that drops pieces; kept text counts as text."""
        from glotlift.vocabulary.trimming import trim

        given = everything(text) + everything(keep)
        edit = trim(
            tokenizer,
            texts=given or None,
            size=self.size,
            coverage=self.coverage,
            scripts=self.scripts,
            keep=self.keep_pieces,
        )
        return Made(edit)


class Replace(Operation):
    """Replace the whole tokenizer by another."""

    name: ClassVar[str] = "replace"
    tokenizer: str
    """Folder or Hub id of the new tokenizer."""

    def make(self, tokenizer: PreTrainedTokenizerFast, text: Texts, keep: Texts) -> Made:
        """Return the edit to the other tokenizer."""
        from glotlift.vocabulary.replacement import replace_tokenizer

        return Made(replace_tokenizer(tokenizer, load_tokenizer(Path(self.tokenizer))))


class Romanise(Operation):
    """Add the Latin-letter forms of the pieces in other scripts (TransMI, Liu et al. 2025)."""

    name: ClassVar[str] = "romanise"
    merge: Literal["min", "average", "max"] = "max"
    """Whose score and row a form takes that several pieces share."""
    latin: bool = False
    """Also romanise pieces in Latin letters with marks."""
    max_changed: float | None = Field(default=None, ge=0, le=1)
    """Share of the kept sentences in Latin script that may segment differently."""

    def make(self, tokenizer: PreTrainedTokenizerFast, text: Texts, keep: Texts) -> Made:
        """Return the edit that adds romanised forms, with its cost for text in Latin script."""
        from glotlift.vocabulary.romanising import romanise_vocabulary

        found = romanise_vocabulary(
            tokenizer, keep, merge=self.merge, latin=self.latin, max_changed=self.max_changed
        )
        costs = (
            f"{row['language']}, already in Latin script: {row['changed_sentences']} of "
            f"{row['sentences']} sentences ({row['changed_fraction']:.1%}) segment differently"
            for row in found.aids["cost"]
        )
        return Made(found.edit, tuple(costs))


def everything(texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the texts of all languages."""
    return list(chain.from_iterable(texts.values()))


def read_texts(addresses: Mapping[str, Sequence[str]], rows: int | None = None) -> Texts:
    """Return the texts by language, the first `rows` of each address."""
    return {
        code: [text for path in paths for text in read(path, language=code, rows=rows)["text"]]
        for code, paths in addresses.items()
    }


def perform(operation: Operation, *, named: str = "", command: Sequence[str] = ()) -> Path:
    """Do an operation: read the text, make the edit, write the checkpoint; return its folder.

    `named` is how the page calls the model, `command` what was typed. Raises GL-VOCABULARY-089
    before anything is read, and what reading, the operation and `edit_checkpoint` raise.
    """
    files = find_model(operation.model)
    check_output(operation.output, files.folder)
    initialiser = initialiser_named(operation.initialisation)
    text = read_texts(operation.text, operation.rows)
    keep = read_texts(operation.keep, operation.rows)
    compare = read_texts(operation.compare, operation.rows) or {**text, **keep}
    tokenizer = load_tokenizer(files.folder)
    edit, notes = operation.make(tokenizer, text, keep)
    aids = aids_for(operation.initialisation, tokenizer, edit, everything(text))
    if not operation.compare and compare:
        notes += ("The sentences compared are of the text that was given, not of held-out text.",)
    change = Change(
        operation=operation.name,
        initialiser=operation.initialisation.name if edit.added else "",
        source=named or operation.model,
        command=shlex.join(command),
        settings=settings_of(operation),
        notes=notes,
        sentences=operation.sentences,
    )
    return edit_checkpoint(
        operation.model,
        edit,
        initialiser,
        operation.output,
        texts={code: spread(found, COMPARED) for code, found in compare.items()},
        aids=aids,
        seed=operation.seed,
        padded=operation.padded,
        change=change,
    )


def spread(texts: list[str], number: int) -> list[str]:
    """Return at most `number` texts at even distances."""
    return texts[:: -(-len(texts) // number)] if texts else []


def settings_of(operation: Operation) -> str:
    """Return the configuration as YAML."""
    values = operation.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def plan(operation: Operation) -> dict[str, Any]:
    """Return what an operation would do; nothing is written and no weights are loaded.

    Raises GL-VOCABULARY-089 and -091 (what the initialiser needs is missing), and what
    `find_model` raises.
    """
    files = find_model(operation.model)
    check_output(operation.output, files.folder)
    initialiser_named(operation.initialisation)
    configuration = files.configuration
    pieces = max(vocabulary_of(load_tokenizer(files.folder)).values()) + 1
    parameters = parameter_count(files)
    return {
        "operation": operation.name,
        "model": operation.model,
        "architecture": (configuration.get("architectures") or [""])[0],
        "pieces": pieces,
        "parameters": parameters,
        "memory_bytes": 4 * parameters,
        "text": operation.text,
        "keep": operation.keep,
        "compare": operation.compare or "the text that is given",
        "initialiser": operation.initialisation.name,
        "writes": str(operation.output),
    }
