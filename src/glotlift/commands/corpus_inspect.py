"""`glotlift corpus inspect`: what a corpus is like, before anything is done to it."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table, quiet_output

if TYPE_CHECKING:
    from datasets import Dataset

    from glotlift.languages.identification import Guess

BATCH_ROWS = 1000
LEAST_SHARE = 0.01
QUANTILES = {"shortest": 0, "tenth": 0.1, "median": 0.5, "nine_tenths": 0.9, "longest": 1}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "inspect",
        epilog=examples(
            "glotlift corpus inspect yoruba/ --language yor_Latn",
            "glotlift corpus inspect news.jsonl.gz wiki.parquet --json",
            "glotlift corpus inspect crawl/ --identify bundled",
            "glotlift corpus inspect 'world:hin_Deva?rows=100'",
        ),
    )(inspect_corpus)


def inspect_corpus(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or Hub ids.")],
    language: Annotated[str, typer.Option(help="Language of rows that do not say it.")] = "",
    identify: Annotated[
        str,
        typer.Option(
            metavar="IDENTIFIER",
            help="Identify rows without a language: bundled, a folder of train-lid, a .bin file.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Count rows, bytes, duplicates, personal data and damage by language; nothing is written."""
    with quiet_output(as_json):
        found = inspect_paths(paths, language or None, identify)
    if as_json:
        print_json(found)
    else:
        show(found)


def show(found: dict[str, Any]) -> None:
    """Print what was found as tables, without those that are empty."""
    print_table(found["languages"], title="Languages")
    print_table(found["texts"], title="Scripts, and lengths in characters")
    counts = (
        ("personal", "Personal data", "kind", "found"),
        ("damage", "Damaged text", "kind", "rows"),
        ("dropped", "Dropped", "reason", "rows"),
    )
    for key, title, name, unit in counts:
        if found[key]:
            rows = [{name: kind, unit: count} for kind, count in found[key].items()]
            print_table(rows, title=title)
    if found["broken"]:
        print_table(found["broken"], title="First broken rows")
    licenses = [{"license": key, "rows": count} for key, count in found["licenses"].items()]
    print_table(licenses, title="Licences")


def inspect_paths(paths: list[str], language: str | None, identify: str = "") -> dict[str, Any]:
    """Read the paths and return counts per language, per licence and per reason for dropping.

    Keys: ``languages`` (one mapping per language), ``texts`` (scripts and lengths by language),
    ``personal`` {kind: finds}, ``damage`` {kind: rows}, ``dropped`` {reason: rows}, ``broken`` (the
    first ten ledger rows) and ``licenses`` {name: rows}. `identify` is the address of an identifier
    for the rows that state no language.

    Raises what `read` and `load_identifier` raise.
    """
    from datasets import concatenate_datasets

    from glotlift.corpus import Ledger, deduplicate, read
    from glotlift.languages.identification import load_identifier

    identifier = load_identifier(identify) if identify else None
    ledger = Ledger()
    parts = [read(path, language=language, ledger=ledger) for path in paths]
    rows = parts[0] if len(parts) == 1 else concatenate_datasets(parts)
    added: dict[str, Counter[str]] = {}
    if identifier is not None:
        rows, added["identified"] = with_languages(rows, identifier.identify)
    broken = ledger.rows[:10]
    faults = look_for_faults(rows)
    added["near_duplicates"] = near_duplicates(rows)
    added["personal"] = faults.by_language(faults.personal)
    added["damaged"] = faults.damaged
    languages = measure_languages(rows, deduplicate(rows))
    for row in languages:
        row.update({name: counts[row["language"]] for name, counts in added.items()})
    return {
        "languages": languages,
        "texts": measure_texts(rows),
        "personal": faults.by_kind(faults.personal),
        "damage": faults.by_kind(faults.damage),
        "dropped": ledger.counts(),
        "broken": broken,
        "licenses": dict(Counter(str(name or "not stated") for name in rows["license"])),
    }


def with_languages(
    rows: "Dataset", identify: "Callable[[Sequence[str]], list[Guess]]"
) -> tuple["Dataset", Counter[str]]:
    """Return the rows with a language for those that state none, and how many got which."""
    from glotlift.languages.identification import UNDETERMINED

    codes = rows["language"][:]
    unknown = [place for place, code in enumerate(codes) if code == UNDETERMINED]
    named: Counter[str] = Counter()
    for start in range(0, len(unknown), BATCH_ROWS):
        places = unknown[start : start + BATCH_ROWS]
        for place, guess in zip(places, identify(rows[places]["text"]), strict=True):
            codes[place] = guess.language
            named[guess.language] += 1
    feature = rows.features["language"]
    replaced = rows.remove_columns("language").add_column("language", codes, feature=feature)
    return replaced.select_columns(rows.column_names), named


def near_duplicates(rows: "Dataset") -> Counter[str]:
    """Return by language how many rows say almost what another says, or part of it."""
    from glotlift.corpus.repetition.duplicates import compare_rows, dataset_keys
    from glotlift.corpus.repetition.near_duplicates import EXACT

    found = compare_rows(rows, dataset_keys(rows, None))
    codes = zip(rows["language"], found.reasons.tolist(), strict=True)
    return Counter(code for code, reason in codes if reason > EXACT)


@dataclass(frozen=True)
class Faults:
    """Personal data and damage by (language, kind), and the damaged rows of each language."""

    personal: Counter[tuple[str, str]] = field(default_factory=Counter)
    damage: Counter[tuple[str, str]] = field(default_factory=Counter)
    damaged: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def by_language(counts: Counter[tuple[str, str]]) -> Counter[str]:
        """Return the counts of each language, over all kinds."""
        return add_up((code, count) for (code, _), count in counts.items())

    @staticmethod
    def by_kind(counts: Counter[tuple[str, str]]) -> dict[str, int]:
        """Return the counts of each kind, over all languages, the most frequent first."""
        found = add_up((kind, count) for (_, kind), count in counts.items())
        return dict(found.most_common())


def add_up(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    """Return the sum of the counts of each name."""
    found: Counter[str] = Counter()
    for name, count in counts:
        found[name] += count
    return found


def look_for_faults(rows: "Dataset") -> Faults:
    """Return the personal data and the damage in the rows.

    What reading mends (Unicode NFC, control characters) is no damage here.
    """
    from glotlift.corpus.protection.personal import find_personal
    from glotlift.corpus.protection.personal_phones import regions_of
    from glotlift.corpus.repairing.repair import repair
    from glotlift.corpus.rows import UNDETERMINED

    faults = Faults()
    for batch in rows.select_columns(["language", "text"]).iter(BATCH_ROWS):
        for code, text in zip(batch["language"], batch["text"], strict=True):
            regions = () if code == UNDETERMINED else regions_of(code)
            faults.personal.update((code, one.kind) for one in find_personal(text, regions))
            repaired = repair(text)
            kinds = [*repaired.damage, *(["lost characters"] if repaired.lost else [])]
            faults.damage.update((code, kind) for kind in kinds)
            faults.damaged[code] += bool(kinds)
    return faults


def measure_texts(rows: "Dataset") -> list[dict[str, Any]]:
    """Return for each language the scripts of its letters and the lengths of its texts.

    Scripts with less than a hundredth of the letters are not named; lengths are in characters.
    """
    import numpy as np

    from glotlift.languages.identification.writing import COMMON, SCRIPTS, script_counts

    letters: dict[str, Any] = {}
    lengths: dict[str, list[int]] = {}
    for batch in rows.select_columns(["language", "text"]).iter(BATCH_ROWS):
        counts = script_counts(batch["text"])
        counts[:, COMMON] = 0
        for code, text, own in zip(batch["language"], batch["text"], counts, strict=True):
            letters[code] = letters.get(code, 0) + own
            lengths.setdefault(code, []).append(len(text))
    found = []
    for code, sizes in sorted(lengths.items()):
        shares = letters[code] / max(int(letters[code].sum()), 1)
        named = [index for index in np.argsort(-shares).tolist() if shares[index] >= LEAST_SHARE]
        marks = np.quantile(sizes, list(QUANTILES.values()))
        found.append(
            {
                "language": code,
                "scripts": {SCRIPTS[index]: round(float(shares[index]), 3) for index in named},
                **{name: round(mark) for name, mark in zip(QUANTILES, marks.tolist(), strict=True)},
            }
        )
    return found


def measure_languages(rows: "Dataset", kept: "Dataset") -> list[dict[str, Any]]:
    """Return rows, duplicates, bytes, characters and the median row per language, by code."""
    from statistics import median

    texts: dict[str, list[str]] = {}
    for code, text in zip(rows["language"], rows["text"], strict=True):
        texts.setdefault(code, []).append(text)
    unique: dict[str, int] = dict.fromkeys(texts, 0)
    for code in kept["language"]:
        unique[code] += 1
    return [
        {
            "language": code,
            "rows": len(found),
            "exact_duplicates": len(found) - unique[code],
            "bytes": sum(len(text.encode()) for text in found),
            "characters": sum(map(len, found)),
            "median_characters": median(map(len, found)),
        }
        for code, found in sorted(texts.items())
    ]
