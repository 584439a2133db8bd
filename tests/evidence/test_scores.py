import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from glotlift.evidence.scores import LARGEST, pack, read_rows, unpack, write_evidence
from glotlift.runs.errors import GlotliftError

FLOATS = st.floats(-(2**20), 2**20, width=32)


@given(arrays(np.float64, array_shapes(max_dims=2, max_side=20), elements=FLOATS))
def test_packing_keeps_every_score(values: np.ndarray) -> None:
    packed = json.loads(json.dumps(pack(values)))
    assert np.array_equal(unpack(packed), values)


def test_choices_pack_into_a_few_bytes() -> None:
    values = np.random.default_rng(0).integers(0, 2, (5, 1000)).astype(float)
    assert len(pack(values)["data"]) < 3000  # of 20,000 bytes


@pytest.mark.parametrize(
    "broken",
    [
        {"data": "%%"},
        {"data": "AAAA"},
        {"shape": [99]},
        {"type": "object"},
        {"shape": None},
        {"shape": [1]},
    ],
)
def test_damaged_scores_are_refused(broken: dict[str, object]) -> None:
    with pytest.raises(GlotliftError) as error:
        unpack({**pack(np.arange(4.0)), **broken})
    assert error.value.code == "GL-EVIDENCE-012"


def evidence(seeds: int, rows: int, scale: float = 1.0) -> dict[str, object]:
    rng = np.random.default_rng(0)
    arms = {name: pack(scale * rng.standard_normal((seeds, rows))) for name in ("a", "b")}
    return {
        "notes": [],
        "claims": [1],
        "rows": {"m": {"kept": "every seed, float32", "arms": arms}},
    }


@pytest.mark.parametrize(
    ("seeds", "rows", "kept", "shape"),
    [
        (5, 1000, "every seed, float32", (5, 1000)),
        (5, 6000, "every seed, float16", (5, 6000)),
        (5, 20000, "mean over seeds, float16", (1, 20000)),
    ],
)
def test_scores_shrink_until_they_fit(
    tmp_path: Path, seeds: int, rows: int, kept: str, shape: tuple[int, int]
) -> None:
    whole = evidence(seeds, rows)
    write_evidence(whole, tmp_path / "e.json")
    assert (tmp_path / "e.json").stat().st_size <= LARGEST
    written = json.loads((tmp_path / "e.json").read_text())
    assert written["rows"]["m"]["kept"] == kept
    shrunk, exact = read_rows(written, "m"), read_rows(whole, "m")
    assert shrunk["a"].shape == shape
    assert shrunk["a"].mean(0) == pytest.approx(exact["a"].mean(0), abs=2e-3)


def test_scores_are_left_out_where_nothing_helps(tmp_path: Path) -> None:
    write_evidence(evidence(2, 200_000), tmp_path / "e.json")
    written = json.loads((tmp_path / "e.json").read_text())
    assert written["rows"] == {}
    assert written["claims"] == [1]
    assert "too large" in written["notes"][0]


def test_half_precision_is_passed_over_where_it_overflows(tmp_path: Path) -> None:
    write_evidence(evidence(5, 6000, scale=1e6), tmp_path / "e.json")
    assert json.loads((tmp_path / "e.json").read_text())["rows"] == {}


def test_evidence_that_cannot_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GlotliftError) as error:
        write_evidence({"text": "x" * LARGEST}, tmp_path / "e.json")
    assert error.value.code == "GL-EVIDENCE-014"
    assert not (tmp_path / "e.json").exists()


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(GlotliftError) as error:
        read_rows(evidence(1, 2), "n")
    assert error.value.code == "GL-EVIDENCE-013"
