"""Give a vocabulary the romanised forms of its pieces (TransMI).

TransMI (Liu, Ma, Ye and Schütze 2025, "TransMI: A Framework to Create Strong Baselines from
Multilingual Pretrained Language Models for Transliterated Data") transliterates every piece, adds
the forms that are new with a score merged from those that share one, and copies embeddings from
them, without any training. The paper knows Unigram; what stands here for BPE and WordPiece, which
have no scores, is ours.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.alphabets import Alphabet, alphabet_of
from glotlift.vocabulary.comparison import audit
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.extension import check_cap, kind_of
from glotlift.vocabulary.keep import cap_changes
from glotlift.vocabulary.merge_chains import MergeChains
from glotlift.vocabulary.romanised_forms import (
    Romaniser,
    cached_romaniser,
    romanised_forms,
    romanised_sources,
)
from glotlift.vocabulary.segmentation import backend_of, unknown_id

Merge = Literal["min", "average", "max"]
MERGES: tuple[Merge, ...] = get_args(Merge)


class Romanised(NamedTuple):
    """A romanising edit, and the facts beside it.

    `aids` holds "sources" (for each added piece the ids of the old pieces whose form it is, best
    score first; none for the steps of a BPE), "scores" ([V_old], -inf for ids without one),
    "merge", "left_out" (forms that no segmentation could reach, or that `max_changed` dropped) and
    "cost" (the rows of `audit` for the texts in Latin script).
    """

    edit: VocabularyEdit
    aids: dict[str, Any]


def romanise_vocabulary(
    tokenizer: PreTrainedTokenizerFast,
    latin_texts: Mapping[str, Sequence[str]],
    *,
    merge: Merge = "max",
    latin: bool = False,
    romaniser: Romaniser | None = None,
    discount: float = 0.0,
    max_changed: float | None = None,
) -> Romanised:
    """Add the forms in Latin letters of the pieces in other scripts, and measure what that costs.

    Of the pieces that share a form, "max" takes the score and the rows of the best, "min" of the
    worst, and "average" the mean of all; the edit's `parts` say so, so that `mean_of_pieces` fills
    the rows. Pieces that exist keep their scores and rows, whatever romanises to them. A BPE or
    WordPiece has no scores: the order of ids, in which its pieces were learnt, stands for them. A
    BPE reaches a form by merges after the old ones, whose steps are pieces too. Unigram scores are
    lowered by `discount` (natural log), which the paper does not do.

    `latin` also romanises Latin pieces (``▁été`` to ``▁ete``), as the published method does.
    `latin_texts` maps languages in Latin script to sentences, on which "cost" is measured: the new
    pieces compete with the old there. `max_changed` caps the share of them that segment differently
    by dropping pieces, of each language apart.

    Raises GL-VOCABULARY-001 (slow tokenizer), -013 (unknown kind), -070 (an alphabet that cannot be
    read), -071 (unknown merge), -072 (no text in Latin script), -073 (`discount` is no number) and
    -016 (`max_changed` outside [0, 1]); and what the romaniser raises.
    """
    check_request(merge, latin_texts, discount, max_changed)
    backend = backend_of(tokenizer)
    kind = kind_of(backend)
    alphabet = alphabet_of(backend)
    vocabulary = backend.get_vocab(with_added_tokens=True)
    pieces = ordinary(backend, vocabulary)
    romaniser = romaniser or cached_romaniser()
    forms = romanised_forms(backend, alphabet, pieces, romaniser, latin=latin)
    scores = scores_of(backend, vocabulary)
    shared = best_first(romanised_sources(vocabulary, forms), scores)
    add = {"unigram": add_scored, "wordpiece": add_plain, "bpe": add_merged}[kind]
    edit = add(backend, alphabet, {form: chosen(ids, merge) for form, ids in shared.items()})
    if kind == "unigram":
        merged = merged_scores(shared, scores, merge)
        edit = replace(edit, scores=tuple(merged[form] - discount for form in edit.added))
        edit = counted(edit, tokenizer)
    if max_changed is not None:
        edit = cap_changes(edit, tokenizer, latin_texts, max_changed)
    added = set(edit.added)
    aids = {
        "sources": tuple(tuple(shared.get(form, ())) for form in edit.added),
        "scores": np.array([scores.get(number, -np.inf) for number in range(edit.old_size)]),
        "merge": merge,
        "left_out": tuple(form for form in shared if form not in added),
        "cost": audit(tokenizer, edit.tokenizer(tokenizer), latin_texts),
    }
    return Romanised(edit, aids)


def check_request(
    merge: str,
    latin_texts: Mapping[str, Sequence[str]],
    discount: float,
    max_changed: float | None,
) -> None:
    """Raise GL-VOCABULARY-016 or -071 to -073 for a request that makes no sense."""
    if merge not in MERGES:
        raise GlotliftError(
            "GL-VOCABULARY-071",
            f"unknown merge {merge!r}",
            place="merge",
            fix=f"choose one of {', '.join(MERGES)}",
        )
    if not any(latin_texts.values()):
        raise GlotliftError(
            "GL-VOCABULARY-072",
            "there is no text in Latin script to measure the cost on",
            place="latin_texts",
            fix="give sentences of at least one language that the model writes in Latin script",
        )
    if not np.isfinite(discount):
        raise GlotliftError(
            "GL-VOCABULARY-073",
            f"cannot discount scores by {discount}",
            place="discount",
            fix="give a finite number of nats",
        )
    check_cap(max_changed)


def ordinary(backend: Tokenizer, vocabulary: Mapping[str, int]) -> dict[str, int]:
    """Return the pieces that write text: no added, special or unknown tokens."""
    closed = {token.content for token in backend.get_added_tokens_decoder().values()}
    unknown = unknown_id(backend)
    return {
        piece: number
        for piece, number in vocabulary.items()
        if piece not in closed and number != unknown
    }


def scores_of(backend: Tokenizer, vocabulary: Mapping[str, int]) -> dict[int, float]:
    """Return each id's score: natural log of a Unigram, otherwise minus the id."""
    if kind_of(backend) == "unigram":
        pieces = json.loads(backend.to_str())["model"]["vocab"]
        return {number: float(score) for number, (_, score) in enumerate(pieces)}
    return {number: -float(number) for number in vocabulary.values()}


def best_first(
    sources: Mapping[str, Sequence[int]], scores: Mapping[int, float]
) -> dict[str, list[int]]:
    """Return the sources of each form by falling score, and the forms by their best.

    The new ids and merges are then in the order in which they would be learnt.
    """
    ranked = {
        form: sorted(ids, key=lambda number: (-scores[number], number))
        for form, ids in sources.items()
    }
    return dict(sorted(ranked.items(), key=lambda item: (-scores[item[1][0]], item[1][0])))


def chosen(ids: Sequence[int], merge: Merge) -> tuple[int, ...]:
    """Return those of a form's sources, best first, whose rows make its row."""
    return {"max": tuple(ids[:1]), "min": tuple(ids[-1:]), "average": tuple(ids)}[merge]


def merged_scores(
    shared: Mapping[str, Sequence[int]], scores: Mapping[int, float], merge: Merge
) -> dict[str, float]:
    """Return the score of each form: that of the chosen source, or the mean of all."""
    return {
        form: sum(scores[number] for number in picked) / len(picked)
        for form, picked in ((form, chosen(ids, merge)) for form, ids in shared.items())
    }


def uncut(backend: Tokenizer, alphabet: Alphabet, form: str) -> bool:
    """Tell whether the pre-tokenizer leaves the text of a form in one part."""
    if backend.pre_tokenizer is None:
        return True
    text = alphabet.read(form).decode()
    kept = text if alphabet.style == "bytes" else text.strip()
    return len(backend.pre_tokenizer.pre_tokenize_str(kept)) == 1


def plain_edit(
    backend: Tokenizer, parts: Mapping[str, tuple[int, ...]], reached: Mapping[str, bool]
) -> VocabularyEdit:
    """Return the edit that adds pieces with their parts, counted once where they are reached."""
    size = max(backend.get_vocab(with_added_tokens=True).values()) + 1
    kind = kind_of(backend)
    return VocabularyEdit(
        kind=kind,
        old_to_new=np.arange(size, dtype=np.int64),
        added=tuple(parts),
        parts=tuple(parts.values()),
        counts=tuple(int(reached[form]) for form in parts),
        scores=(0.0,) * len(parts) if kind == "unigram" else (),
    )


def add_scored(
    backend: Tokenizer, alphabet: Alphabet, parts: Mapping[str, tuple[int, ...]]
) -> VocabularyEdit:
    """Return the edit of a Unigram model: every form, as published, whether or not it wins."""
    return plain_edit(backend, parts, dict.fromkeys(parts, True))


def counted(edit: VocabularyEdit, tokenizer: PreTrainedTokenizerFast) -> VocabularyEdit:
    """Return a Unigram edit that counts the pieces which stand whole when segmented alone."""
    model = backend_of(edit.tokenizer(tokenizer)).model
    return replace(
        edit,
        counts=tuple(
            int([token.value for token in model.tokenize(form)] == [form]) for form in edit.added
        ),
    )


def add_plain(
    backend: Tokenizer, alphabet: Alphabet, parts: Mapping[str, tuple[int, ...]]
) -> VocabularyEdit:
    """Return the edit of a WordPiece model: the forms that its pre-tokenizer leaves whole."""
    kept = {form: ids for form, ids in parts.items() if uncut(backend, alphabet, form)}
    return plain_edit(backend, kept, dict.fromkeys(kept, True))


def add_merged(
    backend: Tokenizer, alphabet: Alphabet, parts: Mapping[str, tuple[int, ...]]
) -> VocabularyEdit:
    """Return the edit of a BPE model: the forms that merges can reach, with the steps to them."""
    chains = MergeChains(backend)
    whole = {form for form in parts if uncut(backend, alphabet, form) and chains.reach(form)}
    spelt = {piece: parts.get(piece, ids) for piece, ids in chains.spelt().items()}
    edit = plain_edit(backend, spelt, {piece: piece in whole for piece in spelt})
    return replace(edit, merges=tuple(chains.merges))
