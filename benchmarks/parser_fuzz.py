"""Mutated files of every format that is read: each must end as rows and faults, or a coded error.

    python benchmarks/parser_fuzz.py [--inputs 1600] [--seconds 900] [--seed 0]

Makes one sound file of each format, and of each compression; changes bytes, cuts, repeats, splices
and plants hostile pieces; then reads the result as `glotlift.corpus.read` does. A failure is any
other exception, a ledger whose counts do not add up, a crash of the process, or more than a second
of processor time for an input (after one sound file of the format, which loads its library).
Prints one JSON object with counts for each format, the failures and the slowest.
"""

import argparse
import bz2
import gzip
import io
import json
import lzma
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from glotlift.corpus.addresses import Sourced
from glotlift.corpus.formats import read_file
from glotlift.corpus.ledger import Ledger
from glotlift.corpus.reading import clean
from glotlift.runs.errors import GlotliftError

SLOWEST_SECONDS = 1.0
HANG_SECONDS = 10.0
SENTENCES = ("Sara reads a book.", "मीरा किताब पढ़ती है।", "اقرأ الكتاب.", "我读书。", "Ẹ káàárọ̀ o.")
HOSTILE = (
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b$B", b"\n\n", b"\r", b'"', b"\t"),
    *(
        b"<",
        b">",
        b"&",
        b"]]>",
        b"<!--",
        b"<![CDATA[",
        b"<pre>",
        b"</div>",
        b"<table><tr><td>" * 40,
    ),
    *(b"<div>" * 400, b"{{" * 300, b"[[" * 300, b"{|" * 100, b"''" * 200, b"<b>" * 300, b"(" * 500),
    *(b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>", b"&b;", b"&#x0;", b"&#99999999;"),
    *(b"Content-Length: 999999999\r\n", b"WARC/1.0\r\n", b"HTTP/1.1 200 OK\r\n", b"charset=utf-7"),
    *(
        b"stream\nendstream",
        b"endobj",
        b"/Length 99999999",
        b"[ " * 500,
        b"<<" * 300,
        b"1-99999999",
    ),
    *(b'msgid "', b"msgstr[99] ", b"#, fuzzy\n", b"# newdoc\n", b"{" * 300, b"[" * 3000, b"1e999"),
    *(
        b"xml:lang=''",
        b"encoding='utf-32'",
        b"a" * 5000,
        b" " * 5000,
        b"\n" * 3000,
        b"<a href=x>" * 200,
    ),
)
PAGE = """<html lang="en"><head><meta charset="utf-8"><title>A page</title>
<link rel="license" href="https://creativecommons.org/licenses/by/4.0/"></head><body>
<nav class="menu"><ul><li><a href="/">Home</a><li><a href="/b">News</a></ul></nav>
<article><h1>A page</h1>{}<img src="a.png" alt="a thing"><p>End.</p></article>
<footer>© someone</footer></body></html>"""
WIKI = """<mediawiki xml:lang="en"><siteinfo><dbname>w</dbname><base>https://en.wikipedia.org/wiki/A</base>
<namespaces><namespace key="6">File</namespace></namespaces></siteinfo>
{}<page><title>B</title><ns>0</ns><id>2</id><redirect title="A"/></page></mediawiki>"""
ARTICLE = """<page><title>A</title><ns>0</ns><id>{}</id><revision><text>{{{{Infobox|a=[[b]]}}}}
'''{}''' is a [[thing|''thing'']].&lt;ref&gt;x&lt;/ref&gt; [[File:a.png|thumb|x]]
{{| class="a"
| cell || [[x]]
|}}
== More ==
* {} [http://a.example b]</text></revision></page>
"""
UNIT = """<tu tuid="{}"><tuv xml:lang="en"><seg>{}</seg></tuv>
<tuv xml:lang="hi"><seg>{}<ph>x</ph></seg></tuv></tu>"""
ENTRY = 'msgctxt "{}"\nmsgid "{}"\nmsgid_plural "{}"\nmsgstr[0] "{}"\nmsgstr[1] ""\n"more"\n\n'
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: hi\\n"\n\n'


def seeds() -> dict[str, bytes]:
    """Return a sound file of every format."""
    texts = SENTENCES * 2
    paragraphs = "".join(f"<p>{text} {text}</p>\n" for text in texts)
    table = pa.table({"id": [str(n) for n in range(len(texts))], "text": list(texts)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    page = PAGE.format(paragraphs).encode()
    numbered = list(enumerate(texts))
    return {
        "txt": "\n\n".join(texts).encode(),
        "jsonl": "\n".join(json.dumps({"id": n, "text": text}) for n, text in numbered).encode(),
        "csv": ("id,text\n" + "\n".join(f'{n},"{text}"' for n, text in numbered)).encode(),
        "tsv": ("id\ttext\n" + "\n".join(f"{n}\t{text}" for n, text in numbered)).encode(),
        "parquet": buffer.getvalue(),
        "html": page,
        "warc": b"".join(record(page, "response") for _ in range(3)),
        "wet": b"".join(record(text.encode(), "conversion") for text in texts),
        "pdf": pdf(["A line of text.", "Another line (of it).", "The end."]),
        "xml": WIKI.format("".join(ARTICLE.format(n, t, t) for n, t in numbered)).encode(),
        "tmx": (
            '<tmx version="1.4"><header srclang="en"/><body>'
            + "".join(UNIT.format(n, text, text) for n, text in numbered)
            + "</body></tmx>"
        ).encode(),
        "po": (HEADER + "".join(ENTRY.format(n, t, t, t) for n, t in numbered)).encode(),
        "conllu": "".join(map(treebank, texts)).encode(),
    }


def record(content: bytes, kind: str) -> bytes:
    """Return a record of a WARC file."""
    name = "text/plain"
    if kind == "response":
        name = "application/http; msgtype=response"
        content = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + content
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://a.example/\r\n"
    head += f"Content-Type: {name}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content + b"\r\n\r\n"


def treebank(text: str) -> str:
    """Return a sentence of a treebank."""
    blanks = "\t_" * 8
    words = "".join(f"{n}\t{word}{blanks}\n" for n, word in enumerate(text.split(), 1))
    return f"# newdoc id = {len(text)}\n# text = {text}\n1-2\t{text}{blanks}\n{words}\n"


def pdf(lines: list[str]) -> bytes:
    """Return a PDF file with a page of text."""
    escaped = (line.replace("(", r"\(").replace(")", r"\)") for line in lines)
    shown = (
        "BT /F1 12 Tf 72 720 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 6\n0000000000 65535 f \n{table}trailer << /Size 6 /Root 1 0 R >>\n"
    return written + f"{end}startxref\n{len(written)}\n%%EOF\n".encode()


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda content: gzip.compress(content, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}


def mutate(content: bytes, dice: random.Random) -> bytes:
    """Return a file with one to six changes."""
    changed = bytearray(content)
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(changed) + 1)
        size = dice.choice((1, 2, 8, 64, 512))
        kind = dice.randrange(7)
        if kind == 0 and changed:
            changed[place % len(changed)] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del changed[place : place + size]
        elif kind == 2:
            changed[place:place] = changed[place : place + size] * dice.choice((1, 2, 20))
        elif kind == 3:
            changed[place:place] = dice.choice(HOSTILE)
        elif kind == 4:
            changed[place : place + size] = dice.randbytes(size)
        elif kind == 5 and dice.random() < 0.3:
            del changed[place:]
        else:
            other = dice.randrange(len(changed) + 1)
            changed[place:place] = changed[other : other + size]
    return bytes(changed)


def build(format: str, content: bytes, dice: random.Random) -> tuple[str, bytes]:
    """Return name and bytes of an input; every fourth is compressed before or after its changes."""
    if dice.random() < 0.75:
        return f"x.{format}", mutate(content, dice)
    suffix = dice.choice(sorted(COMPRESSIONS))
    compress = COMPRESSIONS[suffix]
    whole = dice.random() < 0.5
    changed = compress(mutate(content, dice)) if whole else mutate(compress(content), dice)
    return f"x.{format}{suffix}", changed


def outcome(path: Path) -> str:
    """Return what becomes of an input: rows, faults, both, or the code of an error."""
    ledger = Ledger()
    try:
        kept = sum(
            1 for _ in clean([Sourced(path.name, read_file(path))], None, None, None, ledger)
        )
    except GlotliftError as error:
        return str(error).partition(":")[0]
    dropped = sum(ledger.counts().values())
    if ledger.read != kept + dropped:
        raise AssertionError(f"{ledger.read} read, {kept} kept, {dropped} dropped")
    return "rows and faults" if kept and dropped else "rows" if kept else "faults"


def work(pipe: Connection, format: str, first: int, count: int, seed: int) -> None:
    """Send (number, outcome, seconds, failure) of every input of a format."""
    content = seeds()[format]
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / f"x.{format}"
        sound.write_bytes(content)
        outcome(sound)
        for number in range(first, count):
            dice = random.Random(f"{seed}/{format}/{number}")
            name, changed = build(format, content, dice)
            path = Path(folder) / name
            path.write_bytes(changed)
            began = time.process_time()
            result, failure = "failure", ""
            try:
                result = outcome(path)
            # Panics of compiled parsers are no Exceptions.
            except BaseException as error:
                failure = f"{type(error).__name__}: {str(error)[:200]}"
            seconds = time.process_time() - began
            path.unlink()
            pipe.send((number, result, seconds, failure))
    pipe.send(None)


def fuzz(format: str, count: int, seed: int, until: float) -> dict[str, Any]:
    """Return the counts of one format, read in a process that may crash or hang."""
    outcomes: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    slowest, number, done = 0.0, 0, False
    context = multiprocessing.get_context("fork")
    while number < count and not done and time.monotonic() < until:
        here, there = context.Pipe(duplex=False)
        worker = context.Process(target=work, args=(there, format, number, count, seed))
        worker.start()
        there.close()
        try:
            while time.monotonic() < until:
                if not here.poll(HANG_SECONDS):
                    raise EOFError("hang")
                told = here.recv()
                if told is None:
                    done = True
                    break
                at, result, seconds, failure = told
                number, slowest = at + 1, max(slowest, seconds)
                outcomes[result] += 1
                if failure or seconds > SLOWEST_SECONDS:
                    failures.append({"input": at, "failure": failure or f"{seconds:.2f} s"})
        except EOFError as error:
            failures.append({"input": number, "failure": str(error) or "crash"})
            outcomes["failure"] += 1
            number += 1
        worker.kill()
        worker.join()
        here.close()
    total = sum(outcomes.values())
    return {
        "inputs": total,
        "outcomes": dict(sorted(outcomes.items())),
        "failures": failures,
        "slowest_seconds": round(slowest, 3),
    }


def main() -> int:
    """Fuzz every format and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=1600, help="of each format")
    parser.add_argument("--seconds", type=float, default=900.0, help="in all")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began = time.monotonic()
    formats = sorted(seeds())
    found = {}
    for place, format in enumerate(formats):
        left = began + given.seconds - time.monotonic()
        until = time.monotonic() + left / (len(formats) - place)
        found[format] = fuzz(format, given.inputs, given.seed, until)
    failed = sum(len(counts["failures"]) for counts in found.values())
    report = {
        "inputs": sum(counts["inputs"] for counts in found.values()),
        "failures": failed,
        "slowest_seconds": max(counts["slowest_seconds"] for counts in found.values()),
        "seconds": round(time.monotonic() - began, 1),
        "seed": given.seed,
        "formats": found,
        "passed": not failed,
    }
    print(json.dumps(report, indent=1))
    return 0 if not failed else 1


if __name__ == "__main__":
    sys.exit(main())
