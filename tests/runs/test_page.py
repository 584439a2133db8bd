"""The page's tools: text made inert, figures made inline SVG."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from matplotlib.figure import Figure

from glotlift.runs.page import TONES, clip, environment, inert, render_page, svg


@given(st.text())
@settings(deadline=None, max_examples=100)
def test_inert_text_can_be_written_and_reorders_nothing(text):
    shown = inert(text)
    shown.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    assert inert(shown) == shown


@pytest.mark.parametrize("text", ["हिन्दी", "می‌خواهم", "עברית", "line\nline\ttab", "🙂"])
def test_ordinary_text_is_left_alone(text):
    assert inert(text) == text


def test_reordering_marks_are_spelled_out():
    assert inert("a\u202eb") == "a⟨U+202E⟩b"


def test_long_text_is_cut():
    assert clip("a" * 700) == "a" * 599 + "…"
    assert clip(None) == ""


def test_templates_escape_and_name_what_is_missing():
    written = (
        environment()
        .from_string("{{ a }}|{{ b }}|{{ c.d.e }}|{{ m }}")
        .render(a="<b>\u202e", b=None, m=Markup("<i>"))
    )
    assert written == "&lt;b&gt;⟨U+202E⟩|–|–|<i>"


def test_a_page_without_content_still_carries_its_policy():
    assert "default-src &#39;none&#39;" in render_page("page", {"title": "t"})


def drawing(text: str) -> Figure:
    """Return a figure that holds a line, a marker and a text."""
    figure = Figure(figsize=(3, 2))
    axes = figure.add_axes((0.2, 0.2, 0.7, 0.7))
    axes.plot([0, 1], [0, 1], "o-", color=TONES["gain"])
    axes.text(0, 0, text, color=TONES["ink"], parse_math=False)
    return figure


def test_svg_has_roles_for_colours_and_no_style():
    drawn = svg(drawing("plain"), 'a "label"')
    root = ElementTree.fromstring(str(drawn))
    assert root.get("aria-label") == 'a "label"'
    assert not [element for element in root.iter() if "style" in element.attrib]
    assert not [element for element in root.iter() if element.tag in {"style", "metadata"}]
    classes = {element.get("class") for element in root.iter() if element.get("class")}
    assert {"chart", "stroke-gain", "fill-ink"} <= classes
    assert not re.search("#0100|xmlns|http", drawn)


def test_two_figures_share_no_identifier():
    one, other = (
        set(re.findall(' id="([^"]+)"', svg(drawing(text), text))) for text in ("one", "other")
    )
    assert one
    assert not one & other


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "$x_{", "--> ]]> &amp;", "हिन्दी"])
def test_text_in_a_figure_stays_text(text):
    drawn = ElementTree.fromstring(str(svg(drawing(text), text)))
    assert text in [element.text for element in drawn.iter("text")]
    assert not list(drawn.iter("script"))
