"""The sample world as files: rows of text, pictures, speech and web pages, a folder at a time.

The folder bears a README.md whose head says what is in it, in the form that the Hub and
`datasets.load_dataset` read: a configuration per language, the licence, and besides them the
settings of the export, by which a second run knows that it is there already.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from shutil import copyfile
from typing import Any, BinaryIO

import yaml
from datasets import Dataset, concatenate_datasets, disable_progress_bars
from datasets import Image as ImageFeature

from glotlift import __version__
from glotlift.commands.world_samples import named_task
from glotlift.runs.atomic import folder as whole_folder
from glotlift.runs.errors import GlotliftError
from glotlift.runs.progress import track
from glotlift.world import charts, codeswitch, maps, noise, pictures, sentences, speech, warc, web

CARD = "README.md"
MIXING_INDEX = 0.3
NOISE_RATE = 0.05
_CHUNK = 100
Make = Callable[..., Dataset]
File = dict[str, Any]


@dataclass(frozen=True)
class Export:
    """What is exported: `what` names one of `EXPORTS` or a task; `rows` are of each language."""

    what: str
    languages: tuple[str, ...]
    rows: int
    seed: int = 0
    split: str = "train"
    format: str = "jsonl"


def export_world(path: Path, export: Export) -> list[File]:
    """Write an export as the folder `path`, whole or not at all; return file, rows and bytes.

    The same export that is there already is left as it is. Raises GL-WORLD-060 (no such rows), -061
    (the folder holds something else), -062 (one language where rows mix two), -063 (Parquet of what
    is files of its own) and what the rows themselves raise, before anything appears.
    """
    made = makers(export)
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        return kept(path, export)
    disable_progress_bars()
    write = WRITERS.get(export.what, write_rows)
    files: list[File] = []
    with whole_folder(path) as root:
        for name, make in made.items():
            files += write(root, name, make, export)
        (root / CARD).write_text(card(export, list(made), files), encoding="utf-8")
    return files


def makers(export: Export) -> dict[str, Make]:
    """Return the functions that make the rows of each part, by its name: a language, or two.

    Raises GL-WORLD-060, -062, -063 and, for speech, -026 (no espeak-ng) and -027 (no voice).
    """
    if export.format == "parquet" and export.what in WRITERS:
        raise GlotliftError(
            "GL-WORLD-063",
            f"{export.what} is written as files of its own beside JSON lines, not as Parquet",
            place="--format",
            fix="leave out --format",
        )
    if export.what == "code-switched":
        return mixed_makers(export)
    if export.what == "web":
        return {
            code: partial(web.web_pages, code, others=export.languages) for code in export.languages
        }
    if export.what == "speech":
        for code in export.languages:
            speech.voice_of(code)
    make = ROWS.get(export.what) or named_task(export.what, EXPORTS).make
    return {code: partial(make, code) for code in export.languages}


def mixed_makers(export: Export) -> dict[str, Make]:
    """Return the functions that mix words of each other language into the first.

    Raises GL-WORLD-062 where there is no other.
    """
    matrix, *others = export.languages
    if not others:
        raise GlotliftError(
            "GL-WORLD-062",
            "code-switched text takes two languages",
            place="--languages",
            fix="name the one that gives the grammar first: --languages hin_Latn,eng_Latn",
        )
    return {f"{matrix}-{other}": partial(mixed_rows, matrix, other) for other in others}


def mixed_rows(matrix: str, embedded: str, rows: int, **address: Any) -> Dataset:
    """Return code-switched sentences of a mean mixing index of 0.3, or what the pair can reach."""
    index = min(MIXING_INDEX, codeswitch.reachable_index(matrix, embedded, address["split"]))
    return codeswitch.code_switched(matrix, embedded, rows, index=index, **address)


def parallel_rows(language: str, rows: int, **address: Any) -> Dataset:
    """Return the sentences of `world.parallel` in one language."""
    return sentences.parallel([language], rows, **address)


def noisy_rows(language: str, rows: int, **address: Any) -> Dataset:
    """Return the sentences of `world.parallel`, misspelt, with the gold text and the edits."""
    clean = parallel_rows(language, rows, **address)
    return noise.noisy(clean, rate=NOISE_RATE, seed=address["seed"])


def kept(path: Path, export: Export) -> list[File]:
    """Return the files of an export that is there. Raises GL-WORLD-061 where it is another."""
    file = path / CARD
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    head = (yaml.safe_load(text.split("---\n")[1]) if text.startswith("---\n") else None) or {}
    if head.get("glotlift") != settings(export):
        raise GlotliftError(
            "GL-WORLD-061",
            "the folder holds something else than this export",
            place=str(path),
            fix="name another folder, or remove this one first",
        )
    return list(head["files"])


def settings(export: Export) -> dict[str, Any]:
    """Return what decides every byte of an export."""
    return asdict(export) | {"languages": list(export.languages), "version": __version__}


def card(export: Export, names: list[str], files: list[File]) -> str:
    """Return the README.md of an export; `names` are its parts."""
    pattern = "{}/*" if export.what in (*PICTURES, "speech") else f"{{}}.{export.format}"
    head = {
        "license": "cc0-1.0",
        "configs": [
            {
                "config_name": name,
                "data_files": [{"split": export.split, "path": pattern.format(name)}],
            }
            for name in names
        ],
        "glotlift": settings(export),
        "files": files,
    }
    return (
        f"---\n{yaml.safe_dump(head, allow_unicode=True, sort_keys=False)}---\n\n"
        f"# The sample world of glotlift: {export.what}\n\nInvented text; every word of it is free "
        f"to use.\n\n```python\nfrom datasets import load_dataset\n\n"
        f'rows = load_dataset("this folder", "{names[0]}", split="{export.split}")\n```\n'
    )


def chunks(name: str, make: Make, export: Export) -> Iterator[Dataset]:
    """Yield the rows of one part, some at a time."""
    starts = range(0, export.rows, _CHUNK)
    for start in track(starts, total=len(starts), label=f"{export.what} {name}"):
        count = min(_CHUNK, export.rows - start)
        yield make(count, seed=export.seed, split=export.split, start=start)


def write_rows(root: Path, name: str, make: Make, export: Export) -> list[File]:
    """Write rows of text as one file."""
    file = root / f"{name}.{export.format}"
    if export.format == "parquet":
        make(export.rows, seed=export.seed, split=export.split).to_parquet(file)
    else:
        with file.open("wb") as stream:
            for rows in chunks(name, make, export):
                append(rows, stream)
    return [written(file.name, export.rows, file)]


def write_pictures(root: Path, name: str, make: Make, export: Export) -> list[File]:
    """Write pictures as PNG files of a folder, with their rows in its metadata.jsonl."""
    home = root / name
    home.mkdir()
    with (home / "metadata.jsonl").open("wb") as metadata:
        for rows in chunks(name, make, export):
            encoded = rows.cast_column("image", ImageFeature(decode=False))["image"]
            names = file_names(rows, ".png")
            for file, image in zip(names, encoded, strict=True):
                (home / file).write_bytes(image["bytes"])
            append(rows.remove_columns("image").add_column("file_name", names), metadata)
    return in_folder(home, "*.png", export.rows)


def write_speech(root: Path, name: str, make: Make, export: Export) -> list[File]:
    """Write sound as WAV files of a folder, with their rows in its metadata.jsonl."""
    home = root / name
    home.mkdir()
    with (home / "metadata.jsonl").open("wb") as metadata:
        for rows in chunks(name, make, export):
            names = file_names(rows, ".wav")
            for file, sound in zip(names, rows["audio"], strict=True):
                copyfile(sound, home / file)
            append(rows.remove_columns("audio").add_column("file_name", names), metadata)
    return in_folder(home, "*.wav", export.rows)


def write_web(root: Path, name: str, make: Make, export: Export) -> list[File]:
    """Write pages as a WARC file, and what is true of them (all but the HTML) as JSON lines."""
    pages = concatenate_datasets(list(chunks(name, make, export)))
    crawl = warc.write_warc(root / f"{name}.warc.gz", pages)
    gold = root / f"{name}.jsonl"
    with gold.open("wb") as stream:
        append(pages.remove_columns("html"), stream)
    return [written(file.name, export.rows, file) for file in (crawl, gold)]


def append(rows: Dataset, stream: BinaryIO) -> None:
    """Write rows as JSON lines, letters as they are."""
    rows.to_json(stream, force_ascii=False)


def file_names(rows: Dataset, ending: str) -> list[str]:
    """Return a file name for each row: the number that ends its id."""
    return [f"{int(id.rpartition('/')[2]):06d}{ending}" for id in rows["id"]]


def in_folder(home: Path, pattern: str, rows: int) -> list[File]:
    """Return the rows and bytes of a folder: its metadata, and its files of one kind together."""
    metadata = home / "metadata.jsonl"
    return [
        written(f"{home.name}/{metadata.name}", rows, metadata),
        written(f"{home.name}/{pattern}", rows, *home.glob(pattern)),
    ]


def written(name: str, rows: int, *files: Path) -> File:
    """Return what is told of a file, or of several together."""
    return {"file": name, "rows": rows, "bytes": sum(file.stat().st_size for file in files)}


PICTURES: dict[str, Make] = {
    "pictures": pictures.scenes,
    "signs": pictures.signs,
    "memes": pictures.memes,
    "charts": charts.charts,
    "overhead": maps.overhead,
}
ROWS: dict[str, Make] = {
    "parallel": parallel_rows,
    "documents": sentences.documents,
    "labelled": sentences.labelled,
    "noisy": noisy_rows,
    "speech": speech.utterances,
    **PICTURES,
}
WRITERS: dict[str, Callable[[Path, str, Make, Export], list[File]]] = {
    **dict.fromkeys(PICTURES, write_pictures),
    "speech": write_speech,
    "web": write_web,
}
EXPORTS = (*ROWS, "code-switched", "web")
