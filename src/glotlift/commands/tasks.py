"""`glotlift tasks`: what a model can be asked, and how it is asked."""

from typing import Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table

app = typer.Typer(help="See what a model can be asked.", no_args_is_help=True)


@app.command("list", epilog=examples("glotlift tasks list", "glotlift tasks list --json"))
def list_tasks(as_json: AsJson = False) -> None:
    """List the tasks of the sample world, and the layouts of task files that can be read."""
    from glotlift.evaluation.tasks.kinds import METRICS, OPTIONS, WORLD
    from glotlift.evaluation.tasks.layouts import LAYOUTS

    kinds = {f"world:{name}": kind for name, kind in WORLD.items()}
    kinds |= {f"{name}:FOLDER": form.kind for name, form in LAYOUTS.items()}
    rows = [
        {
            "address": address,
            "kind": kind,
            "asked for": "options" if kind in OPTIONS else "text",
            "measure": METRICS[kind],
        }
        for address, kind in kinds.items()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(rows)
    print("A FOLDER may also be a data set of the Hub, as in sib200:Davlan/sib200.")


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
    from glotlift.evaluation.tasks.sources import task_source
    from glotlift.evaluation.tasks.wording import wordings
    from glotlift.languages import language as known

    code, source = known(language).code, task_source(address)
    found = list(source.rows(code, rows))
    given = list(source.rows(code, shots, split="train")) if shots else []
    ways = wordings(
        source.kind, code, instructions="english" if instructions == "english" else "target"
    )
    shown: list[dict[str, Any]] = [
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
    if as_json:
        print_json(shown)
        return
    for each in shown:
        print(f"\n── {each['id']}, formulation {each['formulation']}\n{each['prompt']}")
        if each["options"]:
            print(f"options: {' | '.join(each['options'])}")
        print(f"right: {each['right']}")
