import numpy as np
import pytest

from glotlift.evaluation.aggregates import ALL, aggregate, compare_languages, macro_weights

CODES = ["eng_Latn"] * 90 + ["deu_Latn"] * 6 + ["hin_Deva"] * 4


def scores(rng, **means):
    return np.concatenate([
        rng.normal(means[code[:3]], 0.01, CODES.count(code))
        for code in ("eng_Latn", "deu_Latn", "hin_Deva")
    ])  # fmt: skip


def test_languages_count_alike_whatever_their_rows():
    found = {
        (a.kind, a.name): a
        for a in aggregate(scores(np.random.default_rng(0), eng=0.9, deu=0.6, hin=0.3), CODES)
    }
    assert found["all", ALL].interval.estimate == pytest.approx(0.6, abs=0.01)
    assert found["all", ALL].languages == 3
    assert found["script", "Latn"].interval.estimate == pytest.approx(0.75, abs=0.01)
    assert found["language", "hin_Deva"].rows == 4
    assert ("script", "Deva") not in found  # one language is its own row already
    assert not any(kind == "family" and a.languages == 3 for (kind, _), a in found.items())


def test_a_figure_against_chance_or_before():
    rng = np.random.default_rng(1)
    after = scores(rng, eng=0.9, deu=0.6, hin=0.3)
    against = aggregate(after, CODES, versus=0.5)[0].interval
    assert against.estimate == pytest.approx(0.1, abs=0.01)
    assert aggregate(after, CODES, versus=after)[0].interval.estimate == 0
    seeds = np.stack([after, after + 0.02])
    assert aggregate(seeds, CODES)[0].interval.seeds == 2


def test_weights_sum_to_one_and_share_alike():
    weights = macro_weights(CODES)
    assert weights.sum() == pytest.approx(1)
    assert weights[:90].sum() == pytest.approx(weights[96:].sum())


def test_changes_are_corrected_over_languages():
    rng = np.random.default_rng(2)
    before = {f"{code}_Latn": rng.normal(0, 1, 40) for code in ("eng", "deu", "fra", "spa")}
    after = {code: values + rng.normal(0.25, 0.8, 40) for code, values in before.items()}
    for change in compare_languages(before, after):
        assert change.interval.p_value <= change.p_value <= 1
    one = compare_languages({"a": before["eng_Latn"]}, {"a": after["eng_Latn"]})[0]
    assert one.p_value == one.interval.p_value
