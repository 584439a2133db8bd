"""Pairing of files: names, ledger, what is written."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotlift.corpus import read
from glotlift.corpus.pairing import PairConfig, pair_files, read_lexicon
from glotlift.corpus.pairing.job import unglue
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError

from .test_aligning import documents

FILES = {"eng": ("eng_Latn", 0), "fin": ("fin_Latn", 1)}


def text_of(sentences: list[str]) -> str:
    """Return sentences as lines."""
    return "".join(f"{sentence}\n" for sentence in sentences)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of talk/eng.txt and talk/fin.txt, one talk without a translation."""
    for number, made in enumerate(documents(12, 0)):
        for name, (_, side) in FILES.items():
            path = tmp_path / "in" / f"talk{number}" / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text_of(made[side]), encoding="utf-8")
    alone = tmp_path / "in" / "alone" / "eng.txt"
    alone.parent.mkdir()
    alone.write_text("Nobody translated this.\n", encoding="utf-8")
    return tmp_path


def settings(folder: Path, **more: object) -> PairConfig:
    """Return a configuration for the folder."""
    values: dict[str, object] = {
        "source": folder / "in",
        "target": folder / "in",
        "source_language": "en",
        "target_language": "fin",
        "output": folder / "out",
        "unit": "line",
    }
    return load_config(PairConfig, {**values, **more})


def test_folders_are_paired_and_nothing_gets_lost(folder: Path) -> None:
    made = pair_files(settings(folder))
    assert made.ledger.read == len(made.rows) + made.ledger.dropped
    assert made.ledger.counts()["no document of this id"] == 1
    links = sum(made.report["links"].values())
    assert made.ledger.read == links + 1
    assert made.report["documents"] == 12
    right = sum(
        row["text"].split()[0][1:][::-1] == row["source_text"].split()[0] for row in made.rows
    )
    assert right == len(made.rows) > 150
    lines = (folder / "out" / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == made.rows
    report = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    assert report == made.report
    ledger = (folder / "out" / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in ledger] == made.ledger.rows


def test_both_languages_are_rows_under_shared_ids(folder: Path) -> None:
    made = pair_files(settings(folder))
    sides = [read(folder / "out" / f"{code}.jsonl") for code in ("eng_Latn", "fin_Latn")]
    assert list(sides[0]["id"]) == list(sides[1]["id"]) == [row["id"] for row in made.rows]
    assert len(set(sides[0]["id"])) == len(made.rows)
    assert list(sides[1]["text"]) == [row["text"] for row in made.rows]
    assert set(sides[1]["language"]) == {"fin_Latn"}


def test_the_same_again_gives_the_same_bytes(folder: Path) -> None:
    pair_files(settings(folder))
    before = (folder / "out" / "pairs.jsonl").read_bytes()
    pair_files(settings(folder, lexicon=None))
    assert (folder / "out" / "pairs.jsonl").read_bytes() == before
    learnt = read_lexicon(folder / "out" / "lexicon.tsv")
    assert len(learnt) > 50


def test_rows_of_a_table_are_paired_by_id(folder: Path) -> None:
    for name, (code, side) in FILES.items():
        rows = [
            {"doc_id": f"d{k}", "lang": code, "body": text_of(made[side]), "licence": "CC0-1.0"}
            for k, made in enumerate(documents(12, 1))
        ]
        rows.append({"doc_id": "d3", "lang": code, "body": "Again.", "licence": "CC0-1.0"})
        rows.append({"doc_id": "", "lang": code, "body": "No id.", "licence": "CC0-1.0"})
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    config = settings(
        folder, source=folder / "eng.jsonl", target=folder / "fin.jsonl", format="parquet"
    )
    made = pair_files(config)
    assert made.ledger.counts()["second document of this id"] == 2
    assert made.ledger.counts()["no id"] == 2
    assert made.ledger.read == len(made.rows) + made.ledger.dropped
    table = pq.read_table(folder / "out" / "pairs.parquet").to_pylist()
    assert table == made.rows
    assert {row["license"] for row in table} == {"CC0-1.0"}


@pytest.mark.parametrize("name", ["talk.{}.txt", "{}/talk.txt", "{}_talk.txt.gz", "a/talk-{}.txt"])
def test_names_but_for_the_language(tmp_path: Path, name: str) -> None:
    import gzip

    made = documents(1, 2)[0]
    for language, side in (("en", 0), ("fi", 1)):
        path = tmp_path / "in" / name.format(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        body = text_of(made[side]).encode()
        path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    made_pairs = pair_files(settings(tmp_path, target_language="fi"))
    assert {row["id"].split("#")[0].split("/")[-1] for row in made_pairs.rows} == {"talk"}


def test_no_common_name_is_told(folder: Path) -> None:
    (folder / "else" / "fin").mkdir(parents=True)
    (folder / "else" / "fin" / "other.txt").write_text("jotain\n", encoding="utf-8")
    with pytest.raises(GlotliftError, match="GL-CORPUS-068"):
        pair_files(settings(folder, target=folder / "else"))


def test_one_language_twice_is_refused(folder: Path) -> None:
    with pytest.raises(GlotliftError, match="GL-CORPUS-069"):
        settings(folder, target_language="eng_Latn")


def test_nothing_kept_is_told_and_nothing_written(tmp_path: Path) -> None:
    for name in ("en", "fi"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"a.{name}.txt").write_text("Same words here.\n", encoding="utf-8")
    with pytest.raises(GlotliftError, match=r"GL-CORPUS-070.*untranslated"):
        pair_files(settings(tmp_path, target_language="fi"))
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_not_replaced(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "thesis.txt").write_text("years of work", encoding="utf-8")
    for output in (folder / "out", folder / "in", folder):
        with pytest.raises(GlotliftError, match="GL-CORPUS-073"):
            pair_files(settings(folder, output=output))
    assert (folder / "out" / "thesis.txt").exists()


def test_sentences_that_lost_their_spaces_are_cut() -> None:
    glued = "They were ready to pay.They told me so.We went on.It ended well."
    assert unglue([glued]) == [
        "They were ready to pay.",
        "They told me so.",
        "We went on.",
        "It ended well.",
    ]
    spaced = "Call System.Out for it. " + "It is here. " * 30
    assert unglue([spaced]) == [spaced]
