import numpy as np
import pytest

from glotlift.evaluation.calibration import measure_calibration
from glotlift.runs.errors import GlotliftError


def test_one_who_is_as_right_as_said_has_no_error():
    said = np.array([[0.75, 0.25]] * 4)
    found = measure_calibration(said, np.array([0, 0, 0, 1]))
    assert found.error == 0
    assert [b.rows for b in found.bins if b.rows] == [4]
    assert found.brier.tolist() == pytest.approx([0.125] * 3 + [1.125])


def test_one_who_is_sure_and_wrong_has_all():
    found = measure_calibration(np.array([[1.0, 0.0]] * 3), np.array([1, 1, 1]))
    assert found.error == 1
    assert found.brier.tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ([[0.5, 0.6]], [0]),
        ([[0.5, 0.5]], [2]),
        ([[0.5, 0.5]], [0, 1]),
        ([[1.5, -0.5]], [0]),
        ([], []),
    ],
)
def test_refusals(said, right):
    with pytest.raises(GlotliftError) as error:
        measure_calibration(np.array(said), np.array(right))
    assert error.value.code == "GL-EVALUATION-052"
