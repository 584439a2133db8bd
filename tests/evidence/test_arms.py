import json
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glotlift.evidence.arms import Arm, Measurement, Metric, Recipe, Setting, run_recipe
from glotlift.evidence.scores import read_rows
from glotlift.evidence.verdicts import Claim
from glotlift.evidence.workers import Workers
from glotlift.runs.errors import GlotliftError

ROWS = 60
DIFFICULTY = np.random.default_rng(99).standard_normal(ROWS)


def toy(
    log: Path, gain: float, setting: Setting, seed: int, folder: Path, *, budget: float = 100.0
) -> Measurement:
    """Score rows of shared difficulty with a known gain, and note that it ran."""
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{gain} {seed}\n")
    noise = np.random.default_rng([seed, int(gain * 10)]).standard_normal(ROWS)
    bonus = float(setting.values.get("bonus", 0.0))
    return Measurement(
        budget=budget,
        scores={"skill": DIFFICULTY + gain + bonus + 0.1 * noise},
        rows={"skill": [str(number) for number in range(ROWS)]},
        cost={"seconds": 1.0 + gain},
    )


def recipe(log: Path, *, arms: tuple[Arm, ...] | None = None, **more: Any) -> Recipe:
    arms = arms or (
        Arm("with", "gains one", partial(toy, log, 1.0)),
        Arm("without", "gains nothing", partial(toy, log, 0.0)),
    )
    claims = (
        Claim("helps", "with beats without", "skill", "with", "without", "greater", 0.5, "points"),
        Claim("hurts", "with is worse", "skill", "with", "without", "less", 0.0, "points"),
        Claim(
            "exact", "the gain is over one", "skill", "with", "without", "greater", 1.0, "points"
        ),
        Claim("level", "with is above minus five", "skill", "with", -5.0, "greater", 0.0, "points"),
    )
    values: dict[str, Any] = {
        "name": "toy", "part": "gain", "question": "does it help?", "difference": "the gain",
        "budget_unit": "steps", "seeds": (0, 1, 2, 3, 4), "arms": arms, "claims": claims,
        "metrics": {"skill": Metric("points", True)}, "settings": (Setting("world"),),
    }  # fmt: skip
    return Recipe(**{**values, **more})


def ran(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(GlotliftError) as error:
        call()
    return error.value.code


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2) as hired:
        yield hired


def process() -> tuple[int, int]:
    import torch

    return os.getpid(), torch.get_num_threads()


def test_a_seed_meets_its_process_again(workers: Workers) -> None:
    first, second = (
        [future.result() for future in workers.submit(process, [(), ()], [4, 5])] for _ in range(2)
    )
    assert first == second
    assert len({pid for pid, _ in first} - {os.getpid()}) == 2
    assert {threads for _, threads in first} == {1}


def test_cells_side_by_side_are_the_same(tmp_path: Path, workers: Workers) -> None:
    one = run_recipe(recipe(tmp_path / "one"), "world", tmp_path / "a", seeds=[0, 1])
    two = run_recipe(
        recipe(tmp_path / "two"), "world", tmp_path / "b", seeds=[0, 1], workers=workers
    )
    assert sorted(ran(tmp_path / "two")) == sorted(ran(tmp_path / "one"))
    assert two["rows"] == one["rows"]
    assert two["claims"] == one["claims"]
    again = run_recipe(recipe(tmp_path / "two"), "world", tmp_path / "b", seeds=[0, 1])
    assert len(ran(tmp_path / "two")) == 4
    assert again["rows"] == two["rows"]


def killed(setting: Setting, seed: int, folder: Path) -> Measurement:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_refusal_and_then_a_killed_worker_are_told(tmp_path: Path, workers: Workers) -> None:
    log = tmp_path / "log"
    kept = Arm("with", "", partial(toy, log, 1.0))
    fatal = recipe(log, arms=(kept, Arm("without", "", killed)))
    unlike = Arm("without", "", partial(toy, log, 0.0, budget=50.0))
    for made, folder, code in (
        (recipe(log, arms=(kept, unlike)), tmp_path / "unlike", "GL-EVIDENCE-009"),
        (fatal, tmp_path / "fatal", "GL-EVIDENCE-016"),  # the last, for what comes after fails
    ):
        run = partial(run_recipe, made, "world", folder, seeds=[0, 1], workers=workers)
        assert refusal(run) == code


def test_verdicts_of_a_grid(tmp_path: Path) -> None:
    evidence = run_recipe(recipe(tmp_path / "log"), "world", tmp_path / "run", command="x")
    verdicts = {claim["id"]: claim["verdict"] for claim in evidence["claims"]}
    assert verdicts == {
        "helps": "CONFIRMED",
        "hurts": "CONTRADICTED",
        "exact": "NOT SEPARABLE",
        "level": "CONFIRMED",
    }
    assert evidence["notes"] == []
    assert json.loads((tmp_path / "run" / "evidence.json").read_text()) == evidence


def test_evidence_holds_what_the_schema_names(tmp_path: Path) -> None:
    evidence = run_recipe(recipe(tmp_path / "log"), "world", tmp_path / "run")
    assert {
        "schema", "kind", "recipe", "part", "setting", "question", "difference", "budget", "seeds",
        "arms", "metrics", "claims", "rows", "machine", "versions", "seconds", "command",
    } <= set(evidence)  # fmt: skip
    arm = evidence["arms"][0]
    assert arm["budget_spent"] == {str(seed): 100.0 for seed in range(5)}
    assert arm["cost"] == {"seconds": 2.0}
    rows = read_rows(evidence, "skill")
    assert rows["with"].shape == (5, ROWS)
    assert rows["with"].mean(1) == pytest.approx(arm["metrics"]["skill"]["by_seed"], abs=1e-5)
    assert arm["metrics"]["skill"]["mean"] == pytest.approx(rows["with"].mean(), abs=1e-5)


def test_finished_cells_are_not_run_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = run_recipe(recipe(log), "world", tmp_path / "run", seeds=[0, 1])
    assert len(ran(log)) == 4
    again = run_recipe(recipe(log), "world", tmp_path / "run", seeds=[0, 1, 2])
    assert len(ran(log)) == 6
    assert [a["metrics"]["skill"]["by_seed"][:2] for a in again["arms"]] == [
        a["metrics"]["skill"]["by_seed"] for a in first["arms"]
    ]


def test_a_killed_grid_ends_like_one_that_was_not(tmp_path: Path) -> None:
    log = tmp_path / "log"
    (tmp_path / "left").write_text("3")

    def dying(gain: float, setting: Setting, seed: int, folder: Path) -> Measurement:
        (folder / "checkpoint").write_text("kept")
        left = int((tmp_path / "left").read_text())
        if left == 0:
            raise KeyboardInterrupt
        (tmp_path / "left").write_text(str(left - 1))
        return toy(log, gain, setting, seed, folder)

    arms = (Arm("with", "", partial(dying, 1.0)), Arm("without", "", partial(dying, 0.0)))
    with pytest.raises(KeyboardInterrupt):
        run_recipe(recipe(log, arms=arms), "world", tmp_path / "run")
    assert (tmp_path / "run" / "cells" / "without-1" / "work" / "checkpoint").exists()
    (tmp_path / "left").write_text("100")
    resumed = run_recipe(recipe(log, arms=arms), "world", tmp_path / "run")
    whole = run_recipe(recipe(log, arms=arms), "world", tmp_path / "other")
    assert len(ran(log)) == 20
    assert resumed["claims"] == whole["claims"]
    assert resumed["rows"] == whole["rows"]


def test_a_changed_arm_or_setting_runs_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_recipe(recipe(log), "world", tmp_path / "run", seeds=[0])
    leftover = tmp_path / "run" / "cells" / "with-0" / "work" / "old"
    leftover.write_text("of the old arm")
    arms = (
        Arm("with", "gains two", partial(toy, log, 2.0)),
        Arm("without", "gains nothing", partial(toy, log, 0.0)),
    )
    run_recipe(recipe(log, arms=arms), "world", tmp_path / "run", seeds=[0])
    assert ran(log)[2:] == ["2.0 0"]
    assert not leftover.exists()
    own = Setting("world", {"bonus": 3.0})
    run_recipe(recipe(log, arms=arms), own, tmp_path / "run", seeds=[0])
    assert len(ran(log)) == 5


def test_changed_claims_are_judged_without_running(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_recipe(recipe(log), "world", tmp_path / "run")
    count = len(ran(log))
    evidence = run_recipe(recipe(log, claims=()), "world", tmp_path / "run")
    assert evidence["claims"] == []
    assert len(ran(log)) == count


def test_unequal_budgets_are_refused_after_one_seed(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def pair(spent: float) -> tuple[Arm, ...]:
        return (
            Arm("with", "", partial(toy, log, 1.0, budget=spent)),
            Arm("without", "", partial(toy, log, 0.0)),
        )

    code = refusal(lambda: run_recipe(recipe(log, arms=pair(101.5)), "world", tmp_path / "run"))
    assert code == "GL-EVIDENCE-009"
    assert len(ran(log)) == 2
    run_recipe(recipe(log, arms=pair(100.9)), "world", tmp_path / "close", seeds=[0])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rows": {"skill": [str(n + 1) for n in range(ROWS)]}}, "GL-EVIDENCE-010"),
        ({"rows": {"skill": [str(ROWS - 1 - n) for n in range(ROWS)]}}, "GL-EVIDENCE-010"),
        ({"weights": {"skill": np.arange(1.0, ROWS + 1)}}, "GL-EVIDENCE-011"),
        ({"scores": {}}, "GL-EVIDENCE-007"),
        ({"scores": {"skill": np.full(ROWS, np.nan)}}, "GL-EVIDENCE-008"),
        ({"scores": {"skill": np.zeros(ROWS - 1)}}, "GL-EVIDENCE-008"),
        ({"weights": {"skill": np.ones(3)}}, "GL-EVIDENCE-008"),
        ({"budget": float("nan")}, "GL-EVIDENCE-015"),
    ],
)
def test_measurements_that_do_not_compare_are_refused(
    tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    log = tmp_path / "log"

    def other(setting: Setting, seed: int, folder: Path) -> Measurement:
        measured = toy(log, 0.0, setting, seed, folder)
        return Measurement(**{**vars(measured), **change})

    arms = (Arm("with", "", partial(toy, log, 1.0)), Arm("without", "", other))
    call = partial(run_recipe, recipe(log, arms=arms), "world", tmp_path / "run")
    assert refusal(call) == code
    # What was refused is not kept as finished.
    if code in ("GL-EVIDENCE-007", "GL-EVIDENCE-008"):
        assert not (tmp_path / "run" / "cells" / "without-0" / "measurement.json").exists()


def test_recipes_that_cannot_be_judged_are_refused(tmp_path: Path) -> None:
    log = tmp_path / "log"
    one = Arm("with", "", partial(toy, log, 1.0))
    claim = Claim("c", "", "skill", "with", "nobody", "greater", 0.0, "points")
    metric = Claim("c", "", "speed", "with", 0.0, "greater", 0.0, "points")
    assert refusal(lambda: recipe(log, arms=(one,))) == "GL-EVIDENCE-003"
    assert refusal(lambda: recipe(log, arms=(one, one))) == "GL-EVIDENCE-003"
    assert refusal(lambda: recipe(log, claims=(claim,))) == "GL-EVIDENCE-004"
    assert refusal(lambda: recipe(log, claims=(metric,))) == "GL-EVIDENCE-004"
    assert refusal(lambda: recipe(log, seeds=())) == "GL-EVIDENCE-005"
    assert refusal(lambda: recipe(log, seeds=(1, 1))) == "GL-EVIDENCE-005"
    assert refusal(lambda: run_recipe(recipe(log), "moon", tmp_path)) == "GL-EVIDENCE-006"
    assert (
        refusal(lambda: run_recipe(recipe(log), "world", tmp_path, seeds=[])) == "GL-EVIDENCE-005"
    )
    assert ran(log) == []


def test_few_seeds_are_said(tmp_path: Path) -> None:
    log = tmp_path / "log"
    three = run_recipe(recipe(log), "world", tmp_path / "run", seeds=[0, 1, 2])
    assert three["notes"] == ["3 seeds where a verdict on a trained arm asks for 5"]
    one = run_recipe(recipe(log), "world", tmp_path / "run", seeds=[0])
    assert one["notes"] == ["one seed: intervals are over rows only"]
    assert one["claims"][0]["scope"] == "rows only"


def test_identical_arms_do_not_differ(tmp_path: Path) -> None:
    log = tmp_path / "log"
    arms = (Arm("with", "", partial(toy, log, 1.0)), Arm("without", "", partial(toy, log, 1.0)))
    claims = (
        Claim("more", "", "skill", "with", "without", "greater", 0.0, "points"),
        Claim("same", "", "skill", "with", "without", "within", 0.1, "points"),
    )
    evidence = run_recipe(recipe(log, arms=arms, claims=claims), "world", tmp_path / "run")
    assert [claim["verdict"] for claim in evidence["claims"]] == ["NOT SEPARABLE", "CONFIRMED"]


def test_progress_names_the_cells(tmp_path: Path) -> None:
    lines: list[str] = []
    run_recipe(
        recipe(tmp_path / "log"), "world", tmp_path / "run", seeds=[0], progress=lines.append
    )
    assert [line.split(":")[0] for line in lines] == ["with, seed 0", "without, seed 0"]
