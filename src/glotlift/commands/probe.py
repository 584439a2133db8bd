"""`glotlift probe`: what each layer of a model holds of many languages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from glotlift.probing.layers.config import ProbeConfig

COLUMNS = ("measure", "language", "estimate", "low", "high", "control", "letters", "rows")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "probe",
        epilog=examples(
            "glotlift probe starter:decoder --languages deu_Latn,hin_Deva,swh_Latn",
            "glotlift probe Qwen/Qwen3-0.6B --languages tur,vie --layers 0,7,14,-1 \\\n"
            "      --set words=data/lexicons --set sentences=data/ntrex --set tags=conllu:data/ud",
            "glotlift probe FacebookAI/xlm-roberta-base --languages yor,swh --set tags=world:ner",
        ),
    )(probe_model)


def probe_model(
    model: Annotated[str, typer.Argument(help="Folder, Hub id or starter.")],
    languages: Annotated[str, typer.Option(help="Codes, with commas between.")],
    pivot: Annotated[str, typer.Option(help="The language to compare with.")] = "eng_Latn",
    layers: Annotated[str, typer.Option(help="Numbers, 0 the embeddings, or all.")] = "all",
    probes: Annotated[str, typer.Option(help="Any of these.")] = "words,sentences,tags",
    rows: Annotated[int, typer.Option(min=2, help="Rows that a language is measured by.")] = 100,
    output: Annotated[Path | None, typer.Option(help="Run folder.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other setting.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be measured.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure every layer of a model in many languages, with controls and intervals.

    Words and sentences are compared with their translations, above other pairs. Linear probes read
    tags of words, beside tags drawn at random for each word, and the pivot's probe is asked in the
    other languages. The same is measured of letters alone. Run again with the same output folder,
    only what is missing is measured.
    """
    from glotlift.probing.layers.config import ProbeConfig
    from glotlift.runs.config import load_config

    wanted: dict[str, Any] = {
        "model": model,
        "languages": [code for code in languages.split(",") if code],
        "pivot": pivot,
        "layers": layer_numbers(layers),
        "probes": [probe for probe in probes.split(",") if probe],
        "rows": rows,
    }
    config = load_config(ProbeConfig, wanted, set_ or [])
    folder = output or Path("runs") / "probe"
    if plan:
        show_plan(config, folder, as_json)
        return
    from glotlift.evidence.probing import render_probe
    from glotlift.probing.layers.job import probe_model as probe

    with quiet_output(as_json):
        found = probe(config, folder)
    page = render_probe(found, folder / "report.html")
    if as_json:
        print_json(found)
        return
    print_table(found["means"], COLUMNS, title=f"{config.model}, mean over layers")
    for row in found["web_text"]:
        print(
            f"{row['measure']} and text on the web: Spearman's r {row['estimate']:.2f} "
            f"[{row['low']:.2f}, {row['high']:.2f}] over {row['languages']} languages"
        )
    for note in found["notes"]:
        print(f"note: {note}")
    print(f"page: {page.resolve()}")


def layer_numbers(told: str) -> list[int] | None:
    """Return the layers that are told, None for all; raises GL-COMMAND-020."""
    if told == "all":
        return None
    try:
        return [int(number) for number in told.split(",") if number]
    except ValueError:
        raise GlotliftError(
            "GL-COMMAND-020",
            f"these are no numbers of layers: {told!r}",
            place="--layers",
            fix="write all, or numbers with commas between, such as 0,6,-1",
        ) from None


def show_plan(config: "ProbeConfig", folder: Path, as_json: bool) -> None:
    """Print what would be measured, and where it would be kept; refuse what can be refused."""
    from glotlift.probing.layers.job import codes_of

    planned: dict[str, Any] = {
        "model": config.model,
        "languages": codes_of(config),
        "layers": config.layers or "all",
        **{probe: getattr(config, probe) for probe in config.probes},
        "rows of a language at most": config.rows,
        "tagged sentences to learn from at most": config.training_rows,
        "writes": str(folder),
    }
    if as_json:
        print_json(planned)
    else:
        print_table([{"": key, "value": value} for key, value in planned.items()])
