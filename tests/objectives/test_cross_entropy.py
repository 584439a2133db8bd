import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from torch.nn import functional

from glotlift.objectives import cross_entropy
from glotlift.objectives.cross_entropy import (
    IGNORED,
    chunked_cross_entropy,
    language_model_loss,
    output_layer,
    transforms_logits,
)
from tiny import CAUSAL, MASKED, SEQ2SEQ, model_of


def problem(positions, vocabulary, width, bias=True, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)

    hidden, weight = draw(positions, width), draw(vocabulary, width)
    labels = torch.randint(vocabulary, (positions,), generator=generator)
    leaves = [hidden, weight, draw(vocabulary) if bias else None]
    return [leaf if leaf is None else leaf.requires_grad_() for leaf in leaves], labels


def plain(leaves, labels):
    return functional.cross_entropy(functional.linear(*leaves), labels, reduction="none")


def gradients(loss, leaves):
    return torch.autograd.grad(loss, [leaf for leaf in leaves if leaf is not None])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("rows", [1, 3, 7, 1000])
@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients_are_torchs(monkeypatch, dtype, rows, bias):
    monkeypatch.setattr(cross_entropy, "BLOCK_ELEMENTS", rows * 11)
    leaves, labels = problem(23, 11, 5, bias, dtype)
    total, each = chunked_cross_entropy(*leaves, labels)
    expected = plain(leaves, labels)
    tolerance = {torch.float64: 1e-12, torch.float32: 2e-5}[dtype]
    torch.testing.assert_close(each, expected, rtol=tolerance, atol=tolerance, check_dtype=False)
    torch.testing.assert_close(
        total, expected.sum(), rtol=tolerance, atol=tolerance, check_dtype=False
    )
    for found, wanted in zip(
        gradients(0.37 * total, leaves), gradients(0.37 * expected.sum(), leaves), strict=True
    ):
        assert found.dtype == wanted.dtype
        torch.testing.assert_close(found, wanted, rtol=tolerance, atol=tolerance)


@given(
    st.integers(0, 12),
    st.integers(1, 9),
    st.integers(1, 6),
    st.integers(1, 40),
    st.booleans(),
    st.integers(0, 99),
)
def test_any_shape_and_block_size(positions, vocabulary, width, elements, bias, seed):
    leaves, labels = problem(positions, vocabulary, width, bias, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cross_entropy, "BLOCK_ELEMENTS", elements)
        total, each = chunked_cross_entropy(*leaves, labels)
        found = gradients(total, leaves)
    expected = plain(leaves, labels)
    torch.testing.assert_close(each, expected.detach())
    for mine, wanted in zip(found, gradients(expected.sum(), leaves), strict=True):
        torch.testing.assert_close(mine, wanted)


def test_gradients_are_those_of_finite_differences(monkeypatch):
    monkeypatch.setattr(cross_entropy, "BLOCK_ELEMENTS", 12)
    leaves, labels = problem(6, 5, 4)
    found = gradients(chunked_cross_entropy(*leaves, labels)[0], leaves)
    with torch.no_grad():
        for leaf, gradient in zip(leaves, found, strict=True):
            for place, slope in zip(leaf.view(-1).split(1), gradient.view(-1), strict=True):
                value, step = place.item(), 1e-6
                rises = [
                    chunked_cross_entropy(*leaves, labels)[0].item()
                    for moved in (value + step, value - step)
                    if place.fill_(moved) is not None
                ]
                place.fill_(value)
                assert (rises[0] - rises[1]) / (2 * step) == pytest.approx(slope.item(), abs=1e-7)


def test_no_positions_cost_nothing():
    leaves, labels = problem(0, 7, 3)
    total, each = chunked_cross_entropy(*leaves, labels)
    assert total.item() == 0
    assert each.shape == (0,)
    assert all(not gradient.any() for gradient in gradients(total, leaves))


def test_large_logits_do_not_overflow():
    hidden = torch.full((2, 1), 1e4, requires_grad=True)
    weight = torch.tensor([[1.0], [-1.0]], requires_grad=True)
    total, each = chunked_cross_entropy(hidden, weight, None, torch.tensor([0, 1]))
    assert each.tolist() == [0.0, 2e4]
    assert all(gradient.isfinite().all() for gradient in gradients(total, [hidden, weight]))


def test_bfloat16_is_as_near_to_the_truth_as_plain_bfloat16():
    leaves, labels = problem(64, 50, 16, dtype=torch.bfloat16)
    exact_leaves = [leaf.detach().double().requires_grad_() for leaf in leaves]
    exact = gradients(plain(exact_leaves, labels).sum(), exact_leaves)
    total, _ = chunked_cross_entropy(*leaves, labels)
    for found, wanted in zip(gradients(total, leaves), exact, strict=True):
        assert found.dtype == torch.bfloat16
        assert (found.double() - wanted).norm() < 0.02 * wanted.norm()
    assert total.item() == pytest.approx(plain(exact_leaves, labels).sum().item(), rel=0.01)


def test_under_autocast_master_weights_get_float32_gradients():
    leaves, labels = problem(64, 50, 16, dtype=torch.float32)
    wanted = gradients(plain(leaves, labels).sum(), leaves)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, _ = chunked_cross_entropy(*leaves, labels)
    for found, exact in zip(gradients(total, leaves), wanted, strict=True):
        assert found.dtype == torch.float32
        assert (found - exact).norm() < 0.02 * exact.norm()


def test_what_is_frozen_gets_no_gradient():
    leaves, labels = problem(9, 7, 3)
    leaves[1].requires_grad_(False)
    chunked_cross_entropy(*leaves, labels)[0].backward()
    assert leaves[1].grad is None
    torch.testing.assert_close(
        leaves[0].grad, gradients(plain(leaves, labels).sum(), leaves[:1])[0]
    )


def test_never_more_than_one_block_of_logits(monkeypatch):
    shapes = []

    def noted(*arguments):
        logits = torch.nn.functional.linear(*arguments)
        shapes.append(logits.shape)
        return logits

    monkeypatch.setattr(cross_entropy, "BLOCK_ELEMENTS", 4 * 11)
    kept = {"linear": staticmethod(noted), "log_softmax": staticmethod(functional.log_softmax)}
    monkeypatch.setattr(cross_entropy, "functional", type("Functional", (), kept))
    leaves, labels = problem(23, 11, 5)
    chunked_cross_entropy(*leaves, labels)
    assert max(shape[0] for shape in shapes) == 4


def batch_for(kind, seed=3):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(6, 300, (3, 12), generator=generator)
    labels = torch.randint(6, 300, (3, 12), generator=generator)
    labels[torch.rand(3, 12, generator=generator) < 0.3] = IGNORED
    inputs = {"input_ids": ids}
    if kind in SEQ2SEQ:
        inputs["decoder_input_ids"] = torch.randint(6, 300, (3, 12), generator=generator)
    return inputs, labels


def own_loss(model, kind, inputs, labels):
    """The model's own mean loss (transformers'), times the number of labels."""
    if kind in CAUSAL:  # transformers shifts labels of causal models to the left itself
        shifted = torch.full_like(labels, IGNORED)
        shifted[:, 1:] = labels[:, :-1]
        outputs = model(**inputs, labels=shifted)
        counted = shifted[:, 1:] != IGNORED
    else:
        outputs = model(**inputs, labels=labels)
        counted = labels != IGNORED
    return outputs.loss * counted.sum()


@pytest.mark.parametrize("kind", [*CAUSAL, *MASKED, *SEQ2SEQ])
def test_the_loss_and_its_gradients_are_the_models_own(kind):
    ours, theirs = model_of(kind), model_of(kind)
    if kind == "bart":
        for model in (ours, theirs):
            model.final_logits_bias.copy_(torch.randn(1, 320, generator=torch.manual_seed(1)))
    inputs, labels = batch_for(kind)
    if kind in CAUSAL:
        labels[:, -1] = IGNORED
    total, each = language_model_loss(ours, inputs, labels)
    expected = own_loss(theirs, kind, inputs, labels)
    torch.testing.assert_close(total, expected, rtol=1e-5, atol=1e-5)
    assert each.shape == ((labels != IGNORED).sum(),)
    assert not each.requires_grad
    torch.testing.assert_close(each.sum(), expected, rtol=1e-5, atol=1e-5)
    total.backward()
    expected.backward()
    for (name, found), wanted in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert (found.grad is None) == (wanted.grad is None), name
        if found.grad is not None:
            torch.testing.assert_close(found.grad, wanted.grad, rtol=1e-3, atol=1e-4)


def test_the_loss_of_a_peft_model_is_its_own():
    wrapped = get_peft_model(model_of("llama"), LoraConfig(r=2, target_modules="all-linear"))
    for name, parameter in wrapped.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    inputs, labels = batch_for("llama")
    labels[:, -1] = IGNORED
    twin = copy.deepcopy(wrapped)
    total, _ = language_model_loss(wrapped, inputs, labels)
    expected = own_loss(twin, "llama", inputs, labels)
    torch.testing.assert_close(total, expected, rtol=1e-5, atol=1e-5)
    total.backward()
    expected.backward()
    moved = 0
    for found, wanted in zip(wrapped.parameters(), twin.parameters(), strict=True):
        if found.requires_grad:
            torch.testing.assert_close(found.grad, wanted.grad, rtol=1e-3, atol=1e-4)
            moved += 1
    assert moved


@pytest.mark.parametrize("kind", ["llama", "bert", "t5", "qwen2"])
def test_the_usual_models_never_make_all_logits(kind):
    model = model_of(kind)
    inputs, labels = batch_for(kind)
    sizes = []
    output_layer(model).register_forward_hook(lambda *arguments: sizes.append(arguments[2].shape))
    language_model_loss(model, inputs, labels)
    assert sizes == [(3, 0, 320)]  # our own hook comes after and puts the loss in its place


@pytest.mark.parametrize(
    "kind", ["gemma2", "gemma3", "cohere", "granite", "recurrent gemma", "bart"]
)
def test_models_that_change_their_logits_are_known(kind):
    assert transforms_logits(model_of(kind))


def test_a_model_is_left_without_hooks_even_after_an_error():
    model = model_of("llama")
    inputs, labels = batch_for("llama")
    with pytest.raises(IndexError):
        language_model_loss(model, {"input_ids": inputs["input_ids"] + 10**6}, labels)
    assert model(**inputs).logits.shape == (3, 12, 320)


def test_no_labelled_position_gives_no_loss_and_no_gradient():
    model = model_of("llama")
    inputs, labels = batch_for("llama")
    total, each = language_model_loss(model, inputs, torch.full_like(labels, IGNORED))
    total.backward()
    assert total.item() == 0
    assert each.numel() == 0
    assert not any(p.grad.any() for p in model.parameters() if p.grad is not None)
