from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from glotlift.corpus import read
from glotlift.corpus.formats import read_file

MEMORY = """<?xml version="1.0" encoding="{encoding}"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="en" adminlang="en">{header}</header>
<body>{units}</body></tmx>"""
UNIT = """<tu tuid="{}"><tuv xml:lang="{}"><seg>{}</seg></tuv>
<tuv xml:lang="{}"><seg>{}</seg></tuv></tu>
"""
TERMS = '<prop type="license">https://creativecommons.org/licenses/by/4.0/</prop>'


def memory(*units, header="", encoding="utf-8"):
    body = "".join(UNIT.format(number, *unit) for number, unit in enumerate(units))
    return MEMORY.format(header=header, units=body, encoding=encoding).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_units(rows_of, encoding):
    data = memory(("en", "Good day", "ga", "Dia duit, a Shéain"), header=TERMS, encoding=encoding)
    rows, faults = rows_of("a.tmx", data)
    assert [(row.values["language"], row.values["text"]) for row in rows] == [
        ("en", "Good day"),
        ("ga", "Dia duit, a Shéain"),
    ]
    assert {row.values["license"] for row in rows} == {"CC-BY-4.0"}
    assert len({row.values["id"] for row in rows}) == 1
    assert faults == []


def test_one_sentence_has_one_id_in_every_memory(tmp_path):
    (tmp_path / "ga.tmx").write_bytes(memory(("en", "Yes", "ga", "Tá"), ("en", "No", "ga", "Níl")))
    (tmp_path / "cy.tmx").write_bytes(memory(("cy", "Na", "en", "No")))
    rows = read(tmp_path)
    by_text = dict(zip(rows["text"], rows["id"], strict=True))
    assert by_text["No"] == by_text["Níl"] == by_text["Na"] != by_text["Yes"] == by_text["Tá"]


def test_codes_are_left_out_and_marked_words_stay(rows_of):
    segment = 'Press <bpt i="1">&lt;b&gt;</bpt>OK<ept i="1">x</ept> <hi>now</hi><ph>%s</ph>.'
    rows, faults = rows_of("a.tmx", memory(("en", segment, "ga", "")))
    assert [row.values["text"] for row in rows] == ["Press OK now."]
    assert faults == [(4, "empty segment")]


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            *[st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1)]
            * 2
        ),
        min_size=1,
        max_size=5,
    )
)
def test_segments_are_what_another_parser_reads(tmp_path, pairs):
    data = memory(*(("en", escape(first), "ga", escape(second)) for first, second in pairs))
    (tmp_path / "a.tmx").write_bytes(data)
    theirs = [segment.text for segment in etree.fromstring(data).iter("seg")]
    assert [row.values["text"] for row in read_file(tmp_path / "a.tmx")] == theirs
