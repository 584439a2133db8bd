"""Treebanks in CoNLL-U (Universal Dependencies): sentences of words and their parts of speech."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from glotlift.corpus.lines import open_bytes
from glotlift.runs.errors import GlotliftError

TREEBANKS = (".conllu", ".conllu.gz")


def treebank(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the sentences of a CoNLL-U file: id, tokens, and their parts of speech as tags.

    Raises GL-EVALUATION-148 for a line that has not ten columns.
    """
    block: list[list[str]] = []
    number = 0
    for place, line in enumerate(chain(text_lines(path), [""])):
        if line.startswith("#"):
            continue
        if line:
            cells = line.split("\t")
            if len(cells) != 10:
                raise GlotliftError(
                    "GL-EVALUATION-148",
                    f"{len(cells)} columns, where CoNLL-U has ten",
                    place=f"{path}, line {place + 1}",
                    fix="mend the file",
                )
            if cells[0].isdigit():  # no range of words, and no word that is not there
                block.append(cells)
        elif block:
            yield {
                "id": f"{path.name}/{number}",
                "tokens": [cells[1] for cells in block],
                "tags": [cells[3] for cells in block],
            }
            block, number = [], number + 1


def text_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, packed or not, without the white space at their ends.

    Raises GL-EVALUATION-149 for a line that is not UTF-8.
    """
    with open_bytes(path) as file:
        for place, line in enumerate(file):
            try:
                yield line.decode().strip()
            except UnicodeDecodeError as error:
                raise GlotliftError(
                    "GL-EVALUATION-149",
                    f"not UTF-8: {error.reason} at byte {error.start}",
                    place=f"{path}, line {place + 1}",
                    fix="write the file in UTF-8",
                ) from error
