import math
from pathlib import Path

import pytest
import torch
from transformers.trainer_pt_utils import get_parameter_names

from glotlift.models.deltas import LowRank, NewRows, Together
from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.choice import objective_for
from glotlift.training.schedule import Documents, plan_blocks
from glotlift.training.stages import training_arguments
from glotlift.training.trainer import Blocks, StageTrainer, checkpoints, embedding_names
from tiny import model_of, tokenizer
from training.stage import STEPS, same, stage_for, trained, validation, weights


def blocks_of(stage, kind="llama"):
    objective = objective_for(model_of(kind), tokenizer())
    documents = Documents(stage.features)
    settings = stage.settings
    plan = plan_blocks(
        documents, stage.mixture, stage.budget, block=settings.block,
        blocks_per_step=settings.blocks_per_step, overlap=objective.overlap,
        packs=objective.packs(model_of(kind)), seed=stage.seed,
    )  # fmt: skip
    return Blocks(plan, documents, objective, settings.blocks_per_step, stage.seed)


def trainer_of(stage, model, folder, kind="llama", micro=4):
    blocks = blocks_of(stage, kind)
    return StageTrainer(
        model, training_arguments(stage, blocks, micro, folder), blocks, tokenizer=tokenizer(),
        validation={}, embedding_rate=stage.settings.embedding_rate, callbacks=[],
    )  # fmt: skip


def plain_loop(model, stage, kind="llama"):
    """The same training in plain torch: AdamW, warm-up and cosine, clipping; nothing of ours."""
    blocks, settings = blocks_of(stage, kind), stage.settings
    spared = [torch.nn.LayerNorm, torch.nn.Embedding]
    decaying = {
        name
        for name in get_parameter_names(model, spared)
        if "norm" not in name and "bias" not in name and "lm_head" not in name
    }
    head = model.get_output_embeddings().weight
    groups = [[], []]
    for name, parameter in model.named_parameters():
        groups[name not in decaying or parameter is head].append(parameter)
    optimizer = torch.optim.AdamW(
        [
            {"params": groups[0], "weight_decay": settings.weight_decay},
            {"params": groups[1], "weight_decay": 0.0},
        ],
        lr=settings.learning_rate,
    )
    warmup = math.ceil(settings.warmup * blocks.steps)
    model.train()
    losses = []
    for step in range(blocks.steps):
        batch = blocks.collate(range(step * 4, step * 4 + 4))
        total, each = 0.0, 0
        for row in range(4):  # each document of each block alone, by the model's own loss
            for index in (
                blocks.plan.blocks[step * 4 + row]
                if step * 4 + row < len(blocks.plan.blocks)
                else []
            ):
                piece = blocks.documents.piece(*blocks.plan.pieces[index].tolist())
                ids = torch.from_numpy(piece.astype("int64"))[None]
                if ids.shape[1] > 1:
                    total = total + model(input_ids=ids, labels=ids).loss * (ids.shape[1] - 1)
                    each += ids.shape[1] - 1
        assert each == (batch["labels"] != -100).sum()
        loss = total / each
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.gradient_norm)
        fraction = (
            step / warmup
            if step < warmup
            else 0.1
            + 0.9 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (blocks.steps - warmup)))
        )
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * fraction
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return model, losses


@pytest.mark.parametrize("kind", ["llama", "llama untied"])
def test_training_is_what_a_plain_loop_over_single_documents_does(kind, tmp_path):
    stage = stage_for(kind, warmup=0.2, weight_decay=0.1)
    expected, losses = plain_loop(model_of(kind), stage, kind)
    done = trained(tmp_path, kind, warmup=0.2, weight_decay=0.1)
    logged = [entry["loss"] for entry in done.history if "loss" in entry]
    assert logged == pytest.approx(losses, abs=2e-4)
    for (name, mine), wanted in zip(
        done.model.named_parameters(), expected.parameters(), strict=True
    ):
        torch.testing.assert_close(mine, wanted, rtol=1e-3, atol=2e-4, msg=name)


@pytest.mark.parametrize("kind", ["llama", "bert", "t5"])
def test_accumulation_changes_nothing(kind, tmp_path):
    whole = trained(tmp_path / "4", kind, micro_blocks=4)
    parts = trained(tmp_path / "1", kind, micro_blocks=1)
    expected = dict(whole.model.named_parameters())
    for name, mine in parts.model.named_parameters():
        if not name.endswith("key.bias"):  # softmax is blind to it: Adam steps along rounding noise
            torch.testing.assert_close(mine, expected[name], rtol=0, atol=1e-4, msg=name)
    losses = [[e["loss"] for e in done.history if "loss" in e] for done in (whole, parts)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert len(losses[0]) == STEPS


def test_a_step_without_labels_leaves_finite_weights(tmp_path, monkeypatch):
    collate = CausalLanguageModelling.collate

    def unlabelled(self, blocks, seeds):
        batch = collate(self, blocks, seeds)
        return {**batch, "labels": torch.full_like(batch["labels"], -100)}

    monkeypatch.setattr(CausalLanguageModelling, "collate", unlabelled)
    done = trained(tmp_path, weight_decay=0.0)
    assert all(parameter.isfinite().all() for parameter in done.model.parameters())


def test_training_twice_gives_the_same_bits(tmp_path):
    one, two = (trained(tmp_path / name).model for name in "ab")
    assert same(weights(one), weights(two))


def test_training_learns(tmp_path):
    losses = [
        entry["loss"] for entry in trained(tmp_path, learning_rate=2e-2).history if "loss" in entry
    ]
    assert losses[-1] < losses[0] - 0.3


def test_embeddings_have_their_own_rate_and_no_decay(tmp_path):
    stage = stage_for("llama untied", embedding_rate=0.25, weight_decay=0.2)
    model = model_of("llama untied")
    optimizer = trainer_of(stage, model, tmp_path).create_optimizer()
    rates = {
        id(p): (g["lr"], g["weight_decay"]) for g in optimizer.param_groups for p in g["params"]
    }
    assert rates[id(model.model.embed_tokens.weight)] == (0.25 * 5e-3, 0.0)
    assert rates[id(model.lm_head.weight)] == (0.25 * 5e-3, 0.0)
    assert rates[id(model.model.layers[0].mlp.up_proj.weight)] == (5e-3, 0.2)
    assert rates[id(model.model.norm.weight)] == (5e-3, 0.0)
    assert len(rates) == len(list(model.parameters()))


def test_a_rate_of_zero_holds_the_embeddings_still(tmp_path):
    before = weights(model_of("llama untied"))
    after = weights(trained(tmp_path, "llama untied", embedding_rate=0.0).model)
    still = {name for name in before if torch.equal(before[name], after[name])}
    assert still == {"model.embed_tokens.weight", "lm_head.weight"}


@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert", "t5"])
def test_embeddings_are_found_by_what_they_are(kind):
    model = model_of(kind)
    found = embedding_names(model)
    held = {id(model.get_input_embeddings().weight), id(model.get_output_embeddings().weight)}
    assert {n for n, p in model.named_parameters() if id(p) in held} <= found
    assert all("layer" not in name and "block" not in name for name in found)


@pytest.mark.parametrize(
    "delta", [NewRows((5, 300)), LowRank(rank=2), Together((NewRows((5, 300)), LowRank(rank=2)))]
)
@pytest.mark.parametrize("kind", ["llama", "llama untied"])
def test_weight_decay_and_momentum_never_leak_out_of_a_delta(delta, kind, tmp_path):
    before = weights(model_of(kind))
    after = weights(trained(tmp_path, kind, delta=delta, weight_decay=0.5).model)
    assert after.keys() == before.keys()
    others = [row for row in range(320) if row not in (5, 300)]
    for name, value in after.items():
        rows = "embed_tokens" in name or "lm_head" in name
        linear = "proj" in name
        if rows and not isinstance(delta, LowRank):
            assert torch.equal(value[others], before[name][others])
            assert not torch.equal(value, before[name])
        else:
            moves = linear and not isinstance(delta, NewRows)
            assert torch.equal(value, before[name]) != moves, name


def test_validation_is_logged_per_language_before_and_during(tmp_path):
    history = trained(tmp_path, watched=True).history
    steps = {
        name: [entry["step"] for entry in history if f"eval_bits_per_byte/{name}" in entry]
        for name in validation()
    }
    assert steps == {name: [0, 4, 8] for name in validation()}


def test_validation_does_not_change_what_is_learnt(tmp_path):
    one, two = trained(tmp_path / "a"), trained(tmp_path / "b", watched=True)
    assert same(weights(one.model), weights(two.model))


def test_only_the_newest_checkpoint_is_kept_and_it_is_whole(tmp_path):
    trained(tmp_path)
    (left,) = checkpoints(tmp_path)
    assert left.name == f"checkpoint-{STEPS}"
    names = {path.name for path in left.iterdir()}
    assert {
        "moved.safetensors",
        "optimizer.pt",
        "scheduler.pt",
        "rng_state.pth",
        "trainer_state.json",
    } <= names
    assert [path.name for path in Path(tmp_path).iterdir()] == [left.name]


def test_a_checkpoint_holds_only_what_moves(tmp_path):
    from safetensors.torch import load_file

    trained(tmp_path, delta=NewRows((5, 300)))
    (left,) = checkpoints(tmp_path)
    assert [value.shape for value in load_file(left / "moved.safetensors").values()] == [(2, 32)]
    assert (left / "optimizer.pt").stat().st_size < 20_000
