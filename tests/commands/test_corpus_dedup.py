import pyarrow.parquet as pq
import pytest

from glotlift.commands.main import main

from .corpora import lines_of, refusal, run_json, texts, write_lines


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Return a folder of ten documents, a copy, a loud copy and a broken line."""
    folder = tmp_path_factory.mktemp("raw")
    rows = [{"id": str(i), "text": text} for i, text in enumerate(texts("swh_Latn", 10))]
    rows.append({"id": "copy", "text": rows[0]["text"]})
    rows.append({"id": "loud", "text": f"  {rows[1]['text'].upper()} !!"})
    path = write_lines(folder / "rows.jsonl", rows)
    path.write_text(path.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    return folder


def rows_of(path):
    return pq.read_table(path).to_pylist() if path.suffix == ".parquet" else lines_of(path)


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_duplicates_go_and_every_row_is_accounted_for(raw, tmp_path, capsys, suffix):
    output = tmp_path / f"clean.{suffix}"
    report = run_json(capsys, "dedup", raw, "--language", "swh_Latn", "--output", output)
    kept, gone = rows_of(output), lines_of(tmp_path / "clean.ledger.jsonl")
    assert {row["language"] for row in kept} == {"swh_Latn"}
    assert list(kept[0]) == ["id", "language", "text", "source", "license"]
    reasons = {row["id"]: row["reason"] for row in gone}
    assert reasons["copy"] == "exact duplicate"
    assert reasons["loud"] == "normalised duplicate"
    assert report["read"] == 13 == len(kept) + len(gone)
    assert report["kept"] == len(kept)
    assert sum(report["left_out"].values()) == len(gone)


def test_the_same_command_may_be_run_again_and_leaves_no_other_file(raw, tmp_path, capsys):
    output = tmp_path / "clean.jsonl"
    for _ in range(2):
        run_json(capsys, "dedup", raw, "--output", output)
    found = sorted(path.name for path in tmp_path.iterdir())
    assert found == ["clean.jsonl", "clean.ledger.jsonl", "clean.report.json"]


def test_a_higher_threshold_keeps_more(tmp_path, capsys):
    text = texts("swh_Latn", 1)[0]
    raw = write_lines(tmp_path / "rows.jsonl", [{"text": text}, {"text": f"{text} {text[40:80]}!"}])
    for threshold, kept in ((0.5, 1), (0.99, 2)):
        output = tmp_path / f"{kept}.jsonl"
        flags = ["--threshold", threshold, "--contained", 1]
        report = run_json(capsys, "dedup", raw, "--output", output, *flags)
        assert report["kept"] == kept


def test_repeated_passages_are_cut_where_that_is_asked_for(tmp_path, capsys):
    first, second, third = texts("swh_Latn", 3)
    rows = [{"text": f"{first}\n{third}"}, {"text": f"{second}\n{third}\n{second[::-1]}"}]
    raw = write_lines(tmp_path / "rows.jsonl", rows)
    flags = ["--threshold", 1, "--contained", 1]
    whole = run_json(
        capsys, "dedup", raw, "--output", tmp_path / "a.jsonl", *flags, "--paragraph", 0
    )
    cut = run_json(capsys, "dedup", raw, "--output", tmp_path / "b.jsonl", *flags)
    assert whole["cut"]["paragraphs"] == 0
    assert cut["cut"]["paragraphs"] == 1
    assert third not in lines_of(tmp_path / "b.jsonl")[1]["text"]


def test_a_plan_writes_nothing(raw, tmp_path, capsys):
    found = run_json(capsys, "dedup", raw, "--output", tmp_path / "clean.parquet", "--plan")
    assert found["files"] == 1
    assert found["bytes"] == (raw / "rows.jsonl").stat().st_size
    assert not list(tmp_path.iterdir())


def test_people_get_tables(raw, tmp_path, capsys):
    output = tmp_path / "clean.parquet"
    assert main(["corpus", "dedup", str(raw), "--output", str(output)]) == 0
    shown = capsys.readouterr().out
    for word in ("Left out", "exact duplicate", "of 13 rows", "clean.parquet"):
        assert word in shown


def test_what_another_wrote_is_not_replaced(raw, tmp_path, capsys):
    output = tmp_path / "mine.jsonl"
    output.write_text("dear diary")
    assert refusal(capsys, "dedup", raw, "--output", output).startswith("GL-COMMAND-013")
    assert output.read_text() == "dear diary"


def test_the_output_is_not_put_among_the_input(raw, capsys):
    told = refusal(capsys, "dedup", raw, "--output", raw / "clean.jsonl")
    assert told.startswith("GL-COMMAND-014")
    told = refusal(capsys, "dedup", raw / "rows.jsonl", "--output", raw / "rows.jsonl")
    assert told.startswith("GL-COMMAND-014")


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--threshold", "3"], "GL-CORPUS-04"),
        (["--contained", "0"], "GL-CORPUS-04"),
        (["--passage", "1"], "GL-CORPUS-04"),
        (["--language", "klingon-nonsense"], "GL-LANGUAGE-"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_before_anything_is_written(
    raw, tmp_path, capsys, flags, code
):
    told = refusal(capsys, "dedup", raw, "--output", tmp_path / "clean.jsonl", *flags)
    assert told.splitlines()[-1].startswith(code)
    assert not list(tmp_path.iterdir())


def test_bad_input_of_each_kind_is_refused(raw, tmp_path, capsys):
    output = ["--output", tmp_path / "clean.jsonl"]
    assert refusal(capsys, "dedup", tmp_path / "none.txt", *output).startswith("GL-CORPUS-001")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    assert refusal(capsys, "dedup", tmp_path / "picture.png", *output).startswith("GL-CORPUS-003")
    (tmp_path / "table.parquet").write_bytes(b"no table")
    assert refusal(capsys, "dedup", tmp_path / "table.parquet", *output).startswith("GL-CORPUS-008")
    (tmp_path / "empty.txt").write_text("")
    assert refusal(capsys, "dedup", tmp_path / "empty.txt", *output).startswith("GL-CORPUS-009")
    told = refusal(capsys, "dedup", raw, "--output", tmp_path / "clean.xlsx")
    assert told.startswith("GL-COMMAND-012")
    assert not (tmp_path / "clean.jsonl").exists()
