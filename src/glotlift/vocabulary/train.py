"""Train a tokenizer on a mixture of languages or any stream of text."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Literal

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from glotlift.corpus.mixture import Mixture
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.sampling import mixture_texts, sample_texts
from glotlift.vocabulary.variants import (
    VARIANTS,
    Variant,
    marked,
    marks_case,
    splitters,
    with_case_marks,
)

Kind = Literal["bpe", "unigram", "wordpiece", "character"]

DECODER: Mapping[str, str] = {
    "bos_token": "<|begin_of_text|>",
    "eos_token": "<|end_of_text|>",
    "pad_token": "<|pad|>",
}
ENCODER: Mapping[str, str] = {
    "cls_token": "<s>",
    "pad_token": "<pad>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}
SEQ2SEQ: Mapping[str, str] = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}

CONVENTIONS: Mapping[Kind, Mapping[str, str]] = {
    "bpe": DECODER,
    "character": DECODER,
    "unigram": SEQ2SEQ,
    "wordpiece": {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    },
}

META = "▁"
BYTE_PIECES = tuple(f"<0x{byte:02X}>" for byte in range(256))


def train_tokenizer(
    texts: Iterable[str] | Mixture,
    *,
    kind: Kind = "bpe",
    size: int,
    special_tokens: Mapping[str, str] | None = None,
    byte_fallback: bool = True,
    variant: Variant = "plain",
    budget_bytes: int | None = None,
    seed: int = 0,
) -> PreTrainedTokenizerFast:
    """Train a tokenizer of at most `size` pieces, special tokens included and numbered from 0.

    - ``bpe``: byte-level BPE (Sennrich et al. 2016; bytes as in Radford et al. 2019), lossless.
    - ``unigram``: Unigram language model (Kudo 2018) over words marked with ``▁``; NFKC; with
      `byte_fallback` unknown characters become byte pieces, otherwise the unknown token.
    - ``wordpiece``: longest match with ``##`` (Devlin et al. 2019), case kept.
    - ``character``: one piece for each of the most frequent characters, bytes for all others,
      lossless.

    `texts` are a `Mixture`, read from its first position on until its share of languages fills
    `budget_bytes` (by default as many bytes as its sources hold), or any stream of texts, read
    once. The trainers keep the distinct words of the text and not the text, so memory grows with
    these; where a writing system does not space its words that is the text itself, at about 100
    bytes for each of its bytes in a BPE. With
    `budget_bytes` a stream is sampled down to that many bytes, uniformly by `seed`, before it is
    counted (`sample_texts` says how much that left out).

    `special_tokens` maps roles ("bos_token", "eos_token", "pad_token", "unk_token", "cls_token",
    "sep_token", "mask_token") to their text; `DECODER`, `ENCODER` and `SEQ2SEQ` are the usual sets.
    Encoding frames a text by the roles: ``cls`` and ``sep`` where both exist, else ``bos`` before
    it where there is one, else ``eos`` after it (as Llama, T5 and BERT do respectively).

    `variant` maps the text before a ``bpe`` (`glotlift.vocabulary.variants`): "case" writes each
    capital as a marker and its small letter, "arithmetic" makes every digit and operator a piece of
    its own, "combined" does both; "character" is the kind of that name.

    Raises GL-VOCABULARY-002 (unknown kind), -003 (size too small), -004 (no text), -005 (a kind
    that needs an unknown token has none), -085 (a variant that the kind has not) and -086
    (`budget_bytes` below 1).
    """
    kind = checked_kind(kind, variant)
    roles = dict(CONVENTIONS[kind] if special_tokens is None else special_tokens)
    check_size(kind, roles, size, byte_fallback)
    written = some_text(stream(texts, budget_bytes, seed))
    if kind == "character":
        backend = of_characters(written, size, roles)
    elif marks_case(variant):
        backend = trained_on_marks(written, size, roles, variant)
    else:
        backend, trainer = untrained(kind, size, roles, byte_fallback, variant)
        backend.train_from_iterator(written, trainer)
    if kind == "unigram" and byte_fallback:
        backend = with_byte_fallback(backend)
    backend.post_processor = frame(backend, roles)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, **roles
    )


def checked_kind(kind: Kind, variant: Variant) -> Kind:
    """Return the kind that `kind` and `variant` ask for; raises GL-VOCABULARY-002 and -085."""
    if kind not in CONVENTIONS:
        raise GlotliftError(
            "GL-VOCABULARY-002",
            f"unknown kind of tokenizer {kind!r}",
            place="kind",
            fix=f"choose one of {', '.join(CONVENTIONS)}",
        )
    if variant not in VARIANTS or (variant != "plain" and kind not in {"bpe", variant}):
        raise GlotliftError(
            "GL-VOCABULARY-085",
            f"there is no variant {variant!r} of {kind}",
            place="variant",
            fix=f"choose one of {', '.join(VARIANTS)}; all but plain are variants of bpe",
        )
    return "character" if variant == "character" else kind


def stream(texts: Iterable[str] | Mixture, budget_bytes: int | None, seed: int) -> Iterable[str]:
    """Return the texts to train on, within the budget."""
    if isinstance(texts, Mixture):
        return mixture_texts(texts, budget_bytes)
    return texts if budget_bytes is None else sample_texts(texts, budget_bytes, seed=seed).texts


def some_text(texts: Iterable[str]) -> Iterator[str]:
    """Return the texts that are not blank; raises GL-VOCABULARY-004 where none is."""
    written = (text for text in texts if text.strip())
    first = next(written, None)
    if first is None:
        raise GlotliftError(
            "GL-VOCABULARY-004", "there is no text to train on", place="texts", fix="give some text"
        )
    return chain([first], written)


def special_of(roles: Mapping[str, str]) -> list[str]:
    """Return the special tokens in the order of their ids."""
    return list(dict.fromkeys(roles.values()))


def check_size(kind: Kind, roles: Mapping[str, str], size: int, byte_fallback: bool) -> None:
    """Raise GL-VOCABULARY-003 and -005 for a size or special tokens that a kind cannot have."""
    if "unk_token" not in roles and kind in {"unigram", "wordpiece"}:
        raise GlotliftError(
            "GL-VOCABULARY-005",
            f"{kind} needs an unknown token",
            place="special_tokens",
            fix="add 'unk_token'",
        )
    spare = {"bpe": 256, "character": 257, "unigram": 257 if byte_fallback else 1, "wordpiece": 1}
    least = len(special_of(roles)) + spare[kind]
    if size < least:
        raise GlotliftError(
            "GL-VOCABULARY-003",
            f"{size} pieces cannot hold the alphabet and special tokens of {kind}",
            place="size",
            fix=f"ask for at least {least}",
        )


def of_characters(texts: Iterable[str], size: int, roles: Mapping[str, str]) -> Tokenizer:
    """Return a tokenizer whose pieces are the most frequent characters, and 256 bytes for others.

    It is a BPE without merges. Characters are code points; equals go by code point.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    special = special_of(roles)
    room = size - len(special) - len(BYTE_PIECES)
    chosen = sorted(counts, key=lambda letter: (-counts[letter], letter))[:room]
    pieces = dict.fromkeys([*special, *BYTE_PIECES, *chosen])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[], byte_fallback=True))
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    backend.add_special_tokens(special)
    return backend


def trained_on_marks(
    texts: Iterable[str], size: int, roles: Mapping[str, str], variant: Variant
) -> Tokenizer:
    """Return a byte-level BPE trained on text whose capitals are marked."""
    seen: set[str] = set()
    backend, trainer = untrained("bpe", size, roles, False, variant)
    backend.train_from_iterator(marked(texts, seen), trainer)
    return with_case_marks(backend, seen)


def untrained(
    kind: Kind, size: int, roles: Mapping[str, str], byte_fallback: bool, variant: Variant
) -> tuple[Tokenizer, trainers.Trainer]:
    """Return an empty tokenizer of `kind` and its trainer."""
    special = special_of(roles)
    if kind == "bpe":
        backend = Tokenizer(models.BPE())
        backend.pre_tokenizer = pre_tokenizers.Sequence(
            [
                *splitters(variant),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        backend.decoder = decoders.ByteLevel()
        return backend, trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=special,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
    if kind == "unigram":
        backend = Tokenizer(models.Unigram())
        backend.normalizer = normalizers.NFKC()
        backend.pre_tokenizer = pre_tokenizers.Metaspace(META)
        backend.decoder = decoders.Metaspace(META)
        return backend, trainers.UnigramTrainer(
            vocab_size=max(size - (len(BYTE_PIECES) if byte_fallback else 0), 1),
            special_tokens=special,
            unk_token=roles["unk_token"],
            show_progress=False,
        )
    backend = Tokenizer(models.WordPiece(unk_token=roles["unk_token"]))
    backend.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    return backend, trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=special, show_progress=False
    )


def with_byte_fallback(backend: Tokenizer) -> Tokenizer:
    """Add the 256 byte pieces to a trained Unigram tokenizer and switch byte fallback on."""
    state = json.loads(backend.to_str())
    vocabulary = state["model"]["vocab"]
    # A byte piece must lose against every learnt piece, and it only stands in for unknown ones.
    floor = min(score for _, score in vocabulary)
    vocabulary.extend([piece, floor] for piece in BYTE_PIECES)
    state["model"]["byte_fallback"] = True
    state["decoder"] = {
        "type": "Sequence",
        "decoders": [
            {"type": "Replace", "pattern": {"String": META}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ],
    }
    return Tokenizer.from_str(json.dumps(state))


def frame(backend: Tokenizer, roles: Mapping[str, str]) -> TemplateProcessing | None:
    """Return the post-processor that puts the special tokens of `roles` around a text."""
    if "cls_token" in roles and "sep_token" in roles:
        before, after = roles["cls_token"], roles["sep_token"]
    elif "bos_token" in roles:
        before, after = roles["bos_token"], ""
    elif "eos_token" in roles:
        before, after = "", roles["eos_token"]
    else:
        return None
    single = " ".join(part for part in (before, "$A", after) if part)
    pair = " ".join(part for part in (before, "$A", after, "$B:1", after and f"{after}:1") if part)
    special = [(token, backend.token_to_id(token)) for token in (before, after) if token]
    return TemplateProcessing(single=single, pair=pair, special_tokens=special)
