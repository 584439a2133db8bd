"""What every objective promises: features once, batches by seed, a loss that is a sum."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from datasets import Dataset

from glotlift.objectives.choice import objective_for
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.packing import columns
from tiny import TEXTS, model_of, tokenizer

KINDS = ("llama", "bloom", "bert", "deberta", "t5", "bart")


@pytest.fixture(params=KINDS)
def pair(request):
    model = model_of(request.param)
    return model, objective_for(model, tokenizer())


def pieces(objective):
    flat, offsets = columns(objective.prepare(Dataset.from_dict({"text": TEXTS})))
    return [flat[a:b][:60] for a, b in pairwise(offsets)]


def test_features_are_ids_and_bytes_of_every_row_whatever_else_it_has(pair):
    _, objective = pair
    rows = Dataset.from_dict({"id": list("abcdefgh"), "text": TEXTS, "source": ["s"] * 8})
    features = objective.prepare(rows)
    assert features.column_names == ["input_ids", "bytes"]
    assert features["bytes"] == [len(text.encode()) for text in TEXTS]
    for ids, text in zip(features["input_ids"], TEXTS, strict=True):
        assert tokenizer().decode(ids, skip_special_tokens=True) == text


def test_a_batch_is_tensors_of_one_row_a_block(pair):
    _, objective = pair
    batch = objective.collate([[p] for p in pieces(objective)[:3]], [1, 2, 3])
    assert "labels" in batch
    assert all(isinstance(v, torch.Tensor) and len(v) == 3 for v in batch.values())


def test_the_same_seeds_make_the_same_batch(pair):
    _, objective = pair
    blocks = [[p] for p in pieces(objective)[:3]]
    one, two = (objective.collate(blocks, [4, 5, 6]) for _ in "ab")
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_loss_is_a_sum_over_labelled_positions_and_blocks(pair):
    model, objective = pair
    blocks = [[p] for p in pieces(objective)[:3]]
    batch = objective.collate(blocks, [4, 5, 6])
    total, logs = objective.loss(model, batch)
    assert logs["each"].shape == ((batch["labels"] != IGNORED).sum(),)
    assert total.item() == pytest.approx(logs["each"].sum().item(), rel=1e-5)
    parts = [
        objective.loss(model, objective.collate([b], [s]))[0].item()
        for b, s in zip(blocks, [4, 5, 6], strict=True)
    ]
    assert total.item() == pytest.approx(sum(parts), rel=1e-3)
    total.backward()
    assert any(p.grad is not None and p.grad.any() for p in model.parameters())


def test_empty_blocks_cost_nothing(pair):
    model, objective = pair
    total, logs = objective.loss(model, objective.collate([[], []], [1, 2]))
    total.backward()
    assert total.item() == 0
    assert logs["each"].numel() == 0
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


def test_labels_are_tokens_of_the_text(pair):
    _, objective = pair
    piece = pieces(objective)[0]
    labels = objective.collate([[piece]], [7])["labels"]
    assert set(labels[labels != IGNORED].tolist()) <= set(np.asarray(piece).tolist())


def test_the_overlap_is_what_a_label_needs_of_context(pair):
    model, objective = pair
    assert objective.overlap == (1 if model.config.model_type in ("llama", "bloom") else 0)
    assert isinstance(objective.packs(model), bool)
