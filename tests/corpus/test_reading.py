import csv
import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glotlift.corpus import Ledger, read, text_bytes
from glotlift.corpus.addresses import Sourced
from glotlift.corpus.fields import Row
from glotlift.runs.errors import GlotliftError

TEXTS = ["Ẹ káàárọ̀", "Báwo ni?", 'She said "no", twice', "tab\there"]


def write(path: Path, data: bytes) -> Path:
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = zstandard.compress(data)
    path.write_bytes(data)
    return path


def as_bytes(kind: str, folder: Path, text: str = "text") -> bytes:
    if kind == "txt":
        return "\n".join(TEXTS).encode()
    if kind == "jsonl":
        return "\n".join(json.dumps({text: line}) for line in TEXTS).encode()
    if kind == "parquet":
        pq.write_table(pa.table({text: TEXTS}), folder / "made")
        return (folder / "made").read_bytes()
    with (folder / "made").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([[text], *([line] for line in TEXTS)])
    return (folder / "made").read_bytes()


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
@pytest.mark.parametrize("kind", ["txt", "jsonl", "csv", "parquet"])
def test_every_format_gives_the_same_rows(tmp_path, kind, packing):
    path = write(tmp_path / f"a.{kind}{packing}", as_bytes(kind, tmp_path))
    ledger = Ledger()
    rows = read(path, language="yo", ledger=ledger, license="CC0-1.0")
    assert rows.column_names == ["id", "language", "text", "source", "license"]
    assert rows["text"][:] == ["Ẹ káàárọ̀", *TEXTS[1:]]
    assert set(rows["language"]) == {"yor_Latn"}
    assert set(rows["license"]) == {"CC0-1.0"}
    assert set(rows["source"]) == {path.name}
    assert rows["id"][0] == f"{path.name}#{2 if kind == 'csv' else 1}"
    assert (ledger.read, ledger.kept, ledger.dropped) == (4, 4, 0)


def test_tsv_has_no_quoting(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('id\ttext\n1\t"open\n2\tplain\n')
    assert read(path)["text"][:] == ['"open', "plain"]


@pytest.mark.parametrize("name", ["text", "content", "Body", "sentence"])
def test_column_aliases(tmp_path, name):
    row = {name: "Báwo", "lang": "yo", "licence": "MIT", "doc_id": 7, "url": "http://a"}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row))
    assert read(path)[0] == {
        "id": "7",
        "language": "yor_Latn",
        "text": "Báwo",
        "source": "http://a",
        "license": "MIT",
    }


def test_columns_are_named_by_hand(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "title", "main": "story"}))
    assert read(path, columns={"text": "main"})["text"][:] == ["story"]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ("auto", ["a\nb", "c"]),
        ("blank", ["a\nb", "c"]),
        ("line", ["a", "b", "c"]),
        ("file", ["a\nb\n\n\nc"]),
    ],
)
def test_what_a_document_of_a_text_file_is(tmp_path, documents, expected):
    path = tmp_path / "a.txt"
    path.write_text("\n\na\nb\n\n\nc\n\n")
    assert read(path, documents=documents)["text"][:] == expected


def test_lines_are_documents_where_no_blank_line_parts_them(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\na\r\nb\n\n")
    rows = read(path)
    assert rows["text"][:] == ["a", "b"]
    assert rows["id"][:] == ["a.txt#2", "a.txt#3"]


def test_folders_are_read_whole_and_in_order(tmp_path):
    for name in ("b/x.txt", "a.txt", "README.txt", ".hidden/c.txt", "picture.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    rows = read(tmp_path)
    assert rows["id"][:] == ["a.txt#1", "b/x.txt#1"]


def test_ids_do_not_depend_on_where_the_folder_lies(tmp_path):
    for place in ("here", "there"):
        (tmp_path / place / "b").mkdir(parents=True)
        for name in ("a.txt", "b/a.txt"):
            (tmp_path / place / name).write_text(f"text of {name}")
    here, there = read(tmp_path / "here"), read(tmp_path / "there")
    assert here["id"][:] == there["id"][:]
    assert len(set(here["id"])) == 2
    assert here._fingerprint == there._fingerprint


def test_lists_of_addresses_and_a_limit(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"1 {name}\n2 {name}\n")
    rows = read([tmp_path / "b.txt", str(tmp_path / "a.txt")], rows=3)
    assert rows["id"][:] == ["b.txt#1", "b.txt#2", "a.txt#1"]


def test_pieces_of_one_document_share_their_id(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [{"id": "d", "text": text} for text in ("one", "two", "one")]
    path.write_text("\n".join(map(json.dumps, lines)))
    ledger = Ledger()
    assert read(path, ledger=ledger)["text"][:] == ["one", "two"]
    assert ledger.rows == [{"file": "a.jsonl", "line": 3, "reason": "duplicate row", "id": "d"}]


def test_rows_in_another_language_are_dropped(tmp_path):
    path = tmp_path / "a.jsonl"
    stated = ["yor", "fr", "zz", None, ""]
    path.write_text("\n".join(json.dumps({"lang": code, "text": f"t{code}"}) for code in stated))
    ledger = Ledger()
    assert len(read(path, language="yor_Latn", ledger=ledger)) == 3
    assert ledger.counts() == {"other language: fra_Latn": 1, "unknown language": 1}


def test_a_vaguer_code_does_not_contradict(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"lang": "zh", "text": "你好"}))
    assert read(path, language="zho_Hans")["language"][:] == ["zho_Hans"]


def test_the_sample_world_is_an_address(monkeypatch, rows):
    import glotlift.world

    asked = []

    def documents(language, count, **settings):
        asked.append((language, count, settings))
        return rows(count, language)

    monkeypatch.setattr(glotlift.world, "documents", documents, raising=False)
    made = read("world:hin_Deva?rows=7&seed=3&split=test&start=20")
    assert len(made) == 7
    assert asked == [("hin_Deva", 7, {"seed": 3, "split": "test", "start": 20})]


@pytest.mark.parametrize(
    ("address", "config", "split", "revision"),
    [
        ("hub:owner/name", None, "train", None),
        ("hub:owner/name:test", None, "test", None),
        ("hub:owner/name:yor_Latn", "yor_Latn", "train", None),
        ("hub:owner/name@v1:yor_Latn:dev", "yor_Latn", "dev", "v1"),
    ],
)
def test_hub_datasets_are_streamed_at_a_commit(monkeypatch, address, config, split, revision):
    import datasets
    import huggingface_hub

    seen = {}

    class Info:
        sha = "abc123"

    def dataset_info(self, name, *, revision=None):
        seen["asked"] = revision
        return Info()

    def load_dataset(name, config, **settings):
        seen.update(name=name, config=config, **settings)
        return iter([{"sentence": "Báwo"}, {"sentence": None}])

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", dataset_info)
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    ledger = Ledger()
    rows = read(address, language="yor_Latn", ledger=ledger)
    assert rows["text"][:] == ["Báwo"]
    assert rows["source"][0] == "hub:owner/name@abc123"
    assert ledger.counts() == {"no text": 1}
    assert seen == {
        "asked": revision,
        "name": "owner/name",
        "config": config,
        "split": split,
        "revision": "abc123",
        "streaming": True,
    }


def test_a_hub_that_cannot_be_reached_is_a_coded_error(monkeypatch):
    import huggingface_hub

    def dataset_info(self, name, *, revision=None):
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", dataset_info)
    with pytest.raises(GlotliftError) as caught:
        read("hub:owner/name")
    assert caught.value.code == "GL-CORPUS-012"


WHOLE_ROW = b'{"id": "w", "text": "whole"}\n'
TABLE = b"id,text\nw,whole\n"
LEDGER_ROWS = {
    "bytes that are no UTF-8": ("a.jsonl", WHOLE_ROW + b'{"text": "\xff"}\n', "invalid UTF-8"),
    "no JSON": ("a.jsonl", WHOLE_ROW + b'{"text": \n', "invalid JSON"),
    "nested too deeply": ("a.jsonl", WHOLE_ROW + b"[" * 100_000 + b"\n", "invalid JSON"),
    "a number too long": ("a.jsonl", WHOLE_ROW + b"1" * 5000 + b"\n", "invalid JSON"),
    "a list": ("a.jsonl", WHOLE_ROW + b'["text"]\n', "not a JSON object"),
    "null": ("a.jsonl", WHOLE_ROW + b"null\n", "not a JSON object"),
    "no text key": ("a.jsonl", WHOLE_ROW + b'{"id": 1}\n', "no text"),
    "text is null": ("a.jsonl", WHOLE_ROW + b'{"text": null}\n', "no text"),
    "text is empty": ("a.jsonl", WHOLE_ROW + b'{"text": " \\n"}\n', "empty text"),
    "text is a number": ("a.jsonl", WHOLE_ROW + b'{"text": 3}\n', "text is not a string"),
    "text is a list": ("a.jsonl", WHOLE_ROW + b'{"text": ["a"]}\n', "text is not a string"),
    "NUL": ("a.jsonl", WHOLE_ROW + b'{"text": "a\\u0000b"}\n', "NUL character"),
    "NUL in plain text": ("a.txt", b"whole\na\0b\n", "NUL character"),
    "a lone surrogate": ("a.jsonl", WHOLE_ROW + b'{"text": "\\ud800"}\n', "lone surrogate"),
    "a row twice": ("a.jsonl", WHOLE_ROW * 2, "duplicate row"),
    "a language that is none": (
        "a.jsonl",
        WHOLE_ROW + b'{"text": "a", "lang": "qqqq"}\n',
        "unknown language",
    ),
    "a language that is a list": (
        "a.jsonl",
        WHOLE_ROW + b'{"text": "a", "lang": ["yo"]}\n',
        "unknown language",
    ),
    "a line of 17 MiB": (
        "a.jsonl",
        WHOLE_ROW + b'{"text": "' + b"a" * 17 * 2**20 + b'"}\n',
        "row longer than 16 MiB",
    ),
    "too many columns": ("a.csv", TABLE + b"1,a,b\n", "wrong number of columns"),
    "too few columns": ("a.csv", TABLE + b"1\n", "wrong number of columns"),
    "an open quote": ("a.csv", TABLE + b'1,"a\nb\n', "broken quoting"),
    "bytes in a table": ("a.csv", TABLE + b"1,\xff\n", "invalid UTF-8"),
    "bytes in plain text": ("a.txt", b"whole\n\xff\n", "invalid UTF-8"),
    "an empty cell": ("a.csv", TABLE + b"1,\n", "empty text"),
}


@pytest.mark.parametrize("name", LEDGER_ROWS)
def test_broken_rows_go_to_the_ledger(tmp_path, name):
    file, data, reason = LEDGER_ROWS[name]
    (tmp_path / file).write_bytes(data)
    ledger = Ledger()
    rows = read(tmp_path / file, ledger=ledger)
    assert rows["text"][:] == ["whole"]
    assert ledger.counts() == {reason: 1}
    assert (ledger.rows[0]["file"], ledger.rows[0]["line"]) == (file, 3 if "csv" in file else 2)
    assert (ledger.read, ledger.kept) == (2, 1)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_truncated_archive_keeps_what_came_before(tmp_path, suffix):
    path = tmp_path / f"a.jsonl{suffix}"
    noise = [json.dumps({"text": os.urandom(300).hex()}) for _ in range(3000)]
    write(path, "\n".join(noise).encode())
    path.write_bytes(path.read_bytes()[:-1000])
    ledger = Ledger()
    rows = read(path, ledger=ledger)
    assert 0 < len(rows) < 3000
    assert ledger.counts() == {"truncated or damaged archive": 1}
    assert ledger.read == len(rows) + 1


def test_a_damaged_page_of_parquet_keeps_what_came_before(tmp_path):
    path = tmp_path / "a.parquet"
    texts = [os.urandom(300).hex() for _ in range(4000)]
    pq.write_table(pa.table({"text": texts}), path, row_group_size=2000, compression="gzip")
    data = bytearray(path.read_bytes())
    middle = int(len(data) * 0.8)
    data[middle : middle + 2000] = bytes(2000)
    path.write_bytes(data)
    ledger = Ledger()
    rows = read(path, ledger=ledger)
    assert 2000 <= len(rows) < 4000
    assert ledger.counts() == {"truncated or damaged archive": 1}


def parquet(**columns):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


BROKEN_FILES = {
    "missing": ("none.jsonl", None, "GL-CORPUS-001"),
    "a Hub name": ("owner/name", None, "GL-CORPUS-001"),
    "an unknown format": ("a.docx", b"PK", "GL-CORPUS-003"),
    "no suffix": ("a", b"text", "GL-CORPUS-003"),
    "not gzip": ("a.jsonl.gz", WHOLE_ROW, "GL-CORPUS-005"),
    "not zstandard": ("a.txt.zst", b"text", "GL-CORPUS-005"),
    "an empty archive": ("a.txt.gz", b"", "GL-CORPUS-005"),
    "no text column": ("a.csv", b"id,name\n1,a\n", "GL-CORPUS-006"),
    "an empty table": ("a.csv", b"", "GL-CORPUS-006"),
    "a broken header": ("a.csv", b'"id\n', "GL-CORPUS-006"),
    "Parquet without text": ("a.parquet", parquet(id=["1"]), "GL-CORPUS-006"),
    "Parquet with numbers": ("a.parquet", parquet(text=[1, 2]), "GL-CORPUS-007"),
    "Parquet with lists": ("a.parquet", parquet(text=[["a"]]), "GL-CORPUS-007"),
    "half a Parquet file": ("a.parquet", parquet(text=["a"])[:-20], "GL-CORPUS-008"),
    "not Parquet": ("a.parquet", b"text", "GL-CORPUS-008"),
    "an empty file": ("a.txt", b"", "GL-CORPUS-009"),
    "only broken rows": ("a.jsonl", b"{\n{\n", "GL-CORPUS-009"),
    "Parquet of nulls": ("a.parquet", parquet(text=pa.array([None], "str")), "GL-CORPUS-009"),
    "UTF-16": ("a.txt", "text".encode("utf-16"), "GL-CORPUS-013"),
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_broken_files_are_coded_errors(tmp_path, name):
    file, data, code = BROKEN_FILES[name]
    if data is not None:
        (tmp_path / file).write_bytes(data)
    with pytest.raises(GlotliftError) as caught:
        read(tmp_path / file)
    assert caught.value.code == code
    assert caught.value.fix
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "settings", "code"),
    [
        ("FOLDER", {}, "GL-CORPUS-002"),
        ([], {}, "GL-CORPUS-015"),
        ("world:hin_Deva?rows=many", {}, "GL-CORPUS-010"),
        ("world:hin_Deva?row=3", {}, "GL-CORPUS-010"),
        ("world:", {}, "GL-CORPUS-010"),
        ("hub:name", {}, "GL-CORPUS-011"),
        ("hub:owner/name?trust_remote_code=1", {}, "GL-CORPUS-011"),
        ("a.txt", {"columns": {"title": "text"}}, "GL-CORPUS-014"),
        ("a.txt", {"documents": "page"}, "GL-CORPUS-014"),
        ("a.txt", {"language": "no"}, "GL-LANGUAGE-004"),
    ],
)
def test_broken_addresses_are_coded_errors(tmp_path, address, settings, code):
    with pytest.raises(GlotliftError) as caught:
        read(tmp_path if address == "FOLDER" else address, **settings)
    assert caught.value.code == code


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_a_coded_error(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("text")
    path.chmod(0)
    with pytest.raises(GlotliftError, match="GL-CORPUS-004"):
        read(path)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8")))
@pytest.mark.parametrize("kind", ["txt", "jsonl", "csv", "tsv"])
def test_counts_are_conserved_whatever_the_bytes(tmp_path, kind, data):
    path = tmp_path / f"a.{kind}"
    path.write_bytes({"csv": TABLE, "tsv": b"id\ttext\nw\twhole\n"}.get(kind, b"") + data)
    ledger = Ledger()
    try:
        kept = len(read(path, ledger=ledger))
    except GlotliftError as error:
        kept = 0
        codes = {"GL-CORPUS-009", "GL-CORPUS-013"}
        if error.code not in codes:
            raise
    assert ledger.read == kept + ledger.dropped == ledger.kept + ledger.dropped


def test_long_input_is_read_as_a_stream(tmp_path, monkeypatch):
    import glotlift.corpus.reading as reading

    held = {"now": 0}

    def endless():
        for line in range(1, 10**9):
            held["now"] = line
            yield Row(line, {"text": f"row {line}"})

    monkeypatch.setattr(reading, "find_sources", lambda *_: iter([Sourced("a", endless())]))
    assert len(read("a", rows=25_000)) == 25_000
    assert held["now"] == 25_000


@pytest.mark.skipif("GLOTLIFT_DATA" not in os.environ, reason="GLOTLIFT_DATA is not set")
def test_real_text():
    ledger = Ledger()
    rows = read(Path(os.environ["GLOTLIFT_DATA"], "mono"), rows=3000, ledger=ledger)
    assert len(rows) == ledger.kept == 3000
    assert "und" not in set(rows["language"])
    assert int(text_bytes(rows).sum()) > 1_000_000
