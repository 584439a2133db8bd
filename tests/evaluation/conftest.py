"""Shares the tiny models of the clients' tests."""

import importlib.util
from pathlib import Path

path = Path(__file__).parents[1] / "clients" / "conftest.py"
spec = importlib.util.spec_from_file_location("tiny_models", path)
assert spec is not None
assert spec.loader is not None
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
tiny = module.tiny
