"""Sources mixed by shares of bytes, addressable by position.

What stands at position `i` depends only on the sources, the policy and the seed: not on who asks,
in which chunks or how often. Resume and any number of workers therefore meet the same order.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.corpus.policies import REPLAY, Changing, Policy, cap_epochs
from glotlift.corpus.sizes import text_bytes
from glotlift.runs.errors import GlotliftError

BLOCK = 1024
CHANGING_BLOCK = 32  # where shares change on the way
HELD_ORDERS = 2


class Mixture:
    """Rows of several sources in a fixed endless order that keeps the policy's shares of bytes.

    `sources` maps a language, or ``replay:eng_Latn`` for one that is replayed, to its rows. The
    policy sees their sizes in bytes. With `epoch_cap`, no source is seen more than that many times
    within `budget_bytes`; what it cannot take goes to the others (UniMax: Chung et al. 2023,
    algorithm 1). `name` is that of a built corpus, which stands for all of its text in `hash`.
    Under a policy that changes, `weights` are the shares of all that is read on the way.

    Raises GL-CORPUS-030 (no source, or one without text), -036 (a cap without a budget, or not
    above 0), -037 (a budget larger than all sources under their cap) and -109 (a cap on shares that
    change).
    """

    def __init__(
        self,
        sources: Mapping[str, Dataset],
        policy: Policy,
        *,
        seed: int = 0,
        budget_bytes: int | None = None,
        epoch_cap: float | None = None,
        name: str = "",
    ) -> None:
        self.sources, self.policy, self.seed = dict(sources), policy, seed
        self.names = list(self.sources)
        lengths = {name: text_bytes(rows) for name, rows in self.sources.items()}
        self.sizes = {name: int(length.sum()) for name, length in lengths.items()}
        empty = next((name for name in self.names if not self.sizes[name]), None)
        if not self.names or empty is not None:
            cause = "a mixture needs sources with text"
            fix = "give every source at least one row"
            raise GlotliftError("GL-CORPUS-030", cause, place=empty or "sources", fix=fix)
        shares = policy(self.sizes)
        changes = isinstance(policy, Changing)
        if epoch_cap is not None:
            if changes:
                cause, fix = "shares that change have no epoch cap", "leave out epoch_cap"
                raise GlotliftError("GL-CORPUS-109", cause, place="epoch_cap", fix=fix)
            shares = cap_epochs(shares, self.sizes, budget_bytes, epoch_cap)
        self.weights = {name: float(shares[name]) for name in self.names}
        self.rows = np.array([len(self.sources[name]) for name in self.names], dtype=np.int64)
        self.means = np.array([self.sizes[name] for name in self.names]) / self.rows
        self.length = CHANGING_BLOCK if changes else BLOCK
        self.bounds = self.bounds_of(policy)
        self.prefix = np.zeros((1, len(self.names)), dtype=np.int64)
        self.orders: dict[tuple[int, int], NDArray[np.int64]] = {}
        settings = (self.names, sorted(self.weights.items()), repr(policy), seed)
        self.hash = content_hash({} if name else self.sources, repr(settings) + name)

    def bounds_of(self, policy: Policy) -> NDArray[np.float64]:
        """Return the cumulative shares of rows in each block, [blocks, sources]; the last stays.

        A share of bytes is drawn as a share of rows: long rows are drawn less often.
        """
        if isinstance(policy, Changing):
            weights = self.on_the_way(policy)
        else:
            weights = [np.array([self.weights[name] for name in self.names])]
        rates = np.stack(weights) / self.means
        bounds = np.cumsum(rates / rates.sum(-1, keepdims=True), axis=-1)
        bounds[:, -1] = 1.0
        return bounds

    def on_the_way(self, policy: Changing) -> list[NDArray[np.float64]]:
        """Return the shares of bytes in the middle of each block, up to the end of the way."""

        def shares(done: float) -> NDArray[np.float64]:
            given = policy.at(min(done, 1.0), self.sizes)
            return np.array([given[name] for name in self.names])

        found, done = [], 0.0
        while done < 1:
            row = 1 / float((shares(done) / self.means).sum())  # mean bytes of a row
            step = self.length * row / policy.over
            found.append(shares(done + step / 2))
            done += step
        return [*found, shares(1.0)]

    def item(self, position: int) -> tuple[str, int]:
        """Return the source's name and the row in it that stand at a position."""
        source, row = self.items(position, position + 1)
        return self.names[int(source[0])], int(row[0])

    def items(self, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return source indices (into `names`) and row indices of positions [start, stop)."""
        first, last = start // self.length, -(-stop // self.length)
        if stop <= start:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        self.count_until(first)
        drawn = np.concatenate([self.block(number) for number in range(first, last)])
        rows = np.empty(len(drawn), dtype=np.int64)
        for source in range(len(self.names)):
            mine = np.flatnonzero(drawn == source)
            rows[mine] = self.walk(source, int(self.prefix[first, source]), len(mine))
        part = slice(start - first * self.length, stop - first * self.length)
        return drawn[part], rows[part]

    def counts(self, number: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many positions of each block each source has, [..., sources].

        Systematic sampling: a comb of as many points as positions with one random offset a block,
        so that counts are within one of their expectation in every block and unbiased over blocks.
        """
        offset = unit(hashed(self.seed, 1, np.asarray(number)))
        bounds = self.bounds[np.minimum(number, len(self.bounds) - 1)]
        teeth = np.ceil(bounds * self.length - offset[..., None]).astype(np.int64)
        teeth[..., -1] = self.length
        return np.diff(teeth, axis=-1, prepend=0)

    def count_until(self, block: int) -> None:
        """Make `prefix` hold the draws of every source before each block up to `block`."""
        known = len(self.prefix)
        if block >= known:
            # Twice as far as asked, so that a sequential reader extends it rarely.
            added = self.counts(np.arange(known - 1, 2 * block, dtype=np.int64))
            self.prefix = np.concatenate([self.prefix, self.prefix[-1] + np.cumsum(added, axis=0)])

    def block(self, number: int) -> NDArray[np.int64]:
        """Return the source of each position of a block, [length]."""
        start = number * self.length
        positions = np.arange(start, start + self.length, dtype=np.int64)
        order = np.argsort(hashed(self.seed, 2, positions), kind="stable")
        return np.repeat(np.arange(len(self.names)), self.counts(number))[order]

    def walk(self, source: int, first: int, count: int) -> NDArray[np.int64]:
        """Return the rows of a source's draws [first, first + count): each once an epoch."""
        total = int(self.rows[source])
        draws = np.arange(first, first + count, dtype=np.int64)
        epochs, places = np.divmod(draws, total)
        rows = np.empty(count, dtype=np.int64)
        for epoch in range(int(epochs[0]), int(epochs[-1]) + 1) if count else ():
            mine = epochs == epoch
            rows[mine] = self.order(source, epoch)[places[mine]]
        return rows

    def order(self, source: int, epoch: int) -> NDArray[np.int64]:
        """Return the order of a source's rows in an epoch, [rows]."""
        key = (source, epoch)
        if key not in self.orders:
            keys = hashed(self.seed, (source + 1) << 32 | epoch, np.arange(self.rows[source]))
            held = [known for known in self.orders if known[0] == source]
            for old in held[: max(0, len(held) - HELD_ORDERS + 1)]:
                del self.orders[old]
            self.orders[key] = np.argsort(keys, kind="stable")
        return self.orders[key]


def hashed(seed: int, stream: int, counters: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a 64-bit hash of (seed, stream, counter) for each counter.

    Two rounds of splitmix64's finaliser (Steele, Lea and Flood 2014, figure 15).
    """
    key = mixed(np.array(seed % 2**64, dtype=np.uint64)) ^ np.uint64(stream)
    with np.errstate(over="ignore"):
        return mixed(mixed(key) + mixed(counters.astype(np.uint64)))


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return splitmix64 of each value."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(values ^ (values >> np.uint64(31)))


def unit(values: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return each 64-bit value as a number in [0, 1)."""
    return (values >> np.uint64(11)) / 2.0**53


def content_hash(sources: Mapping[str, Dataset], settings: str) -> str:
    """Return a hash of the settings and of every id and text, in order."""
    digest = hashlib.blake2b(settings.encode(), digest_size=16)
    for name, rows in sources.items():
        digest.update(f"\0{name}\0{len(rows)}".encode())
        for batch in rows.select_columns(["id", "text"]).iter(1000):
            digest.update("\0".join([*map(str, batch["id"]), *batch["text"]]).encode())
    return digest.hexdigest()


def audit_tokens(
    mixture: Mixture, tokens: Mapping[str, int], seen_bytes: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return, per source, what training really saw beside what the mixture intended.

    `tokens` and `seen_bytes` count what went through the model, by source name. Rows have
    ``language``, ``role`` ("kept" for replay, else "target"), ``tokens``, ``bytes``, ``share`` (of
    all bytes seen), ``intended`` (the mixture's share) and ``epochs`` (bytes seen / bytes there
    are).
    """
    total = sum(seen_bytes.values()) or 1
    return [
        {
            "language": name.removeprefix(REPLAY),
            "role": "kept" if name.startswith(REPLAY) else "target",
            "tokens": int(tokens.get(name, 0)),
            "bytes": int(seen_bytes.get(name, 0)),
            "share": seen_bytes.get(name, 0) / total,
            "intended": mixture.weights[name],
            "epochs": seen_bytes.get(name, 0) / mixture.sizes[name],
        }
        for name in mixture.names
    ]
