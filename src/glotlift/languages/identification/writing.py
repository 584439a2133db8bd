"""The script that most letters of a text are in (Unicode's Script property, ISO 15924 names)."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import regex
from numpy.typing import NDArray

# fmt: off
SCRIPTS = [
    "Zyyy", "Latn", "Cyrl", "Grek", "Armn", "Hebr", "Arab", "Syrc", "Thaa", "Nkoo",
    "Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym", "Sinh",
    "Thai", "Laoo", "Tibt", "Mymr", "Geor", "Hang", "Ethi", "Cher", "Cans", "Khmr",
    "Mong", "Hira", "Kana", "Bopo", "Hani", "Yiii", "Java", "Bali", "Sund", "Tfng",
    "Olck", "Mtei", "Cakm", "Gran", "Vaii", "Lisu", "Adlm", "Tale", "Talu", "Lana",
    "Tavt", "Limb", "Bugi", "Copt", "Goth", "Glag", "Samr", "Rohg", "Phag", "Saur",
    "Cham", "Kali", "Lepc", "Batk", "Rjng", "Sylo", "Tagb", "Tglg", "Hano", "Buhd",
    "Medf", "Osge", "Bamu", "Bass", "Hmng", "Wcho", "Nagm", "Plrd", "Hmnp", "Mroo",
    "Wara", "Sidd", "Takr", "Khoj", "Sind", "Mand", "Dsrt", "Shaw",
]
# fmt: on
COMMON = 0
LAST = 0x32000  # no script but private and variation characters lies above
_KANA = [SCRIPTS.index("Hira"), SCRIPTS.index("Kana")]
_HAN = SCRIPTS.index("Hani")


@cache
def script_table() -> NDArray[np.uint8]:
    """Return code point -> index into `SCRIPTS`, 0 for what is no letter of any of them."""
    characters = "".join(map(chr, (*range(0xD800), *range(0xE000, LAST))))
    table = np.zeros(LAST + 1, np.uint8)
    for index, script in enumerate(SCRIPTS[1:], 1):
        for found in regex.finditer(rf"\p{{Script={script}}}+", characters):
            points = np.frombuffer(found[0].encode("utf-32-le"), np.uint32)
            table[points] = index
    letters = regex.compile(r"[\P{L}&&\P{M}]+", regex.V1)
    for found in letters.finditer(characters):
        table[np.frombuffer(found[0].encode("utf-32-le"), np.uint32)] = COMMON
    return table


def script_counts(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return [n, scripts] the letters and marks of each text by script, as in `SCRIPTS`."""
    lengths = np.fromiter((len(t) for t in texts), np.int64, len(texts))
    joined = "".join(texts).encode("utf-32-le", errors="surrogatepass")
    points = np.minimum(np.frombuffer(joined, np.uint32), LAST)
    owner = np.repeat(np.arange(len(texts), dtype=np.int64) * len(SCRIPTS), lengths)
    size = len(texts) * len(SCRIPTS)
    return np.bincount(owner + script_table()[points], minlength=size).reshape(-1, len(SCRIPTS))


def scripts_used(texts: Sequence[str]) -> list[list[tuple[str, float]]]:
    """Return each text's scripts with their shares of its letters, the most used first.

    Han and kana together are ``Jpan`` where a tenth of them or more is kana, ``Hani`` otherwise.
    """
    counts = script_counts(texts)
    counts[:, COMMON] = 0
    kana, han = counts[:, _KANA].sum(1), counts[:, _HAN].copy()
    counts[:, [*_KANA, _HAN]] = 0
    japanese = 10 * kana >= np.maximum(han, 1)
    shares = counts / np.maximum(counts.sum(1) + kana + han, 1)[:, None]
    east = (kana + han) / np.maximum(counts.sum(1) + kana + han, 1)
    found: list[list[tuple[str, float]]] = [[] for _ in texts]
    for row, column in zip(*(axis.tolist() for axis in np.nonzero(shares)), strict=True):
        found[row].append((SCRIPTS[column], float(shares[row, column])))
    for row in np.nonzero(east)[0].tolist():
        found[row].append(("Jpan" if japanese[row] else "Hani", float(east[row])))
    return [sorted(scripts, key=lambda pair: -pair[1]) for scripts in found]
