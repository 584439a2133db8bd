"""What the characters of a text are: their scripts and their kinds."""

import unicodedata
from collections import Counter
from collections.abc import Mapping

KINDS = {
    "L": "letters",
    "M": "marks",
    "N": "digits",
    "P": "punctuation",
    "S": "symbols",
    "Z": "spaces",
    "C": "other",
}


def kinds(characters: Mapping[int, int]) -> dict[str, float]:
    """Return the share of letters, marks, digits and so on, by Unicode general category.

    Line breaks and tabs count as spaces. `characters` maps code points to frequencies.
    """
    found: Counter[str] = Counter()
    for code, number in characters.items():
        category = "Z" if chr(code) in "\t\n\r" else unicodedata.category(chr(code))[0]
        found[KINDS[category]] += number
    total = found.total() or 1
    return {name: found[name] / total for name in KINDS.values()}


def scripts(characters: Mapping[int, int]) -> dict[str, float]:
    """Return the share of each script (ISO 15924) among the letters and marks, largest first.

    Source: Unicode Standard Annex 24. Inherited and common characters are left out.
    """
    from fontTools.unicodedata import script

    found: Counter[str] = Counter()
    for code, number in characters.items():
        if unicodedata.category(chr(code))[0] in "LM":
            found[script(chr(code))] += number
    for neutral in ("Zyyy", "Zinh", "Zzzz"):
        del found[neutral]
    total = found.total() or 1
    return {name: number / total for name, number in found.most_common()}


def frequent(characters: Mapping[int, int], number: int) -> list[tuple[str, float]]:
    """Return the most frequent characters other than spaces, with their share of all of these."""
    seen = {code: times for code, times in characters.items() if not chr(code).isspace()}
    total = sum(seen.values()) or 1
    order = sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:number]
    return [(shown(code), times / total) for code, times in order]


def shown(code: int) -> str:
    """Return a character as it can be seen: marks on a dotted circle, the unseen by its code."""
    category = unicodedata.category(chr(code))
    if category.startswith("M"):
        return f"◌{chr(code)}"
    return f"U+{code:04X}" if category.startswith("C") else chr(code)
