"""Words of an answer that its reference does not bear out: labels, planted errors, agreement.

A hallucination is a span of an answer, {start, end, kind} with places in characters; a word is
wrong where a span covers any of it. Rows are answers: id, language, reference, text, spans.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from datasets import Dataset, List, Value

from glotlift.evaluation.judges import agreement
from glotlift.evaluation.prevalence import Checked, checked
from glotlift.evaluation.ratios import Floats, ratio_rows
from glotlift.evaluation.statistics import Interval, paired_difference
from glotlift.languages import language as language_of
from glotlift.languages.words import Span, word_spans
from glotlift.runs.errors import GlotliftError

Labels = list[list[bool]]
Swaps = dict[str, tuple[str, str]]  # id -> kind, id of the answer that gives what is wrong
PLANNED = ("id", "group", "key", "reference")
INVENTED = 1 / 3
SPANS = List({"start": Value("int64"), "end": Value("int64"), "kind": Value("string")})


def check_share(share: float) -> None:
    """Raise GL-EVALUATION-075 unless `share` is one."""
    if not 0 <= share <= 1:
        raise GlotliftError(
            "GL-EVALUATION-075", f"{share} is no share of sentences", fix="give 0 to 1"
        )


def answer_words(text: str, language: str) -> list[Span]:
    """Return start and end of every word of an answer; marks alone are none.

    Where a script has no spaces a word is a character (see `languages.words`).
    """
    return [
        (start, end)
        for start, end in word_spans(text, language)
        if any(map(str.isalnum, text[start:end]))
    ]


def word_labels(rows: Dataset) -> Labels:
    """Return for every word of each answer whether a span covers any of it."""
    return [
        [
            any(span["start"] < end and start < span["end"] for span in spans)
            for start, end in answer_words(text, language)
        ]
        for text, language, spans in zip(rows["text"], rows["language"], rows["spans"], strict=True)
    ]


def words_lacking(rows: Dataset) -> Labels:
    """Return for every word of each answer whether its reference has no such word.

    Capitals make no difference. It is what can be found without a detector, and a detector may be
    shown it; it misses what is said wrongly in the reference's own words.
    """
    known = zip(rows["reference"], rows["text"], rows["language"], strict=True)
    found = []
    for reference, text, code in known:
        told, said = (
            [each[start:end].casefold() for start, end in answer_words(each, code)]
            for each in (reference, text)
        )
        found.append([word not in told for word in said])
    return found


def project_spans(
    spans: Sequence[Mapping[str, Any]],
    source: Sequence[Span],
    target: Sequence[Span],
    links: Iterable[tuple[int, int]],
) -> list[dict[str, Any]]:
    """Return the spans of a text in its translation, by links between their words.

    `source` and `target` are the places of words and `links` pairs of their numbers. A span reaches
    from the first to the last word linked to one that it covers; one without links is lost.
    """
    tied = list(links)
    found = []
    for span in spans:
        inside = [
            other
            for word, other in tied
            if span["start"] < source[word][1] and source[word][0] < span["end"]
        ]
        if inside:
            ends = {"start": target[min(inside)][0], "end": target[max(inside)][1]}
            found.append({**ends, "kind": span["kind"]})
    return found


def links_by_position(source: int, target: int) -> list[tuple[int, int]]:
    """Return links between words of a text and its translation that stand equally far in."""
    return [(word, word * target // source) for word in range(source)] if target else []


def carried_over(rows: Dataset, translations: Dataset) -> Dataset:
    """Return the translations of answers with the answers' spans, carried over by position.

    It is what can be done without an aligner, and wrong by as much as word order differs.
    """
    spans = []
    for row, other in zip(rows, translations, strict=True):
        words = (answer_words(each["text"], each["language"]) for each in (row, other))
        source, target = map(list, words)
        links = links_by_position(len(source), len(target))
        spans.append(project_spans(row["spans"], source, target, links))
    others = translations.remove_columns("spans")
    return others.add_column("spans", spans, feature=translations.features["spans"])


def plan_swaps(rows: Dataset, *, share: float, seed: int) -> Swaps:
    """Return which answers are made wrong, with chance `share`, and by what other answer, by id.

    `rows` are true answers to questions: also columns group (the passage) and key (the stretch of
    the text that the question asks for). Two thirds get another passage's key for their own, a
    number for a number (kind number) or something else for something else (entity); to one third
    the text of another passage is added (invented). What is put in does not stand in the reference.
    The plan holds for the same ids in every language. Raises GL-EVALUATION-075.
    """
    check_share(share)
    ids, groups, keys, references = (list(rows[name]) for name in PLANNED)
    counted = [any(map(str.isdigit, key)) for key in keys]
    plan: Swaps = {}
    for place, id in enumerate(ids):
        rng = np.random.default_rng([seed, place])
        if rng.random() >= share:
            continue
        kind = "invented" if rng.random() < INVENTED else "number" if counted[place] else "entity"
        for other in rng.permutation(len(ids)).tolist():
            like = kind == "invented" or counted[other] == counted[place]
            if like and groups[other] != groups[place] and keys[other] not in references[place]:
                plan[id] = kind, ids[other]
                break
    return plan


def plant(rows: Dataset, plan: Swaps) -> Dataset:
    """Return true answers with what `plan_swaps` planned for them, and the spans that are wrong.

    `rows` also have the column start, where the key stands in the text.
    """
    known = {row["id"]: row for row in rows}
    texts, spans = [], []
    for id, row in known.items():
        text, found = row["text"], []
        if id in plan:
            kind, donor = plan[id][0], known[plan[id][1]]
            text, start, end = spoilt(row, kind, donor)
            found = [{"start": start, "end": end, "kind": kind}]
        texts.append(text)
        spans.append(found)
    kept = rows.select_columns(["id", "language", "reference"])
    return kept.add_column("text", texts).add_column("spans", spans, feature=SPANS)


def spoilt(row: Mapping[str, Any], kind: str, donor: Mapping[str, Any]) -> tuple[str, int, int]:
    """Return a text with what a donor gives it, and from where to where that stands."""
    if kind == "invented":
        gap = " " if language_of(row["language"]).spaced else ""
        start = len(row["text"] + gap)
        return row["text"] + gap + donor["text"], start, start + len(donor["text"])
    start, key = row["start"], donor["key"]
    text = row["text"][:start] + key + row["text"][start + len(row["key"]) :]
    return text, start, start + len(key)


def token_f1_rows(found: Checked) -> Floats:
    """Return [n] scores of answers whose mean is the F1 of wrong words, all answers together."""
    return ratio_rows(2 * found.hits, found.flagged + found.wrong)


class LabelAgreement(NamedTuple):
    """How far made labels stand for people's.

    `excess` is the made share of wrong words less people's, with its interval over answers. Kappa,
    precision and recall (of the made labels) are over all words together.
    """

    kappa: float
    precision: float
    recall: float
    excess: Interval


def label_agreement(made: Labels, people: Labels) -> LabelAgreement:
    """Compare labels that a model made or moved (silver) with people's (gold) of the same words.

    Labels may differ in many words and yet agree on the share that is wrong, which is all that a
    rate needs; so both are told. Raises what `checked` raises and GL-EVALUATION-080 where either
    finds nothing wrong.
    """
    found = checked(made, people)
    if not found.flagged.sum() or not found.wrong.sum():
        raise GlotliftError(
            "GL-EVALUATION-080",
            "made labels or people's find nothing wrong",
            fix="compare more answers",
        )
    one, other = (np.concatenate([*map(np.asarray, rows)]) for rows in (made, people))
    hits = float(found.hits.sum())
    shares = (ratio_rows(part, found.words) for part in (found.flagged, found.wrong))
    return LabelAgreement(
        agreement(one, other).kappa,
        hits / float(found.flagged.sum()),
        hits / float(found.wrong.sum()),
        paired_difference(*shares),
    )
