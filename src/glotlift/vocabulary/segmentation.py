"""Read a tokenizer: its backend, its vocabulary, and how it segments text."""

import gc
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from tokenizers import Encoding, Tokenizer
from tokenizers.models import BPE, Unigram
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError

BATCH = 512
BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")


def fast_backend(tokenizer: PreTrainedTokenizerFast) -> Tokenizer:
    """Return the tokenizer's own fast backend.

    Raises GL-VOCABULARY-001 for a slow tokenizer.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise GlotliftError(
            "GL-VOCABULARY-001",
            f"{type(tokenizer).__name__} is not a fast tokenizer",
            place="tokenizer",
            fix="load it with transformers.AutoTokenizer, or convert it to tokenizer.json",
        )
    return backend


def backend_of(tokenizer: PreTrainedTokenizerFast) -> Tokenizer:
    """Return a copy of the fast backend that neither truncates, pads nor drops merges at random.

    Raises GL-VOCABULARY-001 for a slow tokenizer.
    """
    backend = fast_backend(tokenizer)
    copy = Tokenizer.from_str(backend.to_str())
    copy.encode_special_tokens = backend.encode_special_tokens
    copy.no_truncation()
    copy.no_padding()
    if isinstance(copy.model, BPE):
        copy.model.dropout = None
    return copy


def state_of(backend: Tokenizer) -> dict[str, Any]:
    """Return the JSON of a backend.

    Reading hundreds of thousands of pieces leaves no garbage, but the search for it, again and
    again while they are made, takes several times as long as the reading.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        state: dict[str, Any] = orjson.loads(backend.to_str())
    finally:
        if collects:
            gc.enable()
    return state


def pieces_in(state: dict[str, Any]) -> dict[str, int]:
    """Return piece to id from a backend's JSON, added and special tokens included."""
    held = state["model"]["vocab"]
    listed = state["model"]["type"] == "Unigram"
    pieces: dict[str, int] = (
        {piece: number for number, (piece, _) in enumerate(held)} if listed else held
    )
    return pieces | {token["content"]: token["id"] for token in state["added_tokens"]}


def vocabulary_of(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    """Return piece to id, added and special tokens included."""
    return dict(tokenizer.backend_tokenizer.get_vocab(with_added_tokens=True))


def encodings(
    backend: Tokenizer, texts: Iterable[str], *, words: bool = False
) -> Iterator[Encoding]:
    """Yield the encoding of each text without special tokens around it, in bounded batches.

    Only the ids are filled, except with `words`, which costs about twice the time.
    """
    encode = backend.encode_batch if words else backend.encode_batch_fast
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == BATCH:
            yield from encode(batch, add_special_tokens=False)
            batch = []
    yield from encode(batch, add_special_tokens=False)


def names_of(backend: Tokenizer) -> list[str]:
    """Return the piece of each id; ids that no piece has are empty."""
    vocabulary = backend.get_vocab(with_added_tokens=True)
    names = [""] * (max(vocabulary.values()) + 1)
    for piece, number in vocabulary.items():
        names[number] = piece
    return names


def byte_letters() -> dict[str, int]:
    """Return the letters that byte-level tokenizers write bytes with (Radford et al. 2019)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + place): byte for place, byte in enumerate(hidden)
    }


LETTERS = byte_letters()


def is_byte_level(backend: Tokenizer) -> bool:
    """Tell whether the tokenizer writes text as byte-level letters."""
    return "ByteLevel" in f"{backend.pre_tokenizer!r} {backend.normalizer!r}"


def readable(piece: str, byte_level: bool) -> str:
    """Return a piece as a reader sees it: ``▁`` for a space, ``<0xE0>`` for a lone byte."""
    if not byte_level or not all(letter in LETTERS for letter in piece):
        return piece
    text = bytes(LETTERS[letter] for letter in piece).decode("utf-8", errors="backslashreplace")
    return text.replace(" ", "▁")


def segment(tokenizer: PreTrainedTokenizerFast, text: str) -> list[str]:
    """Return the pieces of `text`, readable: ``▁`` for a space, ``\\xe0`` for a lone byte."""
    backend = backend_of(tokenizer)
    return segments(backend, [text])[0]


def segments(backend: Tokenizer, texts: Sequence[str]) -> list[list[str]]:
    """Return the readable pieces of each text."""
    byte_level = is_byte_level(backend)
    names = names_of(backend)
    return [
        [readable(names[number], byte_level) for number in encoding.ids]
        for encoding in encodings(backend, texts)
    ]


def unknown_id(backend: Tokenizer) -> int | None:
    """Return the id of the model's unknown token, if it has one."""
    if isinstance(backend.model, Unigram):
        number: int | None = state_of(backend)["model"]["unk_id"]
        return number
    token = backend.model.unk_token
    return None if token is None else backend.token_to_id(token)


def partial_ids(backend: Tokenizer) -> list[int]:
    """Return the ids of pieces that hold only a part of a character: lone or cut-off bytes."""
    byte_level = is_byte_level(backend)
    special = {token.content for token in backend.get_added_tokens_decoder().values()}
    return [
        number
        for piece, number in backend.get_vocab().items()
        if piece not in special and is_partial(piece, byte_level)
    ]


def is_partial(piece: str, byte_level: bool) -> bool:
    """Tell whether a piece is no whole number of characters."""
    if not byte_level:
        return BYTE_PIECE.fullmatch(piece) is not None
    if not all(letter in LETTERS for letter in piece):
        return False
    try:
        bytes(LETTERS[letter] for letter in piece).decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def cuts_character(left: str, right: str) -> bool:
    """Tell whether two byte-level pieces meet between characters but do not hold whole ones.

    Joining them would make a piece of one character and a fragment of another, which no reader
    can name and which ties rare characters together.
    """
    within_character = 0x80 <= LETTERS.get(right[0], 0) < 0xC0
    return not within_character and is_partial(left + right, True)
