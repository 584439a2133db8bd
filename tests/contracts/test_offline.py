import os
import socket
from pathlib import Path

import pytest


def test_a_test_cannot_reach_beyond_this_machine():
    with pytest.raises(ConnectionRefusedError, match="may not reach"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_a_test_can_reach_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_the_cache_is_not_the_users():
    assert not Path(os.environ["GLOTLIFT_CACHE"]).is_relative_to(Path.home() / ".cache")
