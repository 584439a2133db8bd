"""`glotlift tasks`: what a model can be asked, and how it is asked."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table

if TYPE_CHECKING:
    from glotlift.evaluation.tasks.sources import TaskSource

LABELLED = 200  # rows that the labels of a task are read from

app = typer.Typer(help="See what a model can be asked.", no_args_is_help=True)


@app.command("list", epilog=examples("glotlift tasks list", "glotlift tasks list --json"))
def list_tasks(as_json: AsJson = False) -> None:
    """List the tasks of the sample world, and the layouts of task files that can be read."""
    from glotlift.evaluation.tasks.kinds import METRICS, WORLD, asked_for
    from glotlift.evaluation.tasks.layouts import LAYOUTS

    kinds = {f"world:{name}": kind for name, kind in WORLD.items()}
    kinds |= {f"{name}:FOLDER": form.kind for name, form in LAYOUTS.items()}
    rows = [
        {
            "address": address,
            "kind": kind,
            "asked for": asked_for(kind),
            "measure": METRICS[kind],
        }
        for address, kind in kinds.items()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(rows)
    print("A FOLDER may also be a data set of the Hub, as in sib200:Davlan/sib200. With the extra")
    print("glotlift[mteb], mteb:NAME is a task of mteb: retrieval, similarity or bitext.")


@app.command(
    "show",
    epilog=examples(
        "glotlift tasks show world:nli --language hin_Deva",
        "glotlift tasks show xcopa:data/xcopa --language swh_Latn --shots 2",
    ),
)
def show_task(
    address: Annotated[str, typer.Argument(help="Address, as 'tasks list' gives it.")],
    language: Annotated[str, typer.Option(help="In which language.")] = "eng_Latn",
    rows: Annotated[int, typer.Option(min=1, help="How many rows.")] = 1,
    shots: Annotated[int, typer.Option(min=0, help="Demonstrations before each.")] = 0,
    instructions: Annotated[str, typer.Option(help="english or target.")] = "target",
    as_json: AsJson = False,
) -> None:
    """Show rows of a task as a model is asked them, in every formulation."""
    from glotlift.evaluation.tasks.kinds import VECTORS
    from glotlift.evaluation.tasks.sources import task_source
    from glotlift.languages import language as known

    code, source = known(language).code, task_source(address)
    if source.kind in VECTORS:
        shown = encoded(source, code, rows)
    else:
        shown = worded(source, code, rows, shots, english=instructions == "english")
    if as_json:
        print_json(shown)
        return
    for each in shown:
        print(f"\n── {each['id']}, formulation {each['formulation']}\n{each['prompt']}")
        if each["options"]:
            print(f"options: {' | '.join(each['options'])}")
        print(f"right: {each['right']}")


def worded(
    source: "TaskSource", code: str, rows: int, shots: int, *, english: bool
) -> list[dict[str, Any]]:
    """Return rows as they are asked in words, in every formulation."""
    from glotlift.evaluation.tasks.wording import labels_of, wordings

    found = list(source.rows(code, rows))
    given = list(source.rows(code, shots, split="train")) if shots else []
    ways = wordings(
        source.kind,
        code,
        instructions="english" if english else "target",
        labels=labels_of(source.rows(code, LABELLED)),
    )
    return [
        {
            "id": question.id,
            "formulation": number,
            "prompt": question.prompt,
            "options": [option.strip() for option in question.options],
            "right": question.right,
        }
        for row in found
        for number, wording in enumerate(ways)
        for question in [wording.ask(row, given)]
    ]


def encoded(source: "TaskSource", code: str, rows: int) -> list[dict[str, Any]]:
    """Return rows whose texts are encoded as they stand, with what is right."""
    from glotlift.evaluation.tasks.embedding import shown

    texts = {}
    if source.kind == "retrieval":
        documents = source.documents(code, rows)
        texts = dict(zip(documents["id"], documents["text"], strict=True))
    return [
        {"id": row["id"], "formulation": 0, "prompt": asked, "options": [], "right": right}
        for row in source.rows(code, rows)
        for asked, right in [shown(source.kind, row, texts)]
    ]
