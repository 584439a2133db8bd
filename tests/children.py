"""Processes that can be killed or train together, started from one that has the libraries.

To import torch, transformers and datasets takes each new interpreter longer than such a test; here
one process imports them, and the others are forked from it before anything is computed.
"""

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import torch

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "accelerate",
        "datasets",
        "matplotlib.figure",
        "transformers.trainer",
        "transformers.generation",
        "transformers.models.llama.modeling_llama",
        "glotlift.adaptation.job",
        "glotlift.adaptation.learning",
        "glotlift.adaptation.steps",
        "glotlift.training.run",
        "glotlift.training.stages",
    ]
)


class Child:
    """A process with the ways of `subprocess.Popen` that killing needs."""

    def __init__(self, work: Callable[..., Any], *arguments: Any) -> None:
        threads = torch.get_num_threads()
        self.process = CONTEXT.Process(target=called, args=(threads, work, *arguments), daemon=True)
        self.process.start()

    def poll(self) -> int | None:
        return self.process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        if self.process.is_alive():
            os.kill(self.process.pid, number)

    def wait(self) -> int:
        self.process.join()
        return self.process.exitcode


def called(threads: int, work: Callable[..., Any], *arguments: Any) -> None:
    """Call `work` with as many threads as the test has, so that it computes the same bits."""
    torch.set_num_threads(threads)
    work(*arguments)


def together(work: Callable[..., Any], *arguments: Any, processes: int = 2) -> None:
    """Call `work` in several processes that train together, as torchrun would."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    children = [Child(ranked, rank, processes, port, work, *arguments) for rank in range(processes)]
    assert [child.wait() for child in children] == [0] * processes


def ranked(rank: int, processes: int, port: int, work: Callable[..., Any], *rest: Any) -> None:
    """Call `work` as one process of several."""
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    work(*rest)
