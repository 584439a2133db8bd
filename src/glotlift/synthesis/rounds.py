"""Self-training in rounds: a learner chooses rows of a pool and writes what it learns from next.

The form of AfroLM's self-active learning (Dossou et al. 2022, arXiv:2211.03263, section 3), with
what its released code gets wrong put right: the rows that are judged on are given apart and never
enter, by id or by text, and every row that was made says from which row, in which round, and why.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from datasets import Dataset, Features, Value, concatenate_datasets
from numpy.typing import NDArray

from glotlift.corpus.repairing.normalisation import normalise
from glotlift.runs import atomic
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json

COLUMNS = ("id", "language", "text")
STRINGS = Features(dict.fromkeys(COLUMNS, Value("string")))
LEDGER, LEARNER, QUESTION = "ledger.jsonl", "learner", "question.json"
ADDED, HELD_OUT, KNOWN, EMPTY = "added", "held out", "known already", "empty"
Learn = Callable[[Dataset, Path | None, Path, int], None]
"""Learn from rows in a round (from 1), with the last one's learner, and leave one in a folder."""
Score = Callable[[Path, Dataset], Sequence[float] | NDArray[np.float64]]
"""Return a number for each row of the pool that is left; the highest are chosen."""
Write = Callable[[Path, Dataset], Sequence[str]]
"""Return the text that the learner makes of each chosen row."""


@dataclass(frozen=True)
class Entry:
    """What became of one chosen row: a line of the ledger.

    `round` counts from 1; `source` is the row of the pool, `score` why it was chosen, `rank` its
    place in its language from 1, `text` what the learner made of it, `id` the new row's, and
    `outcome` says whether it was added, or why it was not: it is a held-out text, the learner has
    the text already, or there is none.
    """

    round: int
    source: str
    language: str
    score: float
    rank: int
    text: str
    id: str
    outcome: str


@dataclass(frozen=True)
class SelfTrained:
    """The last round's learner, all the rows that it learnt from, and where each made one is from.

    `left_out` counts rows of the data and of the pool that were held-out texts from the beginning.
    """

    learner: Path
    rows: Dataset
    ledger: tuple[Entry, ...]
    left_out: Mapping[str, int]

    def counts(self) -> dict[str, int]:
        """Return outcome -> number of chosen rows."""
        return dict(Counter(entry.outcome for entry in self.ledger))


def self_train(
    data: Dataset,
    pool: Dataset,
    held_out: Dataset,
    *,
    rounds: int,
    per_round: int,
    learn: Learn,
    score: Score,
    write: Write,
    folder: Path,
) -> SelfTrained:
    """Learn in rounds; after each but the last, add what the learner makes of rows that it chose.

    `data`, `pool` and `held_out` have columns id, language and text. After each round the
    `per_round` rows of every language with the highest scores are taken out of the pool, ties by
    id; `write` makes a text of each, and what is new becomes a row ``{source}@{round}``. A row of
    the pool is chosen once at most. Held-out texts (compared without case and with white space
    evened out) are left out of the data and the pool beforehand, and of what is written.

    A round is written whole under `folder`, ledger and learner; a killed run goes on from the last
    whole one, and ends as one that was never killed where `learn`, `score` and `write` depend on
    what they are given alone.

    Raises GL-SYNTHESIS-001 (a column is missing), -002 (a held-out id among data or pool), -003
    (an id twice), -004 (no rounds, or none to choose), -005 (the folder holds other rounds), -006
    (scores or texts that do not match their rows).
    """
    check(data, pool, held_out, rounds, per_round)
    hashes = [rows_hash(rows) for rows in (data, pool, held_out)]
    refuse_other_rounds(folder, {"rows": hashes, "rounds": rounds, "per_round": per_round})
    banned = set(map(text_key, held_out["text"])) - {""}
    rows, pool, left_out = without(banned, data, pool)
    known = set(map(text_key, rows["text"]))
    learner: Path | None = None
    entries: list[Entry] = []
    for number in range(1, rounds + 1):
        place = folder / f"round-{number}"
        if not place.is_dir():
            with atomic.folder(place) as work:
                learn(rows, learner, work / LEARNER, number)
                last = number == rounds
                chosen, scores = (
                    (pool.select([]), [])
                    if last
                    else choose(pool, score, work / LEARNER, per_round)
                )
                made = write(work / LEARNER, chosen) if len(chosen) else []
                new = enter(number, chosen, scores, made, banned, known)
                atomic.write_text(work / LEDGER, "".join(map(line, new)))
        learner = place / LEARNER
        found = read_ledger(place / LEDGER)
        entries += found
        known |= {text_key(entry.text) for entry in found if entry.outcome == ADDED}
        taken = {entry.source for entry in found}
        pool = pool.select([at for at, id in enumerate(pool["id"]) if id not in taken])
        rows = extended(rows, found)
    assert learner is not None
    return SelfTrained(learner, rows, tuple(entries), left_out)


def choose(
    pool: Dataset, score: Score, learner: Path, per_round: int
) -> tuple[Dataset, list[tuple[float, int]]]:
    """Return the rows of each language with the highest scores, and the score and rank of each."""
    scores = np.asarray(score(learner, pool), dtype=np.float64)
    if scores.shape != (len(pool),) or not np.isfinite(scores).all():
        raise GlotliftError(
            "GL-SYNTHESIS-006",
            f"scores of shape {scores.shape} for {len(pool)} rows, or not all finite",
            place="score",
            fix="return one finite number for each row",
        )
    languages, ids = list(pool["language"]), list(pool["id"])
    order = sorted(range(len(pool)), key=lambda at: (languages[at], -scores[at], ids[at]))
    ranks: Counter[str] = Counter()
    kept: list[tuple[int, float, int]] = []
    for at in order:
        ranks[languages[at]] += 1
        if ranks[languages[at]] <= per_round:
            kept.append((at, float(scores[at]), ranks[languages[at]]))
    return pool.select([at for at, *_ in kept]), [(value, rank) for _, value, rank in kept]


def enter(
    number: int,
    chosen: Dataset,
    scores: Sequence[tuple[float, int]],
    made: Sequence[str],
    banned: set[str],
    known: set[str],
) -> list[Entry]:
    """Return a line of the ledger for each chosen row; the same text is added once."""
    if len(made) != len(chosen):
        raise GlotliftError(
            "GL-SYNTHESIS-007",
            f"{len(made)} texts for {len(chosen)} rows",
            place="write",
            fix="return one text for each row, an empty one where there is none",
        )
    met = set(known)
    entries = []
    for row, (value, rank), text in zip(chosen, scores, made, strict=True):
        key = text_key(text)
        outcome = (
            EMPTY if not key else HELD_OUT if key in banned else KNOWN if key in met else ADDED
        )
        met.add(key)
        id = f"{row['id']}@{number}"
        entries.append(Entry(number, row["id"], row["language"], value, rank, text, id, outcome))
    return entries


def without(
    banned: set[str], data: Dataset, pool: Dataset
) -> tuple[Dataset, Dataset, dict[str, int]]:
    """Return data and pool without held-out texts, and how many were left out of each."""
    kept = []
    for rows in (data, pool):
        places = [at for at, text in enumerate(rows["text"]) if text_key(text) not in banned]
        kept.append(rows.select_columns(list(COLUMNS)).select(places).cast(STRINGS))
    counts = {"data": len(data) - len(kept[0]), "pool": len(pool) - len(kept[1])}
    return kept[0], kept[1], counts


def extended(rows: Dataset, entries: Sequence[Entry]) -> Dataset:
    """Return the rows with those that were added after them."""
    new = [entry for entry in entries if entry.outcome == ADDED]
    if not new:
        return rows
    made = {name: [getattr(entry, name) for entry in new] for name in COLUMNS}
    return concatenate_datasets([rows, Dataset.from_dict(made, features=STRINGS)])


def text_key(text: str) -> str:
    """Return a hash of a text without case and with white space evened out; "" where it is empty.

    Texts are compared by it, so that a held-out one in other spacing is still known.
    """
    plain = " ".join(normalise(text).casefold().split())
    return hashlib.blake2b(plain.encode(), digest_size=16).hexdigest() if plain else ""


def line(entry: Entry) -> str:
    """Return a line of the ledger."""
    return json.dumps(vars(entry), ensure_ascii=False) + "\n"


def read_ledger(path: Path) -> list[Entry]:
    """Return the entries of a round."""
    with path.open(encoding="utf-8") as stream:
        return [Entry(**json.loads(row)) for row in stream]


def rows_hash(rows: Dataset) -> str:
    """Return a hash of what rows say."""
    return hash_json([list(rows[name]) for name in COLUMNS])


def refuse_other_rounds(folder: Path, asked: Mapping[str, object]) -> None:
    """Raise GL-SYNTHESIS-005 where the folder's rounds were asked otherwise; else note what is."""
    path = folder / QUESTION
    if not path.is_file():
        atomic.write_json(path, asked)
    elif json.loads(path.read_text(encoding="utf-8")) != asked:
        raise GlotliftError(
            "GL-SYNTHESIS-005",
            "the folder holds rounds that began from other rows or chose another number",
            place=str(folder),
            fix="give another folder, or remove this one",
        )


def check(data: Dataset, pool: Dataset, held_out: Dataset, rounds: int, per_round: int) -> None:
    """Refuse what could not be kept apart, before anything is learnt."""
    named = {"data": data, "pool": pool, "held_out": held_out}
    for name, rows in named.items():
        missing = [column for column in COLUMNS if column not in rows.column_names]
        if missing:
            raise GlotliftError(
                "GL-SYNTHESIS-001",
                f"column {missing[0]!r} is missing",
                place=name,
                fix=f"give rows with columns {', '.join(COLUMNS)}",
            )
    held = set(held_out["id"])
    for name in ("data", "pool"):
        if shared := held & set(named[name]["id"]):
            raise GlotliftError(
                "GL-SYNTHESIS-002",
                f"held-out row {min(shared)!r} is also among the {name}",
                place=name,
                fix="part the rows by id before the first round, and keep them parted",
            )
    often = Counter([*data["id"], *pool["id"]]).most_common(1)
    if often and often[0][1] > 1:
        raise GlotliftError(
            "GL-SYNTHESIS-003",
            f"id {often[0][0]!r} is there {often[0][1]} times, so no row could be traced to it",
            place="data and pool",
            fix="give every row an id of its own",
        )
    if rounds < 1 or per_round < 1:
        raise GlotliftError(
            "GL-SYNTHESIS-004",
            f"rounds={rounds} that choose {per_round} rows teach nothing",
            fix="give both as 1 or more",
        )
