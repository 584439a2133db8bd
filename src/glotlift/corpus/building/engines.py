"""Who does the shards: processes of this machine, a share of an array of jobs, or Ray.

Each engine runs the same function on the same shards. What a shard becomes is written whole or not
at all, so one that was interrupted is done again, and no other.
"""

import gc
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from typing import Any

from glotlift.corpus.building.shards import Shard
from glotlift.runs.errors import GlotliftError

Task = Callable[[Shard], dict[str, Any]]
PATIENCE = 3  # times that a shard may lose its worker
OBJECTS = 100_000  # made between two searches for cycles of garbage
AHEAD = 2  # shards given out for each worker, so that none waits


class Local:
    """Processes of this machine, kept from one pass to the next."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Local":
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)

    def run(self, task: Task, shards: Sequence[Shard]) -> Iterator[dict[str, Any]]:
        """Yield what `task` returns for each shard, in the order in which they are done.

        A worker that is killed is replaced and its shard done again. Raises GL-CORPUS-095 when
        workers are lost again and again without one shard being done.
        """
        if self.workers == 1:
            yield from map(task, shards)
            return
        left = {shard.number: shard for shard in shards}
        lost = 0
        while left:
            done = 0
            try:
                for number, result in self.in_processes(task, list(left.values())):
                    del left[number]
                    done += 1
                    yield result
            except BrokenProcessPool:
                self.pool = None
                lost = 0 if done else lost + 1
                if lost >= PATIENCE:
                    raise lost_workers(next(iter(left.values()))) from None

    def in_processes(
        self, task: Task, shards: Sequence[Shard]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (shard number, result) from a pool of processes that end with this one."""
        if self.pool is None:
            # A forked process would inherit our lock on the run folder.
            spawn = get_context("spawn")
            self.pool = ProcessPoolExecutor(self.workers, spawn, initializer=begin_worker)
        waiting = deque(shards)
        running: dict[Future[dict[str, Any]], int] = {}
        while waiting or running:
            while waiting and len(running) < self.workers * AHEAD:
                shard = waiting.popleft()
                running[self.pool.submit(task, shard)] = shard.number
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield running.pop(future), future.result()


def begin_worker() -> None:
    """Look for cycles of garbage rarely, and end as soon as the process that started this is gone.

    Rows are freed as soon as nothing names them; looking for cycles among thousands of them costs
    more than it frees.
    """
    gc.set_threshold(OBJECTS)
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            wait_for([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def lost_workers(shard: Shard) -> GlotliftError:
    """Return the error of workers that cannot do a shard."""
    return GlotliftError(
        "GL-CORPUS-095",
        f"{PATIENCE} workers in a row were killed, perhaps for lack of memory",
        place=shard.pieces[0].name,
        fix="give fewer workers or smaller shards (workers=1 shard_bytes=4000000) and start again",
    )


class Ray:
    """Tasks of Ray, one core each.

    Joins the cluster that RAY_ADDRESS names, else starts one here with a core for each worker. The
    machines of a cluster share the output folder. Raises GL-CORPUS-096 where Ray is not installed.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def __enter__(self) -> "Ray":
        try:
            import ray
        except ImportError:
            fix = "pip install 'glotlift[scale]'"
            raise GlotliftError(
                "GL-CORPUS-096", "Ray is not installed", place="engine", fix=fix
            ) from None
        self.ray = ray
        self.started = not ray.is_initialized()
        if self.started:
            address = os.environ.get("RAY_ADDRESS")
            own: dict[str, Any] = {} if address else {"num_cpus": self.workers}
            ray.init(address, log_to_driver=False, logging_level=logging.WARNING, **own)
        return self

    def __exit__(self, *_: object) -> None:
        if self.started:
            self.ray.shutdown()

    def run(self, task: Task, shards: Sequence[Shard]) -> Iterator[dict[str, Any]]:
        """Yield what `task` returns for each shard, in the order in which they are done."""
        remote = self.ray.remote(num_cpus=1, max_retries=PATIENCE)(in_ray)
        waiting = deque(shards)
        running: list[Any] = []
        while waiting or running:
            while waiting and len(running) < self.workers * AHEAD:
                running.append(remote.remote(task, waiting.popleft()))
            finished, running = self.ray.wait(running)
            yield from self.ray.get(finished)


def in_ray(task: Task, shard: Shard) -> dict[str, Any]:
    """Do one shard; a task of Ray must be a function, and ours is a partial one."""
    return task(shard)


def share_of(shards: Sequence[Shard], share: str) -> list[Shard]:
    """Return every n-th shard, for ``i/n`` with i from 1: what one job of an array does.

    Raises GL-CORPUS-097.
    """
    first, _, of = share.partition("/")
    if not (first.isdecimal() and of.isdecimal() and 1 <= int(first) <= int(of)):
        raise GlotliftError(
            "GL-CORPUS-097", f"not a share: {share!r}", place="share", fix="write it as 3/40"
        )
    return [shard for shard in shards if shard.number % int(of) == int(first) - 1]


def cores() -> int:
    """Return the number of cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
