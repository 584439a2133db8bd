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
assert "glotlift.models.factorised" not in sys.modules
files = find_model(sys.argv[1])
print(type(load_model(files)).__name__, len(load_tokenizer(Path(sys.argv[1]))))
"""
ALONE = """
import sys
from pathlib import Path
from glotlift.models.loading import load_tokenizer
print(len(load_tokenizer(Path(sys.argv[1]))))
"""


@pytest.fixture
def folder(tmp_path):
    size = made("llama").config.vocab_size
    model = factorise(made("llama"), torch.ones(size, 3), torch.ones(3, 32))
    model.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    return tmp_path


def told(script, folder):
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False
    )
    return done.stdout.split() or done.stderr


def test_it_loads_in_a_fresh_process(folder):
    assert told(APART, folder) == ["FactorisedLlamaForCausalLM", str(len(tokenizer()))]


def test_its_tokenizer_loads_alone(folder):
    assert told(ALONE, folder) == [str(len(tokenizer()))]


def test_its_weights_are_read(folder):
    assert load_model(find_model(str(folder))).get_input_embeddings().coordinates.min() == 1
