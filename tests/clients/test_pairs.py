from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from glotlift.clients.pairs import frame, tokenise_pairs
from glotlift.runs.errors import GlotliftError

Tiny = Callable[[str], tuple[Any, PreTrainedTokenizerFast]]


def merging() -> PreTrainedTokenizerFast:
    """Return a tokenizer that merges across the boundary: "b" and "c" become one piece."""
    pieces = {"<s>": 0, "a": 1, "b": 2, "c": 3, "d": 4, "bc": 5}
    inner = Tokenizer(models.BPE(vocab=pieces, merges=[("b", "c")]))
    return PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>")


def test_a_piece_across_the_boundary_is_scored() -> None:
    (pair,) = tokenise_pairs(merging(), ["ab"], ["c"])
    assert pair.ids[pair.start : pair.stop] == [5]  # a|bc, never a|b|c
    assert pair.ids[: pair.start] == [1]


def test_options_of_one_context_pay_for_the_same_text() -> None:
    merged, apart = tokenise_pairs(merging(), ["ab", "ab"], ["c", "d"])
    assert merged.ids[merged.start : merged.stop] == [5]
    assert apart.ids[apart.start : apart.stop] == [2, 4]
    (alone,) = tokenise_pairs(merging(), ["ab"], ["d"])
    assert alone.ids[alone.start : alone.stop] == [4]


def test_without_context_the_start_token_stands_before() -> None:
    (pair,) = tokenise_pairs(merging(), [""], ["ad"])
    assert (pair.ids, pair.start, pair.stop) == ([0, 1, 4], 1, 3)


def test_frames(tiny: Tiny) -> None:
    assert frame(tiny("causal")[1]) == ([0], [])
    assert frame(tiny("masked")[1]) == ([0], [1])
    assert frame(tiny("seq2seq")[1]) == ([], [1])
    assert frame(tiny("bare causal")[1]) == ([], [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(context=st.text(max_size=20), text=st.text(min_size=1, max_size=20))
def test_the_whole_is_tokenised_as_one_text(tiny: Tiny, context: str, text: str) -> None:
    tokenizer = tiny("causal")[1]
    (pair,) = tokenise_pairs(tokenizer, [context], [text])
    body = tokenizer(context + text, add_special_tokens=False)["input_ids"]
    assert pair.ids[-len(body) :] == body
    assert 0 < pair.start < pair.stop == len(pair.ids)


def test_an_empty_continuation_is_refused() -> None:
    with pytest.raises(GlotliftError) as error:
        tokenise_pairs(merging(), ["ab"], [""])
    assert error.value.code == "GL-CLIENT-004"
