"""New language codes for a sequence-to-sequence model, with the old ones as they were.

A code is a token that says which language is read or written: ``yo_NG`` in mBART, ``yor_Latn`` in
NLLB, a prefix such as ``<2yo>`` in models like T5. mBART-50 (Tang et al. 2021, "Multilingual
Translation from Denoising Pre-Training", section 3) adds codes with random rows and trains on; a
row copied from a related language, or the mean of all codes, is a nearer start.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import regex
from tokenizers import AddedToken
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.edit import VocabularyEdit, other_tokenizer
from glotlift.vocabulary.extension import kind_of
from glotlift.vocabulary.segmentation import backend_of, vocabulary_of

# mBART's yo_NG and NLLB's yor_Latn, M2M-100's __yo__, the <2yo> of multilingual T5 models.
CODE = regex.compile(r"[a-z]{2,3}_[A-Z][A-Za-z]{1,3}|__[a-z_]{2,8}__|<2[A-Za-z_]+>")
SCHEMA = "language codes 1"


@dataclass(frozen=True, eq=False)
class LanguageCodeEdit(VocabularyEdit):
    """A vocabulary edit whose added pieces are special tokens: language codes."""

    def tokenizer(self, tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
        """Return a copy that knows the new codes; ids, source language and settings are kept.

        Raises GL-VOCABULARY-010 (not the tokenizer the edit is for) and -077 (its ids have gaps, so
        that the library would number the codes inside the old vocabulary).
        """
        vocabulary = vocabulary_of(tokenizer)
        size = max(vocabulary.values()) + 1
        if size != self.old_size or any(code in vocabulary for code in self.added):
            raise other_tokenizer(
                f"{self.old_size} ids without {', '.join(self.added)}",
                f"{type(tokenizer).__name__} of {size} ids",
            )
        edited = copy.deepcopy(tokenizer)
        edited.add_special_tokens(
            {"extra_special_tokens": [special(code) for code in self.added]},
            replace_extra_special_tokens=False,
        )
        if edited.convert_tokens_to_ids(list(self.added)) != list(self.added_ids):
            raise GlotliftError(
                "GL-VOCABULARY-077",
                "the tokenizer's ids have gaps and new tokens would fall into them",
                place=f"{len(vocabulary)} pieces of {size} ids",
                fix="name every id in tokenizer.json, <unused0> and so on",
            )
        return register_language_codes(edited)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values that `load_edit` refuses: as pieces the codes would be wrong."""
        return {**super().as_json(), "schema": SCHEMA}


def add_language_codes(
    tokenizer: PreTrainedTokenizerFast,
    codes: Sequence[str],
    *,
    like: Mapping[str, str | Sequence[str]] | None = None,
) -> LanguageCodeEdit:
    """Return the edit that adds language codes after all old ids.

    With `mean_of_pieces` a code's row is that of the code (or the mean of the codes) that `like`
    names for it, else the mean of all codes that the tokenizer has, else of all rows. Since only
    rows are added, a model's hidden states and old logits for old languages stay as they were. Text
    that spells a new code out segments differently, as it does for every special token.

    On loading, the mBART classes of transformers 5 list their own codes alone in
    ``lang_code_to_id``: `register_language_codes` adds the others. ``src_lang``, ``tgt_lang`` and
    ``convert_tokens_to_ids`` know them all. Never save an mBART-50 tokenizer while ``src_lang`` is
    a new code: its class cannot load that.

    Raises GL-VOCABULARY-001 (slow tokenizer, as M2M100's), -013 (unknown kind), -074 (a code
    exists), -075 (no codes, one twice, or one that is empty or has white space) and -076 (`like`
    names a code that is not added, or a token that does not exist).
    """
    backend = backend_of(tokenizer)
    kind = kind_of(backend)
    vocabulary = backend.get_vocab(with_added_tokens=True)
    check_codes(codes, vocabulary)
    like = {
        code: (names,) if isinstance(names, str) else tuple(names)
        for code, names in (like or {}).items()
    }
    check_relations(codes, like, vocabulary)
    others = tuple(language_codes(tokenizer).values())
    return LanguageCodeEdit(
        kind=kind,
        old_to_new=np.arange(max(vocabulary.values()) + 1, dtype=np.int64),
        added=tuple(codes),
        parts=tuple(
            tuple(vocabulary[name] for name in like[code]) if code in like else others
            for code in codes
        ),
        counts=(1,) * len(codes),
        scores=(0.0,) * len(codes) if kind == "unigram" else (),
    )


def language_codes(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    """Return the language codes of a tokenizer with their ids, in the order of ids.

    They are what it lists itself and its special tokens that are written like codes.
    """
    listed: Mapping[str, int] = getattr(tokenizer, "lang_code_to_id", None) or {}
    written = {
        token.content: number
        for number, token in tokenizer.added_tokens_decoder.items()
        if CODE.fullmatch(token.content)
    }
    return dict(sorted({**listed, **written}.items(), key=lambda item: item[1]))


def register_language_codes(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """List every language code in an mBART tokenizer's own tables, in place, and return it.

    Tokenizers of other classes have no such tables and come back untouched.
    """
    codes = language_codes(tokenizer)
    ids = {number: code for code, number in codes.items()}
    for table, entries in (
        ("lang_code_to_id", codes),
        ("id_to_lang_code", ids),
        ("fairseq_tokens_to_ids", codes),
        ("fairseq_ids_to_tokens", ids),
    ):
        if hasattr(tokenizer, "lang_code_to_id") and hasattr(tokenizer, table):
            getattr(tokenizer, table).update(entries)
    return tokenizer


def special(code: str) -> AddedToken:
    """Return a code as a special token, matched as it is written."""
    return AddedToken(code, special=True, normalized=False)


def check_codes(codes: Sequence[str], vocabulary: Mapping[str, int]) -> None:
    """Raise GL-VOCABULARY-074 or -075 for codes that cannot be added."""
    odd = [code for code in codes if not code or any(letter.isspace() for letter in code)]
    if not codes or odd or len(set(codes)) != len(codes):
        raise GlotliftError(
            "GL-VOCABULARY-075",
            f"not a list of different codes without white space: {list(codes)}",
            place="codes",
            fix="give each new code once, as the model writes codes (yo_NG, yor_Latn, <2yo>)",
        )
    known = [code for code in codes if code in vocabulary]
    if known:
        raise GlotliftError(
            "GL-VOCABULARY-074",
            f"the tokenizer has {', '.join(known)} already",
            place="codes",
            fix="leave it out, or choose another code",
        )


def check_relations(
    codes: Sequence[str], like: Mapping[str, Sequence[str]], vocabulary: Mapping[str, int]
) -> None:
    """Raise GL-VOCABULARY-076 where `like` names what there is not."""
    strange = [code for code in like if code not in codes]
    missing = [name for names in like.values() for name in names if name not in vocabulary]
    if strange or missing:
        raise GlotliftError(
            "GL-VOCABULARY-076",
            f"there is no {', '.join([*strange, *missing])}",
            place="like",
            fix="map new codes to codes that the tokenizer has",
        )
