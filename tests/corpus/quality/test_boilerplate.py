import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus.quality.boilerplate import (
    LABELS,
    REPEATED_LINE,
    count_lines,
    cut_boilerplate,
    is_labels,
)

NOTHING = np.empty(0, np.uint64)
FOOTER = "Alle Rechte vorbehalten, Seite {} von 9"


def document(number):
    return f"Text number {number * 'x'} stands here.\n" + FOOTER.format(number)


def test_a_line_of_many_documents_is_cut_and_counted_whatever_its_numbers():
    texts = [document(number) for number in range(10, 22)]
    trimmed = cut_boilerplate(texts, count_lines(texts).repeated())[0]
    assert trimmed.text == "Text number xxxxxxxxxx stands here."
    (cut,) = trimmed.cuts
    assert cut.reason == REPEATED_LINE
    assert texts[0][cut.start : cut.end] == FOOTER.format(10)


def test_a_line_of_few_documents_or_often_in_one_stays():
    texts = [document(number) for number in range(10, 19)] + ["Not once but again.\n" * 50]
    assert len(count_lines(texts).repeated()) == 0
    assert [each.text for each in cut_boilerplate(texts, NOTHING)] == texts


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from([document(1), document(2), "Other line here.\n", ""])), st.integers()
)
def test_counts_of_shards_add_up(texts, split):
    at = split % (len(texts) + 1)
    whole = count_lines(texts)
    merged = count_lines(texts[:at]).merge(count_lines(texts[at:]))
    assert np.array_equal(whole.keys, merged.keys)
    assert np.array_equal(whole.documents, merged.documents)
    assert whole.texts == merged.texts == len(texts)
    # The same counts by plain Python.
    lines = [{line.replace("1", "0").replace("2", "0") for line in t.split("\n")} for t in texts]
    expected = [sum(line in each for each in lines) for line in set().union(*lines) if line]
    assert sorted(whole.documents.tolist()) == sorted(expected) or "9" in str(texts)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(alphabet="ab |\n.·", max_size=60), max_size=6))
def test_cut_lines_and_kept_text_make_up_the_text(texts):
    for text, trimmed in zip(texts, cut_boilerplate(texts, NOTHING), strict=True):
        if not trimmed.cuts:
            assert trimmed.text == text
        cut = sum(cut.end - cut.start for cut in trimmed.cuts)
        kept = len(trimmed.text.replace("\n", ""))
        assert kept + cut >= len(text.replace("\n", "")) - sum(c == " " for c in text)
        assert all(text[c.start : c.end].count("\n") == 0 for c in trimmed.cuts)


@pytest.mark.parametrize(
    "line",
    [
        "Startseite | Über uns | Kontakt",
        "Nous utilisons des cookies. Accepter | Refuser",
        "当サイトではCookieを使用します。同意する | 拒否する",
        "Teilen · Drucken · Merken · Melden",
        "Naon » Saméméhna » Saterusna",
    ],
)
def test_rows_of_labels_are_known_in_any_language(line):
    assert is_labels(line)
    trimmed = cut_boilerplate([f"First.\n{line}\nLast."], NOTHING)[0]
    assert trimmed.text == "First.\nLast."
    assert trimmed.cuts[0].reason == LABELS


@pytest.mark.parametrize(
    "line",
    [
        "Choose Format › Page › Header, then tick the box.",
        "रघुकुल रीति सदा चलि आई | प्राण जाइ पर बचन न जाई ||",
        "3 | 4 | 5 | 6",
        "and/or",
        "It costs 5 € | a long explanation of what it costs and why | and more",
        "A sentence.",
    ],
)
def test_text_with_bars_stays(line):
    assert not is_labels(line)
    assert cut_boilerplate([line], NOTHING)[0].text == line


def test_a_table_stays():
    table = "\n".join(f"row {letter} | middle | right" for letter in "abcdefg")
    assert cut_boilerplate([table], NOTHING)[0].text == table
