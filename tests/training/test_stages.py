import pytest
import torch

from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.runs.errors import GlotliftError
from glotlift.training import micro_batches
from glotlift.training.schedule import Budget
from glotlift.training.stages import TrainingSettings, multiple, run_stage, wants_bfloat16
from tiny import model_of, tokenizer
from training.stage import STEPS, same, stage_for, trained, weights


def short_of_memory(monkeypatch, most, after=0):
    """Let the loss fail for more than `most` blocks at once, from the `after`th call on."""
    loss, sizes = CausalLanguageModelling.loss, []

    def limited(self, model, batch):
        if torch.is_grad_enabled():
            sizes.append(len(batch["labels"]))
            if sizes[-1] > most and len(sizes) > after:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return loss(self, model, batch)

    monkeypatch.setattr(CausalLanguageModelling, "loss", limited)
    return sizes


def test_out_of_memory_halves_the_micro_batch_says_so_and_learns_the_same(
    tmp_path, monkeypatch, capsys
):
    expected = trained(tmp_path / "plenty", micro_blocks=1).model
    sizes = short_of_memory(monkeypatch, most=1)
    done = trained(tmp_path / "scarce", micro_blocks=4)
    assert sizes[:3] == [4, 2, 1]
    assert set(sizes[2:]) == {1}
    said = capsys.readouterr().err
    assert "out of memory: 2 instead of 4 blocks at once, same steps" in said
    assert "out of memory: 1 instead of 2 blocks at once, same steps" in said
    assert same(weights(done.model), weights(expected))
    assert done.steps == STEPS


def test_out_of_memory_later_goes_on_from_the_last_checkpoint(tmp_path, monkeypatch):
    expected = trained(tmp_path / "plenty").model
    sizes = short_of_memory(monkeypatch, most=2, after=5)  # in the sixth step; saved after four
    done = trained(tmp_path / "scarce")
    assert sizes == [4] * 6 + [2] * 2 * (STEPS - 4)
    for mine, wanted in zip(done.model.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(mine, wanted, rtol=0, atol=1e-4)


def test_out_of_memory_before_the_first_checkpoint_does_not_repeat_steps(tmp_path, monkeypatch):
    short_of_memory(monkeypatch, most=2, after=1)
    with pytest.raises(GlotliftError, match=r"GL-TRAINING-005.*micro_blocks=2"):
        trained(tmp_path, save_every=100)


def test_out_of_memory_in_the_midst_of_the_first_step_starts_it_anew(tmp_path, monkeypatch):
    expected = trained(tmp_path / "plenty", micro_blocks=1).model
    sizes = short_of_memory(monkeypatch, most=1, after=1)  # its second micro-batch
    done = trained(tmp_path / "scarce", micro_blocks=2)
    assert sizes[:3] == [2, 2, 1]
    assert same(weights(done.model), weights(expected))


def test_not_even_one_block_fits(tmp_path, monkeypatch):
    short_of_memory(monkeypatch, most=0)
    with pytest.raises(GlotliftError, match="GL-TRAINING-002"):
        trained(tmp_path)


def test_another_error_is_not_taken_for_a_lack_of_memory(tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(CausalLanguageModelling, "loss", broken)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        trained(tmp_path)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("x"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_a_lack_of_memory_is_known_by_its_message(error, expected):
    assert micro_batches.is_out_of_memory(error) == expected


def test_blocks_longer_than_the_model_reads_are_refused(tmp_path):
    with pytest.raises(GlotliftError, match=r"GL-TRAINING-003.*at most 96"):
        run_stage(model_of("llama"), tokenizer(), stage_for(block=97), tmp_path)


def test_every_step_is_told_as_an_event(tmp_path):
    events = []
    trained(tmp_path, event=lambda kind, **values: events.append((kind, values)))
    told = [values for kind, values in events if kind == "training" and "loss" in values]
    assert [values["step"] for values in told] == list(range(1, STEPS + 1))
    assert all(values["stage"] == "tried" for values in told)


def test_the_line_of_progress_tells_bits_per_byte(tmp_path, capsys):
    done = trained(tmp_path)
    line = next(x for x in capsys.readouterr().err.splitlines() if f"{STEPS}/{STEPS}" in x)
    loss = next(e["loss"] for e in reversed(done.history) if "loss" in e)
    plan = done.plan
    nats = loss * plan.total_tokens / plan.total_bytes
    assert f"loss {loss:.3f}" in line
    assert f"bits/byte {nats / 0.6931471805599453:.3f}" in line
    assert all(part in line for part in ("tried", "tokens/s", "memory", "left"))


def test_a_budget_in_bytes_trains_for_as_many_steps_as_it_fills(tmp_path):
    done = trained(tmp_path, budget=Budget(4000, "bytes"))
    assert done.plan.total_bytes == pytest.approx(4000, abs=4)
    assert done.steps == -(-len(done.plan.blocks) // 4)


@pytest.mark.parametrize("kind", ["bloom", "bert", "xlm-r", "deberta", "t5", "bart", "gpt2"])
def test_every_kind_of_model_trains(kind, tmp_path):
    before = weights(model_of(kind))
    done = trained(tmp_path, kind, watched=True, budget=Budget(2, "steps"))
    after = weights(done.model)
    assert all(value.isfinite().all() for value in after.values())
    assert not same(before, after)
    assert sum("eval_bits_per_byte/hin_Deva" in entry for entry in done.history) >= 1


def test_bfloat16_is_used_when_asked_for(tmp_path):
    done = trained(tmp_path, precision="bfloat16", budget=Budget(2, "steps"))
    plain = trained(tmp_path / "plain", budget=Budget(2, "steps"))
    losses = [next(e["loss"] for e in d.history if "loss" in e) for d in (done, plain)]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    assert done.model.dtype == torch.float32


def test_precision_follows_the_machine():
    assert wants_bfloat16("bfloat16")
    assert not wants_bfloat16("float32")
    assert wants_bfloat16("auto") == (torch.cuda.is_available() and torch.cuda.is_bf16_supported())


@pytest.mark.parametrize(("steps", "of", "expected"), [(100, 10, 100), (95, 10, 100), (1, 7, 7)])
def test_intervals_are_multiples_of_each_other(steps, of, expected):
    assert multiple(steps, of) == expected


@pytest.mark.parametrize(
    ("number", "limit", "expected"), [(16, 16, 16), (12, 8, 6), (7, 3, 1), (9, 4, 3)]
)
def test_micro_batches_part_a_step_evenly(number, limit, expected):
    assert micro_batches.divisor_at_most(number, limit) == expected


@pytest.mark.parametrize(
    "wrong",
    [{"learning_rate": 0}, {"block": 7}, {"warmup": 1}, {"precision": "int8"}, {"micro_blocks": 0}],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TrainingSettings(**wrong)
