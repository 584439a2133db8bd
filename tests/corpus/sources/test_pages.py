import gzip
import json
from collections import Counter
from statistics import mean

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from glotlift.corpus.formats import read_file
from glotlift.corpus.sources.pages import extract_page
from glotlift.world.warc import write_warc
from glotlift.world.web import web_pages

WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|(?:(?!\p{Han})[\p{L}\p{M}\p{N}])+")
PAGE = """<html><head><title> A  title </title>{head}</head><body>
<nav><a href="/">Home</a></nav><div id="site-menu"><p>Menu words</p></div>
<article><h1>Headline</h1><p>The <b>first</b> paragraph is here.</p>
{inside}<p>The second paragraph ends it.</p></article>
<ul><li><a href="/1">Linked one</a></li><li><a href="/2">Linked two</a></li></ul>
<div class="cookieConsent">We use cookies</div><footer>Rights</footer></body></html>"""
COMMONS = "creativecommons.org"
TEXT = "Headline\nThe first paragraph is here.\nThe second paragraph ends it."


def page(head="", inside=""):
    return PAGE.format(head=head, inside=inside)


def f1(found, gold):
    mine, wanted = Counter(WORD.findall(found)), Counter(WORD.findall(gold))
    return 2 * (mine & wanted).total() / (mine.total() + wanted.total())


def test_main_text_without_surroundings():
    found = extract_page(page().encode())
    assert found == ("A title", TEXT, "", [], "")


def test_everything_is_kept_where_almost_nothing_would_be_left():
    found = extract_page(b"<body><div class='sidebar'><p>All the words of it</p></div></body>")
    assert found.text == "All the words of it"


@pytest.mark.parametrize(
    ("head", "inside", "license"),
    [
        (f'<link rel="license" href="https://{COMMONS}/licenses/by-sa/4.0/">', "", "CC-BY-SA-4.0"),
        ("", f"<a rel='me license' href='//{COMMONS}/publicdomain/zero/1.0/'>x</a>", "CC0-1.0"),
        ("", f"<a href='http://{COMMONS}/licenses/by-nc/3.0/de/'>x</a>", "CC-BY-NC-3.0"),
        ('<meta name="DC.rights" content="Open  Licence 2">', "", "Open Licence 2"),
        ("", f"<a href='//{COMMONS}/licenses/by/4.0/'><a href='//{COMMONS}/licenses/by/2.0/'>", ""),
        ("", "<p>copyright license rights</p>", ""),
    ],
)  # fmt: skip
def test_license(head, inside, license):
    assert extract_page(page(head, inside).encode()).license == license


def test_pictures_stand_at_their_place_in_the_text():
    inside = (
        '<p>Before <img src="a.png" alt="an  A">after.</p>'
        '<figure><img src="/b.png"><figcaption>A caption</figcaption></figure>'
        '<img src="data:image/png;base64,AA">'
    )
    found = extract_page(page(inside=inside).encode(), "https://x.example/y/z.html")
    assert [picture[:2] for picture in found.images] == [
        ("https://x.example/y/a.png", "an A"),
        ("https://x.example/b.png", "A caption"),
    ]
    assert found.text[: found.images[0].offset].endswith("Before ")
    assert found.text[found.images[0].offset :].startswith("after.")
    assert found.text[found.images[1].offset :].lstrip().startswith("The second")
    assert "caption" not in found.text


def test_canonical_address_names_the_source(rows_of):
    link = '<link rel="canonical" href="https://x.example/a">'
    [row], _ = rows_of("a.html", page(link))
    assert row.values["source"] == "https://x.example/a"
    [row], _ = rows_of("b.html", page())
    assert "source" not in row.values


def test_a_page_without_text_is_a_fault(rows_of):
    assert rows_of("a.html", "<body><img src=a></body>") == ([], [(1, "no text in the page")])


SPOKEN = {
    "windows-1251": "Москва является столицей России, и это большой город на реке.",
    "shift_jis": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "gb18030": "我们的国家很大，有很多人口和很长的历史，人们喜欢读书。",
    "euc-kr": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "iso-8859-7": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια.",
    "utf-16": "Ẹ káàárọ̀ o, báwo ni? मीरा किताब पढ़ती है।",
    "utf-8": "Ẹ káàárọ̀ o, báwo ni? मीरा किताब पढ़ती है।",
}


@pytest.mark.parametrize("encoding", SPOKEN)
@pytest.mark.parametrize("stated", ["header", "meta", "nowhere", "wrongly"])
def test_encodings(encoding, stated):
    text = SPOKEN[encoding] * 3
    named = {"meta": encoding, "wrongly": "iso-8859-1"}.get(stated)
    if encoding == "utf-16":
        named = None
    head = f'<meta charset="{named}">' if named else ""
    content = f"<html><head>{head}</head><body><p>{text}</p></body></html>".encode(encoding)
    found = extract_page(content, encoding=encoding if stated == "header" else None)
    assert found.text == text


def test_a_cut_utf8_page_stays_utf8():
    content = f"<meta charset=utf-8><p>{SPOKEN['utf-8']}</p>".encode()
    assert extract_page(content[:-12] + b"\xe0\xa4</p>").text.startswith("Ẹ káàárọ̀ o, báwo")


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_page(content):
    found = extract_page(content)
    assert all(0 <= picture.offset <= len(found.text) for picture in found.images)
    assert "\n\n" not in found.text
    found.text.encode()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text("abcdefgh ाकखمق书", min_size=1).map(str.strip).filter(bool), min_size=1))
def test_all_paragraphs_are_the_text_as_another_parser_has_it(paragraphs):
    content = "<body>" + "".join(f"<p>{text}</p>" for text in paragraphs) + "</body>"
    theirs = [" ".join(p.text_content().split()) for p in lxml_html.fromstring(content).iter("p")]
    assert extract_page(content.encode()).text == "\n".join(theirs)


@pytest.mark.parametrize("code", ["arb_Arab", "hin_Deva", "swh_Latn", "zho_Hans"])
def test_main_text_of_the_sample_world(code):
    rows = web_pages(code, 12)
    assert mean(f1(extract_page(r["html"].encode()).text, r["text"]) for r in rows) > 0.92


@pytest.mark.parametrize("code", ["rus_Cyrl", "zho_Hans"])
def test_a_crawl_says_what_its_pages_say(tmp_path, code):
    pages = web_pages(code, 25, seed=3)
    rows = list(read_file(write_warc(tmp_path / "crawl.warc.gz", pages)))
    # One record is the file's own description.
    assert [row.line for row in rows] == list(range(2, 27))
    assert [row.values["source"] for row in rows] == pages["url"][:]
    same = [
        r.values["text"] == extract_page(p["html"].encode()).text
        for r, p in zip(rows, pages, strict=True)
    ]
    assert sum(same) >= 24
    assert len(set(pages["encoding"])) > 1


def test_main_text_of_real_pages(real):
    folder = real / "formats"
    with gzip.open(folder / "pages.gold.jsonl.gz", "rt") as file:
        gold = {record["url"]: record["text"] for record in map(json.loads, file)}
    found = {
        row.values["source"]: row.values["text"] for row in read_file(folder / "pages.warc.gz")
    }
    assert found.keys() == gold.keys()
    assert mean(f1(found[url], text) for url, text in gold.items()) > 0.96
