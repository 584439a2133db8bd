import json

import numpy as np
import pytest

from glotlift.evaluation.forgetting import compare_bits
from glotlift.runs.errors import GlotliftError

SIZES = np.random.default_rng(0).integers(50, 500, 80)


def measured(rate: float, seed: int, seeds: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return bits of documents at about `rate` bits per byte."""
    noise = 1 + 0.1 * np.random.default_rng(seed).standard_normal((seeds, len(SIZES)))
    bits = rate * SIZES * noise
    return (bits[0] if seeds == 1 else bits), SIZES


def sides() -> tuple[
    dict[str, tuple[np.ndarray, np.ndarray]], dict[str, tuple[np.ndarray, np.ndarray]]
]:
    before = {
        "eng_Latn": measured(1.0, 0),
        "hin_Deva": measured(3.0, 1),
        "spa_Latn": measured(2.0, 2),
    }
    after = {
        "eng_Latn": measured(1.3, 3),
        "hin_Deva": measured(2.0, 4),
        "spa_Latn": measured(2.0, 5),
    }
    return before, after


def test_gain_loss_and_neither() -> None:
    before, after = sides()
    rows = compare_bits(before, after, target="hin_Deva", resamples=1000)
    assert [(row["language"], row["role"], row["verdict"]) for row in rows] == [
        ("hin_Deva", "target", "improved"),
        ("eng_Latn", "kept", "worse"),
        ("spa_Latn", "kept", "not separable"),
    ]


def test_figures_are_sums_over_sums() -> None:
    before, after = sides()
    row = compare_bits(before, after, target="hin_Deva", resamples=200)[0]
    assert row["before"] == pytest.approx(before["hin_Deva"][0].sum() / SIZES.sum())
    assert row["after"] == pytest.approx(after["hin_Deva"][0].sum() / SIZES.sum())
    assert row["change"]["estimate"] == pytest.approx(row["after"] - row["before"])
    assert row["change"]["low"] < row["change"]["estimate"] < row["change"]["high"] < 0
    assert row["change"]["scope"] == "rows only"
    assert (row["documents"], row["bytes"]) == (80, SIZES.sum())
    assert (row["name"], row["direction"], row["unit"]) == ("Hindi", "ltr", "bits per byte")
    json.dumps(row, allow_nan=False)


def test_several_seeds() -> None:
    before, after = {"hin_Deva": measured(3.0, 1, 3)}, {"hin_Deva": measured(2.0, 2, 3)}
    row = compare_bits(before, after, target="hin_Deva", resamples=200)[0]
    assert row["change"]["scope"] == "seeds and rows"
    assert row["before"] == pytest.approx(before["hin_Deva"][0].sum() / SIZES.sum() / 3)
    assert row["change"]["estimate"] == pytest.approx(row["after"] - row["before"])


def test_p_values_are_corrected_over_languages() -> None:
    before, after = sides()
    rows = {row["language"]: row for row in compare_bits(before, after, target="hin_Deva")}
    alone = compare_bits(
        {"spa_Latn": before["spa_Latn"]}, {"spa_Latn": after["spa_Latn"]}, target="spa_Latn"
    )[0]
    assert rows["spa_Latn"]["p_value_holm"] == pytest.approx(alone["p_value_holm"])
    assert rows["hin_Deva"]["p_value_holm"] < 0.01


def test_the_same_model_has_not_changed() -> None:
    before, _ = sides()
    for row in compare_bits(before, before, target="hin_Deva", resamples=200):
        assert row["verdict"] == "not separable"
        assert row["change"]["low"] == row["change"]["high"] == 0


def test_other_documents_are_refused() -> None:
    before, after = sides()
    missing = {code: value for code, value in after.items() if code != "eng_Latn"}
    other = {**after, "eng_Latn": (after["eng_Latn"][0], SIZES + 1)}
    for wrong, code in ((missing, "GL-EVALUATION-011"), (other, "GL-EVALUATION-012")):
        with pytest.raises(GlotliftError) as error:
            compare_bits(before, wrong, target="hin_Deva")
        assert error.value.code == code
