import pytest

from glotlift.vocabulary import train_tokenizer
from glotlift.vocabulary.comparison import shared_pieces


def test_pieces_are_shared_by_how_often_they_stand():
    tokenizer = train_tokenizer(["a b c d"] * 9, kind="bpe", size=300)
    found = shared_pieces(tokenizer, {"one": ["a a a b"], "two": ["b a c c"], "three": ["d"]})
    assert found.diagonal() == pytest.approx(1)
    assert found == pytest.approx(found.T)
    assert found[0, 2] == found[1, 2] == 0
    assert 0.25 <= found[0, 1] < 1
    same = shared_pieces(tokenizer, {"one": ["a b", "c"], "two": ["c", "a b", "c", "a b"]})
    assert same == pytest.approx(1)
