"""Two processes learn from pairs what one does, the contrast among the pairs of both included."""

from pathlib import Path

import pytest

from processes import pair_stages
from processes.test_several_processes import check_same, figures, launch

pytestmark = pytest.mark.slow
NAMES = tuple(pair_stages.STAGES)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    launch(Path(pair_stages.__file__), str(folder), *NAMES)
    return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    for name in NAMES:
        pair_stages.leave(folder, name, pair_stages.train(name, folder / "run" / name))
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_learn_from_pairs_what_one_does(name, two, one):
    check_same(two, one, name, 1e-4)


def test_parts_learn_what_whole_batches_do(one):
    whole, parts = (figures(one, name)["loss"] for name in ("tcm", "tcm in parts"))
    assert parts == pytest.approx(whole, abs=1e-4)
