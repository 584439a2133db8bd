"""Where the rows of a task come from: the sample world, files, or the Hub.

An address is ``world:TASK``, ``LAYOUT:FOLDER`` (``xcopa:data/xcopa``) or ``LAYOUT:ORG/NAME``, a
data set of the Hub, which is downloaded since it is named. Parallel rows are those of one id.
"""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from datasets import Dataset

from glotlift import world
from glotlift.evaluation.tasks.kinds import WORLD
from glotlift.evaluation.tasks.layouts import Layout, layout
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

HERE = "world"
LINES = (".jsonl", ".jsonl.gz")


@dataclass(frozen=True)
class TaskSource:
    """A task by its address: what kind it is, and rows by language and split."""

    address: str
    kind: str

    @property
    def name(self) -> str:
        """A short name for tables and files: the last part of the address."""
        return self.address.partition(":")[2].rstrip("/").rpartition("/")[2]

    def rows(self, code: str, most: int, *, split: str = "test") -> Dataset:
        """Return at most `most` rows of a language, with id, language and what the kind has.

        Raises GL-EVALUATION-032 (no such file), -033 (a line that does not fit the layout).
        """
        first, _, where = self.address.partition(":")
        if first == HERE:
            return world.tasks.TASKS[where].make(code, most, split=split)
        found: list[dict[str, Any]] = []
        form = layout(first)
        for number, line in enumerate(lines(form, where, code, split)):
            if len(found) == most:
                break
            found.append(self.row(form, line, code, number))
        return Dataset.from_list(found)

    def row(self, form: Layout, line: dict[str, Any], code: str, number: int) -> dict[str, Any]:
        """Return a line as a task row; raises GL-EVALUATION-033."""
        try:
            id = line.get("id", line.get("idx", number))
            return {"id": f"{self.name}/{id}", "language": code, **form.convert(line, code)}
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise GlotliftError(
                "GL-EVALUATION-033",
                f"a line is not laid out as {self.name}: {type(error).__name__} {error}",
                place=f"{self.address}, {code}, line {number + 1}",
                fix="mend the line, or name another layout",
            ) from error


def task_source(address: str) -> TaskSource:
    """Return the task of an address; raises GL-EVALUATION-030 and what `layout` raises."""
    first, _, where = address.partition(":")
    if first == HERE and where in WORLD:
        return TaskSource(address, WORLD[where])
    if first == HERE or not where:
        raise GlotliftError(
            "GL-EVALUATION-030",
            f"no task has the address {address!r}",
            place="tasks",
            fix=f"write world:TASK with one of {', '.join(WORLD)}, or LAYOUT:FOLDER",
        )
    return TaskSource(address, layout(first).kind)


def task_sources(addresses: Sequence[str]) -> list[TaskSource]:
    """Return the tasks of several addresses; raises GL-EVALUATION-039 where two share a name."""
    found = [task_source(address) for address in addresses]
    names = [source.name for source in found]
    for source in found:
        if names.count(source.name) > 1:
            raise GlotliftError(
                "GL-EVALUATION-039",
                f"two tasks are called {source.name!r}",
                place="tasks",
                fix="name each once, or give one folder another name",
            )
    return found


def lines(form: Layout, where: str, code: str, split: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a split; a second file is joined by its ids."""
    folder = Path(where)
    if not folder.is_dir():
        yield from hub_lines(form, where, code, split)
        return
    names = form.test if split == "test" else form.train
    path = find(folder, code, names)
    joined: dict[Any, Any] = {}
    if form.joined:
        texts = find(folder, code, (form.joined,))
        joined = {line[f"{form.joined[:-1]}_id"]: line["text"] for line in read_lines(texts)}
    for line in read_lines(path):
        if form.joined:
            line[form.joined[:-1]] = joined[line[f"{form.joined[:-1]}_id"]]
        yield line


def find(folder: Path, code: str, splits: tuple[str, ...], ends: tuple[str, ...] = LINES) -> Path:
    """Return the file of a language and the first split that there is; raises GL-EVALUATION-032."""
    known = language(code)
    spoken = dict.fromkeys((code, f"{known.iso639_3}_{known.script}", known.iso639_3, known.bcp47))
    tried = {p.name: p for p in folder.iterdir()}
    for name in list(tried):  # files of macrolanguages: swa_Latn is swh_Latn
        head = name.split(".")[0]
        if head not in spoken and means(head, code):
            spoken[head] = None
    for split in splits:
        for head in spoken:
            for stem in (f"{head}.{split}".rstrip("."), f"{head}/{split}"):
                for end in ends:
                    if (path := folder / f"{stem}{end}").is_file():
                        return path
    wanted = f"{code}.{splits[0]}".rstrip(".") + ends[0]
    raise GlotliftError(
        "GL-EVALUATION-032",
        f"no file for {code} among {', '.join(sorted(tried)[:6])} ...",
        place=str(folder),
        fix=f"name it {wanted}, or leave the language out",
    )


def means(tag: str, code: str) -> bool:
    """Tell whether a file's name is another code of the language."""
    try:
        return bool(language(tag).code == code)
    except GlotliftError:
        return False


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a JSON-lines file, plain or gzipped; raises GL-EVALUATION-033."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for number, line in enumerate(file):
            if not line.strip():
                continue
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise GlotliftError(
                    "GL-EVALUATION-034",
                    f"not JSON: {error}",
                    place=f"{path}, line {number + 1}",
                    fix="mend or remove the line",
                ) from error


def hub_lines(form: Layout, name: str, code: str, split: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a data set of the Hub, in the configuration of the language.

    Raises GL-EVALUATION-035 where there is no such data set, language or split.
    """
    from datasets import get_dataset_config_names, get_dataset_split_names, load_dataset

    names = form.test if split == "test" else form.train
    try:
        wanted = next(c for c in get_dataset_config_names(name) if c == code or means(c, code))
        there = get_dataset_split_names(name, wanted)
        chosen = next(split for split in names if split in there)
        yield from load_dataset(name, wanted, split=chosen)
    except (StopIteration, OSError, ValueError, RuntimeError) as error:
        raise GlotliftError(
            "GL-EVALUATION-035",
            f"no rows of {code} in {name!r}: neither a folder nor such a data set of the Hub",
            place="tasks",
            fix="check the path, the name and the connection",
        ) from error
