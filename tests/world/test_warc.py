"""WARC files: read back by fastwarc with digests checked, the same bytes for the same pages."""

import sys
import zlib

import pytest

from glotlift.runs.errors import GlotliftError
from glotlift.world.warc import write_warc
from glotlift.world.web import web_pages


@pytest.fixture(scope="module")
def pages():
    return web_pages("spa_Latn", 30, duplicate_fraction=0.3, seed=4)


def test_what_is_written_is_read_back_with_right_digests(tmp_path, pages):
    warc = pytest.importorskip("fastwarc.warc")
    path = write_warc(tmp_path / "a.warc.gz", pages)
    first, *records = warc.ArchiveIterator(str(path), parse_http=False)
    assert first.record_type == warc.WarcRecordType.warcinfo
    assert len(records) == len(pages)
    checked = warc.ArchiveIterator(str(path), verify_digests=True, record_types=warc.response)
    payloads = {}
    for record, page in zip(checked, pages, strict=True):
        assert record.headers["WARC-Target-URI"] == page["url"]
        assert record.http_headers.status_code == 200
        body = record.reader.read()
        assert int(record.http_headers["Content-Length"]) == len(body)
        stated = record.http_charset or page["declared_encoding"]
        assert body.decode(stated) == page["html"]
        payloads.setdefault(record.headers["WARC-Payload-Digest"], []).append(page)
    for same in payloads.values():
        assert [page["duplicate_kind"] for page in same[1:]] == ["mirror"] * (len(same) - 1)
    assert len(payloads) == len(set(pages["html"])) < len(pages)


def test_the_file_is_bit_equal_and_compressed_record_by_record(tmp_path, pages):
    pytest.importorskip("fastwarc")
    one, other = (
        write_warc(tmp_path / name / "a.warc.gz", pages).read_bytes() for name in ("one", "two")
    )
    assert one == other
    members, rest = 0, one
    while rest:
        reader = zlib.decompressobj(31)
        assert reader.decompress(rest).startswith(b"WARC/1.1\r\n")
        members, rest = members + 1, reader.unused_data
    assert members == 1 + len(pages)


def test_a_missing_fastwarc_is_told_with_what_to_install(tmp_path, pages, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastwarc", None)
    with pytest.raises(GlotliftError, match="pip install") as refusal:
        write_warc(tmp_path / "a.warc.gz", pages)
    assert refusal.value.code == "GL-WORLD-035"
    assert not list(tmp_path.iterdir())
