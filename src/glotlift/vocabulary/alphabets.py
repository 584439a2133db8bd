"""What a piece writes, whatever letters its tokenizer writes it with.

Byte-level letters, the ``▁`` of SentencePiece and the ``##`` of WordPiece are three ways to say
where a word begins. Here a piece is the bytes that it stands for, with a leading space where it
begins a word, so that pieces of different tokenizers can be compared and moved.
"""

from dataclasses import dataclass
from typing import Literal

import regex
from tokenizers import Tokenizer
from tokenizers.models import BPE, WordPiece

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.segmentation import BYTE_PIECE, LETTERS, is_byte_level

META = "▁"
LETTER_OF = {byte: letter for letter, byte in LETTERS.items()}
ASCII = 0x80
# BERT's pre-tokenizer sets signs and Chinese characters apart, so that these have no ## form.
APART = regex.compile(r"[\p{P}\p{S}\p{Han}]")

Style = Literal["bytes", "meta", "wordpiece"]


@dataclass(frozen=True)
class Alphabet:
    """How a tokenizer writes pieces: byte-level letters, ``▁`` before words, or ``##`` within."""

    style: Style
    prefix: str = ""

    def read(self, piece: str) -> bytes:
        """Return the bytes that a piece stands for, with a space before them if it begins a word.

        A fallback piece such as ``<0xE0>`` is its byte; one of an ASCII letter stays a name, since
        the letter itself is another piece.
        """
        if self.style == "bytes":
            if all(letter in LETTERS for letter in piece):
                return bytes(LETTERS[letter] for letter in piece)
            return piece.encode()
        if self.style == "wordpiece":
            if self.prefix and piece.startswith(self.prefix) and piece != self.prefix:
                return piece[len(self.prefix) :].encode()
            return piece.encode() if APART.match(piece) else f" {piece}".encode()
        if BYTE_PIECE.fullmatch(piece) and int(piece[3:5], 16) >= ASCII:
            return bytes([int(piece[3:5], 16)])
        return piece.replace(META, " ").encode()

    def begins_word(self, piece: str) -> bool:
        """Tell whether a piece is marked as the beginning of a word (in WordPiece: as no other)."""
        if self.style == "wordpiece":
            return not piece.startswith(self.prefix)
        return self.read(piece).startswith(b" ")

    def write(self, text: bytes) -> list[str]:
        """Return the strings of model letters that write `text`: one, or a fallback piece per byte.

        The inverse of `read` for every piece of such a tokenizer.
        """
        if self.style == "bytes":
            return ["".join(LETTER_OF[byte] for byte in text)]
        try:
            letters = text.decode()
        except UnicodeDecodeError:
            return [f"<0x{byte:02X}>" for byte in text]
        if self.style == "meta":
            return [letters.replace(" ", META)]
        if letters.startswith(" "):
            return [letters[1:]]
        return [letters if APART.match(letters) else self.prefix + letters]


def alphabet_of(backend: Tokenizer) -> Alphabet:
    """Return how a tokenizer writes its pieces.

    Raises GL-VOCABULARY-070 for one that marks the ends of words instead of their beginnings.
    """
    model = backend.model
    if isinstance(model, BPE) and (model.end_of_word_suffix or model.continuing_subword_prefix):
        raise GlotliftError(
            "GL-VOCABULARY-070",
            "the pieces of this BPE mark the ends of words",
            place="tokenizer",
            fix="use a tokenizer with byte-level letters, ▁ or ##",
        )
    if is_byte_level(backend):
        return Alphabet("bytes")
    if isinstance(model, WordPiece):
        return Alphabet("wordpiece", model.continuing_subword_prefix)
    return Alphabet("meta")
