import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from glotlift.evidence.fingerprint import fingerprint


def add(a: int, b: int = 1) -> int:
    return a + b


def subtract(a: int, b: int = 1) -> int:
    return a - b


@dataclass(frozen=True)
class Adder:
    by: int

    def __call__(self, a: int) -> int:
        return a + self.by


def closed(over: object) -> Callable[[], object]:
    return lambda: over


def test_it_tells_functions_and_what_they_carry_apart() -> None:
    prints = [
        fingerprint(function)
        for function in (
            add, subtract, partial(add, 1), partial(add, 2), partial(add, b=1), Adder(1), Adder(2),
            closed(1), closed(2), closed({"a": Path("b")}), closed({1, 2}), closed(add),
        )
    ]  # fmt: skip
    assert len(set(prints)) == len(prints)


def test_it_is_the_same_for_the_same() -> None:
    assert fingerprint(closed({"b", "a", "c"})) == fingerprint(closed({"c", "a", "b"}))
    assert fingerprint(partial(add, 1)) == fingerprint(partial(add, 1))
    assert fingerprint(Adder(1)) == fingerprint(Adder(1))
    # No address of an object may enter.
    assert fingerprint(closed(object())) == fingerprint(closed(object()))


def test_it_is_the_same_in_another_process() -> None:
    code = "from functools import partial; from json import dumps;" \
           "from glotlift.evidence.fingerprint import fingerprint;" \
           "print(fingerprint(partial(dumps, {'a': {1, 2}}, indent=1)))"  # fmt: skip
    prints = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(prints) == 1
