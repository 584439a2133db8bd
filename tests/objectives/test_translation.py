from itertools import pairwise

import numpy as np
import pytest
import torch
from datasets import Dataset, concatenate_datasets

from glotlift import world
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.masked import MaskedLanguageModelling
from glotlift.objectives.named import objective_named
from glotlift.objectives.packing import columns
from glotlift.objectives.translation import TranslationLanguageModelling
from glotlift.runs.errors import GlotliftError
from tiny import model_of, tokenizer

PAIRS = world.tasks.translation("eng_Latn", "rus_Cyrl", 400, split="train")


def pieces(objective, rows=PAIRS):
    flat, offsets = columns(objective.prepare(rows), objective.columns)
    return [flat[a:b] for a, b in pairwise(offsets)]


def batch_of(objective, rows):
    return objective.collate([[piece] for piece in pieces(objective, rows)], range(len(rows)))


def test_both_sides_are_hidden_alike_and_apart():
    objective = TranslationLanguageModelling(tokenizer())
    batch = batch_of(objective, PAIRS)
    hidden, text = batch["labels"] != IGNORED, batch["segments"] > 0
    assert not (hidden & ~text).any()
    shares = []
    for side in range(2):
        mine = text & (batch["sides"] == side)
        shares.append((hidden & mine).sum(1) / (mine.sum(1) - 2 + side))  # but special tokens
        assert shares[-1].mean().item() == pytest.approx(0.15, abs=0.015)
    both = np.corrcoef(shares[0].numpy(), shares[1].numpy())[0, 1]
    assert abs(both) < 0.15  # what is hidden of one side says nothing about the other


def test_text_without_a_source_is_masked_as_ever():
    alone = PAIRS.select(range(5)).remove_columns("source_text")
    ours, plain = TranslationLanguageModelling(tokenizer()), MaskedLanguageModelling(tokenizer())
    flat, offsets = columns(plain.prepare(alone))
    expected = plain.collate([[flat[a:b]] for a, b in pairwise(offsets)], range(5))
    found = batch_of(ours, alone)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    model = model_of("bert")
    assert ours.loss(model, found)[0].item() == plain.loss(model, expected)[0].item()


def test_what_is_hidden_is_found_from_the_other_side():
    """The gradient of one side's loss reaches the other side's pieces."""
    objective = TranslationLanguageModelling(tokenizer())
    model = model_of("bert")
    batch = batch_of(objective, PAIRS.select([0]))
    batch["labels"][batch["sides"] == 0] = IGNORED
    embedding = model.get_input_embeddings()
    kept = []
    embedding.register_forward_hook(lambda *given: kept.append(given[2].retain_grad() or given[2]))
    objective.loss(model, batch)[0].backward()
    reached = kept[0].grad.abs().sum(-1) > 0
    assert reached[(batch["sides"] == 0) & (batch["segments"] > 0)].all()


@pytest.mark.parametrize("kind", ["bert", "xlm-r"])
def test_packed_pairs_cost_what_they_cost_alone(kind):
    for settings in ({}, {"reset_positions": True}):
        objective = objective_named("tlm", model_of(kind), tokenizer(), **settings)
        model = model_of(kind)
        short = sorted(pieces(objective, PAIRS.select(range(40))), key=len)[:2]
        batch = objective.collate([short], [3])
        alone = objective.collate([[piece] for piece in short], [0, 0])
        for row, piece in enumerate(short):
            start = row * len(short[0])
            for name in ("input_ids", "labels"):
                alone[name][row, : len(piece)] = batch[name][0, start : start + len(piece)]
        alone["labels"][0, len(short[0]) :] = alone["labels"][1, len(short[1]) :] = IGNORED
        together, apart = objective.loss(model, batch)[0], objective.loss(model, alone)[0]
        assert together.item() == pytest.approx(apart.item(), rel=1e-4)


def test_positions_begin_anew_as_transformers_reads_them():
    model = model_of("bert")
    objective = objective_named("tlm", model, tokenizer(), reset_positions=True, token_types=True)
    batch = batch_of(objective, PAIRS.select([1]))
    text = batch["segments"] > 0
    length, first = int(text.sum()), int((text & (batch["sides"] == 0)).sum())
    positions = torch.tensor([[*range(first), *range(length - first)]])
    expected = model(
        input_ids=batch["input_ids"][:, :length],
        position_ids=positions,
        token_type_ids=(torch.arange(length) >= first).long()[None],
        labels=batch["labels"][:, :length],
    ).loss
    total, logs = objective.loss(model, batch)
    assert total.item() / len(logs["each"]) == pytest.approx(expected.item(), rel=1e-5)
    running = objective_named("tlm", model, tokenizer()).loss(model, batch)[0]
    assert running.item() != pytest.approx(total.item(), rel=1e-4)


def test_entities_are_hidden_on_both_sides():
    wanted = ["language", "text", "tokens", "pos"]
    sides = [world.labelled(code, 60).select_columns(wanted) for code in ("eng_Latn", "rus_Cyrl")]
    renamed = sides[0].rename_columns({name: f"source_{name}" for name in wanted})
    pairs = Dataset.from_dict({**renamed.to_dict(), **sides[1].to_dict()})
    objective = TranslationLanguageModelling(tokenizer(), masker="entities")
    found = pieces(objective, pairs)
    batch = objective.collate([[piece] for piece in found], range(60))
    masker = objective.masked.masker
    hidden = batch["labels"] != IGNORED
    for side in range(2):
        assert (hidden & (batch["sides"] == side)).sum() > 60
    for row, piece in enumerate(found):
        entities = masker.reach(piece[:, 1:-1], np.ones(len(piece), dtype=bool))
        assert not (hidden[row, : len(piece)].numpy() & ~entities).any()
        assert not entities.all()


def test_a_stage_may_mix_pairs_and_texts():
    objective = TranslationLanguageModelling(tokenizer(), packed=False)
    texts = world.parallel("hin_Deva", 3)
    rows = concatenate_datasets([objective.prepare(PAIRS.select([0])), objective.prepare(texts)])
    assert rows.column_names == ["input_ids", "bytes", "sides"]
    assert not objective.packs(model_of("bert"))
    assert TranslationLanguageModelling(tokenizer()).packs(model_of("bert"))


@pytest.mark.parametrize(
    ("kind", "settings", "code"),
    [
        ("t5", {"reset_positions": True}, "GL-OBJECTIVE-060"),
        ("xlm-r", {"token_types": True}, "GL-OBJECTIVE-061"),
        ("bert", {"masker": "nothing"}, "GL-OBJECTIVE-020"),
        ("bert", {"chunk": 3}, "GL-OBJECTIVE-011"),
    ],
)
def test_what_cannot_be_is_refused(kind, settings, code):
    model = model_of(kind)
    if kind == "xlm-r":
        model.config.type_vocab_size = 1
    with pytest.raises(GlotliftError, match=code):
        objective_named("tlm", model, tokenizer(), **settings)
