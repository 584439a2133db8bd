import weakref
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from glotlift import world
from glotlift.corpus import Mixture, natural
from glotlift.objectives.contrast import Contrast
from glotlift.objectives.contrastive import TransliterationContrastiveModelling
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.masked import MaskedLanguageModelling, plain_inputs
from glotlift.objectives.named import objective_named
from glotlift.objectives.packing import columns
from glotlift.runs.errors import GlotliftError
from glotlift.training import Budget, Stage, run_stage
from glotlift.training.stages import TrainingSettings
from tiny import model_of, tokenizer

PAIRS = world.tasks.translation("eng_Latn", "rus_Cyrl", 16, split="train")
LAYER = 1


def made(kind="bert", **settings):
    return objective_named("tcm", model_of(kind), tokenizer(), layer=LAYER, **settings)


def batch_of(objective, rows=PAIRS):
    flat, offsets = columns(objective.prepare(rows), objective.columns)
    pieces = [flat[a:b] for a, b in pairwise(offsets)]
    return objective.collate([[piece] for piece in pieces], range(len(pieces)))


def gradients(objective, model, batch):
    model.zero_grad()
    objective.loss(model, batch)[0].backward()
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


class Peak(TorchDispatchMode):
    """Counts the bytes that live tensors hold at once, beyond those that lived before."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[int, int] = {}
        self.now = self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        for tensor in found if isinstance(found, (tuple, list)) else (found,):
            if isinstance(tensor, torch.Tensor):
                self.count(tensor.untyped_storage())
        return found

    def count(self, storage: Any) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key not in self.seen:
            self.seen[key] = size
            self.now += size
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self.forget, key)

    def forget(self, key: int) -> None:
        self.now -= self.seen.pop(key, 0)


def test_each_side_is_masked_by_itself_and_padding_is_nothing():
    batch = batch_of(made())
    text = batch["segments"] > 0
    assert batch["input_ids"].shape[:2] == (16, 2)
    assert not ((batch["labels"] != IGNORED) & ~text).any()
    assert (batch["input_ids"][~text] == tokenizer().pad_token_id).all()
    assert ((batch["content"] > 0) <= text).all()
    original = torch.where(batch["labels"] == IGNORED, batch["input_ids"], batch["labels"])
    for row, pair in enumerate(PAIRS):
        for side, name in enumerate(("source_text", "text")):
            ids = original[row, side][batch["content"][row, side] > 0]
            assert tokenizer().decode(ids) == pair[name]


def test_the_loss_is_that_of_transformers_and_a_contrast_of_means():
    """Everything is computed anew: masked loss by the model itself, the contrast by hand."""
    objective, model = made(weight=0.7, masked_weight=1.3, temperature=0.2), model_of("bert")
    batch = batch_of(objective)
    flat = {name: rows.flatten(0, 1) for name, rows in batch.items()}
    outputs = model(
        input_ids=flat["input_ids"],
        attention_mask=flat["segments"],
        labels=flat["labels"],
        output_hidden_states=True,
    )
    states = outputs.hidden_states[LAYER]
    means = torch.stack(
        [row[seen > 0].mean(0) for row, seen in zip(states, flat["content"], strict=True)]
    )
    unit = functional.normalize(means, dim=1)
    scores = (unit @ unit.T / 0.2).fill_diagonal_(float("-inf"))
    contrast = functional.cross_entropy(scores, torch.arange(32) ^ 1)
    expected = 1.3 * outputs.loss + 0.7 * contrast
    total, logs = objective.loss(model, batch)
    labelled = int((batch["labels"] != IGNORED).sum())
    assert total.item() / labelled == pytest.approx(expected.item(), rel=1e-5)
    assert logs["each"].shape == (labelled,)
    assert logs["each"].sum().item() == pytest.approx(total.item(), rel=1e-5)
    assert logs["contrast"].mean().item() == pytest.approx(contrast.item(), rel=1e-5)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-6)])
@pytest.mark.parametrize("kind", ["bert", "modernbert"])
def test_parts_give_the_gradients_of_the_whole_batch(dtype, tolerance, kind):
    model = model_of(kind).to(dtype).train()
    batch = batch_of(made())
    at_once = gradients(made(), model, batch)
    largest = max(float(each.abs().max()) for each in at_once.values())
    for chunk in (1, 5, 16):
        in_parts = gradients(made(chunk=chunk), model, batch)
        assert in_parts.keys() == at_once.keys()
        for name, expected in at_once.items():
            assert float((in_parts[name] - expected).abs().max()) / largest <= tolerance, name


def test_parts_need_the_memory_of_one():
    model = model_of("bert").train()
    batch = batch_of(made())
    peaks = {}
    for chunk in (None, 4, 1):
        with Peak() as peak:
            gradients(made(chunk=chunk), model, batch)
        peaks[chunk] = peak.most
    assert peaks[4] < 0.5 * peaks[None]
    assert peaks[1] < peaks[4]


def test_parts_drop_out_what_they_dropped_before():
    torch.manual_seed(0)
    model = model_of("bert").train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.3
    batch, objective = batch_of(made()), made(chunk=8)
    torch.manual_seed(1)
    found = gradients(objective, model, batch)
    torch.manual_seed(1)
    halves = [{n: rows[at : at + 8] for n, rows in batch.items()} for at in (0, 8)]
    plain = made()
    encoded = [plain.encode(model, half) for half in halves]
    vectors = torch.cat([part[2] for part in encoded])
    labelled = sum(len(part[1]) for part in encoded)
    contrast = Contrast().losses(vectors, batch["texts"]).mean()
    model.zero_grad()
    (encoded[0][0] + encoded[1][0] + plain.weight * labelled * contrast).backward()
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            assert torch.allclose(found[name], parameter.grad, atol=1e-4), name


def test_gradients_are_those_of_finite_differences():
    model = model_of("bert").double()
    objective = made(weight=2.0)
    batch = batch_of(objective, PAIRS.select(range(3)))
    weight = model.bert.encoder.layer[0].output.dense.weight
    slope = gradients(objective, model, batch)["bert.encoder.layer.0.output.dense.weight"]
    for place in ((0, 0), (7, 3), (20, 11)):
        values = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                weight[place] += step
                values.append(objective.loss(model, batch)[0].item())
                weight[place] -= step
        assert (values[0] - values[1]) / 2e-5 == pytest.approx(slope[place].item(), rel=1e-4)


def test_single_texts_and_empty_blocks_are_masked_and_not_contrasted():
    objective, model = made(weight=1.0), model_of("bert")
    alone = PAIRS.select(range(3)).remove_columns("source_text")
    plain = MaskedLanguageModelling(tokenizer())
    batch = batch_of(objective, alone)
    flat = {name: rows[:, 0] for name, rows in batch.items()}
    total, logs = objective.loss(model, batch)
    expected, _ = plain.loss(model, {**flat, "segments": flat["segments"]})
    assert total.item() == pytest.approx(expected.item(), rel=1e-5)
    assert logs["contrast"].numel() == 0
    both = batch_of(objective)
    padded = objective.collate([[], []], [0, 0])
    width = both["labels"].shape[2] - padded["labels"].shape[2]
    padded = {
        name: rows if rows.ndim == 2 else functional.pad(
            rows, (0, width), value=both["input_ids"][0, 0, -1].item() if name == "input_ids"
            else IGNORED if name == "labels" else 0)
        for name, rows in padded.items()
    }  # fmt: skip
    joined = {name: torch.cat([both[name], padded[name]]) for name in both}
    alone, together = (objective.loss(model, each)[0].item() for each in (both, joined))
    assert together == pytest.approx(alone, rel=1e-5)
    assert plain_inputs(flat)["attention_mask"].sum() == flat["segments"].sum()


def test_without_weight_it_is_masked_modelling_of_both_sides():
    model = model_of("bert")
    objective = made(weight=0.0)
    batch = batch_of(objective)
    flat = {name: rows.flatten(0, 1) for name, rows in batch.items() if rows.ndim == 3}
    expected, _ = MaskedLanguageModelling(tokenizer()).loss(model, {**flat})
    assert objective.loss(model, batch)[0].item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_step_of_training_has_the_loss_as_written(tmp_path):
    objective, model = made(weight=0.7, chunk=2), model_of("bert")
    features = objective.prepare(PAIRS)
    settings = TrainingSettings(block=96, blocks_per_step=8, micro_blocks=8, log_every=1)
    mixture = Mixture({"pairs": PAIRS}, natural, seed=1)
    stage = Stage("one", {"pairs": features}, mixture, Budget(1, "steps"), settings=settings,
                  objective=objective)  # fmt: skip
    batches, collate = [], objective.collate
    objective.collate = lambda *given: batches.append(collate(*given)) or batches[-1]
    trained = run_stage(model, tokenizer(), stage, tmp_path)
    (batch,) = batches
    _, logs = objective.loss(model_of("bert").train(), batch)
    masked = MaskedLanguageModelling(tokenizer())
    flat = {name: rows.flatten(0, 1) for name, rows in batch.items() if rows.ndim == 3}
    _, plain = masked.loss(model_of("bert").train(), flat)
    expected = plain["each"].mean() + 0.7 * logs["contrast"].mean()
    (loss,) = (entry["loss"] for entry in trained.history if "loss" in entry)
    assert loss == pytest.approx(expected.item(), abs=1e-3)


def test_the_layer_is_at_two_thirds_of_the_depth_unless_told():
    model = model_of("modernbert")  # three layers
    batch = batch_of(made())
    found = {
        layer: TransliterationContrastiveModelling(tokenizer(), layer=layer, weight=1.0)
        .loss(model, batch)[0]
        .item()
        for layer in (None, 0, 1, 2, 3)
    }
    assert found[None] == found[2]
    assert len(set(found.values())) == 4


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"chunk": 0}, "GL-OBJECTIVE-064"),
        ({"layer": 3}, "GL-OBJECTIVE-065"),
        ({"similarity": "l2"}, "GL-OBJECTIVE-062"),
        ({"colour": "red"}, "GL-OBJECTIVE-011"),
    ],
)
def test_what_cannot_be_is_refused(settings, code):
    with pytest.raises(GlotliftError, match=code):
        objective_named("tcm", model_of("bert"), tokenizer(), **settings)
