"""A factorised checkpoint in a process that has met no factorised model yet."""

import subprocess
import sys

import pytest
import torch

from glotlift.models.factorised import factorise
from glotlift.models.loading import find_model, load_model
from tiny import made, tokenizer

APART = """
import sys
from pathlib import Path
from glotlift.models.loading import find_model, load_model, load_tokenizer
print(len(load_tokenizer(Path(sys.argv[1]))))
assert "glotlift.models.factorised" not in sys.modules
print(type(load_model(find_model(sys.argv[1]))).__name__)
"""


@pytest.fixture
def folder(tmp_path):
    size = made("llama").config.vocab_size
    model = factorise(made("llama"), torch.ones(size, 3), torch.ones(3, 32))
    model.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    return tmp_path


def test_tokenizer_and_model_load_in_a_fresh_process(folder):
    done = subprocess.run(
        [sys.executable, "-c", APART, str(folder)], capture_output=True, text=True, check=False
    )
    said = done.stdout.split() or done.stderr
    assert said == [str(len(tokenizer())), "FactorisedLlamaForCausalLM"]


def test_its_weights_are_read(folder):
    assert load_model(find_model(str(folder))).get_input_embeddings().coordinates.min() == 1
