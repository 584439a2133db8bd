"""A corpus built from its configuration: examine, decide, write, describe."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from glotlift.corpus.building.config import BuildConfig
from glotlift.corpus.building.deciding import STANDARDS, decide
from glotlift.corpus.building.engines import Local, Ray, Task, cores, share_of
from glotlift.corpus.building.examining import EVALUATION_INDEX, examine_shard
from glotlift.corpus.building.manifest import MANIFEST
from glotlift.corpus.building.measuring import TRUSTED, prepare_trusted
from glotlift.corpus.building.shards import INDIFFERENT, Piece, Shard, cut_shards, find_pieces
from glotlift.corpus.building.writing import CHANGES, LEDGER, write_shard
from glotlift.corpus.description.describing import Description, describe
from glotlift.corpus.description.statistics import merge_files
from glotlift.corpus.protection.contamination import EvaluationIndex
from glotlift.corpus.protection.evaluation_sets import read_evaluation_sets
from glotlift.corpus.quality.word_lists import read_word_list
from glotlift.languages.identification import load_identifier
from glotlift.runs import atomic
from glotlift.runs.folders import RunFolder
from glotlift.runs.hashing import hash_json, hash_path
from glotlift.runs.progress import byte_progress

Pass = Literal["examine", "decide", "write"]
PASSES: tuple[Pass, ...] = get_args(Pass)
ALL = "1/1"
INPUTS = "inputs.json"
WORK = (TRUSTED, "examined", "decided", "written", EVALUATION_INDEX)


def build_corpus(config: BuildConfig, *, only: Pass | None = None, share: str = ALL) -> Path | None:
    """Build a corpus into ``config.output`` and return its manifest.

    A run that was killed goes on where it stopped: shards that are done are not done again, and
    the result is the same, for any number of workers and either engine.

    `only` does one pass, and `share` (``i/n``) every n-th shard of it, so that the jobs of an
    array examine together, one of them decides, and all write; a call without `only` then finishes
    the corpus. None is returned before that.

    Raises what reading the inputs raises, GL-CORPUS-095 to -097 and GL-RUN-001 to -006.
    """
    root = config.output
    refuse(config, share)
    with atomic.locked(root), closing(open_run(config)) as run:
        shards = cut_shards(config, read_inputs(config))
        prepare(config)
        if only is None:
            if not (root / MANIFEST).exists():
                with engine_of(config) as engine:
                    for step in PASSES:
                        run.event("pass started", name=step)
                        do_pass(step, config, shards, engine)
                finish(config, shards, root)
                run.event("finished")
            clear(root)
            return root / MANIFEST
    with engine_of(config) as engine:
        do_pass(only, config, shards, engine, share)
    return None


def refuse(config: BuildConfig, share: str) -> None:
    """Raise what identifiers, word lists, evaluation sets or a share raise, before any work."""
    share_of((), share)
    for address in config.identification.identifier:
        if address != "bundled":
            load_identifier(address)
    for code, path in config.quality.word_lists.items():
        read_word_list(Path(path), code)
    for place in config.protection.evaluation:
        next(read_evaluation_sets([place]), None)


def engine_of(config: BuildConfig) -> Local | Ray:
    """Return who does the shards."""
    workers = config.workers or cores()
    return Ray(workers) if config.engine == "ray" else Local(workers)


def open_run(config: BuildConfig) -> RunFolder:
    """Open the run folder, or go on with it if it asks for the same corpus."""
    files = read_inputs(config)
    settings = config.model_dump(mode="json", exclude=set(INDIFFERENT))
    inputs = {piece.path: piece.digest for piece in files}
    run = RunFolder.open(
        config.output, command="corpus build", config=settings, inputs=inputs, seeds=[]
    )
    known = {piece.path: [*mark, piece.digest] for piece, mark in files.items()}
    atomic.write_json(config.output / INPUTS, known)
    return run


def read_inputs(config: BuildConfig) -> dict[Piece, tuple[int, int]]:
    """Return the files of the inputs; those that have not changed since are not read again."""
    path = config.output / INPUTS
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return find_pieces(config, known)


def prepare(config: BuildConfig) -> None:
    """Learn what the trusted texts are like, and index the evaluation sets."""
    prepare_trusted(config, config.output)
    path = config.output / EVALUATION_INDEX
    if config.protection.evaluation and not path.exists():
        EvaluationIndex.build(read_evaluation_sets(config.protection.evaluation)).save(path)


def do_pass(
    name: Pass, config: BuildConfig, shards: Sequence[Shard], engine: Local | Ray, share: str = ALL
) -> None:
    """Do one pass over a share of the shards; deciding is over all of them."""
    if name == "decide":
        decide(config, shards, config.output)
        return
    function = examine_shard if name == "examine" else write_shard
    task: Task = partial(function, config, config.output)
    own = share_of(shards, share)
    with byte_progress(name, sum(shard.bytes for shard in own)) as add:
        for result in engine.run(task, own):
            add(result["bytes"])


def finish(config: BuildConfig, shards: Sequence[Shard], root: Path) -> None:
    """Put the parts together: data, ledger, page, card, and last of all the manifest."""
    parts = [root / "written" / shard.name for shard in shards]
    with atomic.folder(root / "data") as folder:
        for file in sorted(file for part in parts for file in (part / "data").rglob("*.*")):
            target = folder / file.parent.name / file.name
            target.parent.mkdir(exist_ok=True)
            os.link(file, target)
    for name in (LEDGER, CHANGES):
        join_lines([part / name for part in parts], root / name)
    statistics = merge_files([part / "statistics.json" for part in parts])
    manifest = {
        "config": config.model_dump(mode="json", exclude=set(INDIFFERENT)),
        "inputs": json.loads((root / INPUTS).read_text(encoding="utf-8")),
    }
    outputs = [describe_file(path, root) for path in sorted((root / "data").rglob("*.*"))]
    name = hash_json([(file["path"], file["hash"]) for file in outputs])
    standards = json.loads((root / "decided" / STANDARDS).read_text(encoding="utf-8"))
    description = Description(
        name=config.name,
        statistics=statistics,
        manifest_hash=name,
        manifest={**manifest, "inputs": input_files(manifest["inputs"]), "outputs": outputs},
        standards=standards,
        command="glotlift corpus build corpus.yaml",
        created=datetime.now(UTC).date().isoformat(),
    )
    describe(description, root)
    atomic.write_json(root / STANDARDS, standards)
    atomic.write_json(root / MANIFEST, {"hash": name, **description.manifest})


def join_lines(parts: Sequence[Path], path: Path) -> None:
    """Write the lines of all shards as one file, whole or not at all."""
    temporary = path.with_name(f"{atomic.PARTIAL}{path.name}")
    with temporary.open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole)
    atomic.flush(temporary)
    temporary.replace(path)


def describe_file(path: Path, root: Path) -> dict[str, Any]:
    """Return a file of the corpus as the manifest names it."""
    return {
        "path": path.relative_to(root).as_posix(),
        "language": path.parent.name,
        "bytes": path.stat().st_size,
        "hash": hash_path(path),
    }


def input_files(known: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the files of the input as the manifest names them."""
    return [
        {"path": path, "bytes": size, "hash": digest} for path, (size, _, digest) in known.items()
    ]


def clear(root: Path) -> None:
    """Delete what the passes left, which a finished corpus no longer needs."""
    for name in WORK:
        path = root / name
        if path.is_dir():
            atomic.remove(path)
        else:
            path.unlink(missing_ok=True)
