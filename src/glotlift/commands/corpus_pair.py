"""`glotlift corpus pair`: translated documents to pairs of sentences."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.adapt import as_overrides, group_texts, split_settings
from glotlift.commands.corpus_results import plan_reading, show_plan
from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output

if TYPE_CHECKING:
    from glotlift.corpus.pairing import PairConfig, Paired

BYTES_A_SECOND = 6e4  # some 100 bytes a sentence, some 600 sentences a second in three passes
PASSES = 3


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "pair",
        epilog=examples(
            "glotlift corpus pair --source eng_Latn=talks/en --target zul_Latn=talks/zu \\",
            "    --output pairs --plan",
            "glotlift corpus pair pairs.yaml identifier=bundled filter.copied=null",
            "glotlift corpus pair pairs.yaml format=parquet lexicon=words.tsv",
        ),
    )(pair)


def pair(
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONFIG.yaml KEY=VALUE", help="A file, then overrides."),
    ] = None,
    source: Annotated[
        str, typer.Option(metavar="LANG=PATH", help="Documents in one language.")
    ] = "",
    target: Annotated[str, typer.Option(metavar="LANG=PATH", help="Their translations.")] = "",
    output: Annotated[Path | None, typer.Option(help="Folder of the pairs.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Print what would run; change nothing.")] = (
        False
    ),
    as_json: AsJson = False,
) -> None:
    """Align the sentences of documents that share a name or id, and keep sound pairs.

    A flag stands over the file, KEY=VALUE over both.
    """
    from glotlift.corpus.pairing import PairConfig, pair_files
    from glotlift.runs.config import load_config

    path, overrides = split_settings(settings or [])
    given = {**side("source", source), **side("target", target)}
    given["output"] = str(output) if output else ""
    config = load_config(PairConfig, path, [*as_overrides(given), *overrides])
    if plan:
        show_plan(plan_pairing(config), as_json=as_json)
        return
    with quiet_output(as_json):
        made = pair_files(config)
    if as_json:
        print_json({"output": str(made.folder), **made.report})
    else:
        show_result(made)


def side(name: str, given: str) -> dict[str, str]:
    """Return the settings that one ``LANG=PATH`` stands for; none where it is not given."""
    if not given:
        return {}
    ((code, (path,)),) = group_texts([given], f"--{name}").items()
    return {name: path, f"{name}_language": code}


def plan_pairing(config: "PairConfig") -> dict[str, Any]:
    """Return what would be read and aligned.

    Raises GL-CORPUS-073 (the output is in the way) and what finding files raises.
    """
    from glotlift.corpus.pairing.results import check_output

    check_output(config.output, (config.source, config.target))
    places = dict.fromkeys([str(config.source), str(config.target)])
    found = plan_reading(list(places), BYTES_A_SECOND * PASSES / config.passes)
    languages = [config.source_language, config.target_language]
    return {"output": str(config.output), "languages": languages, **found, "passes": config.passes}


def show_result(made: "Paired") -> None:
    """Print how many pairs were kept, and why others were not."""
    report = made.report
    left_out = [{"reason": reason, "links": n} for reason, n in report["dropped"].items()]
    print_table(
        [
            {
                "documents": report["documents"],
                "source sentences": report["sentences"]["source"],
                "target sentences": report["sentences"]["target"],
                "pairs kept": report["kept"],
                "words learnt": report["lexicon_entries"],
            }
        ],
        title="Pairs",
    )
    if left_out:
        print_table(left_out, title="Left out")
    print(f"pairs: {made.folder}")
