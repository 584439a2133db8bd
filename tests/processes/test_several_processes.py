"""Two processes learn what one does: with whole copies of the model, and with shards of it."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from safetensors.torch import load_file

import children
from glotlift.adaptation import adapt
from processes import small_stages
from tiny import model_of, tokenizer

TESTS = Path(__file__).parents[1]
SHARDED = {
    "ACCELERATE_USE_FSDP": "true",
    "FSDP_VERSION": "2",
    "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP",
}
NO_GRADIENT = "self.key.bias"  # moves every score alike, so what Adam makes of it is noise
QUICK, ALL = ("causal",), tuple(small_stages.STAGES)
LEARNT = tuple(small_stages.LEARNT)


def launch(program: Path, *words: str, environment: dict[str, str] | None = None) -> None:
    """Run a program in two processes that train together."""
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    found = [str(TESTS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    done = subprocess.run(
        [sys.executable, *command, str(program), *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(found), **(environment or {})},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def launch_stages(folder: Path, names: tuple[str, ...], *, shards: bool) -> Path:
    program = Path(small_stages.__file__)
    if shards:
        launch(program, str(folder), "--shards", *names, environment=SHARDED)
    else:
        launch(program, str(folder), *names)
    return folder


def figures(folder: Path, name: str) -> dict[str, list[float]]:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@cache
def alone(folder: Path, name: str) -> Path:
    """Train a stage in this process."""
    small_stages.leave(folder, name, small_stages.train(name, folder / "run" / name))
    return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return tmp_path_factory.mktemp("one")


@pytest.fixture(scope="module")
def two_quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    children.together(small_stages.main, folder, list(QUICK))
    return folder


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    return launch_stages(tmp_path_factory.mktemp("two"), ALL, shards=False)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return launch_stages(tmp_path_factory.mktemp("shards"), ALL, shards=True)


def check_same(two: Path, one: Path, name: str, tolerance: float) -> None:
    """Compare losses and bits per byte within 1e-4, weights within `tolerance`."""
    expected, found = figures(one, name), figures(two, name)
    assert found == {kind: pytest.approx(values, abs=1e-4) for kind, values in expected.items()}
    assert len(found["loss"]) == 8
    left, right = (load_file(folder / f"{name}.safetensors") for folder in (one, two))
    assert left.keys() == right.keys()
    for weight in left:
        if NO_GRADIENT not in weight:
            difference = float((left[weight] - right[weight]).abs().max())
            assert difference <= tolerance, weight


def check_resumed(folder: Path, name: str, tolerance: float) -> None:
    """Compare the stage that went on from a checkpoint with the unbroken one."""
    assert figures(folder, f"{name}-resumed") == figures(folder, name)
    unbroken, resumed = (load_file(folder / f"{n}.safetensors") for n in (name, f"{name}-resumed"))
    assert all(float((unbroken[n] - resumed[n]).abs().max()) <= tolerance for n in unbroken)


@pytest.mark.parametrize("name", QUICK)
def test_two_processes_learn_what_one_does(name, two_quick, one):
    check_same(two_quick, alone(one, name), name, 1e-5)
    check_resumed(two_quick, name, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_two_processes_learn_what_one_does_under_every_delta(name, two, one):
    check_same(two, alone(one, name), name, 1e-5)
    check_resumed(two, name, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_shards_over_two_processes_learn_what_one_does(name, shards, one):
    check_same(shards, alone(one, name), name, 1e-5)
    check_resumed(shards, name, 1e-6)


@pytest.fixture(scope="module")
def two_learnt(tmp_path_factory):
    return launch_stages(tmp_path_factory.mktemp("two"), LEARNT, shards=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNT)
def test_two_processes_learn_what_one_does_by_every_objective(name, two_learnt, one):
    check_same(two_learnt, alone(one, name), name, 1e-4)
    check_resumed(two_learnt, name, 0.0)


ADAPT = """
import json, sys
from glotlift.adaptation import adapt
from processes.small_stages import let_processors_shard
if "--shards" in sys.argv:
    let_processors_shard()
adapt(json.loads(sys.argv[1]))
"""


def settings(model: Path, output: Path) -> dict:
    return {
        "model": str(model),
        "language": "hin_Deva",
        "text": "world:hin_Deva?rows=250",
        "keep": {"eng_Latn": "world:eng_Latn?rows=120"},
        "output": str(output),
        "budget": "60kB",
        "extension": {"warmup_share": 0.4},  # every stage has steps enough for two blocks in each
        "training": {"block": 64, "blocks_per_step": 2, "evaluations": 2},
        "evaluation": {"documents": 12, "tasks": 8, "samples": 1},
    }


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    model_of("llama").save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapted_alone(tmp_path_factory, model):
    return adapt(settings(model, tmp_path_factory.mktemp("alone") / "run"))


@pytest.mark.slow
@pytest.mark.parametrize("shards", [False, True])
def test_the_main_job_under_torchrun_is_that_of_one_process(shards, tmp_path, model, adapted_alone):
    program = tmp_path / "program.py"
    program.write_text(ADAPT, encoding="utf-8")
    together = tmp_path / "run"
    words = [json.dumps(settings(model, together)), *(["--shards"] if shards else [])]
    launch(program, *words, environment=SHARDED if shards else None)
    for name in ("languages", "tasks"):
        left, right = (
            json.loads((run / "evidence.json").read_text(encoding="utf-8"))[name]
            for run in (adapted_alone, together)
        )
        assert [row["language"] for row in left] == [row["language"] for row in right]
        for a, b in zip(left, right, strict=True):
            assert b["before"] == pytest.approx(a["before"], abs=1e-4)
            assert b["after"] == pytest.approx(a["after"], abs=1e-4)
    weights = [load_file(run / "model" / "model.safetensors") for run in (adapted_alone, together)]
    assert weights[0].keys() == weights[1].keys()
    for name, values in weights[0].items():
        assert float((values - weights[1][name]).abs().max()) <= 1e-4, name
    events = (together / "events.jsonl").read_text(encoding="utf-8").splitlines()
    started = [json.loads(line)["stage"] for line in events if '"stage started"' in line]
    assert len(started) == len(set(started)), "only the first process writes"
