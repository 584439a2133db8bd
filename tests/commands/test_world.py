import json
from pathlib import Path

import pytest
from datasets import Dataset, load_dataset

from glotlift import world
from glotlift.commands import world_check, world_page
from glotlift.commands.main import REFUSED, main
from glotlift.runs.errors import GlotliftError
from glotlift.world.tasks.catalogue import TASKS, Task

COMMANDS = ("sample", "tasks", "export", "check", "page")


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    """Keep the figures of the world small."""
    monkeypatch.setattr(world_check, "_DRAWN", 200)
    monkeypatch.setattr(world_page, "_SENTENCES_COUNTED", 200)
    monkeypatch.setattr(world_check.soundness, "speed", lambda languages: 1.0)


def printed(capsys, *arguments):
    assert main(["world", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_and_json(command, capsys):
    assert main(["world", command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"    glotlift world {command}" in shown
    assert "--json" in shown


def test_all_languages_say_what_the_library_says(capsys):
    samples = printed(capsys, "sample", "--rows", 3, "--split", "test", "--seed", 4)
    expected = world.parallel(world.LANGUAGES, 3, seed=4, split="test")
    found = [
        (one["id"], text["language"], text["text"]) for one in samples for text in one["texts"]
    ]
    assert found == list(zip(expected["id"], expected["language"], expected["text"], strict=True))


def test_labels_are_those_of_the_library(capsys):
    samples = printed(capsys, "sample", "deu_Latn", "zho_Hans", "--rows", 4, "--labels")
    expected = world.labelled("deu_Latn", 4)
    for sample, row in zip(samples, expected, strict=True):
        assert sample["topic"] == row["topic"]
        assert sample["texts"][0]["pos"] == row["pos"]
        assert sample["texts"][0]["entities"] == row["entities"]
        assert sample["gloss"].startswith(row["pattern"])


def test_documents_are_shown_in_romanised_languages_too(capsys):
    (sample,) = printed(capsys, "sample", "eng_Latn", "zho_Latn", "--rows", 1, "--documents")
    assert sample["texts"][0]["text"] == world.documents("eng_Latn", 1)["text"][0]
    assert sample["texts"][1]["text"] == world.documents("zho_Latn", 1)["text"][0]
    assert sample["gloss"].count(";") == 5


def test_people_get_the_gloss_and_a_table(capsys):
    assert main(["world", "sample", "eng_Latn", "--rows", "1", "--labels"]) == 0
    shown = capsys.readouterr().out
    text = world.parallel(["eng_Latn"], 1)["text"][0]
    assert text in shown
    assert "world/0/train/0\n" in shown
    assert f"{text.split()[0]}/" in shown


def test_tasks_are_listed_as_the_catalogue_has_them(capsys):
    rows = printed(capsys, "tasks")
    assert {row["name"]: row["chance"] for row in rows} == {
        task.name: task.chance for task in TASKS.values()
    }


def test_rows_of_a_task_are_the_librarys(capsys):
    found = printed(capsys, "tasks", "topic", "--language", "swh_Latn", "--rows", 2)
    assert found["rows"] == world.tasks.topic("swh_Latn", 2).to_list()


def test_options_of_a_task_are_shown_one_a_line(capsys):
    assert main(["world", "tasks", "topic", "--rows", "1"]) == 0
    shown = capsys.readouterr().out
    (row,) = world.tasks.topic("eng_Latn", 1)
    lines = [line.strip().removeprefix("options").strip() for line in shown.splitlines()]
    assert set(row["options"]) <= set(lines)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["sample", "xyz_Latn"], "GL-WORLD-001"),
        (["tasks", "topc"], "GL-WORLD-060"),
        (["tasks", "topic", "--language", "xyz_Latn"], "GL-WORLD-001"),
        (["export", "OUT", "--what", "picture"], "GL-WORLD-060"),
        (["export", "OUT", "--languages", "eng_Latn,xyz_Latn"], "GL-WORLD-001"),
        (
            ["export", "OUT", "--what", "code-switched", "--languages", "eng_Latn"],
            "GL-WORLD-062",
        ),
        (["export", "OUT", "--what", "web", "--format", "parquet"], "GL-WORLD-063"),
    ],
)
def test_what_cannot_be_done_is_refused_and_leaves_nothing(tmp_path, capsys, arguments, code):
    given = [str(tmp_path / "out") if one == "OUT" else one for one in arguments]
    assert main(["world", *given]) == REFUSED
    assert capsys.readouterr().err.startswith(code)
    assert not list(tmp_path.iterdir())


def test_a_near_name_is_offered(capsys):
    assert main(["world", "tasks", "topc"]) == REFUSED
    assert "did you mean 'topic'" in capsys.readouterr().err


def test_sentences_are_exported_in_chunks_that_join_without_a_seam(tmp_path, capsys):
    languages = ["eng_Latn", "hin_Deva"]
    found = printed(
        capsys, "export", tmp_path / "a", "--languages", ",".join(languages), "--rows", 250
    )
    assert [file["file"] for file in found["files"]] == ["eng_Latn.jsonl", "hin_Deva.jsonl"]
    for file, code in zip(found["files"], languages, strict=True):
        path = tmp_path / "a" / file["file"]
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        assert rows == world.parallel([code], 250).to_list()
        assert (file["rows"], file["bytes"]) == (250, path.stat().st_size)


def test_an_export_loads_as_the_hub_would(tmp_path):
    out = str(tmp_path / "a")
    options = ["--what", "topic", "--split", "test", "--rows", "8", "--languages", "tur_Latn"]
    assert main(["world", "export", out, *options]) == 0
    loaded = load_dataset(out, "tur_Latn", split="test", cache_dir=str(tmp_path / "cache"))
    assert loaded.to_list() == world.tasks.topic("tur_Latn", 8).to_list()


def test_parquet_keeps_every_type(tmp_path):
    out = tmp_path / "a"
    options = ["--what", "labelled", "--format", "parquet", "--languages", "rus_Cyrl"]
    assert main(["world", "export", str(out), *options, "--rows", "20"]) == 0
    loaded = Dataset.from_parquet(str(out / "rus_Cyrl.parquet"), cache_dir=str(tmp_path / "c"))
    assert loaded.to_list() == world.labelled("rus_Cyrl", 20).to_list()


def test_pictures_are_a_folder_with_their_rows(tmp_path):
    out = str(tmp_path / "a")
    options = ["--what", "pictures", "--languages", "arb_Arab", "--rows", "3", "--split", "test"]
    assert main(["world", "export", out, *options]) == 0
    loaded = load_dataset(out, "arb_Arab", split="test", cache_dir=str(tmp_path / "cache"))
    from glotlift.world import pictures

    expected = pictures.scenes("arb_Arab", 3, split="test")
    assert loaded["text"] == expected["text"]
    for shown, image in zip(loaded["image"], expected["image"], strict=True):
        assert shown.tobytes() == image.tobytes()


def test_speech_is_a_folder_of_sound(tmp_path, capsys):
    from glotlift.world.speech import read_wave, voice_of

    try:
        voice_of("swh_Latn")
    except GlotliftError as error:
        pytest.skip(str(error))
    options = ["--what", "speech", "--languages", "swh_Latn", "--rows", "2"]
    found = printed(capsys, "export", tmp_path / "a", *options)
    assert [file["file"] for file in found["files"]] == [
        "swh_Latn/metadata.jsonl",
        "swh_Latn/*.wav",
    ]
    lines = (tmp_path / "a/swh_Latn/metadata.jsonl").read_text("utf-8").splitlines()
    for line in map(json.loads, lines):
        samples, rate = read_wave(tmp_path / "a/swh_Latn" / line["file_name"])
        assert len(samples) / rate == pytest.approx(line["seconds"])


def test_web_pages_are_a_crawl_and_its_gold(tmp_path):
    warc = pytest.importorskip("fastwarc.warc")
    out = tmp_path / "a"
    options = ["--what", "web", "--languages", "eng_Latn,ell_Grek", "--rows", "5"]
    assert main(["world", "export", str(out), *options]) == 0
    gold = [json.loads(line) for line in (out / "ell_Grek.jsonl").read_text("utf-8").splitlines()]
    with (out / "ell_Grek.warc.gz").open("rb") as stream:
        responses = warc.ArchiveIterator(stream, record_types=warc.WarcRecordType.response)
        urls = [record.headers["WARC-Target-URI"] for record in responses]
    assert urls == [row["url"] for row in gold]
    assert "html" not in gold[0]


def test_mixed_text_is_of_the_first_language_with_each_other(tmp_path, capsys):
    options = ["--what", "code-switched", "--languages", "eng_Latn,spa_Latn,deu_Latn"]
    found = printed(capsys, "export", tmp_path / "a", *options, "--rows", 100)
    names = ["eng_Latn-spa_Latn.jsonl", "eng_Latn-deu_Latn.jsonl"]
    assert [file["file"] for file in found["files"]] == names
    rows = [json.loads(line) for line in (tmp_path / "a" / names[1]).read_text().splitlines()]
    assert sum(row["cmi"] for row in rows) / 100 == pytest.approx(0.3, abs=0.02)


def test_the_same_export_is_left_as_it_is_and_another_is_refused(tmp_path, capsys):
    asked = ["export", tmp_path / "a", "--languages", "eng_Latn", "--rows", 5]
    first = printed(capsys, *asked)
    file = tmp_path / "a" / "eng_Latn.jsonl"
    written = file.stat().st_mtime_ns
    assert printed(capsys, *asked) == first
    assert file.stat().st_mtime_ns == written
    assert main(["world", *map(str, asked), "--seed", "1"]) == REFUSED
    assert capsys.readouterr().err.startswith("GL-WORLD-061")
    assert file.stat().st_mtime_ns == written


def test_a_folder_of_ones_own_is_not_touched(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["world", "export", str(tmp_path), "--rows", "5"]) == REFUSED
    assert capsys.readouterr().err.startswith("GL-WORLD-061")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_export_that_breaks_leaves_no_folder(tmp_path, monkeypatch):
    def broken(language, rows, **address):
        raise GlotliftError("GL-TEST-001", "broken", fix="mend")

    monkeypatch.setitem(world_export().ROWS, "parallel", broken)
    assert main(["world", "export", str(tmp_path / "a"), "--rows", "5"]) == REFUSED
    assert not (tmp_path / "a").exists()


def world_export():
    from glotlift.commands import world_export as module

    return module


def toy(make, **known):
    """Return a task whose rows `make(row, split)` says."""

    class Toy(Task):
        @property
        def make(self):
            def rows(language, count, *, split="test", seed=0, start=0):
                return Dataset.from_list([make(row, split) for row in range(count)])

            return rows

    return Toy("toy", "toy", "a toy", "label", "accuracy", 0.5, **known)


def given_away(row, split):
    return {"text": f"{'yes' if row % 2 else 'no'} {split} {row}", "label": str(row % 2)}


def even(row, split):
    return {"text": f"same {split} {row:04d}", "label": str(row * 2654435761 % 2**32 // 2**31)}


def test_a_first_word_that_gives_the_answer_away_is_found():
    found = world_check.measure_task(toy(given_away), ["eng_Latn"], 100)
    assert (found["best_shortcut"], found["scores"]) == ("text: first word", 1.0)
    assert found["verdict"] == "shortcut"
    assert found["above_chance"] == pytest.approx(0.5)


def test_a_shortcut_that_the_catalogue_explains_is_told():
    task = toy(given_away, shortcut="it is a toy")
    found = world_check.measure_task(task, ["eng_Latn"], 100)
    assert (found["verdict"], found["reason"]) == ("explained", "it is a toy")


def test_an_even_task_passes():
    assert world_check.measure_task(toy(even), ["eng_Latn"], 400)["verdict"] == "ok"


def test_questions_in_two_splits_are_counted():
    task = toy(lambda row, split: {"text": f"same {row}", "label": str(row % 2)})
    assert world_check.measure_task(task, ["eng_Latn"], 30)["leaks"] == 30


def test_a_task_that_cannot_make_its_rows_is_broken():
    def fail(row, split):
        raise GlotliftError("GL-TEST-001", "broken", fix="mend")

    found = world_check.measure_task(toy(fail), ["eng_Latn"], 30)
    assert (found["verdict"], found["reason"]) == ("broken", "GL-TEST-001: broken. Fix: mend")


def test_tasks_take_turns_so_that_each_language_is_tried():
    seen = {code for place in range(4) for code in world_check.tried(world.LANGUAGES, place)}
    assert seen == set(world.LANGUAGES)
    assert world_check.tried(["eng_Latn"], 3) == ["eng_Latn"]


def test_a_sound_world_passes_its_check(monkeypatch, capsys):
    monkeypatch.setattr(world_check, "TASKS", {"topic": TASKS["topic"]})
    found = printed(capsys, "check", "--languages", "eng_Latn,spa_Latn", "--rows", 300)
    assert found["failures"] == []
    assert found["world"]["alignment_consistency"] == 1.0
    assert [row["label_agreement"] for row in found["languages"]] == [1.0, 1.0]
    assert found["tasks"][0]["verdict"] == "ok"
    assert found["world"]["distinct_sentences_of_200"] > 150


def test_each_fault_fails_the_check_and_is_named(monkeypatch, capsys):
    monkeypatch.setattr(world_check, "TASKS", {"toy": toy(given_away)})
    monkeypatch.setattr(world_check.soundness, "label_agreement", lambda language: 0.99)
    monkeypatch.setattr(world_check.soundness, "alignment_consistency", lambda languages: 0.5)
    monkeypatch.setattr(
        world_check.soundness, "leaks", lambda languages: {"combinations": 2, "eng_Latn": 3}
    )
    assert main(["world", "check", "--languages", "eng_Latn", "--rows", "60"]) == 1
    shown = capsys.readouterr().out
    assert shown.count("FAILED:") == 5
    for part in ("2 combinations", "alignments", "3 sentences", "0.9900", "text: first word"):
        assert part in shown


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "world.html"
    codes = "eng_Latn,arb_Arab,zho_Hans"
    assert main(["world", "page", str(path), "--languages", codes, "--sentences", "3"]) == 0
    return path.read_text(encoding="utf-8")


def test_the_page_shows_every_sentence_as_it_is_written(page):
    import re

    shown = re.sub(r"<sup>\d+</sup>|</?span[^>]*>", "", page)
    for row in world.parallel(("eng_Latn", "arb_Arab", "zho_Hans"), 3):
        assert f">{row['text'].replace(chr(39), '&#39;')}</dd>" in shown


def test_one_concept_has_one_number_in_every_language():
    from glotlift.world.scenes import scene

    for row in range(30):
        drawn = scene(0, "train", row)
        shown = world_page.aligned(drawn, world.LANGUAGES)
        marked = {code: {word.mark for word in words} - {0} for code, words in shown["texts"]}
        for left, right in [("eng_Latn", "zho_Hans"), ("arb_Arab", "tur_Latn")]:
            pairs = world.alignment(f"world/0/train/{row}", left, right)
            tokens = {code: numbered(drawn, code, shown) for code in (left, right)}
            for i, j in pairs:
                assert tokens[left][i] == tokens[right][j]
        assert marked["eng_Latn"] <= {mark for mark, _, _ in shown["concepts"]}


def numbered(drawn, code, shown):
    """Return the number of each token, read from the words of the page."""
    tokens = [token.text for token in world_page.tokens_of(world_page.grammar(code), drawn)]
    words = iter(dict(shown["texts"])[code])
    return [next(word.mark for word in words if word.text == token) for token in tokens]


def test_the_page_is_whole_by_itself(page):
    assert "<script" not in page
    assert 'src="data:image/png;base64,' in page
    assert 'src="http' not in page
    assert 'lang="ar" dir="rtl"' in page


def test_the_page_names_every_task_and_tier(page):
    for name in (*TASKS, "unseen", "CC0-1.0"):
        assert name in page


def test_what_cannot_be_drawn_is_said(monkeypatch):
    def fail(*arguments, **known):
        raise GlotliftError("GL-WORLD-020", "no installed font", fix="install one")

    monkeypatch.setattr(world_page.pictures, "signs", fail)
    drawn, missing = world_page.shown_pictures(["eng_Latn"], 0)
    assert {picture["kind"] for picture in drawn} == {"scene", "meme", "chart", "map"}
    assert missing == ["sign, eng_Latn: GL-WORLD-020: no installed font. Fix: install one"]


def test_the_guide_lists_every_task():
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "world.md"
    rows = [line for line in guide.read_text("utf-8").splitlines() if line.startswith("| `")]
    told = {line.split("`")[1] for line in rows} - set(world.LANGUAGES)
    assert told == set(TASKS)
