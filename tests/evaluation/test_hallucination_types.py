"""Types of hallucination, counted against truth made by hand and against what was planted."""

import numpy as np
import pytest
from datasets import Dataset

from glotlift.evaluation.hallucination import SPANS
from glotlift.evaluation.hallucination_types import (
    EXTRINSIC,
    INTRINSIC,
    guessed_types,
    true_types,
    type_agreement,
    type_confusion,
    type_rates,
    word_types,
)
from glotlift.evaluation.planted_answers import planted_answers
from glotlift.runs.errors import GlotliftError

REFERENCE = "Anna sells four eggs at the market. Omar sleeps."
SWAPPED = "Anna sells nine eggs at the market."
ADDED = "Omar sleeps. The old ship sank near Cairo."


def answers(*rows, language="eng_Latn", reference=REFERENCE):
    """Rows of a text and its spans: (words, kind) each."""
    texts = [text for text, *_ in rows]
    spans = [
        [{"start": text.index(w), "end": text.index(w) + len(w), "kind": kind} for w, kind in found]
        for text, *found in rows
    ]
    made = Dataset.from_dict(
        {
            "id": [str(n) for n in range(len(texts))],
            "language": [language] * len(texts),
            "reference": [reference] * len(texts),
            "text": texts,
        }
    )
    return made.add_column("spans", spans, feature=SPANS)


def planted():
    return answers(
        (SWAPPED, ("nine", "number")),
        (ADDED, ("The old ship sank near Cairo", "invented")),
        (REFERENCE,),
        ("Anna does not sell four eggs at the market.",
         ("Anna does not sell four eggs at the market", "contradictory")),
    )  # fmt: skip


def kinds(rows):
    return [[span["kind"] for span in spans] for spans in rows["spans"]]


def test_what_was_planted_has_a_known_type_and_the_rule_finds_it():
    truth = [[INTRINSIC], [EXTRINSIC], [], [INTRINSIC]]
    assert kinds(true_types(planted())) == truth
    assert kinds(guessed_types(planted())) == truth
    found = type_confusion(guessed_types(planted()), planted())
    assert found.counts == {(INTRINSIC, INTRINSIC): 2, (EXTRINSIC, EXTRINSIC): 1}
    assert found.right == 1
    assert found.by_kind == {"number": 1, "invented": 1, "contradictory": 1}


def test_rates_are_those_counted_by_hand():
    found = type_rates(true_types(planted()))
    assert found[INTRINSIC].answers.estimate == pytest.approx(2 / 4)
    assert found[EXTRINSIC].answers.estimate == pytest.approx(1 / 4)
    assert found[INTRINSIC].spans.estimate == pytest.approx(2 / 4)
    words = [7, 8, 9, 9]
    assert [len(row) for row in word_types(planted())] == words
    assert found[INTRINSIC].words.estimate == pytest.approx((1 + 9) / sum(words))
    assert found[EXTRINSIC].words.estimate == pytest.approx(6 / sum(words))
    assert found[EXTRINSIC].answers.low < 0.25 < found[EXTRINSIC].answers.high


def test_where_a_script_has_no_spaces_words_are_characters():
    rows = answers(
        ("园丁读九本书。", ("九", "number")), ("他们昨晚唱歌。", ("他们昨晚唱歌", "invented")),
        language="zho_Hans", reference="园丁读四本书。",
    )  # fmt: skip
    assert kinds(guessed_types(rows)) == [[INTRINSIC], [EXTRINSIC]]


def test_two_labellers_who_agree_and_who_do_not():
    truth = true_types(planted())
    same = type_agreement(truth, truth)
    assert (same.kappa, same.kappa_of_types) == (1, 1)
    assert same.both == 1 + 6 + 9
    assert same.f1 == {INTRINSIC: 1, EXTRINSIC: 1}
    turned = truth.map(
        lambda row: {"spans": [{**s, "kind": EXTRINSIC} for s in row["spans"]]},
        features=truth.features,
    )
    other = type_agreement(truth, turned)
    assert other.kappa < 1
    assert other.kappa_of_types == 0
    assert other.f1 == {INTRINSIC: 0, EXTRINSIC: pytest.approx(2 * 6 / (6 + 16))}


def test_scripted_models_of_known_rates_are_told_apart():
    rates = []
    for share in (0.1, 0.5):
        rows = planted_answers("eng_Latn", 60, share=share, seed=3)
        found = type_rates(guessed_types(rows))
        rates.append(sum(found[name].spans.estimate for name in found))
    assert np.allclose(rates, [0.2, 1.0], atol=0.2)  # an answer has two sentences
    assert type_confusion(guessed_types(rows), rows).right > 0.6


def test_what_cannot_be_compared_is_refused():
    rows = planted()
    with pytest.raises(GlotliftError, match="145"):
        true_types(answers((SWAPPED, ("nine", "odd"))))
    with pytest.raises(GlotliftError, match="146"):
        type_agreement(rows, rows.select([0]))
    with pytest.raises(GlotliftError, match="147"):
        type_confusion(answers((REFERENCE,)), rows)
