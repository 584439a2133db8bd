import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.adaptation.measuring import beginning, samples
from glotlift.clients.local import LocalModel
from tiny import model_of, tokenizer


@given(st.text(min_size=1, max_size=300), st.integers(1, 200))
def test_a_prompt_is_a_beginning_that_fits_and_leaves_half(text, room):
    prompt = beginning(text, room)
    assert text.startswith(prompt)
    assert len(text) <= 2 or len(prompt) <= len(text) // 2
    assert len(prompt) <= 80
    assert len(text) <= 2 or len(prompt.encode()) <= max(room, 4)


def test_a_prompt_ends_with_a_whole_word():
    assert beginning("the quick brown fox jumps over the lazy dog", 999) == "the quick brown fox"


@pytest.mark.parametrize("kind", ["llama", "gpt2", "bart"])
def test_samples_fit_even_a_model_that_reads_little(kind):
    client = LocalModel(model_of(kind), tokenizer())
    text = "नदी के किनारे एक पुराना पेड़ खड़ा है और उसके नीचे बच्चे खेलते हैं। " * 20
    (sample,) = samples(client, "hin_Deva", [text])
    assert text.startswith(sample["prompt"] + sample["reference"][:0])
    assert text[len(sample["prompt"]) :].startswith(sample["reference"])
    assert isinstance(sample["text"], str)


def test_a_masked_model_writes_no_samples():
    assert samples(LocalModel(model_of("bert"), tokenizer()), "hin_Deva", ["नदी के किनारे"]) == []
