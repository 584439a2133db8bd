import json

import pytest

from glotlift import world
from glotlift.commands.main import main

from .corpora import lines_of, refusal, run_json

CODES = ("eng_Latn", "swh_Latn")


@pytest.fixture(scope="module")
def talks(tmp_path_factory):
    """Return folders of six translated documents, one of them in one language only."""
    folder = tmp_path_factory.mktemp("talks")
    for code in CODES:
        (folder / code).mkdir()
        for row in world.documents(code, 6, seed=2, sentences=8):
            path = folder / code / f"{row['id'].replace('/', '-')}.txt"
            path.write_text(row["text"], encoding="utf-8")
    (folder / CODES[0] / "alone.txt").write_text("Nobody translated this one.\n")
    return folder


def flags(talks):
    source, target = (f"{code}={talks / code}" for code in CODES)
    return ["--source", source, "--target", target]


def test_sentences_of_both_languages_share_an_id(talks, tmp_path, capsys):
    output = tmp_path / "pairs"
    report = run_json(capsys, "pair", *flags(talks), "--output", output)
    pairs = lines_of(output / "pairs.jsonl")
    assert report["documents"] == 6
    assert report["read"] == report["kept"] + sum(report["dropped"].values())
    assert len(pairs) == report["kept"] > 20
    assert {(row["source_language"], row["language"]) for row in pairs} == {CODES}
    sides = [lines_of(output / f"{code}.jsonl") for code in CODES]
    assert [row["id"] for row in sides[0]] == [row["id"] for row in sides[1]]


def test_a_file_of_settings_and_overrides(talks, tmp_path, capsys):
    (tmp_path / "pairs.yaml").write_text(
        json.dumps(
            {
                "source": str(talks / CODES[0]),
                "target": str(talks / CODES[1]),
                "source_language": "en",
                "target_language": "swh_Latn",
                "output": str(tmp_path / "pairs"),
            }
        )
    )
    run_json(capsys, "pair", tmp_path / "pairs.yaml", "passes=1", "format=parquet")
    assert (tmp_path / "pairs" / "pairs.parquet").is_file()


def test_people_get_tables_and_a_plan_writes_nothing(talks, tmp_path, capsys):
    output = tmp_path / "pairs"
    words = ["corpus", "pair", *flags(talks), "--output", str(output), "passes=1"]
    assert main([*words, "--plan"]) == 0
    shown = capsys.readouterr().out
    assert "13" in shown
    assert not output.exists()
    assert main(words) == 0
    shown = capsys.readouterr().out
    for word in ("Pairs", "source sentences", "Left out", "no document of this id"):
        assert word in shown


def test_what_another_wrote_is_not_replaced(talks, tmp_path, capsys):
    (tmp_path / "report.json").write_text('{"kind": "other"}')
    told = refusal(capsys, "pair", *flags(talks), "--output", tmp_path)
    assert told.startswith("GL-CORPUS-073")
    assert (tmp_path / "report.json").is_file()


def test_bad_input_of_each_kind_is_refused(talks, tmp_path, capsys):
    output = ["--output", tmp_path / "pairs"]
    source, target = flags(talks)[:2], flags(talks)[2:]

    def told(*words):
        return refusal(capsys, "pair", *words).splitlines()[-1]

    assert told(*source, "--target", "swh_Latn", *output).startswith("GL-COMMAND-002")
    missing = ["--target", f"swh_Latn={tmp_path}/none"]
    assert told(*source, *missing, *output).startswith("GL-CORPUS-001")
    assert told(*source, *missing, *output, "--plan").startswith("GL-CORPUS-001")
    assert told(*source, *output).startswith("GL-CONFIG-006")
    assert told(*source, *target, *output, "passes=0").startswith("GL-CONFIG-007")
    assert told(*source, *target, *output, "pases=1").startswith("GL-CONFIG-005")
    same = ["--target", f"eng_Latn={talks / CODES[1]}"]
    assert told(*source, *same, *output).startswith("GL-CORPUS-069")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "unrelated.txt").write_text("Hakuna.\n")
    other = ["--target", f"swh_Latn={tmp_path}/other"]
    assert told(*source, *other, *output).startswith("GL-CORPUS-")
    assert not (tmp_path / "pairs").exists()
