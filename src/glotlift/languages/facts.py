"""Family and resource tier of a language, from two sourced tables shipped as data.

Families: Glottolog 5.1 (CC-BY-4.0). Tiers: UTF-8 bytes of cleaned web text in FineWeb2 (ODC-By).
Each table states its source in its first lines.
"""

from functools import cache
from importlib.resources import files

UNKNOWN = "unknown"
HIGH_BYTES = 1e11
MIDDLE_BYTES = 1e10


def family(*iso639_3: str) -> str:
    """Return the family of the first of these codes that Glottolog knows, or "unknown"."""
    table = families()
    return next((table[code] for code in iso639_3 if code in table), UNKNOWN)


def tier(*codes: str) -> str:
    """Return the tier of the first of these ``yor_Latn`` codes for which web text was counted.

    "high" from 100 GB of cleaned web text in FineWeb2, "middle" from 10 GB, "low" below, "unknown"
    where FineWeb2 counts none. It says how much text there is on the web, not how many speakers.
    """
    size = next((web_bytes()[code] for code in codes if code in web_bytes()), None)
    if size is None:
        return UNKNOWN
    return "high" if size >= HIGH_BYTES else "middle" if size >= MIDDLE_BYTES else "low"


@cache
def has_web_text(iso639_3: str) -> bool:
    """Return whether FineWeb2 has text under this ISO 639-3 code, in any script."""
    return any(code.startswith(f"{iso639_3}_") for code in web_bytes())


@cache
def families() -> dict[str, str]:
    """Return ISO 639-3 code -> family name."""
    return {code: name for name, codes in table("families.tsv") for code in codes.split()}


@cache
def web_bytes() -> dict[str, float]:
    """Return ``yor_Latn`` code -> UTF-8 bytes of cleaned web text."""
    return {code: float(size) for code, size in table("web_text.tsv")}


def table(name: str) -> list[tuple[str, str]]:
    """Read one two-column table of this package, without its comment lines."""
    text = files("glotlift.languages").joinpath("data", name).read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return [(left, right) for left, right in pairs]
