from itertools import pairwise

import pytest
from datasets import Dataset

from glotlift.models.deltas import NewRows
from glotlift.objectives.instructions import InstructionTuning
from glotlift.runs.errors import GlotliftError
from glotlift.training.schedule import Budget
from glotlift.training.sequences import Replay, joint, plain, run_in_order, task_stages
from glotlift.training.settings import TrainingSettings
from tiny import model_of, tokenizer
from training.stage import same, weights

ORDER = ("colours", "numbers", "days")
TWO = ORDER[:2]
SETTINGS = TrainingSettings(block=32, blocks_per_step=2, micro_blocks=2, learning_rate=5e-3)


def rows_of(task, count=40):
    found = [(f"{task} {number}?", f"{number % 3}") for number in range(count)]
    return Dataset.from_list(
        [
            {"id": f"{task}/{n}", "prompt": asked, "response": answer, "text": f"{asked} {answer}"}
            for n, (asked, answer) in enumerate(found)
        ]
    )


SOURCES = {name: rows_of(name) for name in (*ORDER, "general")}


def stages_of(reading=plain, seed=0, order=TWO, **settings):
    objective = InstructionTuning(tokenizer())
    return task_stages(
        objective, SOURCES, order, Budget(200, "tokens"),
        reading=reading, seed=seed, settings=SETTINGS, **settings,
    )  # fmt: skip


def test_shares_of_each_way_to_read():
    assert plain(ORDER, 1) == {"numbers": 1.0}
    assert joint(ORDER, 0) == pytest.approx(dict.fromkeys(ORDER, 1 / 3))
    assert Replay(0.1)(ORDER, 0) == {"colours": 1.0}
    # A tenth of each of two earlier tasks and of what is kept, beside the whole of the new one.
    expected = {"colours": 0.1, "numbers": 0.1, "general": 0.1, "days": 1.0}
    expected = {name: part / 1.3 for name, part in expected.items()}
    assert Replay(0.1, ("general",))(ORDER, 2) == pytest.approx(expected)


@pytest.mark.parametrize("reading", [joint, Replay(0.5, ("general",))], ids=["joint", "replay"])
def test_every_way_reads_as_many_tokens_and_only_what_it_may(tmp_path, reading):
    stages = stages_of(reading)
    assert [stage.name for stage in stages] == list(TWO)
    left = dict(run_in_order(model_of("llama"), tokenizer(), stages, tmp_path))
    for at, (name, trained) in enumerate(left.items()):
        assert trained.plan.total_tokens == 200
        read = {source for source, tokens in trained.plan.tokens.items() if tokens}
        assert read == set(reading(TWO, at)), name
    assert not list(tmp_path.glob("*"))


def test_each_stage_goes_on_from_the_one_before(tmp_path):
    model = model_of("llama")
    seen = [weights(model)]
    for _, trained in run_in_order(model, tokenizer(), stages_of(), tmp_path):
        seen.append(weights(trained.model))
    assert not any(same(one, two) for one, two in pairwise(seen))
    first = stages_of()[:1]
    ((_, alone),) = run_in_order(model_of("llama"), tokenizer(), first, tmp_path)
    assert same(weights(alone.model), seen[1])


def test_stages_that_read_the_same_sources_read_them_in_other_orders():
    one, two = (stage.mixture.items(0, 60)[1].tolist() for stage in stages_of(joint))
    assert one != two
    again, *_ = (stage.mixture.items(0, 60)[1].tolist() for stage in stages_of(joint))
    assert one == again
    other, *_ = (stage.mixture.items(0, 60)[1].tolist() for stage in stages_of(joint, seed=1))
    assert one != other


def test_what_may_not_move_stays(tmp_path):
    model = model_of("llama")
    before = weights(model)
    delta = NewRows((5, 6))
    ((_, trained),) = run_in_order(
        model, tokenizer(), stages_of(delta=delta, order=TWO[:1]), tmp_path
    )
    after = weights(trained.model)
    moved = {name for name in before if not before[name].equal(after[name])}
    assert all("embed" in name or "lm_head" in name for name in moved)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: Replay(0.0), "GL-TRAINING-050"),
        (lambda: Replay(float("nan")), "GL-TRAINING-050"),
        (lambda: named([]), "GL-TRAINING-051"),
        (lambda: named(["days", "days"]), "GL-TRAINING-051"),
        (lambda: named(["days", "months"]), "GL-TRAINING-052"),
        (lambda: named(["days"], Replay(0.1, ("empty",))), "GL-TRAINING-052"),
    ],
)
def test_what_is_no_sequence_is_refused(call, code):
    with pytest.raises(GlotliftError) as refusal:
        call()
    assert refusal.value.code == code


def named(order, reading=plain):
    sources = {**SOURCES, "empty": Dataset.from_list([])}
    objective = InstructionTuning(tokenizer())
    return task_stages(objective, sources, order, Budget(9, "tokens"), reading=reading)
