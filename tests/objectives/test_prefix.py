import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.prefix import PrefixLanguageModelling
from glotlift.runs.errors import GlotliftError
from tiny import TEXTS, model_of, tokenizer


@given(st.lists(st.lists(st.integers(5, 300), max_size=12), min_size=1, max_size=5))
def test_the_encoder_reads_the_first_half_and_the_decoder_writes_the_second(pieces):
    arrays = [[np.asarray(piece, dtype=np.int32)] for piece in pieces]
    batch = PrefixLanguageModelling(tokenizer(), 1).collate(arrays, [0] * len(pieces))
    for row, piece in enumerate(pieces):
        half = len(piece) // 2
        first, second = piece[:half], piece[half:]
        assert batch["input_ids"][row, :half].tolist() == first
        assert (batch["input_ids"][row, half:] == 1).all()
        assert batch["attention_mask"][row].sum() == max(1, half)
        labels = batch["labels"][row]
        assert labels[labels != IGNORED].tolist() == second
        read = [1, *second[:-1]] if second else [1]
        assert batch["decoder_input_ids"][row, : len(read)].tolist() == read


@pytest.mark.parametrize("kind", ["t5", "mt5", "bart"])
def test_the_loss_of_a_batch_is_that_of_each_pair_alone(kind):
    model = model_of(kind)
    objective = PrefixLanguageModelling(tokenizer(), model.config.decoder_start_token_id)
    rows = objective.prepare(Dataset.from_dict({"text": TEXTS[:4]}))
    blocks = [[np.asarray(ids[:60], dtype=np.int32)] for ids in rows["input_ids"]]
    with torch.no_grad():
        _, together = objective.loss(model, objective.collate(blocks, [0] * 4))
        apart = []
        for (piece,) in blocks:  # transformers makes the decoder's input from the labels itself
            half = len(piece) // 2
            ids, labels = torch.tensor(piece[None, :half]), torch.tensor(piece[None, half:])
            apart.append(model(input_ids=ids.long(), labels=labels.long()).loss * labels.numel())
    assert together["each"].sum().item() == pytest.approx(sum(apart).item(), rel=1e-4)


def test_a_model_without_a_decoder_start_is_refused():
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-003"):
        PrefixLanguageModelling(tokenizer(), None)
