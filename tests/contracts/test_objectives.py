"""What every objective promises: features once, batches by seed, a loss that is a sum.

Whatever is registered by name is tested here, with every shape of model that can learn it.
"""

import numpy as np
import pytest
import torch

from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.features import padding_id
from glotlift.objectives.named import MODELS
from glotlift.objectives.showing import READ, WRITTEN, side_of, used_length
from objectives.every_objective import (
    CASES,
    EXACT_CASES,
    PLAIN,
    blocks,
    called,
    features,
    full_tokenizer,
    opened,
    rows,
)

SEEDS = [4, 5, 6]
DIRECTIONS, STEP = 3, 1e-4
CONTRASTS = {"tcm": {"weight": 0.0}}  # what is no sum over blocks is switched off where blocks part


@pytest.fixture(params=CASES, ids=called)
def case(request):
    return request.param


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def test_features_are_ids_bytes_and_the_columns_asked_for(case):
    _, objective = opened(case)
    made = features(case)
    assert made.column_names[0] == "input_ids"
    assert {*made.column_names} == {"input_ids", "bytes", *objective.columns}
    assert len(made) == len(rows())
    assert all(
        length >= len(text.encode())
        for length, text in zip(made["bytes"], rows()["text"], strict=True)
    )
    for name in objective.columns:
        assert [*map(len, made[name])] == [*map(len, made["input_ids"])]
    for ids, text in zip(made["input_ids"], rows()["text"], strict=True):
        assert text in full_tokenizer().decode(ids, skip_special_tokens=True)


def test_a_batch_is_tensors_of_one_row_a_block(case):
    _, objective = opened(case)
    batch = objective.collate(blocks(case), SEEDS)
    assert (batch["labels"] != IGNORED).any()
    assert all(isinstance(v, torch.Tensor) and len(v) == 3 for v in batch.values())


def test_the_same_seeds_make_the_same_batch_and_others_another(case):
    _, objective = opened(case)
    given = blocks(case)
    one, two = (objective.collate(given, SEEDS) for _ in "ab")
    assert same(one, two)
    others = [objective.collate(given, [seed] * 3) for seed in range(5)]
    assert any(not same(one, other) for other in others) == (case[0] not in PLAIN)


def test_a_block_is_the_same_whatever_stands_beside_it(case):
    _, objective = opened(case)
    given = blocks(case)
    together, alone = objective.collate(given, SEEDS), objective.collate(given[:1], SEEDS[:1])
    for name, values in alone.items():
        cut = tuple(slice(0, size) for size in values.shape)
        assert torch.equal(together[name][cut], values), name


def test_the_loss_is_a_sum_over_labelled_positions_and_blocks(case):
    model, objective = opened(case, **CONTRASTS.get(case[0], {}))
    given = blocks(case)
    batch = objective.collate(given, SEEDS)
    total, logs = objective.loss(model, batch)
    assert logs["each"].shape == ((batch["labels"] != IGNORED).sum(),)
    assert total.item() == pytest.approx(logs["each"].sum().item(), rel=1e-5)
    parts = [
        objective.loss(model, objective.collate([block], [seed]))[0].item()
        for block, seed in zip(given, SEEDS, strict=True)
    ]
    assert total.item() == pytest.approx(sum(parts), rel=1e-3)
    total.backward()
    assert any(p.grad is not None and p.grad.any() for p in model.parameters())


def test_empty_blocks_cost_nothing(case):
    model, objective = opened(case)
    total, logs = objective.loss(model, objective.collate([[], []], [1, 2]))
    total.backward()
    assert total.item() == 0
    assert logs["each"].numel() == 0
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
    given = blocks(case, 2)
    few = objective.loss(model, objective.collate(given, SEEDS[:2]))[0]
    more = objective.loss(model, objective.collate([*given, []], SEEDS))[0]
    assert more.item() == pytest.approx(few.item(), rel=1e-5)


def padded_places(batch, side):
    """Return [..., length] where there is padding at the end of a block, on one side."""
    ids = {name: batch[name] for name in (READ, WRITTEN) if name in batch}
    mine = {name: values for name, values in batch.items() if side_of(name, values, ids) == side}
    padding = padding_id(full_tokenizer())
    found = torch.ones(batch[side].shape, dtype=torch.bool)
    for place in np.ndindex(*batch[side].shape[:-1]):
        told = {name: values[place].tolist() for name, values in mine.items()}
        found[place][: used_length(told, side, padding)] = False
    return found


def test_padding_is_neither_attended_nor_labelled(case):
    model, objective = opened(case)
    batch = objective.collate(blocks(case), SEEDS)
    other = {name: values.clone() for name, values in batch.items()}
    for side in {READ, WRITTEN} & batch.keys():
        padded = padded_places(batch, side)
        assert padded.any()
        assert not padded.all(-1).any()
        other[side][padded] = 77
        if batch["labels"].shape == padded.shape and (side == WRITTEN or WRITTEN not in batch):
            assert (batch["labels"][padded] == IGNORED).all()
    with torch.no_grad():
        one, two = (objective.loss(model, given)[0].item() for given in (batch, other))
    assert one == pytest.approx(two, rel=1e-5)


def test_labels_are_tokens_of_the_text(case):
    _, objective = opened(case)
    found = objective.collate(blocks(case), SEEDS)["labels"]
    pieces = [piece.reshape(len(piece), -1)[:, 0] for block in blocks(case) for piece in block]
    known = {*np.concatenate(pieces).tolist(), *full_tokenizer().all_special_ids, IGNORED}
    assert set(found.flatten().tolist()) <= known


def test_special_tokens_are_never_to_be_predicted_but_ends_and_what_marks_spans(case):
    _, objective = opened(case)
    made = full_tokenizer()
    found = set(objective.collate(blocks(case), SEEDS)["labels"].flatten().tolist())
    found &= set(made.all_special_ids)
    writes = MODELS[case[0]] != ("encoder",)
    spans = {number for token, number in made.get_vocab().items() if token.startswith("<extra_id_")}
    assert found <= ({made.eos_token_id} | spans if writes else set())


def test_the_overlap_is_what_a_label_needs_of_context(case):
    model, objective = opened(case)
    assert objective.overlap == (1 if case[0] in ("causal", "instructions") else 0)
    assert isinstance(objective.packs(model), bool)


@pytest.mark.parametrize("case", EXACT_CASES, ids=called)
def test_gradients_are_those_of_finite_differences(case):
    model, objective = opened(case)
    model = model.double()
    batch = objective.collate(blocks(case), SEEDS)
    objective.loss(model, batch)[0].backward()
    weights = [p for p in model.parameters() if p.grad is not None]
    draw = torch.Generator().manual_seed(1)
    for _ in range(DIRECTIONS):
        ways = [torch.randn(p.shape, generator=draw, dtype=torch.float64) for p in weights]
        length = sum(way.square().sum() for way in ways) ** 0.5
        ways = [way / length for way in ways]
        slope = sum((p.grad * way).sum() for p, way in zip(weights, ways, strict=True)).item()
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                for p, way in zip(weights, ways, strict=True):
                    p.add_(sign * STEP * way)
                ends.append(objective.loss(model, batch)[0].item())
                for p, way in zip(weights, ways, strict=True):
                    p.sub_(sign * STEP * way)
        assert (ends[0] - ends[1]) / (2 * STEP) == pytest.approx(slope, rel=1e-5)
