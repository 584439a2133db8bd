"""From rows of text to token ids with known lengths."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from datasets import Dataset, Features, Value
from datasets import Sequence as SequenceOf
from datasets.fingerprint import generate_random_fingerprint
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from glotlift.objectives.packing import Ids
from glotlift.objectives.word_columns import NONE, Beside
from glotlift.runs.errors import GlotliftError

FEATURES = Features({"input_ids": SequenceOf(Value("int32")), "bytes": Value("int64")})


def tokenise(
    tokenizer: PreTrainedTokenizerFast,
    rows: Dataset,
    *,
    prefix: list[int],
    suffix: list[int],
    beside: Beside | None = None,
) -> Dataset:
    """Return `input_ids` (prefix, text, suffix) and UTF-8 `bytes` of each row's `text`.

    `beside` makes further features with a number for each token; prefix and suffix have -1 there.
    Raises what `beside` raises.
    """
    wanted = beside.columns if beside else ()

    def encode(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        texts = batch["text"]
        encoded = tokenizer(
            texts,
            add_special_tokens=False,
            return_offsets_mapping=bool(wanted),
            verbose=False,
        )
        made: dict[str, list[Any]] = {
            "input_ids": [prefix + ids + suffix for ids in encoded["input_ids"]],
            "bytes": [len(text.encode()) for text in texts],
        }
        if beside and wanted:
            before, after = [NONE] * len(prefix), [NONE] * len(suffix)
            for name, numbers in beside(batch, encoded["offset_mapping"]).items():
                made[name] = [np.concatenate([before, each, after]) for each in numbers]
        return made

    return rows.map(
        encode,
        batched=True,
        remove_columns=rows.column_names,
        features=Features(FEATURES | {name: SequenceOf(Value("int32")) for name in wanted}),
        keep_in_memory=True,
        load_from_cache_file=False,
        # Nothing is looked for in a cache, so the tokenizer need not be hashed.
        new_fingerprint=generate_random_fingerprint(),
    )


def start_id(tokenizer: PreTrainedTokenizerFast) -> int:
    """Return the token that a document starts from: begin, class or end of sequence.

    Raises GL-OBJECTIVE-001 when the tokenizer has none: its first token would go unpredicted.
    """
    for candidate in (tokenizer.bos_token_id, tokenizer.cls_token_id, tokenizer.eos_token_id):
        if candidate is not None:
            return int(candidate)
    raise GlotliftError(
        "GL-OBJECTIVE-001",
        "the tokenizer has no token to start a document with",
        place=tokenizer.name_or_path,
        fix="set its bos_token or eos_token",
    )


def mask_id(tokenizer: PreTrainedTokenizerFast) -> int:
    """Return the token that hides others. Raises GL-OBJECTIVE-002 when the tokenizer has none."""
    if tokenizer.mask_token_id is None:
        raise GlotliftError(
            "GL-OBJECTIVE-002",
            "the tokenizer has no mask token",
            place=tokenizer.name_or_path,
            fix="use an objective without masks (causal, prefix, spans) or another tokenizer",
        )
    return int(tokenizer.mask_token_id)


def end_id(tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """Return the token that ends a document, as a list that is empty where there is none."""
    for candidate in (tokenizer.eos_token_id, tokenizer.sep_token_id):
        if candidate is not None:
            return [int(candidate)]
    return []


def padding_id(tokenizer: PreTrainedTokenizerFast) -> int:
    """Return a token to fill up blocks with; its positions carry no loss."""
    for candidate in (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id):
        if candidate is not None:
            return int(candidate)
    return 0


def padded_length(blocks: Sequence[Sequence[Ids]], multiple: int = 8) -> int:
    """Return the length of the longest block, rounded up."""
    longest = max(sum(len(piece) for piece in pieces) for pieces in blocks)
    return max(multiple, -(-longest // multiple) * multiple)


def laid_out(
    blocks: Sequence[Sequence[Ids]], length: int, filled: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the document's number at each position [blocks, length], and tokens [columns, ...].

    Documents count from 1 in each block, and 0 pads. Of the tokens, `filled` [columns] says what
    stands in each column where there is padding; the first is that of the ids.
    """
    pieces = [piece for block in blocks for piece in block]
    sizes = np.asarray([len(piece) for piece in pieces], dtype=np.int64)
    many = np.asarray([len(block) for block in blocks], dtype=np.int64)
    ends = np.cumsum(sizes)
    firsts = np.append(ends - sizes, ends[-1:])[np.cumsum(many) - many] if pieces else many
    row = np.repeat(np.arange(len(blocks)), many)
    shifts = np.repeat(row * length - firsts[row], sizes)
    places = np.arange(len(shifts)) + shifts
    numbers = np.zeros((len(blocks), length), dtype=np.int64)
    inside = np.arange(1, len(pieces) + 1) - (np.cumsum(many) - many)[row]
    numbers.ravel()[places] = np.repeat(inside, sizes)
    table = np.empty((len(filled), len(blocks), length), dtype=np.int64)
    table[:] = np.asarray(filled)[:, None, None]
    if pieces:
        flat = np.concatenate(pieces).reshape(len(places), -1)
        for column, values in zip(table, flat.T, strict=True):
            column.ravel()[places] = values
    return numbers, table
