"""The Hugging Face Hub's own terms for languages, licences and sizes of data sets."""

from glotlift.languages.codes import language
from glotlift.runs.errors import GlotliftError

# Identifiers that the Hub knows (docs/hub/repositories-licenses); others are "other".
LICENSES = frozenset(
    [
        "afl-3.0",
        "agpl-3.0",
        "apache-2.0",
        "artistic-2.0",
        "bsd",
        "bsd-2-clause",
        "bsd-3-clause",
        "bsl-1.0",
        "cc",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cc-by-nd-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "cdla-sharing-1.0",
        "ecl-2.0",
        "epl-1.0",
        "epl-2.0",
        "eupl-1.1",
        "eupl-1.2",
        "gfdl",
        "gpl",
        "gpl-2.0",
        "gpl-3.0",
        "isc",
        "lgpl",
        "lgpl-2.1",
        "lgpl-3.0",
        "lppl-1.3c",
        "mit",
        "mpl-2.0",
        "ms-pl",
        "ncsa",
        "odbl",
        "odc-by",
        "ofl-1.1",
        "osl-3.0",
        "pddl",
        "postgresql",
        "unknown",
        "unlicense",
        "wtfpl",
        "zlib",
    ]
)
SCALES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")


def hub_language(code: str) -> str:
    """Return the ISO 639 code by which the Hub lists a language: two letters where there are."""
    try:
        return language(code).bcp47.partition("-")[0]
    except GlotliftError:
        return code.partition("_")[0].lower()


def hub_license(name: str) -> str:
    """Return the Hub's identifier of a licence: ``unknown`` for none, ``other`` for others."""
    found = "-".join(name.lower().split())
    for ending in ("+", "-or-later", "-only"):
        found = found.removesuffix(ending)
    if not found:
        return "unknown"
    return found if found in LICENSES else "other"


def size_category(rows: int) -> str:
    """Return the Hub's category for a number of rows, such as ``10K<n<100K``."""
    power = len(str(rows)) - 4
    if power < 0:
        return f"n<{SCALES[0]}"
    if power >= len(SCALES) - 1:
        return f"n>{SCALES[-1]}"
    return f"{SCALES[power]}<n<{SCALES[power + 1]}"
