"""Schedules against their formulas, optimisers by name, growing steps, and the guard."""

import math
from types import SimpleNamespace

import pytest
import torch
from transformers import Adafactor

from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError
from glotlift.training.schedule import Budget
from glotlift.training.settings import TrainingSettings
from glotlift.training.stages import Guard, training_arguments
from tiny import model_of
from training.stage import same, stage_for, trained, weights
from training.test_trainer import trainer_of

PEAK, STEPS, WARMUP = 5e-3, 40, 4


def rates(folder, **settings):
    """Return the learning rate of each step as the trainer's own scheduler sets it."""
    stage = stage_for(
        budget=Budget(STEPS, "steps"), warmup=WARMUP / STEPS, learning_rate=PEAK, **settings
    )
    trainer = trainer_of(stage, model_of("llama"), folder)
    trainer.create_optimizer_and_scheduler(STEPS)
    found = []
    for _ in range(STEPS):
        found.append(trainer.optimizer.param_groups[0]["lr"])
        trainer.optimizer.step()
        trainer.lr_scheduler.step()
    return found


def past(step):
    return (step - WARMUP) / (STEPS - WARMUP)


FORMULAS = {
    "cosine": lambda step: 0.1 + 0.9 * (1 + math.cos(math.pi * past(step))) / 2,
    "linear": lambda step: 1 - past(step),
    "constant": lambda step: 1.0,
    "inverse_sqrt": lambda step: math.sqrt(WARMUP / step),
    "warmup_stable_decay": lambda step: 1 - 0.9 * max(0, step - 32) / 8,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_schedule_rises_and_follows_its_formula(tmp_path, name):
    found = rates(tmp_path, schedule=name)
    # transformers' warmup_stable_decay also rises from what it falls to
    least = 0.1 if name == "warmup_stable_decay" else 0.0
    rising = [least + (1 - least) * step / WARMUP for step in range(WARMUP)]
    expected = [*rising, *(FORMULAS[name](step) for step in range(WARMUP, STEPS))]
    assert found == pytest.approx([PEAK * part for part in expected], rel=1e-6)


def test_an_optimiser_is_transformers_own(tmp_path):
    def made(**settings):
        trainer = trainer_of(stage_for(**settings), model_of("llama"), tmp_path)
        return trainer.create_optimizer()

    assert isinstance(made(), torch.optim.AdamW)
    assert isinstance(made(optimizer="adafactor"), Adafactor)
    momentum = made(optimizer="sgd", momentum=0.7)
    assert type(momentum) is torch.optim.SGD
    assert {group["momentum"] for group in momentum.param_groups} == {0.7}


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd", "ramp": 0.8, "ramp_from": 1},
        {"optimizer": "adafactor", "one_source_per_step": True},
    ],
    ids=lambda settings: settings["optimizer"],
)
def test_a_run_that_is_taken_up_again_ends_the_same(tmp_path, settings):
    whole = trained(tmp_path / "whole", **settings)
    again = taken_up(tmp_path / "again", **settings)
    assert same(weights(whole.model), weights(again.model))


class StoppedError(Exception):
    """Stands for a kill."""


def taken_up(folder, **settings):
    """Train, stop after the checkpoint of step 4, and start again."""

    def stop(kind, **values):
        if values.get("step") == 5 and "loss" in values:
            raise StoppedError

    with pytest.raises(StoppedError):
        trained(folder, event=stop, **settings)
    assert [path.name for path in folder.glob("checkpoint-*")] == ["checkpoint-4"]
    return trained(folder, **settings)


def test_a_language_that_is_forgotten_ends_the_stage(tmp_path):
    limits = {"learning_rate": 0.5, "evaluate_every": 2, "forgetting_limit": 0.01}
    stopped = trained(tmp_path / "one", watched=True, warmup=0.0, **limits)
    assert 0 < stopped.steps < 8
    assert len(stopped.plan.blocks) == stopped.steps * 4
    again = trained(tmp_path / "one", watched=True, warmup=0.0, **limits)
    assert again.steps == stopped.steps
    assert same(weights(again.model), weights(stopped.model))


def test_the_guard_lets_go_on_what_is_not_forgotten():
    history = [{"loss": 1.0}, {"eval_bits_per_byte/yor_Latn": 3.0}]
    control = SimpleNamespace(should_training_stop=False, should_save=True)
    for now, stops in ((2.0, False), (3.2, False), (3.3, True)):
        metrics = {"eval_bits_per_byte/yor_Latn": now}
        state = SimpleNamespace(log_history=[*history, metrics])
        Guard(0.25).on_evaluate(None, state, control, metrics=metrics)
        assert control.should_training_stop is stops
    assert not control.should_save


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("030", {"ramp": 0.5, "ramp_from": 20}),
        ("031", {"ramp": 0.5, "one_source_per_step": True}),
        ("032", {"schedule": "warmup_stable_decay", "warmup": 0.5, "decay": 0.6}),
    ],
)
def test_settings_that_contradict_each_other_are_refused(code, values):
    with pytest.raises(GlotliftError, match=f"GL-TRAINING-{code}"):
        load_config(TrainingSettings, values)


def test_the_arguments_of_a_plain_stage_are_what_they_were(tmp_path):
    trainer = trainer_of(stage_for(), model_of("llama"), tmp_path)
    arguments = training_arguments(stage_for(), trainer.blocks, 4, tmp_path)
    assert arguments.lr_scheduler_type == "cosine_with_min_lr"
    assert arguments.lr_scheduler_kwargs == {"min_lr_rate": 0.1}
