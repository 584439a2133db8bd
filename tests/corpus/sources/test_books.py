import gzip
from collections import Counter

import pypdfium2
import pytest

from glotlift.corpus.sources.books import join_lines, join_pages


def pdf(*pages):
    """Return a PDF file with a list of lines on every page."""
    fonts = "/Resources << /Font << /F 3 0 R >> >>"
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 600 800] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        shown = (
            "BT /F 12 Tf 50 750 Td 14 TL " + "".join(f"({line}) Tj T* " for line in lines) + "ET"
        )
        objects += [
            f"<< /Type /Page /Parent 2 0 R {fonts} /Contents {5 + 2 * number} 0 R >>",
            f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream",
        ]
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R >>\n"
    return written + f"{end}startxref\n{len(written)}\n%%EOF\n".encode()


FULL = "A line that is as long as the others and therefore goes on in the"
FIRST = [FULL, "next one. And", "A paragraph of its own that does not go on."]


def test_text_layer(rows_of, packing):
    suffix, pack = packing
    [row], _ = rows_of(f"a.pdf{suffix}", pack(pdf(FIRST, ["The end."])))
    assert row.values == {"text": f"{FULL} next one. And\n{FIRST[2]}\nThe end."}


def test_a_stated_license(rows_of):
    data = pdf(FIRST) + b"% https://creativecommons.org/licenses/by-sa/3.0/"
    [row], _ = rows_of("a.pdf", data)
    assert row.values["license"] == "CC-BY-SA-3.0"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"%PDF-1.4 nothing", "not a readable PDF"),
        (b"", "not a readable PDF"),
        (pdf([]), "no text layer"),
    ],
)
def test_faults(rows_of, data, fault):
    assert rows_of("a.pdf", data) == ([], [(1, fault)])


def test_page_numbers_and_running_titles_are_left_out():
    pages = [["A running title", f"Text of page {n}.", f"- {n} -"] for n in range(1, 5)]
    assert join_pages(iter(pages)).split("\n") == [f"Text of page {n}." for n in range(1, 5)]
    # Three equal margins make a running title, and two pages have none.
    assert "A running title" in join_pages(iter(pages[:2]))


def test_lines_of_scripts_without_spaces_are_joined_without_one():
    lines = ["この文書はインストール説明書", "です。詳しい情報を見る。", "・次の段落"]
    assert join_lines(lines)[0] == "この文書はインストール説明書です。詳しい情報を見る。・次の段落"
    assert join_lines(["one two three four", "five six"]) == ["one two three four five six"]
    assert join_lines(["one two three four", "• five six"]) == ["one two three four", "• five six"]


def test_the_same_characters_as_the_pages_have(real, rows_of):
    for path in sorted((real / "formats" / "pdf").iterdir()):
        [row], _ = rows_of(path.name, path.read_bytes())
        document = pypdfium2.PdfDocument(path)
        theirs = Counter("".join(page.get_textpage().get_text_bounded() for page in document))
        ours = Counter(row.values["text"])
        assert sum((ours - theirs).values()) <= ours[" "] + ours["\n"]
        letters = sum(count for sign, count in (theirs - ours).items() if sign.isalpha())
        assert letters < 0.01 * theirs.total()


def test_text_against_the_book(real, rows_of):
    folder = real / "formats"
    for code, unit in (("ja", str), ("vi", str.split)):
        path = folder / "pdf" / f"install.{code}.p9-20.pdf"
        [row], _ = rows_of(path.name, path.read_bytes())
        book = gzip.decompress((folder / "txt" / f"install.{code}.txt.gz").read_bytes()).decode()
        found = Counter(
            unit(
                "".join(row.values["text"]) if code == "vi" else "".join(row.values["text"].split())
            )
        )
        assert (found & Counter(unit(book))).total() > 0.93 * found.total()
