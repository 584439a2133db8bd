"""The data card of a corpus in the format of the Hugging Face Hub: front matter and facts."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import DatasetCardData

from glotlift.corpus.description import tables
from glotlift.corpus.description.hub_terms import hub_language, hub_license, size_category
from glotlift.corpus.description.tongues import UNKNOWN, tongue
from glotlift.runs.atomic import write_text
from glotlift.runs.figures import count, percent, size
from glotlift.runs.markdown import escape, fenced, line, table

if TYPE_CHECKING:
    from glotlift.corpus.description.describing import Description

CARD = "README.md"
COLUMNS = {
    "id": "names the document; translations of one document share it",
    "language": "ISO 639-3 and ISO 15924, such as `yor_Latn`",
    "text": "the document, in Unicode NFC",
    "source": "where it was read",
    "license": "under what terms it was published",
}


def write_card(description: "Description", folder: Path) -> Path:
    """Write the card into the corpus's folder as ``README.md``, and return its path."""
    path = folder / CARD
    write_text(path, data_card(description))
    return path


def data_card(description: "Description") -> str:
    """Return the card as Markdown with YAML front matter."""
    sections = (introduction, languages, dropped, changed, terms, columns, limits, again)
    parts = [f"---\n{front_matter(description)}\n---", *(write(description) for write in sections)]
    return "\n\n".join(part for part in parts if part) + "\n"


def front_matter(description: "Description") -> str:
    """Return the card's metadata as YAML: what the Hub lists, filters and loads the corpus by."""
    statistics = description.statistics
    kept = [code for code in statistics.totals("language") if code not in UNKNOWN]
    licenses = list(dict.fromkeys(map(hub_license, sorted(statistics.totals("license")))))
    tags = [tongue(code).tag for code in kept]
    card = DatasetCardData(
        pretty_name=line(description.name),
        language=list(dict.fromkeys(map(hub_language, kept))) or None,
        language_bcp47=[tag for tag in tags if "-" in tag] or None,
        license=(licenses[0] if len(licenses) == 1 else licenses) or None,
        multilinguality="multilingual" if len(kept) > 1 else "monolingual",
        size_categories=size_category(statistics.kept().rows),
        task_categories=["text-generation", "fill-mask"],
        annotations_creators="no-annotation",
        language_creators="found",
        tags=["glotlift"],
        configs=configs(description.manifest) or None,
    )
    add_information(card, description.manifest)
    return str(card.to_yaml(line_break="\n")).strip()


def files_by_language(manifest: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Return language -> its files, for the languages of the manifest's outputs."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for file in tables.file_rows(manifest.get("outputs")):
        if file.get("language"):
            found.setdefault(str(file["language"]), []).append(file)
    return dict(sorted(found.items()))


def configs(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one configuration of the data set for each language, with its files."""
    return [
        {
            "config_name": code,
            "data_files": [{"split": "train", "path": [str(file["path"]) for file in files]}],
        }
        for code, files in files_by_language(manifest).items()
    ]


def add_information(card: DatasetCardData, manifest: Mapping[str, Any]) -> None:
    """Add columns, rows and bytes of each configuration, where the manifest knows them."""
    from datasets import DatasetInfo, Features, SplitDict, SplitInfo, Value
    from datasets.info import DatasetInfosDict

    found = DatasetInfosDict()
    for code, files in files_by_language(manifest).items():
        if any(file.get("rows") is None or file.get("bytes") is None for file in files):
            continue
        rows, stored = (sum(int(file[name]) for file in files) for name in ("rows", "bytes"))
        found[code] = DatasetInfo(
            config_name=code,
            features=Features({name: Value("string") for name in COLUMNS}),
            splits=SplitDict({"train": SplitInfo("train", num_examples=rows)}),
            download_size=stored,
        )
    found.to_dataset_card_data(card)


def introduction(description: "Description") -> str:
    """Return the title and the headline figures."""
    statistics = description.statistics
    kept, codes = statistics.kept(), statistics.totals("language")
    share = percent(kept.rows / statistics.read) if statistics.read else percent(None)
    tokens = f", {count(kept.tokens)} tokens" if kept.tokens else ""
    return (
        f"# {escape(description.name)}\n\n"
        f"{count(kept.rows)} texts in {count(len(codes))} "
        f"{'language' if len(codes) == 1 else 'languages'}: {size(kept.bytes)} of UTF-8, "
        f"{count(kept.words)} words in scripts that space them{tokens}. Of "
        f"{count(statistics.read)} rows that were read, {share} were kept.\n\n"
        f"The corpus is named by the hash of its manifest: `{line(description.manifest_hash)}`."
    )


def languages(description: "Description") -> str:
    """Return what was read and kept of each language."""
    head = ["Language", "Read", "Kept", "Share kept", "Bytes", "Words", "Median characters"]
    rows = [
        [
            f"{escape(tongue(row['language']).name)} ({escape(row['language'] or 'und')})",
            count(row["read"]),
            count(row["kept"].rows),
            f"{percent(row['share'])}{' (low)' if row['low'] else ''}",
            size(row["kept"].bytes),
            count(row["kept"].words or None),
            count(row["median"]),
        ]
        for row in tables.language_rows(description.statistics)
    ]
    low = f"Low: less than {tables.LEAST_KEPT:.0%} of the rows were kept."
    return f"## Languages\n\n{low}\n\n{table(head, rows)}" if rows else ""


def dropped(description: "Description") -> str:
    """Return why rows were left out."""
    rows = [
        [
            escape(row["reason"]),
            count(row["amount"].rows),
            size(row["amount"].bytes),
            percent(row["share"]),
            escape(row["languages"]),
        ]
        for row in tables.reason_rows(description.statistics)
    ]
    head = ["Reason", "Rows", "Bytes", "Of all rows", "Mostly in"]
    return f"## Left out\n\n{table(head, rows)}" if rows else ""


def changed(description: "Description") -> str:
    """Return what was changed in texts, and what else was found in them."""
    rows = [
        [escape(row["name"]), f"{count(row['number'])} rows, {count(row['places'])} places"]
        for row in tables.change_rows(description.statistics)
    ]
    for section, (title, _) in tables.SECTIONS.items():
        found = tables.noted_rows(description.statistics, section)
        rows += [[f"{title}: {escape(row['name'])}", count(row["number"])] for row in found]
    return f"## Changed and found\n\n{table(['What', 'How often'], rows)}" if rows else ""


def terms(description: "Description") -> str:
    """Return the licences and the sources."""
    licenses = [
        [escape(row["name"]), count(row["amount"].rows), size(row["amount"].bytes)]
        for row in tables.license_rows(description.statistics)
    ]
    sources = [
        [escape(row["name"]), count(row["amount"].rows), escape(row["licenses"])]
        for row in tables.source_rows(description.statistics)
    ]
    if not licenses:
        return ""
    return (
        "## Licences and sources\n\nEach row carries its own licence.\n\n"
        f"{table(['Licence', 'Rows', 'Bytes'], licenses)}\n\n"
        f"{table(['Source', 'Rows', 'Licences'], sources)}"
    )


def columns(description: "Description") -> str:
    """Return what the columns hold and how to load the corpus."""
    said = "\n".join(f"- `{name}`: {meaning}" for name, meaning in COLUMNS.items())
    codes = list(files_by_language(description.manifest))
    load = 'from datasets import load_dataset\n\nrows = load_dataset("PATH"'
    load += f', "{codes[0]}", split="train")' if codes else ', split="train")'
    return f"## Columns\n\n{said}\n\n{fenced(load, 'python')}"


def limits(description: "Description") -> str:
    """Return what a reader must not take for granted."""
    said = [
        "Languages were identified and personal data was found by programs, which err.",
        "Thresholds were learnt for each language; `report.html` lists them, with examples of "
        "what was left out.",
    ]
    unclear = {"not stated", "unknown"}
    rows = tables.license_rows(description.statistics)
    if any(row["name"].lower() in unclear for row in rows):
        said.append("The licence of some rows is not known; look it up before you share them.")
    return "## Limits\n\n" + "\n".join(f"- {sentence}" for sentence in said)


def again(description: "Description") -> str:
    """Return how to make the corpus again."""
    if not description.command:
        return ""
    return f"## Make it again\n\n{fenced(description.command, 'sh')}"
