import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.masked import MaskedLanguageModelling
from glotlift.runs.errors import GlotliftError
from tiny import tokenizer

SIZE = 320
IDS = np.random.default_rng(0).integers(6, SIZE, 200_000).astype(np.int64)


def test_shares_are_those_of_bert():
    corrupted, labels = MaskedLanguageModelling(tokenizer()).corrupt(IDS, seed=1)
    chosen = labels != IGNORED
    assert chosen.mean() == pytest.approx(0.15, abs=0.003)
    hidden = corrupted[chosen] == tokenizer().mask_token_id
    stays = corrupted[chosen] == IDS[chosen]
    other = ~hidden & ~stays
    assert hidden.mean() == pytest.approx(0.8, abs=0.01)
    assert stays.mean() == pytest.approx(0.1 + 0.1 / SIZE, abs=0.007)
    assert other.mean() == pytest.approx(0.1 * (1 - 2 / SIZE), abs=0.007)
    assert len(np.unique(corrupted[chosen][other])) > 0.95 * SIZE  # any token may take the place


def test_labels_are_the_original_tokens_and_nothing_else_changes():
    corrupted, labels = MaskedLanguageModelling(tokenizer()).corrupt(IDS, seed=1)
    chosen = labels != IGNORED
    assert (labels[chosen] == IDS[chosen]).all()
    assert (corrupted[~chosen] == IDS[~chosen]).all()


def test_the_mask_fraction_is_a_setting():
    _, labels = MaskedLanguageModelling(tokenizer(), 0.4).corrupt(IDS, seed=1)
    assert (labels != IGNORED).mean() == pytest.approx(0.4, abs=0.005)


@given(st.integers(0, 2**32 - 2))
def test_a_seed_draws_the_same_again_and_another_seed_differs(seed):
    objective = MaskedLanguageModelling(tokenizer())
    first, again = objective.corrupt(IDS[:500], seed), objective.corrupt(IDS[:500], seed)
    other = objective.corrupt(IDS[:500], seed + 1)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[1] != other[1]).any()


@given(st.lists(st.integers(0, 8), min_size=1, max_size=60), st.integers(0, 99))
def test_special_tokens_are_never_chosen(ids, seed):
    specials = set(tokenizer().all_special_ids)
    assert specials == {0, 1, 2, 3, 4}
    given_ids = np.asarray(ids)
    corrupted, labels = MaskedLanguageModelling(tokenizer(), 1.0).corrupt(given_ids, seed)
    special = np.isin(given_ids, sorted(specials))
    assert (labels[special] == IGNORED).all()
    assert (corrupted[special] == given_ids[special]).all()
    assert (labels[~special] == given_ids[~special]).all()


def test_a_block_is_corrupted_alike_whatever_stands_beside_it():
    objective = MaskedLanguageModelling(tokenizer())
    one, two = IDS[:40].astype(np.int32), IDS[40:60].astype(np.int32)
    both = objective.collate([[one], [two]], [7, 8])
    alone = objective.collate([[two]], [8])
    assert (both["input_ids"][1, :24] == alone["input_ids"][0]).all()
    assert (both["labels"][1, :24] == alone["labels"][0]).all()
    assert both["segments"].sum(1).tolist() == [40, 20]


def test_a_tokenizer_without_a_mask_token_is_refused():
    from copy import deepcopy

    bare = deepcopy(tokenizer())
    bare.mask_token = None
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-002"):
        MaskedLanguageModelling(bare)


@given(st.integers(0, 2**32 - 1))
def test_what_a_seed_draws_is_known(seed):
    """A change of the order of draws would change every trained model: it must be meant."""
    objective = MaskedLanguageModelling(tokenizer())
    ids = IDS[:100]
    draw = np.random.default_rng([seed, 0x4D4C4D])
    chosen, action = draw.random(100) < 0.15, draw.random(100)
    other = draw.integers(len(tokenizer()), size=100)
    corrupted = np.where(
        action < 0.8, tokenizer().mask_token_id, np.where(action < 0.9, other, ids)
    )
    found, labels = objective.corrupt(ids, seed)
    assert (found == np.where(chosen, corrupted, ids)).all()
    assert (labels == np.where(chosen, ids, IGNORED)).all()
