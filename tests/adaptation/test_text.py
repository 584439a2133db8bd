import json
from itertools import pairwise

import pytest

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.text import (
    SPLITS,
    gather,
    input_hashes,
    load_text,
    save_text,
    spread,
    training_sources,
)
from glotlift.runs.config import load_config


def config(**values):
    given = {
        "model": "m",
        "language": "hin_Deva",
        "text": "world:hin_Deva?rows=120",
        "keep": {"eng_Latn": "world:eng_Latn?rows=120", "rus_Cyrl": "world:rus_Cyrl?rows=60"},
        **values,
    }
    return load_config(AdaptConfig, given)


@pytest.fixture(scope="module")
def gathered():
    return gather(config())


def test_an_item_has_one_split_in_all_languages(gathered):
    text, _ = gathered
    ids = {code: {s: set(rows[s]["id"]) for s in SPLITS} for code, rows in text.rows.items()}
    shared = set.union(*ids["hin_Deva"].values()) & set.union(*ids["eng_Latn"].values())
    assert len(shared) >= 100
    for one in ids.values():
        for other in ids.values():
            for a in SPLITS:
                for b in SPLITS:
                    assert a == b or not one[a] & other[b]


def test_every_split_of_every_language_has_text(gathered):
    text, _ = gathered
    for code, rows in text.rows.items():
        assert all(len(rows[split]) for split in SPLITS)
        assert text.bytes("test", code) == sum(len(t.encode()) for t in text.texts("test", code))


def test_another_seed_splits_alike(gathered):
    text, _ = gathered
    other, _ = gather(config(seed=5))
    assert other.rows["hin_Deva"]["test"]["id"] == text.rows["hin_Deva"]["test"]["id"]


def test_the_table_counts_what_was_read(gathered):
    text, ledger = gathered
    assert [row["role"] for row in text.table] == ["target", "kept", "kept"]
    for row in text.table:
        splits = text.rows[row["language"]]
        assert row["rows"] == sum(row[split] for split in SPLITS)
        assert row["bytes"] == sum(text.bytes(split, row["language"]) for split in SPLITS)
        assert row["train"] == len(splits["train"])
        assert row["licenses"] == {"CC0-1.0": row["rows"]}
    kept = sum(row["rows"] for row in text.table)
    assert ledger.read == kept + len(ledger.rows)


def test_broken_and_double_rows_are_told_and_left_out(tmp_path):
    rows = [{"id": str(i), "text": f"वाक्य संख्या {i} यहाँ है।"} for i in range(40)]
    lines = [*map(json.dumps, rows), json.dumps({**rows[0], "id": "again"}), "{", '{"id": "x"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    text, ledger = gather(config(text=str(tmp_path / "a.jsonl"), keep={}))
    (row,) = text.table
    assert row["rows"] == 40
    assert sum(row["dropped"].values()) == 3 == len(ledger.rows)
    assert len(row["dropped"]) == 3


def test_text_is_saved_and_read_whole(gathered, tmp_path):
    text, ledger = gathered
    save_text(text, ledger, tmp_path)
    again = load_text(tmp_path)
    assert again.table == text.table
    for code, rows in text.rows.items():
        for split in SPLITS:
            assert again.rows[code][split].to_dict() == rows[split].to_dict()
    assert (tmp_path / "ledger.jsonl").exists()


def test_hashes_follow_what_files_say(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one")
    asked = config(text=str(path), keep={})
    first = input_hashes(asked)
    path.write_text("two")
    assert set(first) == {str(path)}
    assert input_hashes(asked) != first
    path.write_text("one")
    assert input_hashes(asked) == first


def test_replay_is_shared_equally_among_the_kept(gathered):
    text, _ = gathered
    sources, shares = training_sources(text, "hin_Deva", 0.3)
    assert shares == pytest.approx(
        {"hin_Deva": 0.7, "replay:eng_Latn": 0.15, "replay:rus_Cyrl": 0.15}
    )
    assert sources["replay:eng_Latn"]["id"] == text.rows["eng_Latn"]["train"]["id"]
    assert list(training_sources(text, "hin_Deva", 0.0)[0]) == ["hin_Deva"]


@pytest.mark.parametrize(
    ("count", "limit", "size"),
    [(10, 3, 999), (3, 10, 999), (100, 99, 999), (5, 5, 999), (7, 1, 999), (50, 40, 60), (9, 9, 1)],
)
def test_a_spread_is_even_and_reaches_both_ends(count, limit, size):
    texts = [f"{i:03}" for i in range(count)]
    chosen = [int(t) for t in spread(texts, limit, size)]
    assert len(chosen) == min(count, limit, max(1, size // 3))
    assert chosen == sorted(set(chosen))
    assert chosen[0] == 0
    assert len(chosen) == 1 or chosen[-1] == count - 1
    gaps = [b - a for a, b in pairwise(chosen)]
    assert not gaps or max(gaps) - min(gaps) <= 1
