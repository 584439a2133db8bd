"""Cut text into the stretches of pieces inside which a new piece may grow."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import BPE, WordPiece

from glotlift.vocabulary.segmentation import (
    LETTERS,
    encodings,
    is_byte_level,
    is_partial,
    unknown_id,
)

META = "▁"
# The share of characters that a SentencePiece vocabulary covers by default (Kudo and Richardson
# 2018); the rest are stray signs that would each take a row.
COVERAGE = 0.9995
ALONE, LETTER, SIGN, OPEN = 0, 1, 2, 3


def count_words(backend: Tokenizer, texts: Iterable[str]) -> tuple[Counter[bytes], int]:
    """Count the stretches of two and more pieces, keyed by their ids as int32 bytes, and count all.

    A stretch ends where the pre-tokenizer cuts, at special, unknown and fallback pieces, before a
    ``▁`` and, unless the tokenizer writes bytes, where letters, digits and signs meet: the rules
    that the pre-tokenizer or the SentencePiece trainer of the old vocabulary followed.
    """
    first, last = piece_classes(backend)
    found: Counter[bytes] = Counter()
    total = 0
    for encoding in encodings(backend, texts, words=True):
        ids = np.asarray(encoding.ids, dtype=np.int32)
        total += len(ids)
        if len(ids) < 2:
            continue
        words = np.asarray(encoding.word_ids, dtype=np.float64)
        left, right = last[ids[:-1]], first[ids[1:]]
        meet = (left == right) | (left == OPEN)
        ends = (words[1:] != words[:-1]) | ~meet | (left == ALONE) | (right == ALONE)
        cuts = np.r_[0, np.flatnonzero(ends) + 1, len(ids)]
        for place in np.flatnonzero(np.diff(cuts) > 1).tolist():
            found[ids[cuts[place] : cuts[place + 1]].tobytes()] += 1
    return found, total


def unpack(words: Counter[bytes]) -> tuple[list[NDArray[np.int32]], list[int]]:
    """Return the stretches as arrays of ids, and how often each occurs."""
    return [np.frombuffer(word, dtype=np.int32) for word in words], list(words.values())


def piece_classes(backend: Tokenizer) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return [V] the class of each piece's first and of its last character.

    Two pieces may grow together when the left one's last class is the right one's first, or is
    `OPEN` (a bare ``▁``). `ALONE` matches nothing, not even itself.
    """
    vocabulary = backend.get_vocab(with_added_tokens=True)
    byte_level = is_byte_level(backend)
    prefix = getattr(backend.model, "continuing_subword_prefix", None) or ""
    first = np.zeros(max(vocabulary.values()) + 1, dtype=np.int8)
    last = np.zeros_like(first)
    closed = {token.content for token in backend.get_added_tokens_decoder().values()}
    unknown = unknown_id(backend)
    for piece, number in vocabulary.items():
        if piece in closed or number == unknown:
            continue
        if byte_level:
            first[number] = last[number] = LETTER
        elif not is_partial(piece, byte_level):
            text = piece.removeprefix(prefix)
            first[number] = ALONE if text.startswith(META) else character_class(text[:1])
            last[number] = OPEN if text.endswith(META) else character_class(text[-1:])
    return first, last


def character_class(character: str) -> int:
    """Return `LETTER` for letters and marks, `ALONE` for digits and nothing, `SIGN` for others."""
    if not character:
        return ALONE
    kind = unicodedata.category(character)[0]
    return {"L": LETTER, "M": LETTER, "N": ALONE}.get(kind, SIGN)


def missing_letters(backend: Tokenizer, texts: Sequence[str]) -> Counter[str]:
    """Count the one-character pieces that `texts` needs and the tokenizer lacks.

    Rare ones are left out beyond a coverage of 99.95 % of all characters. WordPiece needs each
    character at the start of a word and, marked, inside one.
    """
    vocabulary = backend.get_vocab(with_added_tokens=True)
    model = backend.model
    if isinstance(model, BPE) and (model.continuing_subword_prefix or model.end_of_word_suffix):
        return Counter()
    if is_byte_level(backend) and vocabulary.keys() >= LETTERS.keys():
        return Counter()
    letters: Counter[str] = Counter()
    for text in texts:
        plain = backend.normalizer.normalize_str(text) if backend.normalizer else text
        if isinstance(model, WordPiece):
            for word, _ in backend.pre_tokenizer.pre_tokenize_str(plain):
                letters.update([word[0], *(model.continuing_subword_prefix + x for x in word[1:])])
        else:
            letters.update("".join(plain.split()))
    if is_byte_level(backend):
        letters = Counter(dict.fromkeys(LETTERS, 1))
    spare = (1 - COVERAGE) * letters.total()
    missing: Counter[str] = Counter()
    for letter, count in sorted(letters.items(), key=lambda item: (item[1], item[0])):
        if letter in vocabulary:
            continue
        if spare >= count:
            spare -= count
        else:
            missing[letter] = count
    return missing
