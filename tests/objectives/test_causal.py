from copy import deepcopy

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.runs.errors import GlotliftError
from tiny import TEXTS, tokenizer

PIECES = st.lists(st.integers(0, 300), min_size=1, max_size=9)


def test_a_document_is_its_start_its_text_and_its_end():
    rows = CausalLanguageModelling(tokenizer()).prepare(
        Dataset.from_dict({"id": list("abcdefgh"), "text": TEXTS})
    )
    assert rows.column_names == ["input_ids", "bytes"]
    for row, text in zip(rows, TEXTS, strict=True):
        assert (row["input_ids"][0], row["input_ids"][-1]) == (0, 2)
        assert tokenizer().decode(row["input_ids"][1:-1]) == text
        assert row["bytes"] == len(text.encode())


@given(st.lists(st.lists(PIECES, max_size=4), min_size=1, max_size=4))
def test_each_token_but_the_first_of_a_piece_is_a_label_where_it_is_predicted(blocks):
    arrays = [[np.asarray(piece, dtype=np.int32) for piece in block] for block in blocks]
    batch = CausalLanguageModelling(tokenizer()).collate(arrays, [0] * len(blocks))
    for row, block in enumerate(blocks):
        joined = [token for piece in block for token in piece]
        labels = [token for piece in block for token in [*piece[1:], IGNORED]]
        assert batch["input_ids"][row, : len(joined)].tolist() == joined
        assert batch["labels"][row, : len(joined)].tolist() == labels
        assert (batch["labels"][row, len(joined) :] == IGNORED).all()
        positions = [at for piece in block for at in range(len(piece))]
        assert batch["position_ids"][row, : len(joined)].tolist() == positions


def test_a_tokenizer_without_any_start_is_refused():
    bare = deepcopy(tokenizer())
    bare.bos_token = bare.eos_token = bare.cls_token = None
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-001"):
        CausalLanguageModelling(bare)


def test_without_a_begin_token_the_end_token_starts_a_document():
    bare = deepcopy(tokenizer())
    bare.bos_token = None
    rows = CausalLanguageModelling(bare).prepare(Dataset.from_dict({"text": ["no"]}))
    assert rows[0]["input_ids"][0] == rows[0]["input_ids"][-1] == 2
