import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotlift import world
from glotlift.corpus.building import BuildConfig, build_corpus, plan_corpus
from glotlift.corpus.building import job as job_module
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError

CODES = ("eng_Latn", "hin_Deva", "rus_Cyrl", "zho_Hans")
SECRET = "kofi.mensah@example.org"


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    """Return a folder of raw documents: 160 clean ones, copies, broken rows, junk, an address."""
    folder = tmp_path_factory.mktemp("raw")
    for code in CODES:
        rows = world.documents(code, 41, seed=3, sentences=8)
        texts = [re.sub("([.।。]) ?", r"\1\n", text) for text in rows["text"]]
        records = [{"id": f"{code}-{i}", "text": text} for i, text in enumerate(texts[:40])]
        first = records[0]["text"]
        records += [
            {"id": f"{code}-copy", "text": first},
            {"id": f"{code}-loud", "text": f"  {first.upper()} !!"},
            {"id": f"{code}-private", "text": f"{texts[40]} {SECRET}"},
        ]
        records += [{"id": f"{code}-popular-{i}", "text": texts[2]} for i in range(15)]
        lines = [json.dumps(record, ensure_ascii=False) for record in records]
        lines.insert(5, '{"id": "broken", "text": ')
        (folder / f"{code}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def settings(raw: Path, output: Path, *overrides: str) -> BuildConfig:
    values = {"inputs": [{"path": str(raw)}], "output": str(output), "workers": 1}
    return load_config(BuildConfig, values, [*overrides, "shard_bytes=20000"])


def rows_of(folder: Path) -> list[dict]:
    files = sorted((folder / "data").rglob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def built(raw, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("built") / "corpus"
    build_corpus(settings(raw, output))
    return output


def test_every_row_that_was_read_is_kept_or_in_the_ledger(built):
    kept, gone = rows_of(built), lines_of(built / "ledger.jsonl")
    assert len(kept) + len(gone) == 4 * (40 + 3 + 15 + 1)
    assert not {row["id"] for row in kept} & {row["id"] for row in gone}
    figures = json.loads((built / "statistics.json").read_text())
    assert figures["read"] == len(kept) + len(gone)


def test_copies_go_with_a_reason_and_the_row_kept_in_their_place(built):
    gone = {row["id"]: row for row in lines_of(built / "ledger.jsonl")}
    kept = {row["id"] for row in rows_of(built)}
    for code in CODES:
        assert gone[f"{code}-copy"]["reason"] == "exact duplicate"
        assert gone[f"{code}-copy"]["twin"] in kept
        assert gone[f"{code}-loud"]["reason"] in {"normalised duplicate", "exact duplicate"}
    broken = [row for row in gone.values() if row["reason"] == "invalid JSON"]
    assert broken
    assert broken[0]["line"] == 6


def test_many_copies_of_a_text_do_not_make_its_lines_boilerplate(built):
    changes = {row["id"]: row["changes"] for row in lines_of(built / "changes.jsonl")}
    for code in CODES:
        assert "cut repeated line" not in changes.get(f"{code}-2", {})


def test_personal_data_is_masked_and_counted(built):
    texts = [row["text"] for row in rows_of(built)]
    assert not any(SECRET in text for text in texts)
    changes = {row["id"]: row["changes"] for row in lines_of(built / "changes.jsonl")}
    masked = [id for id, kinds in changes.items() if "masked EMAIL" in kinds]
    assert masked
    assert all(id.endswith("-private") for id in masked)


def test_languages_are_identified_and_rows_lie_under_them(built):
    for row in rows_of(built):
        assert row["language"] == row["id"].split("-")[0]
    assert sorted(path.name for path in (built / "data").iterdir()) == sorted(CODES)


def test_the_folder_holds_the_corpus_and_what_is_told_of_it_only(built):
    named = {path.name for path in built.iterdir() if not path.name.startswith(".")}
    told = {"README.md", "report.html", "statistics.json", "standards.json", "manifest.json"}
    assert named == told | {
        "data", "ledger.jsonl", "changes.jsonl", "inputs.json", "run.json", "events.jsonl"
    }  # fmt: skip
    manifest = json.loads((built / "manifest.json").read_text())
    assert manifest["hash"] in (built / "report.html").read_text()


@pytest.mark.parametrize("override", ["shard_bytes=20000", "format=jsonl"])
def test_the_same_rows_come_of_it_again(raw, built, tmp_path, override):
    output = tmp_path / "again"
    build_corpus(settings(raw, output, override))
    same = json.loads((output / "manifest.json").read_text())["hash"]
    first = json.loads((built / "manifest.json").read_text())["hash"]
    assert (same == first) == (override != "format=jsonl")
    assert (output / "ledger.jsonl").read_bytes() == (built / "ledger.jsonl").read_bytes()


def test_a_run_that_was_stopped_goes_on_and_repeats_no_shard(raw, built, tmp_path, monkeypatch):
    config = settings(raw, tmp_path / "stopped")
    examine, done = job_module.examine_shard, []

    def stumble(config, root, shard):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(shard.number)
        return examine(config, root, shard)

    monkeypatch.setattr(job_module, "examine_shard", stumble)
    with pytest.raises(KeyboardInterrupt):
        build_corpus(config)
    times = {p.name: p.stat().st_mtime_ns for p in (config.output / "examined").iterdir()}
    assert len(times) == 3
    monkeypatch.setattr(job_module, "clear", lambda root: None)
    monkeypatch.setattr(job_module, "examine_shard", examine)
    build_corpus(config)
    after = {p.name: p.stat().st_mtime_ns for p in (config.output / "examined").iterdir()}
    assert times.items() <= after.items()
    ours, theirs = (json.loads((p / "manifest.json").read_text()) for p in (config.output, built))
    assert ours["hash"] == theirs["hash"]


def test_the_jobs_of_an_array_make_the_same_corpus(raw, built, tmp_path):
    config = settings(raw, tmp_path / "array")
    for share in ("2/2", "1/2"):
        assert build_corpus(config, only="examine", share=share) is None
    build_corpus(config, only="decide")
    for share in ("1/3", "2/3", "3/3"):
        build_corpus(config, only="write", share=share)
    manifest = build_corpus(config)
    first = json.loads((built / "manifest.json").read_text())["hash"]
    assert json.loads(manifest.read_text())["hash"] == first


def test_another_input_or_setting_is_refused_in_the_same_folder(raw, built):
    with pytest.raises(GlotliftError, match="GL-RUN-001"):
        build_corpus(settings(raw, built, "repair=false"))


def test_near_duplicates_stay_if_they_are_not_looked_for(raw, built, tmp_path):
    config = settings(raw, tmp_path / "plain", "duplicates.near=false")
    build_corpus(config)
    reasons = {row["reason"] for row in lines_of(config.output / "ledger.jsonl")}
    assert "near duplicate" not in reasons
    assert "exact duplicate" in reasons
    assert len(rows_of(config.output)) >= len(rows_of(built))


def test_a_plan_writes_nothing(raw, tmp_path):
    found = plan_corpus(settings(raw, tmp_path / "planned"))
    assert found["files"] == 4
    assert found["shards"] > 4
    assert found["bytes"] == sum(path.stat().st_size for path in raw.iterdir())
    assert not (tmp_path / "planned").exists()


@pytest.mark.slow
@pytest.mark.parametrize("override", ["workers=2", "workers=4", "engine=ray"])
def test_any_number_of_workers_and_either_engine_make_the_same(raw, built, tmp_path, override):
    if override == "engine=ray":
        pytest.importorskip("ray", reason="Ray is not installed")
    config = settings(raw, tmp_path / "other", override, *(["workers=2"] * ("ray" in override)))
    manifest = build_corpus(config)
    first = json.loads((built / "manifest.json").read_text())["hash"]
    assert json.loads(manifest.read_text())["hash"] == first
