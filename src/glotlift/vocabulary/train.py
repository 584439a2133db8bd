"""Train a tokenizer on plain text."""

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Literal

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError

Kind = Literal["bpe", "unigram", "wordpiece"]

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
    "unigram": SEQ2SEQ,
    "wordpiece": {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    },
}

# Llama 3's pattern with \p{M} beside \p{L}: without the marks every vowel sign of an Indic script
# ends a word, and no piece could span it.
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
META = "▁"


def train_tokenizer(
    texts: Iterable[str],
    *,
    kind: Kind = "bpe",
    size: int,
    special_tokens: Mapping[str, str] | None = None,
    byte_fallback: bool = True,
) -> PreTrainedTokenizerFast:
    """Train a tokenizer of at most `size` pieces, special tokens included and numbered from 0.

    - ``bpe``: byte-level BPE (Sennrich et al. 2016; bytes as in Radford et al. 2019), lossless.
    - ``unigram``: Unigram language model (Kudo 2018) over words marked with ``▁``; NFKC; with
      `byte_fallback` unknown characters become byte pieces, otherwise the unknown token.
    - ``wordpiece``: longest match with ``##`` (Devlin et al. 2019), case kept.

    `special_tokens` maps roles ("bos_token", "eos_token", "pad_token", "unk_token", "cls_token",
    "sep_token", "mask_token") to their text; `DECODER`, `ENCODER` and `SEQ2SEQ` are the usual sets.
    Encoding frames a text by the roles: ``cls`` and ``sep`` where both exist, else ``bos`` before
    it where there is one, else ``eos`` after it (as Llama, T5 and BERT do respectively).

    Raises GL-VOCABULARY-002 (unknown kind), -003 (size too small), -004 (no text) and -005 (a kind
    that needs an unknown token has none).
    """
    if kind not in CONVENTIONS:
        raise GlotliftError(
            "GL-VOCABULARY-002",
            f"unknown kind of tokenizer {kind!r}",
            place="kind",
            fix=f"choose one of {', '.join(CONVENTIONS)}",
        )
    roles = dict(CONVENTIONS[kind] if special_tokens is None else special_tokens)
    if "unk_token" not in roles and kind != "bpe":
        raise GlotliftError(
            "GL-VOCABULARY-005",
            f"{kind} needs an unknown token",
            place="special_tokens",
            fix="add 'unk_token'",
        )
    backend, trainer, least = untrained(kind, size, roles, byte_fallback)
    if size < least:
        raise GlotliftError(
            "GL-VOCABULARY-003",
            f"{size} pieces cannot hold the alphabet and special tokens of {kind}",
            place="size",
            fix=f"ask for at least {least}",
        )
    written = (text for text in texts if text.strip())
    first = next(written, None)
    if first is None:
        raise GlotliftError(
            "GL-VOCABULARY-004", "there is no text to train on", place="texts", fix="give some text"
        )
    backend.train_from_iterator(chain([first], written), trainer)
    if kind == "unigram" and byte_fallback:
        backend = with_byte_fallback(backend)
    backend.post_processor = frame(backend, roles)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, **roles
    )


def untrained(
    kind: Kind, size: int, roles: Mapping[str, str], byte_fallback: bool
) -> tuple[Tokenizer, trainers.Trainer, int]:
    """Return an empty tokenizer of `kind`, its trainer, and the least size it can have."""
    special = list(dict.fromkeys(roles.values()))
    if kind == "bpe":
        backend = Tokenizer(models.BPE())
        backend.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(WORDS), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        backend.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer: trainers.Trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=special,
            initial_alphabet=sorted(alphabet),
            show_progress=False,
        )
        return backend, trainer, len(special) + len(alphabet)
    if kind == "unigram":
        backend = Tokenizer(models.Unigram())
        backend.normalizer = normalizers.NFKC()
        backend.pre_tokenizer = pre_tokenizers.Metaspace(META)
        backend.decoder = decoders.Metaspace(META)
        spare = 256 if byte_fallback else 0
        trainer = trainers.UnigramTrainer(
            vocab_size=max(size - spare, 1),
            special_tokens=special,
            unk_token=roles["unk_token"],
            show_progress=False,
        )
        return backend, trainer, len(special) + spare + 1
    backend = Tokenizer(models.WordPiece(unk_token=roles["unk_token"]))
    backend.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=special, show_progress=False
    )
    return backend, trainer, len(special) + 1


def with_byte_fallback(backend: Tokenizer) -> Tokenizer:
    """Add the 256 byte pieces to a trained Unigram tokenizer and switch byte fallback on."""
    state = json.loads(backend.to_str())
    vocabulary = state["model"]["vocab"]
    # A byte piece must lose against every learnt piece, and it only stands in for unknown ones.
    floor = min(score for _, score in vocabulary)
    vocabulary.extend([f"<0x{byte:02X}>", floor] for byte in range(256))
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
