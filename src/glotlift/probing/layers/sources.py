"""Where probes find words, sentences and tags: the sample world, or folders of files.

Files of a folder are named by any code of a language, plain or gzipped: ``tur.tsv`` and
``tur_Latn.txt.gz`` are Turkish.
"""

from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

from glotlift import world
from glotlift.evaluation.tasks.sources import find, task_source
from glotlift.evaluation.tasks.treebanks import TREEBANKS, text_lines, treebank
from glotlift.probing.tags import TaggedTexts, tagged_texts
from glotlift.runs.errors import GlotliftError

WORLD = "world"
ABSENT = ("GL-EVALUATION-032", "GL-WORLD-001")  # a language has no data of a kind
TRAIN = ("train", "dev", "test", "test_a", "")
TEST = ("test", "dev", "test_a", "train", "")
Pairs = tuple[list[str], list[str]]
TagSource = Callable[[str, int, str], TaggedTexts]  # of a language, at most so many, of a split


def word_pairs(address: str, pivot: str, code: str, most: int) -> Pairs:
    """Return words of the pivot and their translations, each word once on either side.

    Raises GL-EVALUATION-032 (no file), GL-WORLD-001 (no such language of the world) or
    GL-PROBING-062 (a line that is no pair).
    """
    if address == WORLD:
        parts = [world.tasks.lexicon(pivot, code, split=split) for split in ("test", "train")]
        found = [(row["source_word"], row["word"]) for rows in parts for row in rows]
    else:
        path = find(folder(address), code, ("",), (".tsv", ".tsv.gz"))
        found = [pair(path, number, line) for number, line in enumerate(text_lines(path)) if line]
    left: dict[str, str] = {}
    for one, other in found:
        if one not in left and other not in left.values():
            left[one] = other
    chosen = list(islice(left.items(), most))
    return [one for one, _ in chosen], [other for _, other in chosen]


def pair(path: Path, number: int, line: str) -> tuple[str, str]:
    """Return the two words of a line; raises GL-PROBING-062."""
    one, _, other = (part.strip() for part in line.partition("\t"))
    other = other.split("\t")[0].strip()
    if not one or not other:
        raise GlotliftError(
            "GL-PROBING-062",
            f"not a word, a tab and its translation: {line!r:.40}",
            place=f"{path}, line {number + 1}",
            fix="mend or remove the line",
        )
    return one, other


def sentence_pairs(address: str, pivot: str, code: str, most: int) -> Pairs:
    """Return sentences of the pivot and their translations.

    Raises what `word_pairs` raises, and GL-PROBING-063 for files of unlike length.
    """
    if address == WORLD:
        one, other = (
            list(world.parallel([each], most, split="test")["text"]) for each in (pivot, code)
        )
        return one, other
    sides = [
        list(text_lines(find(folder(address), each, ("",), (".txt", ".txt.gz"))))
        for each in (pivot, code)
    ]
    if len(sides[0]) != len(sides[1]):
        raise GlotliftError(
            "GL-PROBING-063",
            f"{len(sides[0])} lines of {pivot} beside {len(sides[1])} of {code}",
            place=address,
            fix="give translations line by line",
        )
    both = [(one, other) for one, other in zip(*sides, strict=True) if one and other][:most]
    return [one for one, _ in both], [other for _, other in both]


def tag_source(address: str) -> TagSource:
    """Return what reads the tagged sentences of an address; raises GL-PROBING-064.

    ``world:pos`` and ``world:ner`` are of the sample world, ``conllu:FOLDER`` has treebanks,
    ``ner:FOLDER`` what `glotlift.evaluation.tasks` reads.
    """
    first, _, where = address.partition(":")
    if first == WORLD and where in ("pos", "ner"):
        return partial(world_tags, where)
    if first == "conllu" and where:
        return partial(treebank_tags, where)
    if first == "ner" and where:
        return partial(task_tags, address)
    raise GlotliftError(
        "GL-PROBING-064",
        f"no tags have the address {address!r}",
        place="tags",
        fix="write world:pos, world:ner, conllu:FOLDER or ner:FOLDER",
    )


def world_tags(task: str, code: str, most: int, split: str) -> TaggedTexts:
    """Return tagged sentences of the sample world."""
    make = {"pos": world.tasks.pos, "ner": world.tasks.ner}[task]
    return tagged_texts(make(code, most, split=split))


def task_tags(address: str, code: str, most: int, split: str) -> TaggedTexts:
    """Return tagged sentences of a task file; tokens are joined by spaces."""
    return tagged_texts(task_source(address).rows(code, most, split=split))


def treebank_tags(where: str, code: str, most: int, split: str) -> TaggedTexts:
    """Return sentences of a treebank with their parts of speech.

    Where training and test come of one file, the test are its last sentences.
    """
    path = find(folder(where), code, TRAIN if split == "train" else TEST, TREEBANKS)
    rows = list(treebank(path))
    if path == find(folder(where), code, TEST if split == "train" else TRAIN, TREEBANKS):
        cut = (2 * len(rows)) // 3
        rows = rows[:cut] if split == "train" else rows[cut:]
    return tagged_texts(rows[:most])


def folder(address: str) -> Path:
    """Return a folder; raises GL-PROBING-066 where there is none."""
    path = Path(address)
    if not path.is_dir():
        raise GlotliftError(
            "GL-PROBING-066",
            "there is no such folder",
            place=address,
            fix="check the path, or write world for the sample world",
        )
    return path
