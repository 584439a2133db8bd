"""First pass, one shard at a time: each row read, repaired, identified, measured, fingerprinted.

Nothing is decided here that another shard could change. A shard's folder holds

    rows.parquet        the rows that were whole, with what was found in them
    *.npy               one entry a row: measures, keys, fingerprints
    ledger.jsonl        the rows that were not
    examined.json       counts
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glotlift.corpus.building.config import BuildConfig, Input, Quality
from glotlift.corpus.building.found import ROWS, Found, table
from glotlift.corpus.building.measuring import TRUSTED, measure_texts
from glotlift.corpus.building.protecting import load_index, protect_evaluation, protect_people
from glotlift.corpus.building.repeating import save_lines, save_paragraphs
from glotlift.corpus.building.shards import Piece, Shard, open_piece
from glotlift.corpus.building.speaking import identify_rows, texts_of
from glotlift.corpus.ledger import Ledger
from glotlift.corpus.quality.boilerplate import line_keys
from glotlift.corpus.quality.word_lists import WordList, read_word_list
from glotlift.corpus.repairing.normalisation import normalise
from glotlift.corpus.repairing.repair import repair
from glotlift.corpus.repetition.fingerprints import text_keys
from glotlift.corpus.repetition.passages import paragraph_keys
from glotlift.corpus.rows import EMPTY, UNKNOWN, as_string, raw_text, spoken_language
from glotlift.languages.identification import Identifier, combine, load_identifier
from glotlift.runs import atomic

BATCH_CHARACTERS = 2_000_000
EVALUATION_INDEX = "evaluation.npz"
Arrays = dict[str, NDArray[Any]]


def examine_shard(config: BuildConfig, root: Path, shard: Shard) -> dict[str, Any]:
    """Examine one shard unless that is done; return its counts."""
    path = root / "examined" / shard.name
    if not path.is_dir():
        with atomic.folder(path) as folder:
            atomic.write_json(folder / "examined.json", examine(config, shard, root, folder))
    return {"shard": shard.name, "bytes": shard.bytes}


def examine(config: BuildConfig, shard: Shard, root: Path, folder: Path) -> dict[str, Any]:
    """Write a shard's rows and arrays into `folder`, in batches of bounded size."""
    began = time.monotonic()
    ledger = Ledger()
    counts = [0]
    parts, lines, paragraphs = [measure_rows([], root)], [line_keys([])], [paragraph_keys([])]
    with pq.ParquetWriter(folder / "rows.parquet", ROWS, compression="lz4") as writer:
        for rows in batches(config, shard, ledger):
            inspect(rows, config, root)
            writer.write_table(table(rows))
            texts = texts_of(rows)
            parts.append(measure_rows(rows, root))
            keys, rows_of = line_keys(texts if config.quality.boilerplate else [])
            lines.append((keys, rows_of + np.uint32(sum(counts))))
            paragraphs.append(paragraph_keys(texts if config.duplicates.passages else []))
            counts.append(len(rows))
    for name in parts[0]:
        np.save(folder / f"{name}.npy", np.concatenate([part[name] for part in parts]))
    save_lines(folder, lines)
    save_paragraphs(folder, paragraphs, counts)
    ledger.write(folder / "ledger.jsonl")
    sizes = np.concatenate([part["bytes"] for part in parts])
    return {
        "read": ledger.read,
        "broken": ledger.dropped,
        "rows": len(sizes),
        "bytes": int(sizes.sum()),
        "seconds": round(time.monotonic() - began, 3),
    }


def batches(config: BuildConfig, shard: Shard, ledger: Ledger) -> Iterator[list[Found]]:
    """Yield the whole rows of a shard in lists of about `BATCH_CHARACTERS`."""
    gathered: list[Found] = []
    room = BATCH_CHARACTERS
    for piece in shard.pieces:
        for row in whole_rows(piece, config.inputs[piece.input], ledger, mend=config.repair):
            gathered.append(row)
            room -= len(row.text)
            if room <= 0:
                yield gathered
                gathered, room = [], BATCH_CHARACTERS
    if gathered:
        yield gathered


def whole_rows(piece: Piece, given: Input, ledger: Ledger, *, mend: bool) -> Iterator[Found]:
    """Yield the rows of a piece that are whole, mended and normalised; others are entered."""
    opened = open_piece(piece, given)
    for row in opened.rows:
        ledger.read += 1
        stated = as_string(row.values.get("id"))
        raw, fault = raw_text(row)
        spoken, other = spoken_language(row.values.get("language"), given.language)
        mended = repair(raw) if mend and raw else None
        text = normalise(mended.text if mended else raw)
        fault = fault or other or ("" if text else EMPTY)
        if fault:
            ledger.drop(opened.name, row.line, fault, id=stated)
            continue
        yield Found(
            id=stated or f"{opened.name}#{row.line}",
            language=spoken,
            text=text,
            source=as_string(row.values.get("source")) or given.source or opened.name,
            license=as_string(row.values.get("license")) or given.license or UNKNOWN,
            hash=hashlib.blake2b(raw.encode(), digest_size=16).hexdigest(),
            file=opened.name,
            line=row.line,
            changes={f"repaired {kind}": 1 for kind in mended.damage} if mended else {},
        )


def inspect(rows: list[Found], config: BuildConfig, root: Path) -> None:
    """Find the languages of rows, and what must not be in them."""
    identify_rows(rows, identifier(config.identification.identifier), config.identification)
    for row in rows:
        if config.languages and row.language not in config.languages:
            row.drop("language not asked for")
    drop_listed(rows, config.quality)
    protect_people(rows, config.protection)
    if config.protection.evaluation:
        index = load_index(root / EVALUATION_INDEX)
        protect_evaluation(rows, index, config.protection)


def drop_listed(rows: Sequence[Found], settings: Quality) -> None:
    """Drop the rows of which too large a share are words of the user's lists."""
    for code, path in settings.word_lists.items():
        own = [row for row in rows if row.language == code]
        shares = listed_words(Path(path), code).shares(texts_of(own))
        for row, share in zip(own, shares, strict=True):
            if share > settings.word_share:
                row.drop("listed words")


@cache
def listed_words(path: Path, code: str) -> WordList:
    """Return a list of words, read once in each process."""
    return read_word_list(path, code)


@cache
def identifier(addresses: tuple[str, ...]) -> Identifier:
    """Return the identifier of these addresses, loaded once in each process."""
    return combine(*(load_identifier(address) for address in addresses))


def measure_rows(rows: Sequence[Found], root: Path) -> Arrays:
    """Return what the second pass decides by: one entry a row in each array."""
    texts = texts_of(rows)
    keys = text_keys(texts)
    return {
        "bytes": np.fromiter((len(text.encode()) for text in texts), np.int64, len(texts)),
        "measures": measure_texts(texts, [row.language for row in rows], root / TRUSTED),
        "exact": keys.exact,
        "normalised": keys.normalised,
        "fingerprints": keys.fingerprints,
        "sizes": keys.sizes,
    }
