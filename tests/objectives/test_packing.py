from itertools import pairwise

import numpy as np
import pytest
from datasets import Dataset, concatenate_datasets
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.objectives.features import FEATURES
from glotlift.objectives.packing import columns, pack, split_document

BLOCK = 32
LENGTHS = st.lists(st.integers(1, BLOCK), max_size=80)


def first_fit_decreasing(lengths, block):
    """The textbook rule, to compare with: the first block that has room."""
    rooms = []
    for length in sorted(lengths, reverse=True):
        for at, room in enumerate(rooms):
            if room >= length:
                rooms[at] -= length
                break
        else:
            rooms.append(block - length)
    return len(rooms)


@given(LENGTHS)
def test_every_piece_stands_in_one_block_and_no_block_overflows(lengths):
    blocks = pack(lengths, BLOCK)
    assert sorted(piece for block in blocks for piece in block) == list(range(len(lengths)))
    assert all(sum(lengths[piece] for piece in block) <= BLOCK for block in blocks)


@given(LENGTHS)
def test_packing_is_within_the_bound_of_best_fit_decreasing(lengths):
    # Best fit decreasing needs at most 11/9 of the best number of blocks, and 4 more (Johnson
    # 1974); the best number is at least the sum of lengths over the block.
    assert (
        len(pack(lengths, BLOCK))
        <= 11 / 9 * max(-(-sum(lengths) // BLOCK), sum(length > BLOCK // 2 for length in lengths))
        + 4
    )


@pytest.mark.parametrize("seed", range(20))
def test_packing_wastes_no_more_than_first_fit(seed):
    lengths = np.random.default_rng(seed).integers(1, 512, 400).tolist()
    assert len(pack(lengths, 512)) <= first_fit_decreasing(lengths, 512)


def test_documents_of_mixed_length_fill_blocks_to_over_97_percent():
    lengths = np.random.default_rng(0).lognormal(4, 1, 3000).astype(int).clip(1, 512)
    assert lengths.sum() / (512 * len(pack(lengths, 512))) > 0.97


def test_the_fullest_block_with_room_is_chosen():
    # 6 and 5 open blocks with 4 and 5 free; 4 goes to the tighter one, 5 to the other.
    assert [sorted(block) for block in pack([6, 5, 4, 5], 10)] == [[0, 2], [1, 3]]


@given(st.integers(0, 300), st.integers(2, 40), st.sampled_from([0, 1]))
def test_pieces_cover_a_document_and_share_the_overlap(length, block, overlap):
    pieces = split_document(length, block, overlap)
    assert pieces[0][0] == 0
    assert pieces[-1][1] == length
    assert all(0 < stop - start <= block for start, stop in pieces) or length == 0
    assert all(a[1] - b[0] == overlap for a, b in pairwise(pieces))


@given(st.integers(2, 300), st.integers(2, 40))
def test_every_token_but_the_first_is_predicted_once(length, block):
    predicted = [
        t for start, stop in split_document(length, block, 1) for t in range(start + 1, stop)
    ]
    assert predicted == list(range(1, length))


@settings(max_examples=10)
@given(st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=5), min_size=1, max_size=8))
def test_columns_give_back_every_row(rows):
    made = [
        Dataset.from_dict({"input_ids": part, "bytes": [1] * len(part)}, features=FEATURES)
        for part in (rows[:3], rows[3:])
    ]
    flat, offsets = columns(concatenate_datasets(made))
    assert [flat[a:b].tolist() for a, b in pairwise(offsets)] == rows


def test_columns_of_selected_rows_are_those_rows():
    rows = Dataset.from_dict({"input_ids": [[1, 2], [3], [4, 5, 6]], "bytes": [1, 1, 1]})
    flat, offsets = columns(rows.cast(FEATURES).select([2, 0]))
    assert [flat[a:b].tolist() for a, b in pairwise(offsets)] == [[4, 5, 6], [1, 2]]


def test_columns_of_a_slice_start_at_zero():
    rows = Dataset.from_dict({"input_ids": [[1, 2], [3], [4, 5, 6]], "bytes": [1, 1, 1]})
    flat, offsets = columns(rows.cast(FEATURES).select(range(1, 3)))
    assert [flat[a:b].tolist() for a, b in pairwise(offsets)] == [[3], [4, 5, 6]]
