"""What is counted of a corpus: exact against plain Python, and the same for any shards."""

import json
import random
from collections import Counter

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus.description import samples
from glotlift.corpus.description.reasons import group_of
from glotlift.corpus.description.samples import WordSample, add_example, excerpt, level_of
from glotlift.corpus.description.statistics import Amount, Statistics, merge_files
from glotlift.corpus.description.text_counts import (
    count_texts,
    length_bins,
    quantile,
    words_in,
    words_of,
)
from glotlift.runs.errors import GlotliftError

LANGUAGES = ("yor_Latn", "zho_Hans", "hin_Deva")
TEXTS = st.text(alphabet="aàbn ọ\n,.9हिंदी中文，\u200d\u0301🙂", max_size=60)
ROWS = st.lists(
    st.tuples(
        TEXTS,
        st.sampled_from(LANGUAGES),
        st.sampled_from(["news", "bible"]),
        st.sampled_from(["", "CC0-1.0"]),
        st.sampled_from(["", "exact duplicate", "letters: 0.2 < 0.5", "letters: 0.1 < 0.4"]),
    ),
    max_size=24,
)


def counted(rows):
    """Count rows: those with a reason are dropped, some of the others changed."""
    made = Statistics(read=len(rows))
    kept = [row[:4] for row in rows if not row[4]]
    if kept:
        made.keep(*zip(*kept, strict=True))
    for text, language, source, _, reason in rows:
        made.confusion[language, LANGUAGES[len(text) % 3]] += 1
        if reason:
            made.drop(reason, language, text)
        elif len(text) % 2:
            made.change("repaired mojibake", language, text, before=text[::-1])
            made.note("duplicates", source, language)
    return made


@given(ROWS, st.integers(0, 24), st.integers(0, 24), st.randoms())
@settings(deadline=None, max_examples=60)
def test_any_cut_and_any_order_of_merging_give_the_same(rows, first, second, random):
    small, samples.SAMPLE_CHARACTERS = samples.SAMPLE_CHARACTERS, 150
    try:
        whole = counted(rows)
        low, high = sorted((first, second))
        a, b, c = (rows[:low], rows[low:high], rows[high:])
        left = counted(a).merge(counted(b)).merge(counted(c))
        right = counted(a).merge(counted(b).merge(counted(c)))
        shards = [counted(c), counted(a), counted(b)]
        random.shuffle(shards)
        other = Statistics().merge(shards[0]).merge(shards[1]).merge(shards[2])
    finally:
        samples.SAMPLE_CHARACTERS = small
    assert whole == left == right == other
    written = json.dumps(whole.to_json())
    assert all(json.dumps(found.to_json()) == written for found in (left, right, other))
    assert Statistics.from_json(json.loads(written)) == whole


@given(ROWS)
@settings(deadline=None, max_examples=40)
def test_rows_are_conserved(rows):
    made = counted(rows)
    made.check()
    assert made.kept().rows + sum(found.rows for found in made.left_out().values()) == made.read
    for axis in ("language", "source", "license"):
        assert sum(made.totals(axis).values(), Amount()) == made.kept()


def test_a_row_that_was_lost_is_told():
    made = counted([("abc", "yor_Latn", "news", "", "")])
    made.read += 1
    with pytest.raises(GlotliftError, match="GL-CORPUS-075: 2 rows were read, but 1 kept"):
        made.check()


@given(st.lists(TEXTS, min_size=1, max_size=8))
@settings(deadline=None, max_examples=100)
def test_counts_are_those_of_plain_python(texts):
    found = count_texts(texts)
    assert found.characters == Counter(ord(letter) for text in texts for letter in text)
    assert found.lengths.tolist() == [len(text) for text in texts]
    assert found.bytes.tolist() == [len(text.encode()) for text in texts]
    expected = [regex.findall(r"[\p{L}\p{M}\p{N}\u200c\u200d]+", text) for text in texts]
    assert [words_of(text) for text in texts] == expected
    assert found.words.tolist() == [len(words) for words in expected]


def test_a_lone_surrogate_is_counted_as_one_character():
    found = count_texts(["a\ud800b"])
    assert found.lengths.tolist() == [3]
    assert sum(found.characters.values()) == 3


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=200), st.sampled_from([0.05, 0.5, 0.9]))
@settings(deadline=None, max_examples=100)
def test_quantiles_are_within_five_percent(lengths, share):
    exact = float(np.quantile(lengths, share, method="inverted_cdf"))
    assert quantile(length_bins(np.array(lengths)), share) == pytest.approx(exact, rel=0.05)


def test_no_texts_have_no_quantile():
    assert quantile({}, 0.5) is None


def test_words_are_those_of_the_sample_and_the_sample_is_bounded(monkeypatch):
    monkeypatch.setattr(samples, "SAMPLE_CHARACTERS", 5_000)
    draw = random.Random(0)
    common, rare = ["the", "of", "and", "to", "in"], [f"word{number}" for number in range(50)]
    texts = [" ".join(draw.choices(common, k=20) + draw.choices(rare, k=5)) for _ in range(2_000)]
    sample = WordSample()
    for start in range(0, len(texts), 100):
        sample.add(texts[start : start + 100])
    assert sample.floor > 0
    chosen = [text for text in texts if level_of(text) >= sample.floor]
    assert 0 < sum(map(len, chosen)) <= 5_000
    assert sample.counts() == Counter(word for text in chosen for word in words_of(text))
    assert {word for word, _ in sample.most_common(5)} == set(common)


def test_numbers_are_no_frequent_words():
    sample = WordSample()
    sample.add(["12 12 12 a"])
    assert sample.most_common(3) == [("a", 1)]


def test_unspaced_scripts_give_pairs_of_letters():
    assert words_in("我们用Python", "zho_Hans") == ["我们", "们用", "Python"]
    assert words_in("मैं हूँ", "hin_Deva") == ["मैं", "हूँ"]


def test_words_of_unspaced_scripts_are_not_counted():
    made = Statistics()
    made.keep(["我们 用", "a b"], ["zho_Hans", "yor_Latn"], ["s", "s"], ["", ""])
    assert made.kept(language="zho_Hans").words == 0
    assert made.kept(language="yor_Latn") == Amount(1, 3, 3, 2, 0)


def test_tokens_are_counted_where_a_counter_is_given():
    made = Statistics(counter=lambda texts: [len(text) // 2 for text in texts])
    made.keep(["abcd", "ab"], ["yor_Latn"] * 2, ["a", "b"], ["", ""])
    assert made.totals("source")["a"].tokens == 2
    assert made.kept().tokens == 3


@pytest.mark.parametrize(
    ("reason", "group"),
    [
        ("word_length: 12.1 > 9.3", "word length too high"),
        ("letters: 0.2 < 0.5", "letters too low"),
        ("near duplicate: of row 7", "near duplicate"),
        ("empty text", "empty text"),
    ],
)
def test_reasons_are_grouped_without_their_figures(reason, group):
    assert group_of(reason) == group


def test_what_was_masked_is_not_shown():
    made = Statistics()
    start = "x" * 900
    made.change("masked EMAIL", "yor_Latn", f"{start} <EMAIL>", before=f"{start} a@b.example")
    written = json.dumps(made.to_json())
    assert "a@b.example" not in written
    assert "<EMAIL>" in written
    assert made.counts["changed", "masked EMAIL", "yor_Latn"] == 1


def test_an_example_shows_what_was_masked():
    made = Statistics()
    made.change("masked EMAIL", "yor_Latn", f"{'x' * 900} <EMAIL>")
    assert "<EMAIL>" in made.examples["changed", "masked EMAIL", "yor_Latn"][0].after


def test_an_excerpt_shows_where_two_texts_differ():
    before, after = excerpt("x" * 500 + "old", "x" * 500 + "new")
    assert before.startswith("…")
    assert before.endswith("old")
    assert after.endswith("new")
    assert len(before) <= samples.EXAMPLE_CHARACTERS


def test_what_was_cut_from_an_example_is_told():
    before, after = excerpt("y" * 300, "")
    assert before == "y" * 199 + "…"
    assert after == ""


def test_examples_are_few_and_short():
    kept = []
    for number in range(50):
        add_example(kept, f"{number} {'x' * 900}", "")
    assert len(kept) == samples.EXAMPLES
    assert all(len(example.before) == samples.EXAMPLE_CHARACTERS for example in kept)


def test_files_of_shards_are_merged(tmp_path):
    rows = [
        ("abc", "yor_Latn", "news", "", ""),
        ("中文", "zho_Hans", "news", "", "exact duplicate"),
    ]
    for number, row in enumerate(rows):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(counted([row]).to_json()), encoding="utf-8")
    assert merge_files(sorted(tmp_path.iterdir())) == counted(rows)


@pytest.mark.parametrize("content", ["[]", "{}", "nonsense", '{"schema": 1}'])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "statistics.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(GlotliftError, match="GL-CORPUS-076"):
        merge_files([path])
