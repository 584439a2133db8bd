"""What every initialiser promises: a row per new id, kept rows bit-equal, the same every time."""

import pytest
import torch

from glotlift.adaptation.extending import INITIALISERS
from glotlift.vocabulary import extend
from tiny import TEXTS, tokenizer

ROLES = {"input": 16, "output": 16, "bias": 1}


@pytest.fixture(scope="module")
def edit():
    return extend(tokenizer(), [TEXTS[2], TEXTS[3]] * 5, pieces=12)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", INITIALISERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_initialiser_keeps_its_promise(name, role, dtype, edit):
    source = torch.randn(320, ROLES[role], generator=torch.manual_seed(0)).to(dtype)
    untouched = source.clone()
    aids = {"seed": 3, "role": role}
    rows = INITIALISERS[name](edit, source, aids)
    assert rows.shape == (edit.new_size, ROLES[role]) == (332, ROLES[role])
    assert rows.dtype == dtype
    assert torch.equal(rows[:320], source)
    assert torch.equal(source, untouched)
    assert rows[320:].isfinite().all()
    assert torch.equal(INITIALISERS[name](edit, source, aids), rows)


@pytest.mark.parametrize("name", INITIALISERS)
def test_new_rows_are_of_the_size_of_old_ones(name, edit):
    source = torch.randn(320, 16, generator=torch.manual_seed(0))
    rows = INITIALISERS[name](edit, source, {"seed": 0, "role": "input"})
    assert 0.1 < rows[320:].norm(dim=1).mean() / rows[:320].norm(dim=1).mean() < 1.5


def test_the_names_of_the_configuration_are_those_of_the_functions():
    from typing import get_args

    from glotlift.adaptation.config import ExtensionConfig

    allowed = get_args(ExtensionConfig.model_fields["initialiser"].annotation)
    assert set(allowed) == set(INITIALISERS)
