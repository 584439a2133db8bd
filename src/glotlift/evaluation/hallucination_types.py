"""Two types of hallucination: what contradicts the source, and what cannot be verified from it.

Intrinsic and extrinsic, as Ji et al. 2023 (arXiv:2202.03629) call them, and as Bang et al. 2023
(arXiv:2302.04023) type the answers of ChatGPT. A typed span is one of `hallucination` whose kind is
its type. What was planted (`plan_swaps`, `planted_answers`) has a known type: what stands in place
of something that the reference states contradicts it, and what is added about something that it
does not mention cannot be verified.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from datasets import Dataset

from glotlift.evaluation.hallucination import SPANS, answer_words
from glotlift.evaluation.judges import agreement
from glotlift.evaluation.ratios import ratio_rows
from glotlift.evaluation.statistics import Interval, paired_difference
from glotlift.languages.sentences import sentence_spans
from glotlift.runs.errors import GlotliftError

INTRINSIC, EXTRINSIC = "intrinsic", "extrinsic"
TYPES = (INTRINSIC, EXTRINSIC)
TYPE_OF = {
    **dict.fromkeys(("entity", "relation", "number", "contradictory"), INTRINSIC),
    **dict.fromkeys(("invented", "unverifiable", "subjective"), EXTRINSIC),
    **{name: name for name in TYPES},
}
ABOUT_THE_SAME = 0.5  # of a sentence's words, so many must stand in one sentence of the reference


class TypeRate(NamedTuple):
    """How much is of a type: the share of answers with any, spans of an answer, share of words."""

    answers: Interval
    spans: Interval
    words: Interval


class TypeAgreement(NamedTuple):
    """How two labellers agree, word by word.

    `kappa` is Cohen's over neither, intrinsic and extrinsic; `kappa_of_types` over the words that
    both find wrong, of which there are `both`. `f1` is that of each type, 0 where neither has any.
    """

    kappa: float
    kappa_of_types: float
    both: int
    f1: dict[str, float]


class Confusion(NamedTuple):
    """Guessed types against true ones: `counts` by (true, guessed), and the share that is right.

    `by_kind` is the share by the kind that was planted.
    """

    counts: dict[tuple[str, str], int]
    right: float
    by_kind: dict[str, float]


def true_types(rows: Dataset) -> Dataset:
    """Return answers whose spans have the type of what was planted.

    Raises GL-EVALUATION-145 for a kind that has no type.
    """
    unknown = {span["kind"] for spans in rows["spans"] for span in spans} - TYPE_OF.keys()
    if unknown:
        raise GlotliftError(
            "GL-EVALUATION-145",
            f"a span of the kind {min(unknown)!r} has no type",
            fix=f"give one of {list(TYPE_OF)}",
        )
    return with_types(rows, [[TYPE_OF[span["kind"]] for span in spans] for spans in rows["spans"]])


def guessed_types(rows: Dataset) -> Dataset:
    """Return answers whose spans have the type that a rule gives them; their kind is not looked at.

    The rule asks whether a sentence of the reference is about the same: whether more than half of
    the words around the span in its sentence stand there, or of the words in it, where the span is
    all of its sentence. If so the span contradicts the reference, else nothing can be verified by
    it. Words are compared as they are written, so that inflection hides what is the same.
    """
    types = []
    for row in rows:
        told = [
            {word for word, _, _ in words_of(row["reference"][start:end], row["language"])}
            for start, end in sentence_spans(row["reference"], row["language"])
        ]
        types.append([guess(row, span, told) for span in row["spans"]])
    return with_types(rows, types)


def guess(row: Mapping[str, Any], span: Mapping[str, Any], told: Sequence[set[str]]) -> str:
    """Return the type of a span, from the words of each sentence of its reference."""
    around: set[str] = set()
    inside: set[str] = set()
    for start, end in sentence_spans(row["text"], row["language"]):
        if start < span["end"] and span["start"] < end:
            for word, first, last in words_of(row["text"][start:end], row["language"]):
                covered = start + first < span["end"] and span["start"] < start + last
                (inside if covered else around).add(word)
    words = around or inside
    shared = max((len(words & known) for known in told), default=0)
    return INTRINSIC if shared > ABOUT_THE_SAME * len(words) else EXTRINSIC


def words_of(text: str, language: str) -> list[tuple[str, int, int]]:
    """Return the words of a text in small letters, each with its start and end."""
    return [(text[a:b].casefold(), a, b) for a, b in answer_words(text, language)]


def with_types(rows: Dataset, types: Sequence[Sequence[str]]) -> Dataset:
    """Return answers with these types for the kinds of their spans."""
    spans = [
        [{**span, "kind": type} for span, type in zip(known, given, strict=True)]
        for known, given in zip(rows["spans"], types, strict=True)
    ]
    return rows.remove_columns("spans").add_column("spans", spans, feature=SPANS)


def word_types(rows: Dataset) -> list[list[str]]:
    """Return the type of each word of each answer, "" for none; the first span that covers it."""
    return [
        [
            next((s["kind"] for s in spans if s["start"] < end and start < s["end"]), "")
            for start, end in answer_words(text, language)
        ]
        for text, language, spans in zip(rows["text"], rows["language"], rows["spans"], strict=True)
    ]


def type_rates(rows: Dataset) -> dict[str, TypeRate]:
    """Return the rates of both types in typed answers, with intervals over answers.

    Raises GL-EVALUATION-004 for one answer alone.
    """
    labels = word_types(rows)
    sizes = [len(row) for row in labels]
    found = {}
    for name in TYPES:
        spans = [sum(s["kind"] == name for s in spans) for spans in rows["spans"]]
        shares = ratio_rows([row.count(name) for row in labels], sizes)
        each = ([float(count > 0) for count in spans], spans, shares)
        found[name] = TypeRate(*(paired_difference(values, 0.0) for values in each))
    return found


def type_agreement(one: Dataset, other: Dataset) -> TypeAgreement:
    """Compare how two labellers type the words of the same answers.

    Raises GL-EVALUATION-146 where the answers are others, or hold no word.
    """
    if list(one["text"]) != list(other["text"]) or not any(map(len, word_types(one))):
        raise GlotliftError(
            "GL-EVALUATION-146",
            "two labellers are compared on other answers, or on none",
            fix="give the same answers in the same order, with words in them",
        )
    names = ("", *TYPES)
    a, b = (
        np.array([names.index(type) for row in word_types(rows) for type in row])
        for rows in (one, other)
    )
    both = (a > 0) & (b > 0)
    f1 = {}
    for place, name in enumerate(TYPES, 1):
        hits, total = (
            int(((a == place) & (b == place)).sum()),
            int((a == place).sum() + (b == place).sum()),
        )
        f1[name] = 2 * hits / total if total else 0.0
    of_types = agreement(a[both], b[both]).kappa if both.any() else 0.0
    return TypeAgreement(agreement(a, b).kappa, of_types, int(both.sum()), f1)


def type_confusion(guessed: Dataset, planted: Dataset) -> Confusion:
    """Compare guessed types with those of what was planted, span by span.

    `planted` are answers as they were planted, with the kinds of their spans. Raises
    GL-EVALUATION-147 where spans do not pair or there are none, and what `true_types` raises.
    """
    kinds = [span["kind"] for spans in planted["spans"] for span in spans]
    right = [span["kind"] for spans in true_types(planted)["spans"] for span in spans]
    found = [span["kind"] for spans in guessed["spans"] for span in spans]
    if len(found) != len(right) or not right:
        raise GlotliftError(
            "GL-EVALUATION-147",
            f"{len(found)} guessed spans do not pair with {len(right)} that were planted",
            fix="guess the types of the very spans that were planted, one or more",
        )
    hits = [a == b for a, b in zip(found, right, strict=True)]
    by_kind = {
        kind: float(np.mean([hit for hit, one in zip(hits, kinds, strict=True) if one == kind]))
        for kind in dict.fromkeys(kinds)
    }
    return Confusion(dict(Counter(zip(right, found, strict=True))), float(np.mean(hits)), by_kind)
