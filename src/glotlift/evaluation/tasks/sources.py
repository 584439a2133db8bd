"""Where the rows of a task come from: the sample world, files, or the Hub.

An address is ``world:TASK``, ``LAYOUT:FOLDER`` (``xcopa:data/xcopa``), ``LAYOUT:ORG/NAME``, a data
set of the Hub, which is downloaded since it is named, ``mteb:NAME``, a task of the library mteb,
which downloads it, or ``reasoning:CATEGORY``. Parallel rows are those of one id.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from datasets import Dataset
from xxhash import xxh3_64_intdigest

from glotlift import world
from glotlift.corpus.lines import open_bytes
from glotlift.evaluation.tasks.kinds import WORLD, WORLD_ROWS
from glotlift.evaluation.tasks.layouts import Layout, layout
from glotlift.evaluation.tasks.talk import replies, requests
from glotlift.evaluation.tasks.treebanks import TREEBANKS, treebank
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

HERE, MTEB, REASONING = "world", "mteb", "reasoning"
TEXTS = (".txt", ".txt.gz")
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

        Of a file that has more, those are taken whose ids come first when hashed, in the order of
        the file: files may be sorted by label, and parallel files must give the same rows.

        Raises GL-EVALUATION-032 (no such file), -033 (a line that does not fit the layout), -094
        (files whose lines do not pair), -095 (a folder is needed) and what `mteb_task` raises.
        """
        first, _, where = self.address.partition(":")
        if first == HERE:
            count = 2 * most if self.kind == "dialogue" else most  # a row for either reply
            made = world.tasks.TASKS[WORLD_ROWS.get(where, where)].make(code, count, split=split)
            return of_world(self.kind, made, split)
        if first == MTEB:
            from glotlift.evaluation.tasks.mteb_rows import mteb_rows

            return mteb_rows(where, code, most)
        if first == REASONING:
            from glotlift.evaluation.reasoning import reasoning

            return reasoning(where, code, most, split=split)
        form = layout(first)
        listed = list(lines(form, where, code, split))
        ids = [row_id(line, number) for number, line in enumerate(listed)]
        return Dataset.from_list(
            [self.row(form, listed[place], code, place) for place in drawn(ids, most)]
        )

    def documents(self, code: str, most: int, *, split: str = "test") -> Dataset:
        """Return what the queries of `rows` are answered from: columns id and text.

        Raises what `rows` raises, and GL-EVALUATION-101 where a document has no id or no text.
        """
        first, _, where = self.address.partition(":")
        if first == HERE:
            return world.tasks.retrieval_corpus(code, most, split=split)
        if first == MTEB:
            from glotlift.evaluation.tasks.mteb_rows import mteb_documents

            return mteb_documents(where, code)
        form = layout(first)
        given = read_lines(find(Path(where), code, (form.documents,)))
        names = (f"{form.documents[:-1]}_id", "_id", "id")
        try:
            return Dataset.from_list(
                [
                    {
                        "id": str(next(line[name] for name in names if name in line)),
                        "text": "\n".join(filter(None, (line.get("title"), line["text"]))),
                    }
                    for line in given
                ]
            )
        except (KeyError, StopIteration, TypeError, AttributeError) as error:
            raise GlotliftError(
                "GL-EVALUATION-101",
                f"a document has no id or no text: {type(error).__name__} {error}",
                place=f"{self.address}, {code}",
                fix="give each an id and a text",
            ) from error

    def row(self, form: Layout, line: dict[str, Any], code: str, number: int) -> dict[str, Any]:
        """Return a line as a task row; raises GL-EVALUATION-033."""
        try:
            return {
                "id": f"{self.name}/{row_id(line, number)}",
                "language": code,
                **form.convert(line, code),
            }
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise GlotliftError(
                "GL-EVALUATION-033",
                f"a line is not laid out as {self.name}: {type(error).__name__} {error}",
                place=f"{self.address}, {code}, line {number + 1}",
                fix="mend the line, or name another layout",
            ) from error


def row_id(line: Any, number: int) -> str:
    """Return the id of a line of a file, or its number where it has none."""
    known = line if isinstance(line, dict) else {}
    return str(known.get("id", known.get("idx", number)))


def drawn(ids: Sequence[str], most: int) -> list[int]:
    """Return the places of at most so many ids, the same ids wherever they stand."""
    order = sorted(range(len(ids)), key=lambda place: xxh3_64_intdigest(ids[place].encode()))
    return sorted(order[:most])


def task_source(address: str) -> TaskSource:
    """Return the task of an address; raises GL-EVALUATION-030 and what `layout` raises.

    For a task of mteb also what `mteb_task` raises, for reasoning GL-EVALUATION-130.
    """
    first, _, where = address.partition(":")
    if first == MTEB and where:
        from glotlift.evaluation.tasks.mteb_rows import mteb_kind

        return TaskSource(address, mteb_kind(where))
    if first == REASONING:
        from glotlift.evaluation.reasoning.suites import check_category

        check_category(where)
        return TaskSource(address, "choice")
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
    names = form.test if split == "test" else form.train
    if not folder.is_dir():
        if form.beside or form.documents or form.treebank:
            raise GlotliftError(
                "GL-EVALUATION-095",
                f"{where!r} is no folder, and this layout is not one of the Hub",
                place="tasks",
                fix="give a folder; tasks of the Hub that mteb knows are mteb:NAME",
            )
        yield from hub_lines(form, where, code, split)
        return
    if form.beside:
        yield from beside(folder, code, names)
        return
    if form.treebank:
        yield from treebank(find(folder, code, names, TREEBANKS))
        return
    path = find(folder, code, names)
    joined: dict[Any, Any] = {}
    if form.joined:
        texts = find(folder, code, (form.joined,))
        joined = {line[f"{form.joined[:-1]}_id"]: line["text"] for line in read_lines(texts)}
    for line in read_lines(path):
        if form.joined:
            line[form.joined[:-1]] = joined[line[f"{form.joined[:-1]}_id"]]
        yield line


def beside(folder: Path, code: str, names: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield the lines of a text file beside English ones, of English beside Spanish ones."""
    pivot = "spa_Latn" if code == "eng_Latn" else "eng_Latn"
    paths = [find(folder, each, names, TEXTS) for each in (code, pivot)]
    texts = []
    for path in paths:
        with open_bytes(path) as file:
            texts.append(file.read().decode("utf-8", "replace").splitlines())
    if len(texts[0]) != len(texts[1]):
        raise GlotliftError(
            "GL-EVALUATION-094",
            f"{len(texts[0])} and {len(texts[1])} lines do not pair",
            place=f"{paths[0]} and {paths[1]}",
            fix="give files whose lines are translations, line by line",
        )
    for text, other in zip(*texts, strict=True):
        if text.strip() and other.strip():
            yield {"text": text.strip(), "beside": other.strip()}


def of_world(kind: str, made: Dataset, split: str) -> Dataset:
    """Return rows of the sample world with the columns of their kind."""
    match kind:
        case "retrieval":
            return judged(made, split)
        case "dialogue":
            return replies(made)
        case "intents":
            return requests(made)
    return made


def judged(queries: Dataset, split: str) -> Dataset:
    """Return the world's queries with the ids and grades of what is relevant."""
    found: dict[str, dict[str, float]] = {id: {} for id in queries["id"]}
    for row in world.tasks.retrieval_judgements(len(queries), split=split):
        if row["grade"]:
            found[row["query_id"]][row["document_id"]] = float(row["grade"])
    columns = {
        "relevant": [list(grades) for grades in found.values()],
        "grades": [list(grades.values()) for grades in found.values()],
    }
    return Dataset.from_dict({**queries.to_dict(), **columns})


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
    with open_bytes(path) as file:
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
