"""The mixture of experts as a model: padding, saving, writing, training, fewer and more experts."""

import pytest
import torch
from torch.nn import functional as F
from transformers import AutoModelForSeq2SeqLM

from glotlift.models.expert_changes import (
    aggregate_experts,
    drops,
    evenness,
    expert_layers,
    most_used,
    prune_experts,
    routings_of,
    uses,
)
from glotlift.models.loading import find_model, load_model
from glotlift.models.moe import MoeT5Config, MoeT5ForConditionalGeneration
from glotlift.objectives.choice import objective_for
from glotlift.objectives.prefix import PrefixLanguageModelling
from glotlift.runs.errors import GlotliftError
from tiny import tokenizer

SHAPE = {
    "vocab_size": 320,
    "d_model": 16,
    "d_kv": 4,
    "d_ff": 24,
    "num_layers": 2,
    "num_heads": 4,
    "pad_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 1,
    "feed_forward_proj": "gated-gelu",
    "dropout_rate": 0.0,
    "num_experts": 4,
}


def made(seed=0, **settings):
    torch.manual_seed(seed)
    model = MoeT5ForConditionalGeneration(MoeT5Config(**{**SHAPE, **settings})).eval()
    for _, layer in expert_layers(model).items():
        torch.nn.init.normal_(layer.router.weight, std=0.7)
    return model


def inputs(rows=3, seed=5):
    torch.manual_seed(seed)
    ids, written = torch.randint(3, 320, (rows, 9)), torch.randint(3, 320, (rows, 6))
    written[:, 0] = 1
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    written[2, 4:] = 1
    return {"input_ids": ids, "attention_mask": mask, "decoder_input_ids": written}


def test_every_other_layer_has_experts():
    names = list(expert_layers(made(num_layers=4)))
    assert [name.split(".")[:3] for name in names] == [
        [stack, "block", layer] for stack in ("encoder", "decoder") for layer in ("1", "3")
    ]


def test_padding_takes_no_experts_room():
    routings = routings_of(made(), [inputs()])
    encoder, decoder = (layer[0] for layer in routings)
    assert encoder.positions.tolist() == sorted([*range(9), *range(5), *range(9)])
    assert decoder.positions.tolist() == sorted([*range(6), *range(6), *range(4)])


def test_saved_and_loaded_it_writes_the_same(tmp_path):
    model = made()
    model.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    given = inputs()
    for loaded in (
        AutoModelForSeq2SeqLM.from_pretrained(tmp_path),
        load_model(find_model(tmp_path)),
    ):
        assert isinstance(loaded, MoeT5ForConditionalGeneration)
        torch.testing.assert_close(loaded.eval()(**given).logits, model(**given).logits)
    del given["decoder_input_ids"]
    kept, anew = (
        loaded.generate(**given, max_new_tokens=6, do_sample=False, use_cache=cached)
        for cached in (True, False)
    )
    assert torch.equal(kept, anew)


def test_training_adds_the_balance_loss_to_each_label():
    model = made(
        router_aux_loss_coef=0.3, router_jitter_noise=0.0, token_selection="position"
    ).train()
    objective = objective_for(model, tokenizer())
    assert isinstance(objective, PrefixLanguageModelling)
    batch = objective.pairs([[5, 6, 7], [8, 9]], [[10, 11, 2], [12, 2]])
    total, logs = objective.loss(model, batch)
    given = {name: value for name, value in batch.items() if name != "labels"}
    outputs = model(**given)
    labels = batch["labels"]
    entropy = F.cross_entropy(outputs.logits[labels >= 0], labels[labels >= 0], reduction="sum")
    torch.testing.assert_close(logs["each"].sum(), entropy)
    torch.testing.assert_close(total, entropy + 0.3 * 5 * outputs.aux_loss)
    assert outputs.aux_loss > 1.9  # two layers of at least about 1 each


def test_recomputed_activations_leave_gradients_as_they_are():
    model = made(router_jitter_noise=0.1).train()
    found = []
    for recompute in (False, True):
        if recompute:
            model.gradient_checkpointing_enable()
        model.zero_grad()
        torch.manual_seed(3)  # jitter and selection are drawn
        outputs = model(**inputs(), use_cache=False)
        (outputs.logits.square().mean() + outputs.aux_loss).backward()
        found.append([weight.grad.clone() for weight in model.parameters()])
    for first, second in zip(*found, strict=True):
        torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-6)


def test_uses_evenness_and_drops_are_counted():
    model = made()
    routings = routings_of(model, [inputs(), inputs(seed=6)])
    counts = uses(routings)
    assert counts.sum(1).tolist() == [46, 32]
    assert evenness(torch.tensor([[2, 2, 2, 2], [8, 0, 0, 0]])).tolist() == pytest.approx([1, 0])
    lost, asked = drops(routings[0])
    assert lost.sum() == 0
    assert asked.tolist() == [6, 6, 6, 6, 6, 4, 4, 4, 4]
    lost, asked = drops(routings_of(model, [inputs()], training=True)[0])
    assert 0 < lost.sum() < asked.sum()
    assert not model.training


def test_pruning_keeps_what_is_used():
    """Where the experts that go were used by no token, no logit changes."""
    model = made()
    batch = {name: value[:1, :3] for name, value in inputs().items()}
    counts = uses(routings_of(model, [batch]))
    assert (counts > 0).sum(1).max() <= 3
    pruned = prune_experts(model, most_used(counts, 3))
    assert pruned.config.num_experts == 3
    assert model.config.num_experts == 4
    layer = next(iter(expert_layers(pruned).values()))
    assert layer.experts.down_proj.shape == (3, 16, 24)
    kept = torch.stack(
        [
            each[:, most]
            for each, most in zip(
                (part.router.weight.T for part in expert_layers(model).values()),
                most_used(counts, 3),
                strict=True,
            )
        ]
    )
    mine = torch.stack([part.router.weight.T for part in expert_layers(pruned).values()])
    assert torch.equal(kept, mine)


def test_aggregated_experts_are_those_of_both():
    first, second = made(0), made(1)
    both = aggregate_experts(first, second)
    assert both.config.num_experts == 8
    for name, layer in expert_layers(both).items():
        mine, theirs = (expert_layers(model)[name] for model in (first, second))
        for weight, a, b in zip(
            layer.parameters(), mine.parameters(), theirs.parameters(), strict=True
        ):
            assert torch.equal(weight, torch.cat([a, b]))
    torch.testing.assert_close(both.shared.weight, (first.shared.weight + second.shared.weight) / 2)
    alone = aggregate_experts(first, second, "first")
    assert torch.equal(alone.shared.weight, first.shared.weight)
    again = prune_experts(alone, [[0, 1, 2, 3]] * 2)
    assert torch.equal(again(**inputs()).logits, first(**inputs()).logits)


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("GL-MODEL-072", lambda: MoeT5Config(**{**SHAPE, "num_experts_per_tok": 5})),
        ("GL-MODEL-073", lambda: MoeT5Config(**{**SHAPE, "token_selection": "first"})),
        ("GL-MODEL-074", lambda: prune_experts(made(), [[0, 1]])),
        ("GL-MODEL-074", lambda: prune_experts(made(), [[0, 1], [0]])),
        ("GL-MODEL-074", lambda: prune_experts(made(), [[0, 4], [0, 1]])),
        ("GL-MODEL-074", lambda: prune_experts(made(), [[], []])),
        ("GL-MODEL-075", lambda: aggregate_experts(made(), made(d_ff=32))),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(code, refused):
    with pytest.raises(GlotliftError, match=code):
        refused()
