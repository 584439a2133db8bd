"""Experts on two processes, through transformers' expert parallelism over gloo."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from glotlift.models.moe import MoeT5Config, MoeT5ForConditionalGeneration

SHAPE = {
    "vocab_size": 60,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 48,
    "num_layers": 2,
    "num_heads": 4,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
    "dropout_rate": 0.0,
    "num_experts": 4,
}


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["gated-gelu", "relu"])
def test_experts_that_lie_apart_compute_and_learn_the_same(tmp_path, activation):
    torch.manual_seed(0)
    config = MoeT5Config(**SHAPE, feed_forward_proj=activation)
    MoeT5ForConditionalGeneration(config).save_pretrained(tmp_path)
    script = Path(__file__).with_name("experts_apart.py")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run(
        [*launcher, str(script), str(tmp_path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("alike") == 2
