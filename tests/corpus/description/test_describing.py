"""The page of a corpus: whole by itself, escaped, and with every figure that was counted."""

import json
import re
from functools import cache
from html.parser import HTMLParser

import pytest
from tests.corpus.description.described import HOSTILE, described

from glotlift.corpus.description import tables
from glotlift.corpus.description.describing import corpus_page, describe
from glotlift.corpus.description.makeup import frequent, kinds, scripts
from glotlift.corpus.description.statistics import Statistics
from glotlift.runs.errors import GlotliftError


class Page(HTMLParser):
    """The tags of a page, what it refers to, its ids and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.references, self.ids, self.open, self.text = [], [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name in {"href", "src", "action", "data"}:
                self.references.append(value)
            if name == "id":
                self.ids.append(value)
            assert name != "style"
            assert not name.startswith("on")
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(page):
    """Return the parsed page and its text on one line."""
    parsed = Page(page)
    assert parsed.open == []
    return parsed, " ".join(" ".join(parsed.text).split())


@cache
def default_text():
    """Return the text of the default page."""
    return read(corpus_page(described()))[1]


def test_the_page_is_whole_by_itself():
    parsed, _ = read(corpus_page(described()))
    assert "script" not in parsed.tags
    inside = [found for found in parsed.references if found.startswith("#")]
    assert {found[1:] for found in inside} <= set(parsed.ids)
    assert set(parsed.references) - set(inside) == {"data:,"}
    assert len(parsed.ids) == len(set(parsed.ids))
    assert "svg" in parsed.tags


def test_what_users_name_is_escaped():
    page = corpus_page(described(HOSTILE))
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    "said",
    [
        "13 texts in 3 languages, 314 bytes",
        "Of 16 rows that were read, 81.2 % were kept",
        "Less than 92 % was kept of Yoruba (90.0 %), Chinese (Simplified) (75.0 %)",
        "letters too low 1",
        "letters: 0.1 < 0.4",
        "masked EMAIL 1 2 Yoruba",
        "á»mọ",
        "CC-BY-4.0",
        "e3e3e3",
        "≥ 0.4 ≤ 0.3",
        "0.01 – 1,234",
        "others in Latn",
        "Texts shorter than 40 characters",
        "ń",
        "我们",
        "Arab 100.0 %",
        "glotlift corpus build corpus.yaml",
        "news/a.jsonl – 900 bytes abababababab",
        "inputs: - path: news/",
    ],
)
def test_the_page_tells(said):
    assert said in default_text()


def test_every_row_read_stands_in_the_table_of_languages():
    statistics = described().statistics
    rows = tables.language_rows(statistics)
    assert sum(row["read"] for row in rows) == statistics.read
    assert all(row["read"] == row["dropped"] + row["kept"].rows for row in rows)
    assert {row["language"]: row["low"] for row in rows} == {
        "yor_Latn": True,
        "zho_Hans": True,
        "arb_Arab": False,
        "und": True,
    }


def test_broken_characters_are_no_obstacle(tmp_path):
    statistics = Statistics(read=2)
    statistics.keep(["a \ud800\x00 b"], ["eng_Latn"], ["\x1b[0m"], [""])
    statistics.drop("empty text", "eng_Latn", "\udfff\x07")
    describe(described(statistics=statistics, manifest={}), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    read(page)
    assert not {"\x00", "\x07", "\x1b"} & set(page)


@pytest.mark.parametrize("read_rows", [0, 2])
def test_a_corpus_of_nothing_has_a_page(read_rows):
    statistics = Statistics(read=read_rows)
    for number in range(read_rows):
        statistics.drop("empty text", "", str(number))
    _, text = read(corpus_page(described(statistics=statistics, manifest={}, standards={})))
    assert "Nothing was kept" in text


def test_many_sources_are_gathered():
    statistics = Statistics(read=60)
    sources = [f"source {number}" for number in range(60)]
    statistics.keep(["text"] * 60, ["eng_Latn"] * 60, sources, [""] * 60)
    rows = tables.source_rows(statistics)
    assert len(rows) == tables.SHOWN + 1
    assert sum(row["amount"].rows for row in rows) == 60


def test_examples_are_of_many_languages():
    statistics = Statistics()
    codes = ["yor_Latn", "hin_Deva", "tur_Latn", "fin_Latn"]
    for code in codes:
        for number in range(5):
            statistics.drop("empty text", code, f"{code} {number}")
    shown = tables.examples(statistics, "dropped", "empty text")
    assert sorted(row["language"] for row in shown) == sorted(codes)


def test_names_that_two_languages_share_are_told_apart():
    assert tables.labels(["srp_Cyrl", "fin_Latn"]) == ["Serbian", "Finnish"]
    assert tables.labels(["eng_Latn", "eng_Latn"]) == ["English eng_Latn"] * 2


def test_what_characters_are():
    characters = {
        ord("а"): 6,
        ord("b"): 2,
        ord("\u0301"): 1,
        ord(" "): 1,
        ord("\n"): 1,
        ord("7"): 1,
    }
    assert scripts(characters) == {"Cyrl": 0.75, "Latn": 0.25}
    shares = kinds(characters)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["spaces"] == pytest.approx(2 / 12)
    assert frequent(characters, 3) == [("а", 0.6), ("b", 0.2), ("7", 0.1)]
    assert frequent({0x301: 1}, 1) == [("◌\u0301", 1.0)]


def test_a_folder_is_described_whole(tmp_path):
    given = described()
    describe(given, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "README.md",
        "report.html",
        "statistics.json",
    }
    saved = json.loads((tmp_path / "statistics.json").read_text(encoding="utf-8"))
    assert Statistics.from_json(saved) == given.statistics
    first = (tmp_path / "report.html").read_bytes()
    describe(given, tmp_path)
    assert (tmp_path / "report.html").read_bytes() == first


def test_rows_that_do_not_add_up_are_refused(tmp_path):
    given = described()
    given.statistics.read += 1
    with pytest.raises(GlotliftError, match="GL-CORPUS-075"):
        describe(given, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_policy_names_the_style_sheet():
    page = corpus_page(described())
    assert re.search("default-src &#39;none&#39;; style-src &#39;sha256-", page)
