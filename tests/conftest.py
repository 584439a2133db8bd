"""What every test runs under: its own cache, no network, few threads."""

import gc
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

# Set before torch, matplotlib or a Hub library is imported, and inherited by xdist's workers.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["MPLBACKEND"] = "Agg"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "glotlift", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("glotlift")

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def pytest_configure(config: pytest.Config) -> None:
    """Give the whole session, workers included, one cache; block every way out."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        kept = os.environ.get("GLOTLIFT_TEST_CACHE")
        root = Path(kept or tempfile.mkdtemp(prefix="glotlift-tests-"))
        os.environ["GLOTLIFT_CACHE"] = str(root / "glotlift")
        os.environ["HF_DATASETS_CACHE"] = str(root / "datasets")
        if not kept:
            config.add_cleanup(lambda: shutil.rmtree(root, ignore_errors=True))
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, guard(getattr(socket.socket, name)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Keep what is collected, libraries above all, out of every later search for garbage.

    A trainer makes such a search whenever it starts or ends, and thousands of tests are much to
    search through.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def guard(connect: Callable[..., Any]) -> Callable[..., Any]:
    """Return `connect` that refuses addresses outside this machine."""

    def checked(self: socket.socket, address: Any) -> Any:
        internet = self.family in (socket.AF_INET, socket.AF_INET6)
        if internet and not str(address[0]).startswith(LOOPBACK):
            raise ConnectionRefusedError(f"tests may not reach {address[0]}")
        return connect(self, address)

    return checked


@pytest.fixture(scope="session")
def glotlift_data() -> Path:
    """Return the folder of real data; skip where there is none."""
    named = os.environ.get("GLOTLIFT_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("GLOTLIFT_DATA does not name a folder of real data")
    return Path(named)
