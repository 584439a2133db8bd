"""What every delta promises: only what it names moves, and a plain model comes back."""

import pytest
import torch

from glotlift.models.deltas import AllWeights, LowRank, NewRows, Together, movable
from tiny import model_of

DELTAS = {
    "all": AllWeights(),
    "rows": NewRows((5, 300)),
    "low rank": LowRank(rank=2),
    "together": Together((NewRows((5, 300)), LowRank(rank=2))),
}
KINDS = ("llama", "llama untied", "bert", "t5", "bart")


@pytest.fixture(params=DELTAS)
def delta(request):
    return DELTAS[request.param]


@pytest.mark.parametrize("kind", KINDS)
def test_applied_and_removed_at_once_nothing_has_changed(delta, kind):
    model = model_of(kind)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ties = {(n, id(p)) for n, p in model.named_parameters(remove_duplicate=False)}
    plain = delta.remove(delta.apply(model))
    after = plain.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert type(plain) is type(model_of(kind))
    assert len({id(p) for p in plain.parameters()}) == len({number for _, number in ties})


@pytest.mark.parametrize("kind", KINDS)
def test_something_moves_and_gradients_reach_all_of_it(delta, kind):
    model = delta.apply(model_of(kind))
    chosen = dict(movable(model))
    ids = torch.tensor([[5, 300, 8, 9]])
    inputs = {"decoder_input_ids": ids} if kind in ("t5", "bart") else {}
    model(input_ids=ids, **inputs).logits.square().sum().backward()
    assert chosen
    assert all(p.grad is not None for n, p in chosen.items() if "pooler" not in n)
    assert all(p.grad is None for p in model.parameters() if not p.requires_grad)


def test_a_delta_is_a_value(delta):
    assert delta == type(delta)(
        **{name: getattr(delta, name) for name in delta.__dataclass_fields__}
    )
    with pytest.raises(AttributeError):
        delta.anything = 1
