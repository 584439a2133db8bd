import random

from datasets import Dataset

from glotlift.corpus import Ledger, deduplicate
from glotlift.corpus.repetition.duplicates import Levels, remove_duplicates


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


def text_of(seed, words=80):
    generator = random.Random(seed)
    return " ".join(f"word{generator.randrange(10**6)}" for _ in range(words))


NOTICE = "This paragraph stands at the end of every page of the site, " * 3


def test_all_levels_leave_whole_counts_and_the_first_of_each():
    first, second = text_of(1), text_of(2)
    edited = first.replace(first.split(" ")[5], "changed")
    texts = [
        f"{first}\n{NOTICE}",
        f"{second}\n{NOTICE}",
        f"{edited}\n{NOTICE}",
        second.upper() + f"\n{NOTICE}",
        " ".join(first.split(" ")[:48]),
        NOTICE.strip(),
        text_of(3),
    ]
    rows = make(texts, ["eng_Latn"] * 7)
    done = remove_duplicates(rows, ledger=Ledger(read=7))
    assert done.rows["id"][:] == ["0", "1", "6"]
    assert done.rows["text"][:] == [f"{first}\n{NOTICE}", second, texts[6]]
    assert done.rows.features == rows.features
    assert [(row["line"], row["reason"]) for row in done.ledger.rows] == [
        (3, "near duplicate"),
        (4, "normalised duplicate"),
        (5, "partial duplicate"),
        (6, "only repeated passages"),
    ]
    assert done.ledger.kept == done.report["kept"] == len(done.rows)
    assert done.report["rows"] == 7
    assert sum(done.report["dropped"].values()) == 4
    assert done.report["cut"]["rows"] == 1
    assert done.report["cut"]["characters"] == len(texts[1]) - len(second)
    again = remove_duplicates(done.rows)
    assert again.rows["text"][:] == done.rows["text"][:]


def test_passages_are_cut_and_texts_that_stand_in_others_go():
    passage = text_of(4, 40)
    texts = [
        f"{text_of(5)} {passage} {text_of(6)}",
        f"{text_of(7)} {passage} {text_of(8)}",
        f"{passage} end",
    ]
    done = remove_duplicates(make(texts, ["eng_Latn"] * 3), Levels(passage=100))
    assert done.rows["text"][:] == [texts[0], f"{text_of(7)} {text_of(8)}"]
    assert done.report["dropped"] == {"partial duplicate": 1}
    assert done.report["cut"]["passages"] == 1


def test_translations_and_languages_can_be_kept_apart():
    text = text_of(9)
    rows = make([text, text, text], ["ind_Latn", "zsm_Latn", "zsm_Latn"])
    rows = rows.remove_columns("id").add_column("id", ["a", "a", "b"])
    assert remove_duplicates(rows, Levels(paragraph=0)).rows["id"][:] == ["a", "a"]
    apart = Levels(paragraph=0, across_languages=False)
    assert remove_duplicates(rows, apart).rows["language"][:] == ["ind_Latn", "zsm_Latn"]


def test_keys_in_a_file_are_those_in_memory(monkeypatch):
    rows = make([text_of(number % 5) for number in range(12)], ["eng_Latn"] * 12)
    held = remove_duplicates(rows)
    monkeypatch.setattr("glotlift.corpus.repetition.duplicates.ROWS_IN_MEMORY", 4)
    assert remove_duplicates(rows).ledger.rows == held.ledger.rows
