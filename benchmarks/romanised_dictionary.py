"""Which pieces share a romanised form: ours against TransMI's dictionary, on the same forms.

    python benchmarks/romanised_dictionary.py --transmi FOLDER [--pieces 250000] [--every 500]
        [--repeats 3]

FOLDER is a checkout of cisnlp/TransMI. Its loop, which compares each new form with the form of
every piece, is read out of its own file and run on one new form of ``--every``, by whose share its
seconds are multiplied (1 for all: hours). Made-up pieces, of which two thirds are in other scripts
and forms are shared by one to four of them. Prints one JSON object, and a line that sums it up
last; the exit status is 1 where the dictionaries differ or ours is less than 1,000 times as fast.
"""

import argparse
import ast
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.vocabulary.romanised_forms import romanised_sources

FASTER = 1000
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def made_up(pieces: int) -> tuple[dict[str, int], dict[str, str]]:
    """Return piece to id, and the form in Latin letters of each piece of another script."""
    draw = np.random.default_rng(0)
    forms: dict[str, str] = {}
    names = [word(draw) for _ in range(pieces // 3)]
    number = 0
    while len(forms) + len(names) < pieces:
        form = word(draw)
        for _ in range(draw.integers(1, 5)):
            forms[f"ж{number}"] = form
            number += 1
    names = list(dict.fromkeys(names))
    return {name: place for place, name in enumerate([*names, *forms])}, forms


def word(draw: np.random.Generator) -> str:
    """Return a word of three to nine Latin letters."""
    return "".join(LETTERS[place] for place in draw.integers(26, size=draw.integers(3, 10)))


def loop_of(file: Path) -> Any:
    """Return the code of the loop that builds ``trans_to_origin``."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.For) and ast.unparse(node.iter) == "enumerate(new_tokens)":
            return compile(ast.Module([node], []), str(file), "exec")
    raise SystemExit(f"{file} has no loop over new_tokens")


def official(
    loop: Any, vocabulary: dict[str, int], forms: dict[str, str], every: int
) -> tuple[float, dict[str, list[str]], int]:
    """Return the seconds for all new forms, the entries for those seen, and how many there are."""
    listed = list(vocabulary)
    romanised = [forms.get(piece, piece) for piece in listed]
    new = sorted(set(romanised) - set(listed))
    seen = new[::every]
    names: dict[str, Any] = {
        "new_tokens": seen,
        "vocab_list": listed,
        "transliterated_vocab": romanised,
        "trans_to_origin": {},
    }
    start = time.perf_counter()
    exec(loop, names)  # the published code is what is timed
    seconds = (time.perf_counter() - start) * len(new) / len(seen)
    return seconds, names["trans_to_origin"], len(new)


def main() -> None:
    """Time both, compare what they found, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transmi", type=Path, required=True)
    for name, value in (("pieces", 250_000), ("every", 500), ("repeats", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    vocabulary, forms = made_up(options.pieces)
    mine = []
    for _ in range(options.repeats):
        start = time.perf_counter()
        found = romanised_sources(vocabulary, forms)
        mine.append(time.perf_counter() - start)
    [file] = options.transmi.rglob("transmi.py")
    seconds, expected, new = official(loop_of(file), vocabulary, forms, options.every)
    named = {form: [vocabulary[piece] for piece in pieces] for form, pieces in expected.items()}
    equal = all(found[form] == ids for form, ids in named.items()) and len(found) == new
    ratio = seconds / statistics.median(mine)
    result = {
        "pieces": len(vocabulary),
        "new_forms": new,
        "compared": len(named),
        "equal": equal,
        "seconds": statistics.median(mine),
        "official_seconds_scaled": seconds,
        "ratio": ratio,
    }
    print(json.dumps(result, indent=1))
    passed = equal and ratio >= FASTER
    print(
        f"{'PASSED' if passed else 'FAILED'}: {ratio:.0f} times as fast, {len(named)} entries equal"
    )
    sys.exit(not passed)


if __name__ == "__main__":
    main()
