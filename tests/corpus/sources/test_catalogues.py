import polib
import pytest

from glotlift.corpus import Ledger, read
from glotlift.corpus.formats import read_file

HEADER = """# Translations.
{comment}
msgid ""
msgstr ""
"Project-Id-Version: a\\n"
"Content-Type: text/plain; charset={charset}\\n"
{language}
"""
ENTRIES = """
#: a.c:1
msgid "Open"
msgstr "Ṣí"

#, fuzzy
msgid "Close"
msgstr "Pa"

msgid "%d file"
msgid_plural "%d files"
msgstr[0] "fáìlì %d"
msgstr[1] "àwọn fáìlì %d"

msgctxt "menu"
msgid "Save"
msgstr ""

msgid "broken
msgstr

#~ msgid "old"
#~ msgstr "àtijọ́"
"""


def catalogue(entries=ENTRIES, charset="UTF-8", language='"Language: yo\\n"', comment="#"):
    return HEADER.format(charset=charset, language=language, comment=comment) + entries


def test_messages_and_translations(tmp_path):
    path = tmp_path / "a.po"
    path.write_text(catalogue())
    ledger = Ledger()
    rows = read(path, ledger=ledger)
    said = list(zip(rows["language"], rows["text"], strict=True))
    assert said == [
        ("eng_Latn", "Open"),
        ("yor_Latn", "Ṣí"),
        ("eng_Latn", "Close"),
        ("eng_Latn", "%d file"),
        ("yor_Latn", "fáìlì %d"),
        ("eng_Latn", "%d files"),
        ("yor_Latn", "àwọn fáìlì %d"),
        ("eng_Latn", "Save"),
    ]
    ids = rows["id"][:]
    assert ids[0] == ids[1] != ids[2]
    assert ids[3] == ids[4] != ids[5] == ids[6]
    assert ledger.counts() == {
        "fuzzy translation": 1,
        "malformed PO entry": 1,
        "not translated": 1,
        "obsolete entry": 1,
    }


def test_ids_are_the_same_in_every_language_and_differ_by_context(rows_of):
    one = '\nmsgid "May"\nmsgstr "{}"\n'
    first, _ = rows_of("a.po", catalogue(one.format("x")))
    second, _ = rows_of("b.po", catalogue(one.format("y"), language='"Language: ha\\n"'))
    third, _ = rows_of("c.po", catalogue('\nmsgctxt "month"' + one.format("z")))
    ids = [row.values["id"] for row in (*first, *second, *third)]
    assert len(set(ids[:4])) == 1
    assert ids[4] == ids[5] != ids[0]


@pytest.mark.parametrize(
    ("name", "language", "code"),
    [
        ("a.po", '"Language: sr_RS@latin\\n"', "sr-Latn"),
        ("a.po", '"Language: pt_BR\\n"', "pt_BR"),
        ("ha.po", "", "ha"),
        ("app.zh_TW.po", "", "zh_TW"),
        ("am/LC_MESSAGES/app.po", "", "am"),
        ("messages.po", "", None),
    ],
)
def test_language(rows_of, name, language, code):
    rows, _ = rows_of(name, catalogue('\nmsgid "a"\nmsgstr "b"\n', language=language))
    assert [row.values.get("language") for row in rows] == ["eng_Latn", code]


def test_another_source_language_and_encoding(rows_of):
    language = '"X-Source-Language: ru\\n"\n"Language: uk\\n"'
    text = catalogue('\nmsgid "Привет"\nmsgstr "Привіт"\n', "koi8-u", language)
    rows, faults = rows_of("a.po", text.encode("koi8-u"))
    assert [(row.values["language"], row.values["text"]) for row in rows] == [
        ("ru", "Привет"),
        ("uk", "Привіт"),
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("comment", "license"),
    [
        ("# SPDX-License-Identifier: GPL-3.0-or-later", "GPL-3.0-or-later"),
        ("# License: CC BY 4.0", "CC BY 4.0"),
        ("# Copyright someone", None),
    ],
)
def test_license(rows_of, comment, license):
    rows, _ = rows_of("a.po", catalogue('\nmsgid "a"\nmsgstr "b"\n', comment=comment))
    assert [row.values.get("license") for row in rows] == [license] * 2


def test_entries_that_another_library_wrote(tmp_path):
    file = polib.POFile()
    file.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": "hi"}
    pairs = [(f'line "{n}"\n\\ {"long " * n}', f"पंक्ति {n}\t'") for n in range(30)]
    file.extend(polib.POEntry(msgid=one, msgstr=two, tcomment="note") for one, two in pairs)
    file.save(tmp_path / "a.po")
    rows = [row.values["text"] for row in read_file(tmp_path / "a.po")]
    assert rows == [text for pair in pairs for text in pair]
