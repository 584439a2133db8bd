"""Two folders of documents in, pairs of sentences out: read, align, filter, write."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import regex
from pydantic import Field, field_validator, model_validator

from glotlift.corpus.ledger import Ledger
from glotlift.corpus.pairing.aligning import Aligner, align_corpus
from glotlift.corpus.pairing.documents import Document, match_sides, read_side
from glotlift.corpus.pairing.filtering import Filtered, PairFilter, filter_pairs
from glotlift.corpus.pairing.lexicon import read_lexicon
from glotlift.corpus.pairing.links import Link
from glotlift.corpus.pairing.results import check_output, describe, write_result
from glotlift.languages import language
from glotlift.runs.config import Config
from glotlift.runs.errors import GlotliftError
from glotlift.runs.progress import track

if TYPE_CHECKING:
    from glotlift.languages.identification import Identifier
    from glotlift.runs.protocols import Encoder

GLUED = regex.compile(r"(?<=\p{Ll}{2}[.!?])(?=\p{Lu}\p{Ll})")
SENTENCE_END = regex.compile(r"\p{Sentence_Terminal}")


class PairConfig(Config):
    """What to pair, and where the pairs go."""

    source: Path
    """A file or folder of documents in the source language."""
    target: Path
    """A file or folder of their translations; may be the same folder."""
    source_language: str
    target_language: str
    output: Path
    """The folder that is made: pairs, one file of rows per language, ledger, report."""
    format: Literal["jsonl", "parquet"] = "jsonl"
    unit: Literal["sentence", "line"] = "sentence"
    """What is aligned: sentences, or lines (paragraphs) as they stand."""
    columns: dict[str, str] | None = None
    """The files' columns for id, language, text and license, where they have other names."""
    lexicon: Path | None = None
    """Lines of source<TAB>target[<TAB>probability]."""
    passes: int = Field(default=3, ge=1, le=10)
    """Passes of alignment; each after the first uses a lexicon learnt from the one before."""
    identifier: str | None = None
    """What tells the language: ``bundled``, a folder, or fastText weights; None: not told."""
    filter: PairFilter = PairFilter()

    @field_validator("source_language", "target_language")
    @classmethod
    def spell_out(cls, code: str) -> str:
        """Return the one code of a language."""
        return str(language(code).code)

    @model_validator(mode="after")
    def two_languages(self) -> "PairConfig":
        """Refuse a language paired with itself."""
        if self.source_language == self.target_language:
            cause = f"both sides are {self.source_language}"
            fix = "name two languages, or the scripts too"
            raise GlotliftError("GL-CORPUS-069", cause, place="target_language", fix=fix)
        return self


@dataclass(frozen=True)
class Paired:
    """What `pair_files` made: its folder, the pairs kept, the ledger, the report."""

    folder: Path
    rows: list[dict[str, Any]]
    ledger: Ledger
    report: dict[str, Any]


def pair_files(
    config: PairConfig,
    *,
    identifier: "Identifier | None" = None,
    encoder: "Encoder | None" = None,
) -> Paired:
    """Pair the sentences of documents that share a name or id, and write what is kept.

    The ledger counts faulty rows, documents without a translation, and every link that alignment
    made: ``read == kept + dropped``. Raises GL-CORPUS-065 to 070, -073 and what reading raises.
    """
    started = time.perf_counter()
    check_output(config.output, (config.source, config.target))
    ledger = Ledger()
    codes = config.source_language, config.target_language
    source = read_side(config.source, codes[0], config.columns, ledger)
    target = read_side(config.target, codes[1], config.columns, ledger)
    documents = match_sides(source, target, ledger)
    texts = [
        (cut(said.text, codes[0], config.unit), cut(heard.text, codes[1], config.unit))
        for said, heard in track(documents, total=len(documents), label="split")
    ]
    given = read_lexicon(config.lexicon) if config.lexicon else None
    links, aligner = align_corpus(
        texts, aligner=Aligner(lexicon=given, encoder=encoder), passes=config.passes
    )
    candidates = gather(documents, texts, links, codes, ledger)
    known = identifier or find_identifier(config.identifier)
    judged = judge(candidates, aligner, config, known, encoder)
    rows = settle(candidates, judged, ledger)
    report = describe(texts, links, judged, rows, ledger, aligner, time.perf_counter() - started)
    if not rows:
        cause = f"no pair was kept of {ledger.read}: {json.dumps(ledger.counts()):.200}"
        fix = (
            "check that the documents are translations, or switch filters off (filter.copied=null)"
        )
        raise GlotliftError("GL-CORPUS-070", cause, place=str(config.source), fix=fix)
    write_result(config.output, config.format, rows, ledger, aligner.lexicon, report)
    return Paired(config.output, rows, ledger, report)


def cut(text: str, code: str, unit: str) -> list[str]:
    """Return a document's sentences or lines, without empty ones."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if unit == "line":
        return lines
    from glotlift.languages.sentences import split_sentences

    return [s for line in unglue(lines) for s in split_sentences(line, code) if s.strip()]


def unglue(lines: Sequence[str]) -> list[str]:
    """Return lines cut where a sentence follows another without a space, if that is usual there.

    Text copied from pages often lost the ends of its lines: ``to pay.They told me``.
    """
    text = "\n".join(lines)
    glued = len(GLUED.findall(text))
    if glued < 3 or glued < 0.1 * len(SENTENCE_END.findall(text)):
        return list(lines)
    return str(GLUED.sub("\n", text)).split("\n")


def find_identifier(address: str | None) -> "Identifier | None":
    """Return the identifier at an address, or None for no address."""
    if address is None:
        return None
    from glotlift.languages.identification import load_identifier

    return load_identifier(address)


def gather(
    documents: Sequence[tuple[Document, Document]],
    texts: Sequence[tuple[Sequence[str], Sequence[str]]],
    links: Sequence[Sequence[Link]],
    codes: tuple[str, str],
    ledger: Ledger,
) -> list[dict[str, Any]]:
    """Return every link with both sides as a row; the others go to the ledger."""
    rows = []
    for (source, target), (said, heard), found in zip(documents, texts, links, strict=True):
        for number, link in enumerate(found, start=1):
            ledger.read += 1
            id = f"{source.name}#{number}"
            if not link.paired:
                side = source if link.source else target
                ledger.drop(side.file, side.line, "no counterpart", id=id)
                continue
            rows.append(
                {
                    "id": id,
                    "source_language": codes[0],
                    "language": codes[1],
                    "source_text": join(said, link.source, codes[0]),
                    "text": join(heard, link.target, codes[1]),
                    "score": round(link.score, 3),
                    "source": source.file,
                    "line": source.line,
                    "source_sentences": [link.source.start + 1, link.source.stop],
                    "sentences": [link.target.start + 1, link.target.stop],
                    "license": licenses(source, target),
                }
            )
    return rows


def join(sentences: Sequence[str], chosen: range, code: str) -> str:
    """Return neighbouring sentences as one text."""
    return (" " if language(code).spaced else "").join(sentences[k] for k in chosen)


def licenses(source: Document, target: Document) -> str:
    """Return the license of a pair: both where they differ."""
    return " + ".join(dict.fromkeys([source.license, target.license]))


def judge(
    rows: Sequence[Mapping[str, Any]],
    aligner: Aligner,
    config: PairConfig,
    identifier: "Identifier | None",
    encoder: "Encoder | None",
) -> Filtered:
    """Return the filters' reasons for all candidates."""
    return filter_pairs(
        [row["source_text"] for row in rows],
        [row["text"] for row in rows],
        languages=(config.source_language, config.target_language),
        settings=config.filter,
        identifier=identifier,
        lexicon=aligner.lexicon,
        encoder=encoder,
    )


def settle(
    rows: Sequence[dict[str, Any]], judged: Filtered, ledger: Ledger
) -> list[dict[str, Any]]:
    """Return the rows without a reason, with their likeness; the others go to the ledger."""
    kept = []
    for k, (row, reason) in enumerate(zip(rows, judged.reasons, strict=True)):
        if reason:
            ledger.drop(row["source"], row["line"], reason, id=row["id"])
            continue
        likeness = float("nan") if judged.likeness is None else float(judged.likeness[k])
        known = None if np.isnan(likeness) else round(likeness, 4)
        kept.append({field: value for field, value in row.items() if field != "line"})
        kept[-1]["likeness"] = known
    return kept
