"""How the blocks of a step are shared by the processes and computed a few at a time."""

from pathlib import Path

import torch
from accelerate import PartialState

from glotlift.runs import machine
from glotlift.runs.errors import GlotliftError
from glotlift.runs.progress import say
from glotlift.training.trainer import checkpoints


def processes() -> int:
    """Return how many processes train together."""
    return int(PartialState(cpu=not machine.has_accelerator()).num_processes)


def blocks_per_process(blocks_per_step: int) -> int:
    """Return each process's blocks in a step.

    Raises GL-TRAINING-004 where they do not part evenly.
    """
    share, rest = divmod(blocks_per_step, processes())
    if rest:
        raise GlotliftError(
            "GL-TRAINING-004",
            f"{blocks_per_step} blocks in a step for {processes()} processes",
            fix="set training.blocks_per_step to a multiple of the processes",
        )
    return share


def divisor_at_most(number: int, limit: int) -> int:
    """Return the largest divisor of `number` that is at most `limit`."""
    return next(d for d in range(min(limit, number), 0, -1) if number % d == 0)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory did not suffice, on an accelerator or the host."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def halved(micro: int, error: BaseException) -> int:
    """Return the next smaller micro-batch and say so.

    Raises GL-TRAINING-002 at one block, and GL-TRAINING-006 where other processes train along:
    they wait in the midst of the step that failed here.
    """
    if micro == 1:
        raise GlotliftError(
            "GL-TRAINING-002",
            "out of memory with a single block",
            fix="set a smaller training.block, delta: low_rank, or a larger machine",
        ) from error
    smaller = divisor_at_most(micro, micro // 2)
    if processes() > 1:
        raise GlotliftError(
            "GL-TRAINING-006",
            "out of memory in one of several processes",
            fix=f"run again into a new output with training.micro_blocks={smaller}",
        ) from error
    say(f"out of memory: {smaller} instead of {micro} blocks at once, same steps", style="yellow")
    return smaller


def refuse_lost_steps(steps: int, folder: Path, micro: int) -> None:
    """Raise GL-TRAINING-005 when `steps` were made and no checkpoint holds any."""
    if steps and not checkpoints(folder):
        raise GlotliftError(
            "GL-TRAINING-005",
            "out of memory before the first checkpoint",
            fix=f"run again into a new output with training.micro_blocks={micro}",
        )
