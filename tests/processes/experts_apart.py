"""What each of two processes does to compare experts that lie apart with experts that do not.

Run by torchrun with the folder of a model. Each process reads its own half of a batch; process 0
then computes the whole batch alone and compares logits and gradients.
"""

import sys

import torch
import torch.distributed as dist
from transformers import AutoModelForSeq2SeqLM
from transformers.distributed import DistributedConfig

from glotlift.models.expert_changes import expert_layers


def whole(tensor):
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def compare(folder):
    config = DistributedConfig(fsdp_size=2, ep_size=2)
    apart = AutoModelForSeq2SeqLM.from_pretrained(folder, distributed_config=config).eval()
    alone = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    generator = torch.Generator().manual_seed(0)
    ids, written = (torch.randint(3, 60, (4, n), generator=generator) for n in (9, 7))
    mine = slice(2 * dist.get_rank(), 2 * dist.get_rank() + 2)
    found = apart(input_ids=ids[mine], decoder_input_ids=written[mine]).logits
    expected = alone(input_ids=ids, decoder_input_ids=written).logits
    torch.testing.assert_close(found, expected[mine], rtol=1e-4, atol=1e-4)
    found.square().sum().backward()  # gradients are averaged over the processes
    (expected.square().sum() / 2).backward()
    for layer in expert_layers(apart).values():
        assert layer.experts.num_experts == 2
        assert layer.experts.down_proj.to_local().shape[0] == 2
    for (name, ours), theirs in zip(apart.named_parameters(), alone.parameters(), strict=True):
        gradient = whole(ours.grad)
        torch.testing.assert_close(
            gradient,
            theirs.grad,
            rtol=1e-3,
            atol=1e-4,
            msg=lambda text, name=name: f"{name}: {text}",
        )
    print("alike", dist.get_rank())


if __name__ == "__main__":
    compare(sys.argv[1])
    dist.destroy_process_group()
