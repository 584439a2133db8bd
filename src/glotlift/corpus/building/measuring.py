"""What a row is judged by: measures of any text, and of a language whose good text is known, how
like that text it is.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.building.config import BuildConfig
from glotlift.corpus.quality.fluency import (
    CharacterModel,
    load_character_model,
    train_character_model,
)
from glotlift.corpus.quality.measures import MEASURES, measure
from glotlift.corpus.quality.word_lists import WordList, learn_stop_words, word_list
from glotlift.runs import atomic

TRUSTED, STOP_WORDS = "trusted", "stop_words.json"
SAMPLE = "measures.npy"
NAMES = (*MEASURES, "stop_words", "model_bits")
ROWS = 4000


def prepare_trusted(config: BuildConfig, root: Path) -> None:
    """Learn from one half of each trusted text how it reads, and measure the other half."""
    path = root / TRUSTED
    if path.is_dir():
        return
    with atomic.folder(path) as folder:
        stop_words, held = {}, []
        for code, address in config.quality.trusted.items():
            texts = trusted_texts(code, address)
            train_character_model(texts[::2]).save(folder / f"{code}.npz")
            stop_words[code] = list(learn_stop_words(texts[::2], code).entries)
            held.append((code, texts[1::2]))
        atomic.write_json(folder / STOP_WORDS, stop_words)
        measured = [measure_texts(texts, [code] * len(texts), folder) for code, texts in held]
        np.save(folder / SAMPLE, np.concatenate([np.empty((0, len(NAMES)), np.float32), *measured]))
        spoken = [code for code, texts in held for _ in texts]
        atomic.write_json(folder / "languages.json", spoken)


def trusted_texts(code: str, address: str) -> list[str]:
    """Return the first texts of a language at an address."""
    from glotlift.corpus.reading import read

    return list(read(address, language=code, rows=ROWS)["text"])


def trusted_measures(root: Path) -> tuple[NDArray[np.float32], list[str]]:
    """Return the measures of the trusted texts, float32 [n, measures], and their languages."""
    languages = json.loads((root / TRUSTED / "languages.json").read_text(encoding="utf-8"))
    return np.load(root / TRUSTED / SAMPLE), languages


def measure_texts(
    texts: Sequence[str], languages: Sequence[str], trusted: Path
) -> NDArray[np.float32]:
    """Return the measures `NAMES` of texts, float32 [n, m]; NaN for what is not known of one."""
    found = np.full((len(texts), len(NAMES)), np.nan, np.float32)
    found[:, : len(MEASURES)] = measure(texts)
    codes = np.asarray(languages, object)
    for code, (words, model) in known(trusted).items():
        rows = np.flatnonzero(codes == code)
        own = [texts[row] for row in rows.tolist()]
        found[rows, NAMES.index("stop_words")] = words.shares(own)
        found[rows, NAMES.index("model_bits")] = model.bits(own)
    return found


@cache
def known(trusted: Path) -> dict[str, tuple[WordList, CharacterModel]]:
    """Return the stop words and the model of each trusted language, loaded once in a process."""
    entries = json.loads((trusted / STOP_WORDS).read_text(encoding="utf-8"))
    return {
        code: (word_list(words, code), load_character_model(trusted / f"{code}.npz"))
        for code, words in entries.items()
    }
