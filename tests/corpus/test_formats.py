import json
import subprocess
import sys
from pathlib import Path

import pytest

from glotlift.corpus import read
from glotlift.corpus.formats import SUFFIXES, format_of, read_file
from glotlift.corpus.sources import optional
from glotlift.runs.errors import GlotliftError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("CC-MAIN-2024.warc.gz", "warc"),
        ("CC-MAIN-2024.warc.wet.gz", "wet"),
        ("hiwiki-pages-articles-multistream.xml.bz2", "mediawiki"),
        ("a.HTM", "html"),
        ("a.po", "po"),
        ("a.tmx.xz", "tmx"),
        ("tur.conllu", "conllu"),
        ("a.jsonl.zst", "jsonl"),
        ("a.docx", None),
        ("gz", None),
    ],
)
def test_format_of(name, format):
    assert format_of(Path(name)) == format


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("format", sorted(SUFFIXES))
def test_another_compression_than_the_name_says(tmp_path, format, suffix):
    path = tmp_path / f"a{format}{suffix}"
    path.write_bytes(b"no archive")
    with pytest.raises(GlotliftError, match="GL-CORPUS-005"):
        read_file(path)


def test_text_in_every_compression(tmp_path):
    import bz2
    import lzma

    text = "\n".join(f"line {number} ọ̀rọ̀" for number in range(5000))
    (tmp_path / "a.txt").write_text(text)
    # Two streams, as parallel compressors and multistream dumps write them.
    half = len(text.encode()) // 2
    for suffix, pack in ((".bz2", bz2.compress), (".xz", lzma.compress)):
        parts = (text.encode()[:half], text.encode()[half:])
        (tmp_path / f"a.txt{suffix}").write_bytes(b"".join(map(pack, parts)))
        assert read(tmp_path / f"a.txt{suffix}")["text"][:] == read(tmp_path / "a.txt")["text"][:]


@pytest.mark.parametrize("suffix", [".bz2", ".xz"])
def test_a_cut_archive_is_told(tmp_path, suffix):
    import bz2
    import lzma

    packed = {".bz2": bz2.compress, ".xz": lzma.compress}[suffix](b"some text\n" * 100_000)
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(packed[: len(packed) // 2])
    assert [row.fault for row in read_file(path)][-1] == "truncated or damaged archive"


@pytest.mark.parametrize(
    ("name", "module"),
    [("a.html", "resiliparse"), ("a.warc", "fastwarc"), ("a.pdf", "pypdfium2"), ("a.po", "polib")],
)
def test_a_missing_library_is_named(tmp_path, monkeypatch, name, module):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(optional, "import_module", missing)
    path = tmp_path / name
    path.write_bytes(b"<p>x</p>")
    with pytest.raises(GlotliftError, match=f"GL-CORPUS-080: {module} is not installed") as caught:
        list(read_file(path))
    assert "pip install 'glotlift[data]'" in str(caught.value)


def test_a_folder_of_many_formats(tmp_path):
    (tmp_path / "a.html").write_text("<article><p>From a page of the web.</p></article>")
    (tmp_path / "b.txt").write_text("From plain text.")
    (tmp_path / "c.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "From"\nmsgstr "De"\n')
    rows = read(tmp_path, language="fr")
    assert sorted(rows["text"]) == ["De", "From a page of the web.", "From plain text."]


def test_importing_the_door_imports_no_parser():
    code = "import sys, glotlift.corpus.formats; print([m for m in sys.modules if m in sys.argv])"
    libraries = ["fastwarc", "resiliparse", "pypdfium2", "polib", "mwparserfromhell", "torch"]
    out = subprocess.run([sys.executable, "-c", code, *libraries], capture_output=True, check=True)
    assert out.stdout.decode().strip() == "[]"


def test_mutated_files_of_every_format():
    command = [
        sys.executable,
        ROOT / "benchmarks" / "parser_fuzz.py",
        "--inputs",
        "50",
        "--seed",
        "1",
    ]
    out = subprocess.run(command, capture_output=True, check=False)
    report = json.loads(out.stdout)
    assert report["passed"], report
    assert report["inputs"] == 50 * 13
    assert all(len(counts["outcomes"]) > 1 for counts in report["formats"].values())
