import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.runs.errors import GlotliftError
from glotlift.synthesis import self_train
from glotlift.synthesis.rounds import ADDED, EMPTY, HELD_OUT, KNOWN, text_key

WORDS = ["heron", "river", "boat", "net", "dog", "storm"]


def rows(name, texts, code="eng_Latn"):
    ids = [f"{name}{number}" for number in range(len(texts))]
    return Dataset.from_dict({"id": ids, "language": [code] * len(texts), "text": list(texts)})


class Scribe:
    """A learner that notes what it read, and writes the sentences that it is told to."""

    def __init__(self, written=None, dies_in=0):
        self.written, self.dies_in, self.read = written or {}, dies_in, []

    def learn(self, rows, previous, folder, number):
        if number == self.dies_in:
            raise KeyboardInterrupt
        folder.mkdir()
        before = [] if previous is None else json.loads((previous / "read.json").read_text())
        (folder / "read.json").write_text(json.dumps([*before, list(rows["id"])]))
        self.read.append(list(rows["text"]))

    def score(self, learner, pool):
        return [len(text) for text in pool["text"]]

    def write(self, learner, chosen):
        return [self.written.get(text, f"{text} again") for text in chosen["text"]]

    def run(self, data, pool, held_out, folder, rounds=3, per_round=2):
        return self_train(
            data,
            pool,
            held_out,
            rounds=rounds,
            per_round=per_round,
            learn=self.learn,
            score=self.score,
            write=self.write,
            folder=folder,
        )


DATA = rows("d", ["a heron", "a river"])
POOL = rows("p", ["a boat", "the boats", "nets", "a dog waits", "storms", "a heron waits", "fish"])
HELD = rows("h", ["A  HERON waits", "fish again"])


def test_the_highest_scores_are_chosen_and_said(tmp_path):
    done = Scribe().run(DATA, POOL, HELD, tmp_path)
    assert [(e.round, e.source, e.score, e.rank) for e in done.ledger] == [
        (1, "p3", 11, 1),
        (1, "p1", 9, 2),
        (2, "p0", 6, 1),
        (2, "p4", 6, 2),
    ]
    assert [e.text for e in done.ledger][:2] == ["a dog waits again", "the boats again"]
    assert done.rows["id"][2:] == ["p3@1", "p1@1", "p0@2", "p4@2"]
    assert done.left_out == {"data": 0, "pool": 1}  # "a heron waits" is held out, in other letters


def test_each_round_learns_from_what_there_is_so_far_and_from_the_last_learner(tmp_path):
    scribe = Scribe()
    done = scribe.run(DATA, POOL, HELD, tmp_path)
    assert [len(texts) for texts in scribe.read] == [2, 4, 6]
    assert list(map(len, json.loads((done.learner / "read.json").read_text()))) == [2, 4, 6]


def test_what_is_held_out_known_or_empty_is_not_added(tmp_path):
    scribe = Scribe(
        {"a dog waits": "Fish AGAIN", "the boats": " ", "a boat": "a River", "storms": "x"}
    )
    done = scribe.run(DATA, POOL, HELD, tmp_path)
    assert [entry.outcome for entry in done.ledger] == [HELD_OUT, EMPTY, KNOWN, ADDED]
    assert done.counts() == {HELD_OUT: 1, EMPTY: 1, KNOWN: 1, ADDED: 1}
    assert list(done.rows["text"]) == ["a heron", "a river", "x"]


def test_two_rows_that_become_one_text_are_added_once(tmp_path):
    done = Scribe({"a dog waits": "same", "the boats": "Same"}).run(DATA, POOL, HELD, tmp_path)
    assert [entry.outcome for entry in done.ledger[:2]] == [ADDED, KNOWN]


def test_so_many_are_chosen_of_every_language(tmp_path):
    other = rows("q", ["mto", "mashua", "mbwa"], "swh_Latn")
    pool = Dataset.from_list([*POOL, *other])
    done = Scribe().run(DATA, pool, HELD, tmp_path, rounds=2)
    assert Counter(e.language for e in done.ledger) == {"eng_Latn": 2, "swh_Latn": 2}
    assert {row["language"] for row in done.rows if row["id"].startswith("q")} == {"swh_Latn"}


@pytest.mark.parametrize("dies_in", [1, 2, 3])
def test_a_killed_run_ends_as_one_that_was_not(tmp_path, dies_in):
    whole = Scribe().run(DATA, POOL, HELD, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        Scribe(dies_in=dies_in).run(DATA, POOL, HELD, tmp_path / "killed")
    again = Scribe()
    done = again.run(DATA, POOL, HELD, tmp_path / "killed")
    assert len(again.read) == 4 - dies_in  # whole rounds are not learnt again
    assert done.ledger == whole.ledger
    assert done.rows.to_list() == whole.rows.to_list()
    for number in (1, 2, 3):
        one, other = (
            (tmp_path / name / f"round-{number}" / "ledger.jsonl").read_bytes()
            for name in ("whole", "killed")
        )
        assert one == other


SENTENCES = st.lists(st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join), max_size=12)


@settings(max_examples=12)
@given(SENTENCES, SENTENCES, SENTENCES, st.integers(1, 4), st.integers(1, 4))
def test_held_out_never_enters_and_counts_are_kept(data, pool, held, rounds, per_round):
    # The writer puts two words about: much of what it writes is held out or there already.
    turned = {text: " ".join(reversed(text.upper().split())) for text in pool}
    with tempfile.TemporaryDirectory() as name:
        done = Scribe(turned).run(
            rows("d", data), rows("p", pool), rows("h", held), Path(name), rounds, per_round
        )
    banned = {text_key(text) for text in held} - {""}
    assert not banned & {text_key(text) for text in done.rows["text"]}
    assert not any(id.startswith("h") for id in done.rows["id"])
    added = [entry for entry in done.ledger if entry.outcome == ADDED]
    assert sum(done.counts().values()) == len(done.ledger)
    assert len(done.rows) == len(data) - done.left_out["data"] + len(added)
    assert len({entry.source for entry in done.ledger}) == len(done.ledger)
    assert len(done.ledger) == min(len(pool) - done.left_out["pool"], (rounds - 1) * per_round)
    made = {row["id"]: row["text"] for row in done.rows if "@" in row["id"]}
    assert made == {entry.id: entry.text for entry in added}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("001", {"pool": POOL.remove_columns("text")}),
        ("002", {"held_out": Dataset.from_list([*HELD, DATA[0]])}),
        ("003", {"pool": Dataset.from_list([*POOL, POOL[0]])}),
        ("004", {"rounds": 0}),
        ("004", {"per_round": 0}),
    ],
)
def test_what_could_not_be_kept_apart_is_refused(tmp_path, code, change):
    given = {"data": DATA, "pool": POOL, "held_out": HELD, "rounds": 2, "per_round": 1} | change
    scribe = Scribe()
    with pytest.raises(GlotliftError, match=f"GL-SYNTHESIS-{code}"):
        scribe.run(folder=tmp_path, **given)
    assert not scribe.read


def test_a_folder_of_other_rounds_is_refused(tmp_path):
    Scribe().run(DATA, POOL, HELD, tmp_path)
    with pytest.raises(GlotliftError, match="GL-SYNTHESIS-005"):
        Scribe().run(DATA, POOL.select(range(3)), HELD, tmp_path)


def test_scores_and_texts_that_do_not_match_are_refused(tmp_path):
    scribe = Scribe()
    scribe.score = lambda learner, pool: [float("nan")] * len(pool)
    with pytest.raises(GlotliftError, match="GL-SYNTHESIS-006"):
        scribe.run(DATA, POOL, HELD, tmp_path / "one")
    scribe = Scribe()
    scribe.write = lambda learner, chosen: []
    with pytest.raises(GlotliftError, match="GL-SYNTHESIS-007"):
        scribe.run(DATA, POOL, HELD, tmp_path / "other")
