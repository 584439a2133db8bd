"""What a corpus is built from and how: the configuration of `glotlift corpus build`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from glotlift.corpus.repetition.near_duplicates import THRESHOLD
from glotlift.languages import language as find_language
from glotlift.runs.config import Config

MiB = 2**20


class Input(Config):
    """One source of text."""

    path: str
    """A file, a folder, ``world:hin_Deva?rows=1000`` or ``hub:owner/name``."""
    language: str | None = None
    """The language of rows that do not say theirs; without it, it is identified."""
    source: str | None = None
    license: str | None = None
    columns: Mapping[str, str] = Field(default_factory=dict)
    """Field -> the column that holds it, where the usual names do not find it."""
    documents: Literal["auto", "line", "blank", "file"] = "auto"
    """What one document of a text file is."""

    @field_validator("language")
    @classmethod
    def known(cls, code: str | None) -> str | None:
        """Return the full code of a language."""
        return code and find_language(code).code


class Identification(Config):
    """How the language of a document is found."""

    identifier: tuple[str, ...] = ("bundled",)
    """``bundled``, a folder of ``corpus train-lid`` or a fastText file; the first that knows a
    language decides."""
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Below it a document without a stated language is of none."""
    stated: Literal["trust", "check"] = "check"
    """Whether a row's own language is checked: it is dropped where another is certain."""
    mixed: Literal["cut", "keep", "drop"] = "cut"
    """What becomes of a document in two languages; ``cut`` keeps the parts in its main one."""
    keep_unidentified: bool = False


class Quality(Config):
    """What text is kept; see `glotlift.corpus.quality.standards`."""

    standards: bool = True
    trusted: Mapping[str, str] = Field(default_factory=dict)
    """Language -> text of known quality, from which its thresholds are learnt."""
    minimum_characters: Annotated[int, Field(ge=0)] | None = None
    """Shorter documents are dropped; without it the bound is learnt from the corpus."""
    boilerplate: bool = True
    """Cut lines that many documents share, or that are boilerplate by their form."""
    word_lists: Mapping[str, str] = Field(default_factory=dict)
    """Language -> a file of words, one a line; documents with too many of them are dropped."""
    word_share: Annotated[float, Field(gt=0, le=1)] = 0.02


class Duplicates(Config):
    """Which repetitions are dropped."""

    near: bool = True
    similarity: Annotated[float, Field(gt=0, le=1)] = THRESHOLD
    """The Jaccard similarity of character shingles from which one of two documents goes."""
    passages: bool = True
    """Cut long paragraphs that stood in an earlier document."""


class Protection(Config):
    """What protects people and evaluations."""

    personal: Literal["mask", "drop", "keep"] = "mask"
    evaluation: tuple[str, ...] = ()
    """Files or folders of evaluation sets, of which no item may stay in the corpus."""
    contaminated: Literal["drop", "cut"] = "drop"


class BuildConfig(Config):
    """The configuration of a corpus."""

    name: str = "corpus"
    inputs: tuple[Input, ...] = Field(min_length=1)
    output: Path
    languages: tuple[str, ...] = ()
    """Only these are kept; all of them where none is named."""
    repair: bool = True
    identification: Identification = Identification()
    quality: Quality = Quality()
    duplicates: Duplicates = Duplicates()
    protection: Protection = Protection()
    format: Literal["parquet", "jsonl"] = "parquet"
    """Files of the corpus: Parquet, or JSON lines compressed with zstandard."""
    shard_bytes: Annotated[int, Field(ge=1024)] = 16 * MiB
    """Input of one unit of work; more where there is so much that there would be over 1,000."""
    workers: Annotated[int, Field(ge=1)] | None = None
    """Processes; one for each core by default."""
    engine: Literal["local", "ray"] = "local"

    @field_validator("languages")
    @classmethod
    def known(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        """Return the full codes of languages."""
        return tuple(find_language(code).code for code in codes)
