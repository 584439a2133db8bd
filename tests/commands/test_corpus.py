import json

import pytest

from glotlift.commands.main import REFUSED, main

from .corpora import refusal, texts, write_lines


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


@pytest.fixture
def raw(tmp_path):
    """Return documents of two languages: a copy, a loud copy, an address, mojibake."""
    first, second, third = texts("swh_Latn", 3)
    rows = [
        {"language": "swh_Latn", "text": first},
        {"language": "swh_Latn", "text": first},
        {"language": "swh_Latn", "text": f"{first.upper()} !!"},
        {"text": f"{second} kofi.mensah@example.org"},
        {"text": f"{third} cafÃ© dÃ©jÃ\u00a0 vu"},
        {"language": "hin_Deva", "text": texts("hin_Deva", 1)[0]},
    ]
    return write_lines(tmp_path / "raw.jsonl", rows)


def by_language(found):
    return {row["language"]: row for row in found["languages"]}


def test_rows_without_a_language_get_one_where_that_is_asked_for(raw, capsys):
    plain = by_language(inspect(capsys, raw))
    assert plain["und"]["rows"] == 2
    assert "identified" not in plain["und"]
    found = by_language(inspect(capsys, raw, "--identify", "bundled"))
    assert (found["swh_Latn"]["rows"], found["swh_Latn"]["identified"]) == (5, 2)
    assert found["hin_Deva"]["identified"] == 0


def test_near_duplicates_personal_data_and_damage_are_counted(raw, capsys):
    found = inspect(capsys, raw, "--identify", "bundled")
    spoken = by_language(found)["swh_Latn"]
    counted = ("exact_duplicates", "near_duplicates", "personal", "damaged")
    assert [spoken[name] for name in counted] == [1, 1, 1, 1]
    assert found["personal"] == {"EMAIL": 1}
    assert found["damage"] == {"mojibake": 1}
    clean = by_language(found)["hin_Deva"]
    assert [clean[name] for name in counted] == [0, 0, 0, 0]


def test_scripts_and_lengths_are_told(raw, capsys):
    found = {row["language"]: row for row in inspect(capsys, raw)["texts"]}
    assert found["hin_Deva"]["scripts"] == {"Deva": 1.0}
    assert found["swh_Latn"]["shortest"] <= found["swh_Latn"]["median"]
    assert found["swh_Latn"]["median"] <= found["swh_Latn"]["longest"]


def test_an_identifier_that_is_not_there_is_refused(raw, capsys):
    told = refusal(capsys, "inspect", raw, "--identify", "no-such-folder")
    assert told.startswith("GL-LANGUAGE-026")


def test_people_get_tables(corpus, capsys):
    assert main(["corpus", "inspect", str(corpus)]) == 0
    shown = capsys.readouterr().out
    for word in ("Languages", "yor_Latn", "Dropped", "Licences", "CC0-1.0"):
        assert word in shown


def test_a_missing_file_is_refused(tmp_path, capsys):
    assert main(["corpus", "inspect", str(tmp_path / "nothing.txt")]) == REFUSED
    assert capsys.readouterr().err.startswith("GL-CORPUS-")
