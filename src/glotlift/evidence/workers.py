"""Processes that run cells side by side, and keep what they have made from part to part."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from typing import Any, Self


class Workers:
    """Processes of one thread each; as a context manager it ends them."""

    def __init__(self, number: int) -> None:
        spawn = get_context("spawn")
        self.processes = [
            ProcessPoolExecutor(1, spawn, initializer=use_one_thread) for _ in range(number)
        ]

    def submit(
        self, run: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], seeds: Sequence[int]
    ) -> list[Future[Any]]:
        """Return what will come of ``run(*task)`` for each task, which belongs to a seed."""
        places = deal(seeds, len(self.processes))
        return [
            self.processes[place].submit(run, *task)
            for place, task in zip(places, tasks, strict=True)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.shutdown(cancel_futures=True)


def deal(seeds: Sequence[int], number: int) -> list[int]:
    """Return which of so many processes runs each task, told by the seeds of the tasks.

    All tasks of a seed go to one process, since what its arms share is then made once, and in every
    part of a recipe to the same. Seeds that do not come out even have their tasks dealt in turn.
    """
    known = list(dict.fromkeys(seeds))
    whole = {seed: place for place, seed in enumerate(known[: len(known) // number * number])}
    turns = count()
    return [(whole[seed] if seed in whole else next(turns)) % number for seed in seeds]


def use_one_thread() -> None:
    """Let this process compute in one thread: as many processes as processors leave no more."""
    import torch

    from glotlift.runs.progress import hush_libraries

    torch.set_num_threads(1)
    hush_libraries()
