import json

import pytest

from glotlift.commands.main import main

from .corpora import refusal, run_json, texts, write_lines

CODES = ("eng_Latn", "swh_Latn")


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Return a folder of forty documents in each of two languages."""
    folder = tmp_path_factory.mktemp("samples")
    for code in CODES:
        write_lines(folder / f"{code}.jsonl", [{"text": text} for text in texts(code, 40)])
    return folder


def flags(samples):
    return [word for code in CODES for word in ("--text", f"{code}={samples / code}.jsonl")]


@pytest.fixture(scope="module")
def identifier(samples, tmp_path_factory):
    output = tmp_path_factory.mktemp("trained") / "mine"
    words = ["corpus", "train-lid", *flags(samples), "--output", str(output), "seed=1"]
    assert main(words) == 0
    return output


def test_the_identifier_is_measured_on_texts_kept_out(identifier):
    report = json.loads((identifier / "report.json").read_text(encoding="utf-8"))
    assert set(report["by_language"]) == set(CODES)
    assert report["accuracy"] > 0.9
    assert report["by_length"]
    assert 0 <= report["expected_calibration_error"] < 0.2


def test_inspect_names_languages_with_it(identifier, samples, capsys):
    rows = [{"text": text} for code in CODES for text in texts(code, 5, seed=8)]
    path = write_lines(samples.parent / "unknown.jsonl", rows)
    found = run_json(capsys, "inspect", path, "--identify", identifier)["languages"]
    assert [(row["language"], row["rows"], row["identified"]) for row in found] == [
        (code, 5, 5) for code in CODES
    ]


def test_several_files_of_a_language_and_a_file_of_settings(samples, tmp_path, capsys):
    more = write_lines(tmp_path / "more.jsonl", [{"text": t} for t in texts("eng_Latn", 9, seed=5)])
    (tmp_path / "lid.yaml").write_text(
        f"samples:\n  eng_Latn: [{samples}/eng_Latn.jsonl, {more}]\n"
        f"  swh_Latn: {samples}/swh_Latn.jsonl\noutput: {tmp_path}/mine\n"
    )
    alone = run_json(capsys, "train-lid", *flags(samples), "--output", tmp_path / "alone")
    both = run_json(capsys, "train-lid", tmp_path / "lid.yaml")
    assert both["characters"]["eng_Latn"] > alone["characters"]["eng_Latn"]
    assert both["characters"]["swh_Latn"] == alone["characters"]["swh_Latn"]
    assert (tmp_path / "mine" / "identifier.json").is_file()


def test_people_get_tables_and_a_plan_writes_nothing(samples, tmp_path, capsys):
    output = tmp_path / "mine"
    words = ["corpus", "train-lid", *flags(samples), "--output", str(output)]
    assert main([*words, "--plan"]) == 0
    assert "characters of a language" in capsys.readouterr().out
    assert not output.exists()
    assert main(words) == 0
    shown = capsys.readouterr().out
    for word in ("Accuracy by language", "Accuracy by length", "calibration error", "swh_Latn"):
        assert word in shown


def test_what_another_wrote_is_not_replaced(samples, tmp_path, capsys):
    (tmp_path / "diary.txt").write_text("dear diary")
    told = refusal(capsys, "train-lid", *flags(samples), "--output", tmp_path)
    assert told.startswith("GL-COMMAND-013")
    assert (tmp_path / "diary.txt").read_text() == "dear diary"


def test_an_earlier_identifier_is_replaced(identifier, samples, capsys):
    report = run_json(capsys, "train-lid", *flags(samples), "--output", identifier, "seed=1")
    assert report["languages"] == 2


def test_bad_input_of_each_kind_is_refused(samples, tmp_path, capsys):
    output = ["--output", tmp_path / "mine"]
    both = flags(samples)

    def told(*words):
        return refusal(capsys, "train-lid", *words).splitlines()[-1]

    assert told("--text", "eng_Latn", *output).startswith("GL-COMMAND-002")
    assert told(*both[:2], *output).startswith("GL-LANGUAGE-022")
    missing = ["--text", f"deu_Latn={tmp_path}/none.txt"]
    assert told(*both, *missing, *output).startswith("GL-CORPUS-001")
    (tmp_path / "short.txt").write_text("kurz\n")
    short = ["--text", f"deu_Latn={tmp_path}/short.txt"]
    assert told(*both, *short, *output).startswith("GL-LANGUAGE-023")
    assert told(*both, "--text", f"qqq_Qqqq={tmp_path}/short.txt", *output).startswith(
        "GL-LANGUAGE"
    )
    assert told(*both).startswith("GL-CONFIG-006")
    assert told(*both, *output, "sed=1").startswith("GL-CONFIG-005")
    assert told(*both, *output, "most_characters=1").startswith("GL-CONFIG-007")
    assert not (tmp_path / "mine").exists()
