"""A small corpus to describe, with hostile names and texts."""

from glotlift.corpus.description.describing import Description
from glotlift.corpus.description.statistics import Statistics

HOSTILE = "<script>alert(1)</script>\u202e](http://x) | `|`"
STANDARDS = {
    "schema": 1,
    "measures": ["letters", "digits", "capitals"],
    "shortest": 40,
    "bounds": {
        "yor_Latn": {
            "origin": "corpus",
            "documents": 300,
            "low": [0.4, None, None],
            "high": [None, 0.3, None],
        },
        "Latn": {
            "origin": "script",
            "documents": 1200,
            "low": [0.35, 0.01, None],
            "high": [None, 1234.5, None],
        },
    },
}


def described(name="A corpus", **changes):
    """Return the description of a corpus in Yoruba, Chinese and Arabic."""
    rows = [
        *((f"àwọn ọmọ {number} ń ṣeré", "yor_Latn", "news", "CC-BY-4.0") for number in range(9)),
        *((f"我们使用{number}", "zho_Hans", HOSTILE, "GPL-2.0+") for number in range(3)),
        ("السلام عليكم", "arb_Arab", "news", "unknown"),
    ]
    statistics = Statistics(read=len(rows) + 3)
    statistics.keep(*zip(*rows, strict=True))
    statistics.drop("letters: 0.1 < 0.4", "yor_Latn", HOSTILE)
    statistics.drop("exact duplicate", "zho_Hans", "我们")
    statistics.drop("language not identified", "und", "zzz")
    statistics.change("masked EMAIL", "yor_Latn", "kọ sí <EMAIL>", places=2)
    statistics.change("repaired mojibake", "yor_Latn", "ọmọ", before="á»mọ")
    statistics.note("duplicates", "exact", "zho_Hans")
    statistics.note("personal", "EMAIL", "yor_Latn", 2)
    statistics.note("contamination", HOSTILE, "yor_Latn")
    statistics.confusion.update({("yor_Latn", "yor_Latn"): 8, ("yor_Latn", "eng_Latn"): 1})
    manifest = {
        "config": {"name": name, "inputs": [{"path": "news/"}]},
        "inputs": [{"path": "news/a.jsonl", "bytes": 900, "hash": "ab" * 32}],
        "outputs": [
            {"path": "data/zho_Hans/0.parquet", "language": "zho_Hans", "rows": 3, "bytes": 30},
            {"path": "data/yor_Latn/1.parquet", "language": "yor_Latn", "rows": 4, "bytes": 40},
            {"path": "data/yor_Latn/0.parquet", "language": "yor_Latn", "rows": 5, "bytes": 50},
        ],
    }
    given = {
        "name": name,
        "statistics": statistics,
        "manifest_hash": "e3" * 32,
        "manifest": manifest,
        "standards": STANDARDS,
        "command": "glotlift corpus build corpus.yaml",
    }
    return Description(**(given | changes))
