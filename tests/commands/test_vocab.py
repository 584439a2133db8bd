import json

import pytest

from glotlift.commands.main import REFUSED, main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from glotlift.vocabulary import train_tokenizer

    path = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(["a fine day and a fine night"] * 20, size=300).save_pretrained(path)
    return path


@pytest.fixture
def texts(tmp_path):
    (tmp_path / "english.txt").write_text("a fine day\na fine night\n")
    (tmp_path / "turkish.txt").write_text("güzel bir gün\ngüzel bir gece\n")
    return tmp_path


def arguments(folder, texts):
    return [
        "vocab",
        "report",
        str(folder),
        "--text",
        f"eng_Latn={texts / 'english.txt'}",
        "--text",
        f"tur_Latn={texts / 'turkish.txt'}",
    ]


def test_a_language_that_the_tokenizer_saw_needs_fewer_tokens(folder, texts, capsys):
    assert main([*arguments(folder, texts), "--json", "--parity-to", "eng_Latn"]) == 0
    rows = {row["language"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["eng_Latn"]["fertility"] < rows["tur_Latn"]["fertility"]
    assert rows["eng_Latn"]["parity"] == 1
    assert rows["tur_Latn"]["parity"] > 1


def test_people_get_a_table(folder, texts, capsys):
    assert main(arguments(folder, texts)) == 0
    shown = capsys.readouterr().out
    assert "fertility" in shown
    assert "tur_Latn" in shown


def test_parity_needs_text_of_that_language(folder, texts, capsys):
    assert main([*arguments(folder, texts), "--parity-to", "spa_Latn"]) == REFUSED
    assert "add --text spa_Latn=PATH" in capsys.readouterr().err


def test_a_folder_without_a_tokenizer_is_refused(tmp_path, texts, capsys):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(arguments(empty, texts)) == REFUSED
    assert capsys.readouterr().err.startswith("GL-MODEL-008")


def test_a_path_that_is_nowhere_is_refused(tmp_path, texts, capsys):
    assert main(arguments(tmp_path / "nowhere", texts)) == REFUSED
    assert capsys.readouterr().err.startswith("GL-MODEL-001")
