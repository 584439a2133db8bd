import json

import pytest

from glotlift.commands.main import REFUSED, main


@pytest.fixture
def corpus(tmp_path):
    rows = [
        {"text": "Ọjọ́ dára", "language": "yor_Latn", "license": "CC0-1.0"},
        {"text": "Ọjọ́ dára", "language": "yor_Latn", "license": "CC0-1.0"},
        {"text": "a fine day", "language": "eng_Latn"},
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join([*lines, "{broken"]) + "\n", encoding="utf-8")
    return path


def inspect(capsys, *arguments):
    assert main(["corpus", "inspect", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_rows_bytes_and_duplicates_are_counted_per_language(corpus, capsys):
    found = {row["language"]: row for row in inspect(capsys, corpus)["languages"]}
    assert (found["yor_Latn"]["rows"], found["yor_Latn"]["exact_duplicates"]) == (2, 1)
    assert found["yor_Latn"]["bytes"] == 2 * len("Ọjọ́ dára".encode())
    assert found["eng_Latn"]["rows"] == 1


def test_broken_rows_are_counted_and_shown(corpus, capsys):
    found = inspect(capsys, corpus)
    assert sum(found["dropped"].values()) == 1
    assert found["broken"][0]["line"] == 4


def test_licences_are_counted(corpus, capsys):
    assert inspect(capsys, corpus)["licenses"]["CC0-1.0"] == 2


def test_a_language_is_given_to_rows_without_one(tmp_path, capsys):
    path = tmp_path / "plain.txt"
    path.write_text("one line\nanother line\n")
    found = inspect(capsys, path, "--language", "eng_Latn")
    assert [row["language"] for row in found["languages"]] == ["eng_Latn"]


def test_people_get_tables(corpus, capsys):
    assert main(["corpus", "inspect", str(corpus)]) == 0
    shown = capsys.readouterr().out
    for word in ("Languages", "yor_Latn", "Dropped", "Licences", "CC0-1.0"):
        assert word in shown


def test_a_missing_file_is_refused(tmp_path, capsys):
    assert main(["corpus", "inspect", str(tmp_path / "nothing.txt")]) == REFUSED
    assert capsys.readouterr().err.startswith("GL-CORPUS-")
