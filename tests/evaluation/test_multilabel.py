import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evaluation.multilabel import exact_rows, label_f1_rows
from glotlift.runs.errors import GlotliftError

LABELS = st.lists(st.sets(st.sampled_from("abcde")), min_size=1, max_size=20)


@given(st.data())
def test_micro_f1_is_its_definition_over_all_cells(data):
    right = data.draw(LABELS)
    said = [data.draw(st.sets(st.sampled_from("abcde"))) for _ in right]
    if not any(right) and not any(said):
        return
    one, other = (np.array([[c in row for c in "abcde"] for row in rows]) for rows in (said, right))
    hits = (one & other).sum()
    precision, recall = hits / max(1, one.sum()), hits / max(1, other.sum())
    expected = 2 * precision * recall / (precision + recall) if hits else 0.0
    assert label_f1_rows(said, right).mean() == pytest.approx(expected, abs=1e-12)


def test_a_closed_form():
    said, right = [{"a"}, {"a", "b"}, set()], [{"a"}, {"b"}, {"c"}]
    # 2 hits, 1 too many, 1 missed
    assert label_f1_rows(said, right).mean() == pytest.approx(2 * 2 / (3 + 3))
    assert exact_rows(said, right).tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("said", "right", "code"),
    [([{"a"}], [], "GL-EVALUATION-120"), ([set()], [set()], "GL-EVALUATION-121")],
)
def test_what_cannot_be_scored_is_refused(said, right, code):
    with pytest.raises(GlotliftError) as error:
        label_f1_rows(said, right)
    assert error.value.code == code
