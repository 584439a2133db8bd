import sys
from importlib import util
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glotlift.clients import LocalModel, sharing
from glotlift.clients.prefixes import branches, parts, shared, tokens_to_read

PATH = Path(__file__).parents[2] / "benchmarks" / "evaluation_shapes.py"
SPEC = util.spec_from_file_location("evaluation_shapes", PATH)
shapes = util.module_from_spec(SPEC)
sys.modules[SPEC.name] = shapes
SPEC.loader.exec_module(shapes)

SLIDING = "sliding window (Mistral)"
TEXTS = st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=9), min_size=1, max_size=12)


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_scores_are_those_of_each_text_alone(shape):
    found = shapes.compare(shape)
    assert found["largest_difference"] < 1e-4
    assert found["other_choices"] == 0
    assert bool(found["notes"]) == ("Bloom" in shape)


@given(TEXTS, st.integers(1, 30))
def test_each_part_reads_what_its_texts_share_once(texts, limit):
    ends = [len(text) - 1 for text in texts]
    found = list(parts(texts, ends, limit))
    assert sorted(row for part in found for row in part.rows) == list(range(len(texts)))
    for part in found:
        together = [texts[row] for row in part.rows]
        tree = branches(together, len(part.trunk))
        assert len(tree.ids) + len(part.trunk) == tokens_to_read(together)
        assert len(part.rows) == 1 or len(tree.ids) <= limit
        for text, path in zip(together, tree.paths, strict=True):
            assert part.trunk + [tree.ids[node] for node in path] == text
            assert tree.depths[path].tolist() == list(range(len(path)))
            for place, node in enumerate(path):
                assert np.flatnonzero(tree.sees[node]).tolist() == sorted(path[: place + 1])


@given(st.lists(st.integers(0, 1)), st.lists(st.integers(0, 1)))
def test_a_common_beginning_ends_at_the_first_difference(a, b):
    count = shared(a, b)
    assert a[:count] == b[:count]
    assert count == min(len(a), len(b)) or a[count] != b[count]


def test_shared_tokens_are_read_once():
    model, tokenizer = shapes.made("grouped queries (Llama)")
    contexts, continuations = shapes.questions(tasks=1, each=20)
    read = []
    body = model.base_model
    body.register_forward_pre_hook(
        lambda _, __, inputs: read.append(inputs["input_ids"].numel()), with_kwargs=True
    )
    client = LocalModel(model, tokenizer)
    client.score(contexts, continuations)
    first = sum(read)
    read.clear()
    client.score(contexts, continuations)  # nothing is compared a second time
    texts = [tokenizer(a + b)["input_ids"] for a, b in zip(contexts, continuations, strict=True)]
    assert sum(read) < 1.1 * tokens_to_read(texts) < sum(map(len, texts)) / 5
    assert first > sum(read)


def test_a_model_that_makes_something_else_of_the_mask_is_asked_plainly(monkeypatch):
    model, tokenizer = shapes.made(SLIDING)
    contexts, continuations = shapes.questions()
    plain = LocalModel(model, tokenizer, share_prefixes=False).score(contexts, continuations)
    monkeypatch.setattr(sharing, "windows", lambda model: {"full_attention": None})
    client = LocalModel(model, tokenizer)
    scores = client.score(contexts, continuations)
    assert np.array_equal(scores.log_probabilities, plain.log_probabilities)
    assert "its scores would be off by" in client.notes[0]


def test_a_model_that_refuses_the_mask_is_asked_plainly():
    model, tokenizer = shapes.made("alibi (Bloom)")
    client = LocalModel(model, tokenizer)
    client.sharing.note, client.sharing.looks = "", {"full_attention": None}
    contexts, continuations = shapes.questions()
    scores = client.score(contexts, continuations)
    plain = LocalModel(model, tokenizer, share_prefixes=False).score(contexts, continuations)
    assert np.array_equal(scores.log_probabilities, plain.log_probabilities)
    assert "refuses a mask by position (ValueError)" in client.notes[0]


def test_layers_that_keep_a_state_are_not_shared():
    model, tokenizer = shapes.made("grouped queries (Llama)")
    model.config.layer_types = ["linear_attention"] * 3
    assert LocalModel(model, tokenizer).notes


@pytest.mark.parametrize("shape", ["grouped queries (Llama)", "local and global layers (Gemma 3)"])
def test_halves_share_too(shape):
    model, tokenizer = shapes.made(shape)
    contexts, continuations = shapes.questions(tasks=1)
    exact = LocalModel(model, tokenizer).score(contexts, continuations)
    client = LocalModel(model.to(torch.bfloat16), tokenizer)
    coarse = client.score(contexts, continuations)
    assert client.notes == []
    assert coarse.log_probabilities == pytest.approx(exact.log_probabilities, rel=0.1)
