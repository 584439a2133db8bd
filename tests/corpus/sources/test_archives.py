import gzip
import io
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest
from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType

from glotlift.corpus.fields import DAMAGED, INVALID

HTML = "<html><body><article><p>{} is what this page says.</p></article></body></html>"


def record(kind, content, type, url="http://a.example/"):
    made = WarcRecord()
    identity = f"uuid:{uuid5(NAMESPACE_URL, url + kind)}"
    made.init_headers(getattr(WarcRecordType, kind), identity.encode())
    made.headers["WARC-Target-URI"] = url
    made.headers["Content-Type"] = type
    made.set_bytes_content(content)
    return made


def response(
    body, headers="Content-Type: text/html; charset=utf-8", status="200 OK", url="http://a.example/"
):
    content = f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n".encode() + body
    return record("response", content, "application/http; msgtype=response", url)


def written(*records):
    buffer = io.BytesIO()
    for made in records:
        made.write(buffer)
    return buffer.getvalue()


def test_pages_of_a_crawl_in_every_compression(rows_of, packing):
    suffix, pack = packing
    urls = [f"http://a.example/{number}" for number in range(5)]
    data = written(*(response(HTML.format(url).encode(), url=url) for url in urls))
    rows, faults = rows_of(f"a.warc{suffix}", pack(data))
    assert [row.values["source"] for row in rows] == urls
    assert [row.values["text"] for row in rows] == [
        f"{url} is what this page says." for url in urls
    ]
    assert len({row.values["id"] for row in rows}) == 5
    assert faults == []


def test_records_that_are_no_documents_have_no_row(rows_of):
    data = written(
        record("warcinfo", b"software: x\r\n", "application/warc-fields"),
        record("request", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request"),
        response(HTML.format("One").encode()),
        record("metadata", b"a: b\r\n", "application/warc-fields"),
    )
    rows, faults = rows_of("a.warc", data)
    assert [(row.line, row.values["text"]) for row in rows] == [(3, "One is what this page says.")]
    assert faults == []


def test_responses_that_are_no_pages_are_faults(rows_of):
    data = written(
        response(b"", status="404 Not Found"),
        response(b"\x89PNG", headers="Content-Type: image/png"),
        response(b"<html><body></body></html>"),
        response("Plain text, ọ̀rọ̀.".encode(), headers="Content-Type: text/plain"),
        response(b"\xff\xfa", headers="Content-Type: text/plain"),
    )
    rows, faults = rows_of("a.warc", data)
    assert [row.values["text"] for row in rows] == ["Plain text, ọ̀rọ̀."]
    assert faults == [
        (1, "HTTP status 404"),
        (2, "not a page"),
        (3, "no text in the page"),
        (5, INVALID),
    ]


def test_transfer_and_content_encodings_are_undone(rows_of):
    page = HTML.format("It").encode()
    chunked = (
        b"%x\r\n" % 10 + page[:10] + b"\r\n%x\r\n" % len(page[10:]) + page[10:] + b"\r\n0\r\n\r\n"
    )
    data = written(
        response(gzip.compress(page), "Content-Type: text/html\r\nContent-Encoding: gzip"),
        response(chunked, "Content-Type: text/html\r\nTransfer-Encoding: chunked"),
    )
    rows, _ = rows_of("a.warc", data)
    assert [row.values["text"] for row in rows] == ["It is what this page says."] * 2


def test_the_header_settles_the_encoding(rows_of):
    text = "Москва является столицей России"
    body = HTML.format(text).encode("windows-1251")
    [row], _ = rows_of("a.warc", written(response(body, "Content-Type: text/html; charset=cp1251")))
    assert row.values["text"] == f"{text} is what this page says."


def test_texts_of_a_wet_file(rows_of):
    texts = ["Ẹ káàárọ̀ o.\nBáwo ni?", "我读书。"]
    data = written(*(record("conversion", text.encode(), "text/plain") for text in texts))
    rows, faults = rows_of("CC-MAIN.warc.wet.gz", gzip.compress(data))
    assert [row.values["text"] for row in rows] == texts
    assert faults == []


@pytest.mark.parametrize("left", [0.2, 0.55, 0.9])
def test_a_cut_crawl_is_told(rows_of, packing, left):
    suffix, pack = packing
    data = pack(written(*(response(HTML.format(n).encode()) for n in range(40))))
    rows, faults = rows_of(f"a.warc{suffix}", data[: int(left * len(data))])
    assert len(rows) < 40
    assert [fault for _, fault in faults][-1:] == [DAMAGED]


def test_records_compressed_one_by_one(rows_of):
    buffer = io.BytesIO()
    stream = GzipWriter(buffer)
    for number in range(3):
        response(HTML.format(number).encode()).write(stream)
        stream.finish()
    rows, faults = rows_of("a.warc.gz", buffer.getvalue())
    assert [row.line for row in rows] == [1, 2, 3]
    assert faults == []


def test_a_file_without_records_is_told(rows_of):
    assert rows_of("a.warc", b"just text\n" * 50) == ([], [(1, "no WARC record")])


@pytest.mark.slow
def test_a_large_crawl_takes_little_memory(tmp_path: Path):
    import resource

    from glotlift.corpus.formats import read_file

    body = HTML.format("word " * 20_000).encode()
    one = written(response(body))
    path = tmp_path / "a.warc"
    with path.open("wb") as file:
        for _ in range(1_500):
            file.write(one)
    rows = read_file(path)
    for _ in range(50):
        next(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in rows) == 1_450
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
