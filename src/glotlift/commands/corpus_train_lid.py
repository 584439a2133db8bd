"""`glotlift corpus train-lid`: a language identifier from samples of your own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.adapt import as_overrides, group_texts, split_settings
from glotlift.commands.corpus_results import check_folder, plan_reading, show_plan
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output

if TYPE_CHECKING:
    from glotlift.languages.identification.job import Address, TrainIdentifierConfig

COMMAND = "corpus train-lid"
BYTES_A_SECOND = 4e6


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "train-lid",
        epilog=examples(
            "glotlift corpus train-lid --text pcm_Latn=pidgin/ --text eng_Latn=english.jsonl \\",
            "    --text yor_Latn=yoruba.txt --output identifiers/mine",
            "glotlift corpus inspect crawl/ --identify 'bundled + identifiers/mine'",
            "glotlift corpus build corpus.yaml \\",
            "    'identification.identifier=[bundled, identifiers/mine]'",
        ),
    )(train_lid)


def train_lid(
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONFIG.yaml KEY=VALUE", help="A file, then overrides."),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(metavar="LANG=PATH", help="Text of a language: file, folder or Hub id."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the identifier.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Print what would run; change nothing.")] = (
        False
    ),
    as_json: AsJson = False,
) -> None:
    """Learn to tell languages apart from texts of each; measure it on texts kept out.

    Give the languages that yours may be mistaken for as well. A flag stands over the file,
    KEY=VALUE over both.
    """
    from glotlift.languages.identification.job import TrainIdentifierConfig, train_from_config
    from glotlift.languages.identification.trained import SETTINGS
    from glotlift.runs.config import load_config

    path, overrides = split_settings(settings or [])
    given: dict[str, Any] = {
        "samples": group_texts(text or [], "--text"),
        "output": str(output) if output else None,
    }
    config = load_config(TrainIdentifierConfig, path, [*as_overrides(given), *overrides])
    check_folder(config.output, COMMAND, SETTINGS)
    if plan:
        show_plan(plan_training(config), as_json=as_json)
        return
    with quiet_output(as_json):
        report = train_from_config(config, read_texts)
    if as_json:
        print_json({"output": str(config.output), **report})
    else:
        show_report(report, config.output)


def plan_training(config: "TrainIdentifierConfig") -> dict[str, Any]:
    """Return what would be read and counted."""
    from glotlift.languages.identification.job import places_of

    places = [place for given in config.samples.values() for place in places_of(given)]
    found = plan_reading(places, BYTES_A_SECOND)
    # No more of a language is read than is counted, and a character may take four bytes.
    most = 4 * config.most_characters * len(config.samples) / BYTES_A_SECOND
    return {
        "output": str(config.output),
        "languages": sorted(config.samples),
        **found,
        "seconds": min(found["seconds"], round(most)),
        "characters of a language": config.most_characters,
    }


def read_texts(address: "Address", language: str) -> Iterator[str]:
    """Yield the clean texts at an address one after another, as many as are asked for."""
    from glotlift.corpus.ledger import Ledger
    from glotlift.corpus.reading import clean, find_sources
    from glotlift.languages import language as find_language
    from glotlift.languages.identification.job import places_of

    sources = find_sources(places_of(address), None, "auto")
    code = find_language(language).code
    return (text for _, _, text, _, _ in clean(sources, code, None, None, Ledger()))


def show_report(report: dict[str, Any], output: Path) -> None:
    """Print how good the identifier is on texts that it was not taught."""
    accuracy = [
        {"language": code, "accuracy": share, "characters learnt": report["characters"][code]}
        for code, share in report["by_language"].items()
    ]
    print_table(accuracy, title="Accuracy by language")
    lengths = [
        {"characters": f"up to {most}" if most.isdigit() else most, "accuracy": share}
        for most, share in report["by_length"].items()
    ]
    print_table(lengths, title="Accuracy by length")
    if report["close_pairs"]:
        pairs = [{**row, "pair": " / ".join(row["pair"])} for row in report["close_pairs"]]
        print_table(pairs, title="Close pairs")
    if report["confusions"]:
        print_table(report["confusions"][:10], title="Most frequent confusions")
    print(
        f"accuracy {report['accuracy']}, calibration error {report['expected_calibration_error']}, "
        f"rejected where the language was never shown {report['rejected_when_left_out']}\n"
        f"identifier: {output}"
    )
