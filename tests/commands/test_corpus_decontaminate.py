import pytest

from glotlift.commands.main import main
from glotlift.corpus.protection.decontamination import write_index

from .corpora import lines_of, refusal, run_json, texts, write_lines


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return ten documents, of which one is a question of the set and one has another within."""
    folder = tmp_path_factory.mktemp("files")
    documents = texts("swh_Latn", 14)
    whole, within = documents[10], documents[11]
    rows = [{"id": str(i), "text": text} for i, text in enumerate(documents[:8])]
    rows.append({"id": "whole", "text": whole})
    rows.append({"id": "within", "text": "\n".join([*documents[12:], within, *documents[8:10]])})
    questions = [{"id": "q1", "question": whole}, {"id": "q2", "question": within}]
    return (
        write_lines(folder / "rows.jsonl", rows),
        write_lines(folder / "set.jsonl", questions),
        within,
    )


def test_what_stands_in_a_set_is_cut_or_dropped(files, tmp_path, capsys):
    raw, sets, within = files
    output = tmp_path / "clean.jsonl"
    flags = ["--evaluation", sets, "--output", output]
    report = run_json(capsys, "decontaminate", raw, *flags)
    kept = {row["id"]: row["text"] for row in lines_of(output)}
    assert "whole" not in kept
    assert within not in kept["within"]
    assert (report["cut"], report["dropped"], report["kept"]) == (1, 1, 9)
    assert [one["items_found"] for one in report["sets"]] == [2]
    gone = lines_of(tmp_path / "clean.ledger.jsonl")
    assert [row["id"] for row in gone] == ["whole"]
    assert "set.jsonl" in gone[0]["reason"]


def test_rows_are_dropped_whole_where_that_is_asked_for(files, tmp_path, capsys):
    raw, sets, _ = files
    flags = ["--evaluation", sets, "--output", tmp_path / "clean.parquet", "--action", "drop"]
    report = run_json(capsys, "decontaminate", raw, *flags)
    assert (report["cut"], report["dropped"], report["kept"]) == (0, 2, 8)


def test_an_index_finds_what_its_sets_do(files, tmp_path, capsys):
    raw, sets, _ = files
    write_index([sets], tmp_path / "index.npz")
    flags = ["--evaluation", tmp_path / "index.npz", "--output", tmp_path / "clean.jsonl"]
    assert run_json(capsys, "decontaminate", raw, *flags)["contaminated"] == 2


def test_people_get_tables_and_a_plan_writes_nothing(files, tmp_path, capsys):
    raw, sets, _ = files
    words = ["corpus", "decontaminate", str(raw), "--evaluation", str(sets)]
    words += ["--output", str(tmp_path / "clean.jsonl")]
    assert main([*words, "--plan"]) == 0
    assert "seconds" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
    assert main(words) == 0
    shown = capsys.readouterr().out
    for word in ("Evaluation sets", "set.jsonl", "1 rows cut, 1 dropped; 9 kept"):
        assert word in shown


def test_nothing_is_written_where_no_row_would_be_left(files, tmp_path, capsys):
    _, sets, _ = files
    rows = write_lines(
        tmp_path / "rows.jsonl", [{"text": row["question"]} for row in lines_of(sets)]
    )
    output = tmp_path / "clean.jsonl"
    told = refusal(capsys, "decontaminate", rows, "--evaluation", sets, "--output", output)
    assert told.splitlines()[-1].startswith("GL-CORPUS-062")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_bad_input_of_each_kind_is_refused(files, tmp_path, capsys):
    raw, sets, _ = files
    output = ["--output", tmp_path / "clean.jsonl"]

    def told(*words):
        return refusal(capsys, "decontaminate", *words).splitlines()[-1][:14]

    assert told(tmp_path / "none.txt", "--evaluation", sets, *output).startswith("GL-CORPUS-001")
    missing = told(raw, "--evaluation", tmp_path / "none", *output)
    assert missing.startswith("GL-CORPUS-059")
    (tmp_path / "broken.npz").write_bytes(b"no index")
    broken = told(raw, "--evaluation", tmp_path / "broken.npz", *output)
    assert broken.startswith("GL-CORPUS-058")
    both = ["--evaluation", tmp_path / "broken.npz", "--evaluation", sets]
    assert told(raw, *both, *output) == "GL-COMMAND-015"
    assert told(raw, "--evaluation", sets, "--output", raw) == "GL-COMMAND-014"
    assert told(raw, "--evaluation", sets, "--output", tmp_path / "a.csv") == "GL-COMMAND-012"
    refused = refusal(
        capsys, "decontaminate", raw, "--evaluation", sets, *output, "--action", "hide"
    )
    assert "'cut', 'drop'" in refused
    assert "evaluation" in refusal(capsys, "decontaminate", raw, *output)
