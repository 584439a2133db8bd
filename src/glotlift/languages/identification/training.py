"""Train an identifier from samples of the languages: count, weigh, calibrate, measure."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.codes import language
from glotlift.languages.identification.calibration import LEFT_OUT, calibrate
from glotlift.languages.identification.features import ROWS, STARTS, grams, mean_rows
from glotlift.languages.identification.judging import judge_guesses
from glotlift.languages.identification.trained import BATCH, TrainedIdentifier
from glotlift.runs.errors import GlotliftError
from glotlift.runs.progress import track

if TYPE_CHECKING:
    from datasets import Dataset

HELD_OUT = 0.2  # of each language's texts, half for calibrating and half for the report
LENGTHS = (20, 40, 80, 160, 320, 1_000)  # characters of the held-out excerpts
EXCERPTS = 200  # of each language, in each of the two held-out parts
MOST_EXCERPTS = 8_000  # of all languages
LEAST_TEXTS = 5
LEAST_CHARACTERS = 200

Table = NDArray[np.float32]


def train_identifier(
    samples: "Mapping[str, Sequence[str]] | Dataset",
    *,
    seed: int = 0,
    most_characters: int = 1_000_000,
) -> TrainedIdentifier:
    """Train an identifier from texts by language, or from rows with `language` and `text`.

    A fifth of each language's texts is kept out of the counts: half of it fits the weights, the
    calibration and the rejection threshold, half is measured for the report. At most
    `most_characters` of a language are counted.

    Raises GL-LANGUAGE-022 (fewer than two languages) and -023 (too little text of one), and what
    `language` raises for a code.
    """
    started = time.monotonic()
    by_language = check(samples)
    languages = tuple(by_language)
    parts = {code: split(texts, seed) for code, texts in by_language.items()}
    counted = {code: part[0] for code, part in parts.items()}
    table = learn_table(count(counted, most_characters))
    texts, truth = excerpts([parts[code][1] for code in languages], seed)
    means, found = all_evidence(table, texts)
    calibration = calibrate(means, found, truth)
    trained = TrainedIdentifier(languages, table, calibration)
    report = measure(trained, [parts[code][2] for code in languages], seed)
    report["characters"] = {code: sum(map(len, part[0])) for code, part in parts.items()}
    report["seconds"] = round(time.monotonic() - started, 2)
    return TrainedIdentifier(languages, table, calibration, report)


def check(samples: "Mapping[str, Sequence[str]] | Dataset") -> dict[str, list[str]]:
    """Return texts by our code, sorted by code; refuse too few languages or too little text."""
    found: dict[str, list[str]] = {}
    if isinstance(samples, Mapping):
        for tag, texts in samples.items():
            found.setdefault(language(tag).code, []).extend(texts)
    else:
        for tag, text in zip(samples["language"], samples["text"], strict=True):
            found.setdefault(language(tag).code, []).append(text)
    if len(found) < 2:
        raise GlotliftError(
            "GL-LANGUAGE-022",
            f"an identifier needs two languages or more, not {len(found)}",
            fix="add texts of another language, best of those it may be mistaken for",
        )
    for code, texts in found.items():
        if len(texts) < LEAST_TEXTS or sum(map(len, texts)) < LEAST_CHARACTERS:
            raise GlotliftError(
                "GL-LANGUAGE-023",
                f"too little text to learn {code} from: {len(texts)} texts, "
                f"{sum(map(len, texts))} characters",
                fix=f"give {LEAST_TEXTS} texts and {LEAST_CHARACTERS} characters or more",
            )
    return dict(sorted(found.items()))


def split(texts: Sequence[str], seed: int) -> tuple[list[str], list[str], list[str]]:
    """Return the texts to count, to calibrate on and to measure on; equal texts stay together."""

    def key(text: str) -> bytes:
        return hashlib.blake2b(f"{seed}:{text}".encode(errors="replace"), digest_size=8).digest()

    distinct = sorted(set(texts), key=lambda text: (key(text), text))
    held = max(1, round(len(distinct) * HELD_OUT / 2))
    return distinct[2 * held :], distinct[:held], distinct[held : 2 * held]


def count(texts: Mapping[str, Sequence[str]], most: int) -> NDArray[np.float32]:
    """Return [languages, rows] how often each hashed n-gram is in at most `most` characters."""
    counts = np.zeros((len(texts), sum(ROWS)), np.float32)
    for index, code in enumerate(track(texts, total=len(texts), label="counting n-grams")):
        left, found = most, []
        for start in range(0, len(texts[code]), BATCH):
            batch = texts[code][start : start + BATCH]
            found += [rows for rows, _ in grams(batch)]
            left -= sum(map(len, batch))
            if left <= 0:
                break
        counts[index] = np.bincount(np.concatenate(found), minlength=sum(ROWS))
    return counts


def learn_table(counts: NDArray[np.float32]) -> Table:
    """Return the table [rows, languages] of log ratios of the counts [languages, rows]."""
    table = np.empty(counts.shape[::-1], np.float32)
    for start, size in zip(STARTS, ROWS, strict=True):
        table[start : start + size] = log_ratios(counts[:, start : start + size]).T
    return table


def log_ratios(counts: NDArray[np.float32]) -> Table:
    """Return log((1 - s) f / q + s) [languages, rows] of one order's counts.

    s is the share of unseen n-grams that Witten and Bell's estimate, types / (types + tokens),
    expects in the middle one of the languages.
    """
    tokens = np.maximum(counts.sum(1), 1)
    types = (counts > 0).sum(1)
    unseen = np.float32(np.clip(np.median(types / (types + tokens)), 0.02, 0.5))
    ratios: Table = counts / tokens[:, None]
    background = ratios.mean(0) + np.float32(0.1 / counts.shape[1])
    ratios *= (1 - unseen) / background
    ratios += unseen
    np.log(ratios, out=ratios)
    return ratios


def excerpts(
    texts: Sequence[Sequence[str]], seed: int, lengths: Sequence[int] = LENGTHS
) -> tuple[list[str], NDArray[np.int64]]:
    """Return excerpts of several lengths from each language's texts, and each one's language."""
    each = max(len(lengths), min(EXCERPTS, MOST_EXCERPTS // len(texts)))
    found, truth = [], []
    for index, own in enumerate(texts):
        draws = np.random.default_rng([seed, index])
        for turn in range(each):
            text = own[int(draws.integers(len(own)))]
            length = lengths[turn % len(lengths)]
            start = int(draws.integers(max(1, len(text) - length + 1)))
            found.append(text[start : start + length])
            truth.append(index)
    return found, np.array(truth)


def all_evidence(
    table: Table, texts: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return `mean_rows` of many texts, gathered a batch at a time."""
    starts = range(0, len(texts), BATCH)
    parts = [mean_rows(table, texts[start : start + BATCH]) for start in starts]
    means = np.concatenate([mean for mean, _ in parts])
    return means, np.concatenate([counts for _, counts in parts])


def measure(
    identifier: TrainedIdentifier, texts: Sequence[Sequence[str]], seed: int
) -> dict[str, Any]:
    """Return accuracy, confusions, calibration error and rejection on texts kept out of both."""
    read, truth = excerpts(texts, seed + 1)
    languages = identifier.languages
    report = judge_guesses(read, [languages[i] for i in truth.tolist()], identifier.identify(read))
    means, counts = all_evidence(identifier.table, read)
    np.put_along_axis(means, truth[:, None, None], np.float32(LEFT_OUT), axis=2)
    _, _, accepted = identifier.calibration.decide(means, counts)
    report["rejected_when_left_out"] = round(float(1 - accepted.mean()), 4)
    return report
