"""Web pages: an independent parser finds just the gold; duplicates, mixtures and claims are so."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError
from glotlift.world.grammar import grammar
from glotlift.world.web import web_pages
from glotlift.world.web_templates import words_of

OTHERS = ("eng_Latn", "hin_Deva")
HIDDEN = {"script", "style", "noscript", "title"}


class Reader(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self, html):
        super().__init__()
        self.hidden, self.seen = 0, []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in HIDDEN

    def handle_endtag(self, tag):
        self.hidden -= tag in HIDDEN

    def handle_data(self, data):
        if not self.hidden:
            self.seen.append(data)


def packed(parts):
    return "".join("".join(parts).split())


@pytest.fixture(scope="module")
def pages():
    return web_pages(
        "spa_Latn", 160, others=OTHERS, duplicate_fraction=0.25, near_duplicate_fraction=0.25
    )


@pytest.fixture(scope="module")
def translated():
    return {code: web_pages(code, 40, others=(*OTHERS, "spa_Latn")) for code in OTHERS}


@settings(max_examples=10)
@given(st.sampled_from(world.LANGUAGES), st.integers(0, 2**40), st.integers(0, 10**5))
def test_all_that_a_parser_sees_is_gold_in_its_order(code, seed, start):
    for page in web_pages(code, 2, others=OTHERS, seed=seed, start=start, mixed_fraction=0.5):
        assert packed(Reader(page["html"]).seen) == packed(b["text"] for b in page["blocks"])
        main = [block["text"] for block in page["blocks"] if block["kind"] == "main"]
        assert "\n".join(main) == page["text"]
        assert main == [paragraph["text"] for paragraph in page["paragraphs"]]


def test_lxml_finds_the_main_text_too(pages):
    lxml = pytest.importorskip("lxml.html")
    for page in pages.select(range(40)):
        root = lxml.fromstring(page["html"])
        for element in root.xpath("//script|//style|//noscript|//title|//comment()"):
            element.drop_tree()
        assert packed(page["text"].split("\n")[:1]) in packed(root.text_content())
        assert packed(root.text_content()) == packed(b["text"] for b in page["blocks"])


def test_an_original_page_is_a_document_of_the_world():
    pages = web_pages("tur_Latn", 12, personal_fraction=0, seed=6, start=30)
    for page in pages:
        first = page["duplicate_of"] or page["id"]
        row = int(first.rpartition("/")[2])
        texts = {
            world.documents("tur_Latn", 1, seed=6, start=row, sentences=count)["text"][0]
            for count in range(5, 15)
        }
        told = grammar("tur_Latn").join(page["text"].split("\n"))
        assert (told in texts) == (page["duplicate_kind"] != "near")


def test_duplicates_are_what_they_are_said_to_be(pages):
    kinds = Counter(pages["duplicate_kind"])
    assert 60 < kinds[None] < 100
    assert min(kinds["mirror"], kinds["exact"], kinds["near"]) >= 5
    by_id = {page["id"]: page for page in pages}
    order = {id: place for place, id in enumerate(pages["id"])}
    originals = [page for page in pages if page["duplicate_kind"] is None]
    assert len({page["text"] for page in originals}) == len(originals)
    for page in pages:
        if page["duplicate_kind"]:
            first = by_id[page["duplicate_of"]]
            assert first["duplicate_kind"] is None
            assert order[first["id"]] < order[page["id"]]
            assert first["url"] != page["url"]
            assert (page["html"] == first["html"]) == (page["duplicate_kind"] == "mirror")
            assert (page["text"] == first["text"]) == (page["duplicate_kind"] != "near")
            assert (page["similarity"] == 1.0) == (page["duplicate_kind"] != "near")
            assert page["personal"] == first["personal"] or page["duplicate_kind"] == "near"


def test_near_duplicates_differ_by_the_sentences_counted():
    pages = web_pages(
        "eng_Latn", 80, duplicate_fraction=0, near_duplicate_fraction=0.6, personal_fraction=0
    )
    told = {page["id"]: re.split(r"(?<=[.!?])\s", page["text"]) for page in pages}
    near = [page for page in pages if page["duplicate_kind"] == "near"]
    assert len(near) > 30
    equal = 0
    for page in near:
        left, right = told[page["duplicate_of"]], told[page["id"]]
        edits = round((1 - page["similarity"]) * max(len(left), len(right)), 6)
        assert 0 < distance(left, right) <= edits == int(edits)
        equal += distance(left, right) == edits
        assert 0.5 < page["similarity"] < 1
    assert equal > 0.8 * len(near)


def distance(left, right):
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


def test_one_id_is_one_page_in_every_language(translated):
    same = ("id", "topic", "template", "duplicate_kind", "duplicate_of", "similarity")
    english, hindi = (translated[code] for code in OTHERS)
    for name in same:
        assert english[name] == hindi[name]
    for left, right in zip(english, hindi, strict=True):
        assert left["url"] != right["url"]
        assert len(left["paragraphs"]) == len(right["paragraphs"])
        assert [i["id"] for i in left["images"]] == [i["id"] for i in right["images"]]
        assert [p["text"] for p in left["personal"]] == [p["text"] for p in right["personal"]]
        links = {found["language"]: found["url"] for found in left["alternates"]}
        if links and left["duplicate_kind"] != "mirror":
            assert links["hin_Deva"] == right["url"]
            assert links["hin_Deva"] in left["html"]
    assert any(english["alternates"])


def test_mixed_pages_have_paragraphs_in_the_language_named(translated):
    mixed = 0
    for page in web_pages("eng_Latn", 60, others=("hin_Deva",), mixed_fraction=0.5):
        codes = [paragraph["language"] for paragraph in page["paragraphs"]]
        mixed += "hin_Deva" in codes
        assert codes[0] == "eng_Latn"
        for paragraph in page["paragraphs"]:
            letters = re.search(r"[\u0904-\u0939]", paragraph["text"])
            assert bool(letters) == (paragraph["language"] == "hin_Deva")
    assert 15 < mixed < 45


def test_personal_data_stand_where_the_gold_says(pages):
    kinds = Counter()
    for page in pages:
        seen = packed(Reader(page["html"]).seen)
        for known in page["personal"]:
            assert page["text"][known["start"] : known["end"]] == known["text"]
            assert packed(known["text"]) in seen
            kinds[known["kind"]] += 1
        planted = re.findall(r"[\w.-]+@[\w.]*example\.\w+", page["text"])
        assert planted == [p["text"] for p in page["personal"] if p["kind"] == "email"]
    assert set(kinds) == {"email", "phone", "account", "card", "computer"}
    assert not any(web_pages("eng_Latn", 30, personal_fraction=0)["personal"])


def test_images_are_of_sentences_of_the_world(pages):
    images = [image for page in pages for image in page["images"]][:10]
    for image in images:
        _, seed, split, row = image["id"].split("/")
        (said,) = world.parallel(("spa_Latn",), 1, seed=int(seed), split=split, start=int(row))[
            "text"
        ]
        assert image["caption"] == said
    assert all(i["url"] in page["html"] for page in pages for i in page["images"])


def test_pages_claim_rightly_wrongly_or_nothing(pages):
    spoken = language("spa_Latn").bcp47
    for page in pages:
        assert page["html"].encode(page["encoding"]).decode(page["encoding"]) == page["html"]
        told = re.search(r'<meta charset="?([\w-]+)', page["html"])
        assert (told and told[1]) == page["declared_encoding"]
        told = re.search(r'<html lang="?([\w-]+)', page["html"])
        assert (told and told[1]) == page["declared_language"]
    tags = Counter(pages["declared_language"])
    assert tags[spoken] > tags[None] > 0
    assert tags["en"] > 0
    pairs = zip(pages["encoding"], pages["declared_encoding"], strict=True)
    assert {None if said is None else said == used for used, said in pairs} == {None, True, False}
    assert set(pages["encoding"]) == {"utf-8", "windows-1252"}


def test_pages_are_addressable_and_differ_by_seed_and_split():
    whole = web_pages("hin_Deva", 30, others=("eng_Latn",), seed=2)
    tail = web_pages("hin_Deva", 5, others=("eng_Latn",), seed=2, start=25)
    assert tail.to_list() == whole.to_list()[25:]
    assert whole.features == web_pages("eng_Latn", 0).features
    assert whole["id"][7] == "world/web/2/train/7"
    for other in ({"seed": 3}, {"seed": 2, "split": "test"}):
        assert not set(web_pages("hin_Deva", 20, **other)["html"]) & set(whole["html"])


def test_every_language_has_the_same_words_for_pages():
    wanted = set(words_of("eng_Latn"))
    assert all(set(words_of(code)) == wanted for code in world.LANGUAGES)
    own = [code for code in world.LANGUAGES if words_of(code) != words_of("eng_Latn")]
    assert len(own) == len(world.LANGUAGES) - 1


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("GL-WORLD-034", {"duplicate_fraction": 0.7, "near_duplicate_fraction": 0.7}),
        ("GL-WORLD-034", {"mixed_fraction": 1.5}),
        ("GL-WORLD-001", {"others": ("xxx_Latn",)}),
        ("GL-WORLD-002", {"split": "dev"}),
        ("GL-WORLD-007", {"start": -1}),
    ],
)
def test_wrong_calls_are_refused_by_code(code, arguments):
    with pytest.raises(GlotliftError) as refusal:
        web_pages("eng_Latn", 1, **arguments)
    assert refusal.value.code == code
