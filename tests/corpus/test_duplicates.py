from datasets import Dataset

from glotlift.corpus import Ledger, deduplicate


def make(texts, languages):
    return Dataset.from_dict(
        {
            "id": [str(index) for index in range(len(texts))],
            "language": languages,
            "text": texts,
            "source": ["s"] * len(texts),
        }
    )


def test_the_first_of_equal_texts_is_kept():
    rows = make(["o\u0323", "b", "ọ", "ọ ", "b"], ["yor_Latn"] * 5)
    ledger = Ledger(read=5)
    kept = deduplicate(rows, ledger)
    assert kept["id"][:] == ["0", "1"]
    assert ledger.kept == len(kept)
    assert ledger.rows[0] == {"file": "s", "line": 3, "reason": "duplicate text", "id": "2"}
    assert len(deduplicate(kept)) == 2


def test_the_same_text_in_two_languages_stays():
    rows = make(["no", "no"], ["eng_Latn", "spa_Latn"])
    assert len(deduplicate(rows)) == 2
