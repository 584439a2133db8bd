"""The page: whole by itself, honest about what is missing, and inert whatever it is told."""

import base64
import hashlib
import random
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import cycle, repeat
from pathlib import Path
from typing import Any

import pytest

from glotlift.evidence.report import render_report
from glotlift.runs.errors import GlotliftError
from glotlift.runs.page import inert

from .fixtures import adapt_evidence, recipe_evidence
from .hostile import HOSTILE

KINDS = {"adapt": adapt_evidence, "recipe": recipe_evidence}
PARTS = """
html head meta link title style body header main footer nav section article p h1 h2 h3 ul li a div
span b bdi br time code pre details summary dl dt dd figure figcaption table thead tbody tr th td
svg g path use defs text rect clippath
"""
ALLOWED = set(PARTS.split())
STRUCTURE = {"kind", "role"}


class Reader(HTMLParser):
    """Collects tags with their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def skeleton(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(sorted(attributes))) for tag, attributes in self.tags]


def page(evidence: dict[str, Any], folder: Path) -> str:
    return render_report(evidence, folder / "report.html").read_text(encoding="utf-8")


def replaced(value: Any, texts: Iterator[str], key: str = "") -> Any:
    """Return `value` with each text, and each key that a user chose, replaced by the next text."""
    if isinstance(value, str):
        return value if key in STRUCTURE else next(texts)
    if isinstance(value, list):
        return [replaced(item, texts, key) for item in value]
    if isinstance(value, dict):
        chosen = key in {"dropped", "licenses", "machine", "versions", "config"}
        return {
            f"{next(texts)}{place}" if chosen else name: replaced(item, texts, name)
            for place, (name, item) in enumerate(value.items())
        }
    return value


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return the page of each kind's whole evidence."""
    folder = tmp_path_factory.mktemp("pages")
    return {kind: page(make(), folder) for kind, make in KINDS.items()}


def light() -> dict[str, Any]:
    """Return an adaptation's evidence without the parts that are slow to draw."""
    return adapt_evidence() | {"curves": {}, "vocabulary": {}, "tokens_seen": [], "tasks": []}


def test_there_are_sixty_different_hostile_strings():
    assert len(set(HOSTILE)) == 60


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_one_file_that_fetches_nothing(kind, pages):
    written = pages[kind]
    read = Reader(written)
    assert "http://" not in written
    assert "https://" not in written
    assert "@import" not in written
    assert "url(" not in re.sub(r'clip-path="url\(#[\w-]+\)"', "", written)
    for tag, attributes in read.tags:
        assert tag in ALLOWED
        assert not {"src", "srcset", "style", "action"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#") or tag == "link"


@pytest.mark.parametrize("kind", KINDS)
def test_the_policy_allows_only_the_style_sheet_of_the_page(kind, pages):
    written = pages[kind]
    policies = [
        attributes["content"]
        for tag, attributes in Reader(written).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    style = re.search("<style>(.*?)</style>", written, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_references_inside_the_page_are_whole(kind, pages):
    tags = Reader(pages[kind]).tags
    names = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(names) == len(set(names))
    wanted = {(attributes.get("href") or "")[1:] for tag, attributes in tags if tag in {"a", "use"}}
    wanted |= {attributes["clip-path"][5:-1] for _, attributes in tags if "clip-path" in attributes}
    wanted |= {
        attributes[key] for _, attributes in tags for key in attributes if key == "aria-labelledby"
    }
    assert wanted <= set(names)


def assert_inert(read: Reader) -> None:
    """Check that no attribute of a page carries more than it should."""
    for _, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert re.fullmatch(r"[A-Za-z0-9-]+", attributes.get("lang") or "en")
        assert (attributes.get("dir") or "auto") in {"ltr", "rtl", "auto"}
        assert re.fullmatch(r"[a-z0-9 -]*", attributes.get("class") or "")


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_changes_nothing_but_text(kind, tmp_path):
    harmless = cycle(f"harmless {place}" for place in range(len(HOSTILE)))
    skeleton = Reader(page(replaced(KINDS[kind](), harmless), tmp_path)).skeleton
    seen = set()
    for start in (0, 20, 40):
        texts = cycle(HOSTILE[start:] + HOSTILE[:start])
        read = Reader(page(replaced(KINDS[kind](), texts), tmp_path))
        assert read.skeleton == skeleton
        assert_inert(read)
        seen |= {text for text in HOSTILE if " ".join(inert(text).split()) in read.text}
    assert seen == set(HOSTILE)


@pytest.mark.slow
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("kind", KINDS)
def test_each_hostile_text_is_inert_in_every_place(kind, hostile, tmp_path):
    read = Reader(page(replaced(KINDS[kind](), repeat(hostile)), tmp_path))
    plain = Reader(page(replaced(KINDS[kind](), repeat("harmless")), tmp_path))
    assert read.skeleton == plain.skeleton
    assert_inert(read)


def test_no_character_that_reorders_text_reaches_the_page(tmp_path):
    everything = " ".join(HOSTILE)
    written = page(replaced(adapt_evidence(), repeat(everything)), tmp_path)
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", written
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_stays_small(kind, tmp_path):
    evidence = KINDS[kind]()
    evidence["curves"] = {
        "train": [{"step": step, "loss": 1 / (1 + step)} for step in range(20_000)],
        "validation": [
            {"step": step, "language": code, "bits_per_byte": 1.0}
            for step in range(0, 20_000, 100)
            for code in ("hin_Deva", "eng_Latn", "tur_Latn", "spa_Latn", "deu_Latn", "rus_Cyrl")
        ],
    }
    evidence["samples"] = [
        {"language": "hin_Deva", "prompt": "क" * 9_000, "before": "ख" * 9_000, "after": "ग" * 9_000}
    ] * 40
    assert len(page(evidence, tmp_path).encode()) < 400_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_can_be_made_of_nothing(kind, tmp_path):
    text = Reader(page({"kind": kind}, tmp_path)).text
    assert "Run it again" in text
    assert "None" not in text
    assert "not measured" in text if kind == "adapt" else "No claim was judged" in text


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", KINDS)
def test_any_part_may_be_missing_null_or_empty(kind, seed, tmp_path):
    chance, evidence = random.Random(seed), KINDS[kind]()
    for name in [name for name in evidence if name != "kind" and chance.random() < 0.4]:
        empty = type(evidence[name])() if isinstance(evidence[name], list | dict) else None
        evidence[name] = chance.choice([None, empty])
        if chance.random() < 0.5:
            del evidence[name]
    assert "Run it again" in page(evidence, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_may_be_bare(kind, tmp_path):
    evidence = {
        name: [{} for _ in value]
        if isinstance(value, list) and name not in {"notes", "kept", "seeds"}
        else value
        for name, value in KINDS[kind]().items()
    }
    assert "Run it again" in page(evidence, tmp_path)


@pytest.mark.parametrize("field", ["change", "before", "after", "verdict", "name", "direction"])
def test_fields_of_a_language_may_be_null(field, tmp_path):
    evidence = light()
    for row in evidence["languages"]:
        row[field] = None
    text = Reader(page(evidence, tmp_path)).text
    assert "None" not in text
    assert "Hindi" in text


def test_the_headline_says_gain_and_loss(pages):
    text = Reader(pages["adapt"]).text
    assert "Hindi : 3.21 → 1.45 bits per byte (−1.76 [−1.79, −1.73])" in text
    assert "English kept: +0.021 [+0.012, +0.030]" in text
    assert "Urdu kept" not in text
    assert "over held-out documents only; one run" in text


def test_seeds_change_what_intervals_are_over(tmp_path):
    evidence = light()
    for row in evidence["languages"]:
        row["change"]["scope"] = "seeds and rows"
    text = Reader(page(evidence, tmp_path)).text
    assert "over seeds and the held-out rows that they share" in text
    assert "one run" not in text


def test_what_was_not_measured_is_said_once(tmp_path):
    evidence = light() | {"kept": [], "samples": []}
    evidence["languages"] = evidence["languages"][:1]
    evidence["notes"] = ["Sample generations: skipped by request."]
    text = Reader(page(evidence, tmp_path)).text
    assert "Change in the source languages: not measured; no text of theirs was given." in text
    assert "Sample generations: not measured" not in text


def test_languages_carry_their_direction(pages):
    tags = Reader(pages["adapt"]).tags
    pieces = [attributes for _, attributes in tags if attributes.get("class") == "pieces"]
    assert {(found["lang"], found["dir"]) for found in pieces} == {
        ("hi", "ltr"),
        ("ur", "rtl"),
        ("en", "ltr"),
    }


def test_published_figures_stand_beside_ours(pages):
    text = Reader(pages["recipe"]).text
    assert "-0.31 (Marco-LLM, table 4)" in text
    assert "Diamond: the published figure." in text
    assert "about 14 seeds" in text
    assert "budget 4,000,000 bytes an arm" in text


def test_another_kind_is_refused(tmp_path):
    with pytest.raises(GlotliftError, match="GL-EVIDENCE-090"):
        render_report({"kind": "recipes"}, tmp_path / "report.html")
    assert not list(tmp_path.iterdir())
