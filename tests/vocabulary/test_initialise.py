import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from glotlift.vocabulary import VocabularyEdit, mean_of_pieces, random_rows


@st.composite
def edits(draw):
    """Any valid WordPiece edit: some ids dropped, the rest moved up, pieces added after them."""
    kept = draw(st.lists(st.booleans(), min_size=1, max_size=12).filter(any))
    old_to_new = np.where(kept, np.cumsum(kept) - 1, -1)
    parts = draw(st.lists(st.lists(st.integers(0, len(kept) - 1), max_size=4), max_size=5))
    return VocabularyEdit(
        kind="wordpiece",
        old_to_new=old_to_new,
        added=tuple(f"new{place}" for place in range(len(parts))),
        parts=tuple(tuple(ids) for ids in parts),
        counts=(1,) * len(parts),
        dropped=tuple(f"old{place}" for place, keep in enumerate(kept) if not keep),
    )


types = st.sampled_from([torch.float32, torch.bfloat16])


@given(edits(), types, st.sampled_from([mean_of_pieces, random_rows]))
def test_kept_rows_are_bit_equal(edit, dtype, initialise):
    source = torch.randn(edit.old_size + 3, 4).to(dtype)
    rows = initialise(edit, source, {"seed": 3, "role": "output"})
    assert rows.shape == (edit.new_size, 4)
    assert rows.dtype == dtype
    for old, new in enumerate(edit.old_to_new.tolist()):
        if new >= 0:
            assert torch.equal(rows[new], source[old])


@given(edits())
def test_new_rows_are_the_mean_of_their_parts(edit):
    source = torch.randn(edit.old_size, 4)
    rows = mean_of_pieces(edit, source)
    for number, parts in zip(edit.added_ids, edit.parts, strict=True):
        expected = source[list(parts)].mean(0) if parts else source.mean(0)
        assert torch.allclose(rows[number], expected, atol=1e-6)


def plenty():
    return VocabularyEdit(
        kind="wordpiece",
        old_to_new=np.arange(500),
        added=tuple(map(str, range(4000))),
        parts=((0,),) * 4000,
        counts=(1,) * 4000,
    )


def test_random_rows_have_the_moments_of_the_kept_ones():
    source = torch.randn(600, 3) * torch.tensor([0.1, 1.0, 10.0]) + torch.tensor([0.0, 5.0, -5.0])
    drawn = random_rows(plenty(), source, {"seed": 0})[500:]
    kept = source[:500]
    assert torch.allclose(drawn.mean(0), kept.mean(0), atol=0.5)
    assert torch.allclose(drawn.std(0), kept.std(0), rtol=0.1)


def test_random_rows_depend_on_seed_and_role_alone():
    edit, source = plenty(), torch.randn(500, 3)
    one = random_rows(edit, source, {"seed": 1, "role": "input"})
    torch.manual_seed(99)
    assert torch.equal(one, random_rows(edit, source, {"seed": 1, "role": "input"}))
    assert not torch.equal(one, random_rows(edit, source, {"seed": 2, "role": "input"}))
    assert not torch.equal(one, random_rows(edit, source, {"seed": 1, "role": "output"}))
