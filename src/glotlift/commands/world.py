"""`glotlift world`: the built-in sample world, shown, exported and checked."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output

FAILED = 1
ALL = ""

app = typer.Typer(
    help="The built-in sample world: look at it, export it, check it.", no_args_is_help=True
)


class Split(StrEnum):
    """The parts of the world that share no combination of concepts."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Format(StrEnum):
    """How rows of text are written."""

    JSONL = "jsonl"
    PARQUET = "parquet"


Seed = Annotated[int, typer.Option(help="Another seed draws other rows.")]
Languages = Annotated[
    str, typer.Option(metavar="CODES", help="Codes parted by commas (default: all in own script).")
]


@app.command(
    "sample",
    epilog=examples(
        "glotlift world sample",
        "glotlift world sample eng_Latn hin_Deva hin_Latn --rows 3 --labels",
        "glotlift world sample deu_Latn --documents --split test --json",
    ),
)
def show_sample(
    languages: Annotated[
        list[str] | None, typer.Argument(help="Language codes (default: all).")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many sentences or documents.")] = 5,
    seed: Seed = 0,
    split: Annotated[Split, typer.Option(help="Part of the world.")] = Split.TRAIN,
    documents: Annotated[
        bool, typer.Option("--documents/--sentences", help="Whole documents or single sentences.")
    ] = False,
    labels: Annotated[
        bool, typer.Option("--labels", help="Add topic, sentiment, facts, entities, tags.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print what several languages say of the same scene, with the scene as a gloss.

    Labels belong to single sentences; with --documents they are not shown.
    """
    from glotlift.commands.world_samples import (
        document_samples,
        named_languages,
        sentence_samples,
        shown_text,
    )

    chosen = named_languages(languages or ())
    if documents:
        samples = document_samples(chosen, rows, seed=seed, split=split.value)
    else:
        samples = sentence_samples(chosen, rows, seed=seed, split=split.value, labels=labels)
    if as_json:
        print_json(samples)
        return
    for sample in samples:
        print(f"{sample['id']}\n{sample['gloss']}")
        if "topic" in sample:
            facts = "; ".join(sample["facts"])
            print(f"topic {sample['topic']}, sentiment {sample['sentiment']}; {facts}")
        print_table(map(shown_text, sample["texts"]))


@app.command(
    "tasks",
    epilog=examples(
        "glotlift world tasks",
        "glotlift world tasks topic --language swh_Latn --rows 3",
        "glotlift world tasks cause --split train --json",
    ),
)
def show_tasks(
    name: Annotated[str, typer.Argument(help="A task whose rows to print.")] = ALL,
    language: Annotated[str, typer.Option(help="Language of the rows.")] = "eng_Latn",
    rows: Annotated[int, typer.Option(min=1, help="How many rows.")] = 5,
    seed: Seed = 0,
    split: Annotated[Split, typer.Option(help="Part of the world.")] = Split.TEST,
    as_json: AsJson = False,
) -> None:
    """List the tasks with what guessing and knowing score, or print rows of one."""
    from glotlift.commands.world_samples import describe, described_tasks, named_task

    if not name:
        found = described_tasks()
        if as_json:
            print_json(found)
        else:
            print_table(found, ("name", "kind", "measure", "chance", "ceiling", "about"))
        return
    task = named_task(name)
    made = task.make(language, rows, split=split.value, seed=seed).to_list()
    if as_json:
        print_json(describe(task) | {"rows": made})
        return
    print(f"{task.name}: {task.about} ({task.measure})")
    print(f"reads {', '.join(task.reads)}; answers {task.answer}")
    for row in made:
        fields = {key: row[key] for key in row if key not in {"id", "source", "license"}}
        print_table([{"": key, row["id"]: listed(value)} for key, value in fields.items()])


def listed(value: Any) -> Any:
    """Return a list of texts, such as options, as lines; all else as it is."""
    texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return "\n".join(value) if texts else value


@app.command(
    "export",
    epilog=examples(
        "glotlift world export world-text --languages eng_Latn,hin_Deva --rows 10000",
        "glotlift world export world-topic --what topic --format parquet --split test",
        "glotlift world export world-pictures --what pictures --languages arb_Arab --rows 100",
    ),
)
def export(
    folder: Annotated[Path, typer.Argument(help="A new folder for the files.")],
    what: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="parallel, documents, labelled, code-switched, noisy, web, pictures, signs, "
            "memes, charts, overhead, speech, or a task.",
        ),
    ] = "parallel",
    languages: Languages = ALL,
    rows: Annotated[int, typer.Option(min=1, help="How many rows in each language.")] = 1000,
    file_format: Annotated[
        Format, typer.Option("--format", help="Of rows of text.")
    ] = Format.JSONL,
    seed: Seed = 0,
    split: Annotated[Split, typer.Option(help="Part of the world.")] = Split.TRAIN,
    as_json: AsJson = False,
) -> None:
    """Write rows of the world as files that `datasets.load_dataset` reads.

    Text and tasks: a file per language. Pictures and speech: a folder per language with
    metadata.jsonl. Web pages: a WARC file and the truth about its pages. The folder appears when it
    is whole; the same export asked for again is left as it is.
    """
    from glotlift.commands.world_export import Export, export_world

    wanted = Export(what, split_codes(languages), rows, seed, split.value, file_format.value)
    with quiet_output(as_json):
        files = export_world(folder, wanted)
    if as_json:
        print_json({"folder": str(folder.resolve()), "files": files})
    else:
        print_table(files, title=str(folder))


@app.command(
    "check",
    epilog=examples(
        "glotlift world check",
        "glotlift world check --languages eng_Latn,swh_Latn --rows 500 --json",
    ),
)
def check(
    languages: Languages = ALL,
    rows: Annotated[
        int, typer.Option(min=30, help="Rows to learn and rows to try each shortcut on.")
    ] = 1500,
    as_json: AsJson = False,
) -> None:
    """Measure the world and prove it sound: speed, variety, leaks, labels, alignments, shortcuts.

    Exits with 1 when splits share text, when a parser of the text disagrees with a label, when
    alignments do not compose, or when a classifier that sees only trivial features beats chance by
    more than 0.03 on a task that does not say why.
    """
    from glotlift.commands.world_check import check_world

    with quiet_output(as_json):
        found = check_world(split_codes(languages), rows)
    if as_json:
        print_json(found)
    else:
        print_check(found)
    if found["failures"]:
        raise typer.Exit(FAILED)


def print_check(found: dict[str, Any]) -> None:
    """Print the figures of a check as tables, and at the end what failed."""
    world = [{"": key.replace("_", " "), "value": value} for key, value in found["world"].items()]
    print_table(world)
    print_table(found["languages"], title="Languages")
    columns = [name for name in found["tasks"][0] if name != "reason"]
    print_table(found["tasks"], columns, title="Tasks")
    for task in found["tasks"]:
        if task["verdict"] == "explained":
            print(f"{task['task']}: {task['reason']}")
    for failure in found["failures"]:
        print(f"FAILED: {failure}")
    if not found["failures"]:
        print("all checks passed")


@app.command(
    "page",
    epilog=examples(
        "glotlift world page world.html",
        "glotlift world page world.html --languages eng_Latn,arb_Arab,zho_Hans --sentences 12",
    ),
)
def write_page(
    path: Annotated[Path, typer.Argument(metavar="OUT", help="The page, one HTML file.")],
    languages: Languages = ALL,
    sentences: Annotated[int, typer.Option(min=1, help="How many sentences.")] = 8,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Write one offline page that shows the world: sentences aligned, pictures, tasks, counts."""
    from glotlift.commands.world_page import render_world

    with quiet_output(as_json):
        render_world(path, split_codes(languages), sentences, seed)
    written = {"page": str(path.resolve()), "bytes": path.stat().st_size}
    if as_json:
        print_json(written)
    else:
        print(f"page: {written['page']}")


def split_codes(languages: str) -> tuple[str, ...]:
    """Return the languages of a list parted by commas, all where it is empty.

    Raises GL-WORLD-001 for one that the world does not speak.
    """
    from glotlift.commands.world_samples import named_languages

    return named_languages([code.strip() for code in languages.split(",")])
