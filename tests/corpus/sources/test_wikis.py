import pytest

from glotlift.corpus import Ledger, read
from glotlift.corpus.fields import DAMAGED
from glotlift.corpus.formats import read_file
from glotlift.corpus.sources.elements import MALFORMED
from glotlift.runs.errors import GlotliftError

DUMP = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="hi">
<siteinfo><sitename>विकिपीडिया</sitename><dbname>hiwiki</dbname>
<base>https://hi.wikipedia.org/wiki/%E0%A4%AE</base><generator>MediaWiki</generator>
<namespaces><namespace key="0"/><namespace key="6">चित्र</namespace>
<namespace key="14">श्रेणी</namespace></namespaces></siteinfo>
{}</mediawiki>"""
ARTICLE = """<page><title>{title}</title><ns>{ns}</ns><id>{id}</id>{more}
<revision><id>9</id><model>wikitext</model><text xml:space="preserve">{text}</text>
</revision></page>
"""


def article(text="पाठ", *, title="भारत गणराज्य", ns=0, id=12, more=""):
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return ARTICLE.format(title=title, ns=ns, id=id, more=more, text=text)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("'''भारत''' एक [[देश|महान देश]] है।", "भारत एक महान देश है।"),
        ("{{Infobox|a={{b|{{c}}}}}}\nपाठ", "पाठ"),
        ("पाठ<ref name=x>{{cite}}</ref><ref name='y' /> आगे", "पाठ आगे"),
        ("पाठ ({{lang|hi|x}}) आगे", "पाठ आगे"),
        ("[[चित्र:A.svg|thumb|शीर्षक [[कुछ]]]]पाठ[[श्रेणी:देश]][[Category:X]][[en:India]]", "पाठ"),
        ("क\n{| class='x'\n| {{a}}\n{|\n|ख\n|}\n|}\nग", "क\nग"),
        ("== इतिहास ==\n* पहला\n# ''दूसरा''", "इतिहास\nपहला\nदूसरा"),
        ("क<!-- छिपा -->ख __NOTOC__&nbsp;ग", "कख ग"),
        ("<gallery>A.jpg|x</gallery><math>x^2</math>पाठ", "पाठ"),
        ("[http://x.example बाहर] और [[:श्रेणी:देश]]", "बाहर और :श्रेणी:देश"),
    ],
)
def test_markup(rows_of, markup, text):
    rows, faults = rows_of("w.xml", DUMP.format(article(markup)))
    assert [row.values["text"] for row in rows] == [text]
    assert faults == []


def test_what_a_dump_states(rows_of, packing):
    suffix, pack = packing
    [row], _ = rows_of(f"w.xml{suffix}", pack(DUMP.format(article()).encode()))
    assert row.line == 6
    assert row.values == {
        "id": "hiwiki/12",
        "text": "पाठ",
        "language": "hi",
        "license": "CC-BY-SA-4.0",
        "source": "https://hi.wikipedia.org/wiki/"
        "%E0%A4%AD%E0%A4%BE%E0%A4%B0%E0%A4%A4_%E0%A4%97%E0%A4%A3%E0%A4%B0%E0%A4%BE%E0%A4%9C%E0%A5%8D%E0%A4%AF",
    }


def test_only_what_a_wiki_says_itself_is_its_license(rows_of):
    other = DUMP.replace("hi.wikipedia.org", "wikipedia.org.evil.example")
    [row], _ = rows_of("w.xml", other.format(article()))
    assert "license" not in row.values
    stated = other.replace("<generator>", "<rights>GFDL 1.3</rights><generator>")
    [row], _ = rows_of("v.xml", stated.format(article()))
    assert row.values["license"] == "GFDL 1.3"


def test_redirects_and_other_namespaces_are_faults(tmp_path):
    redirect = article("#REDIRECT [[क]]", id=2, more='<redirect title="क"/>')
    pages = article() + redirect + article(ns=1, id=3) + article("", id=4)
    path = tmp_path / "w.xml"
    path.write_text(DUMP.format(pages))
    ledger = Ledger()
    rows = read(path, ledger=ledger)
    assert rows["language"][:] == ["hin_Deva"]
    assert ledger.counts() == {"namespace 1": 1, "no text": 1, "redirect": 1}


def test_a_dump_that_breaks_off(rows_of):
    whole = DUMP.format(article(id=1) + article(id=2) + article(id=3))
    rows, faults = rows_of("w.xml", whole[: whole.index("<id>3</id>")])
    assert [row.values["id"] for row in rows] == ["hiwiki/1", "hiwiki/2"]
    assert [fault for _, fault in faults] == [MALFORMED]
    import bz2

    packed = bz2.compress(whole.encode() * 1)
    rows, faults = rows_of("w.xml.bz2", packed[:-30])
    assert [fault for _, fault in faults] == [DAMAGED]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE m [<!ENTITY % a SYSTEM "http://a.example/x.dtd"> %a;]>',
    ],
)
def test_entities_are_refused(tmp_path, doctype):
    path = tmp_path / "w.xml"
    path.write_text(doctype + DUMP.format(article()))
    with pytest.raises(GlotliftError, match="GL-CORPUS-081"):
        list(read_file(path))


def test_another_xml_file_is_refused(tmp_path):
    path = tmp_path / "pom.xml"
    path.write_text("<project><text>x</text></project>")
    with pytest.raises(GlotliftError, match="GL-CORPUS-082"):
        list(read_file(path))


def test_a_page_longer_than_a_row_is_a_fault(rows_of):
    long = article("word " * 3_500_000, id=1)
    rows, faults = rows_of("w.xml", DUMP.format(long + article(id=2)))
    assert [row.values["id"] for row in rows] == ["hiwiki/2"]
    assert [fault for _, fault in faults] == ["row longer than 16 MiB"]


def test_a_tag_that_never_ends_is_given_up(rows_of):
    rows, faults = rows_of("w.xml", "<mediawiki a='" + "x" * 20_000_000)
    assert rows == []
    assert [fault for _, fault in faults] == ["row longer than 16 MiB"]
