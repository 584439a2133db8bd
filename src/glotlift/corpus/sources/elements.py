"""Elements of an XML file, one after another, in bounded memory and without its entities."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from glotlift.corpus.fields import DAMAGED, ROW_BYTES, TOO_LONG
from glotlift.corpus.lines import DAMAGES, open_bytes
from glotlift.runs.errors import GlotliftError

CHUNK_BYTES = 64 * 1024
MALFORMED = "malformed XML"
Found = tuple[int, Element | None, str]
DEPTH = 200


class Collector:
    """Builds the wanted elements out of a parser's events; others are passed over."""

    def __init__(self, path: Path, root: str, wanted: tuple[str, ...]) -> None:
        self.path, self.root, self.wanted = path, root, wanted
        self.found: list[Found] = []
        self.builder: TreeBuilder | None = None
        self.line = self.depth = self.size = self.inside = self.events = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.data
        self.parser.EntityDeclHandler = self.refuse
        self.parser.CommentHandler = self.comment

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        self.events += 1
        name = tag.rpartition(":")[2]
        if self.depth == 0:
            self.check_root(name)
            self.found.append((self.parser.CurrentLineNumber, Element(name, attributes), ""))
        self.depth += 1
        if not self.inside and name in self.wanted:
            self.builder, self.size = TreeBuilder(), 0
            self.inside, self.line = self.depth, self.parser.CurrentLineNumber
        if self.builder:
            self.grow(sum(map(len, attributes.values())))
        if self.builder and self.depth - self.inside < DEPTH:
            self.builder.start(name, attributes)

    def end(self, tag: str) -> None:
        """Close an element."""
        self.events += 1
        if self.builder and self.depth - self.inside < DEPTH:
            self.builder.end(tag.rpartition(":")[2])
        if self.inside == self.depth:
            whole = self.builder.close() if self.builder else None
            self.found.append((self.line, whole, "" if self.builder else TOO_LONG))
            self.builder, self.inside = None, 0
        self.depth -= 1

    def data(self, text: str) -> None:
        """Add text."""
        self.events += 1
        if self.builder:
            self.grow(len(text))
        if self.builder:
            self.builder.data(text)

    def comment(self, text: str) -> None:
        """Count a comment as progress; it is no text."""
        self.events += 1

    def grow(self, size: int) -> None:
        """Give an element up when it becomes longer than a row may be."""
        self.size += size + 1
        if self.size > ROW_BYTES:
            self.builder = None

    def check_root(self, name: str) -> None:
        """Refuse a file of another kind."""
        if name != self.root:
            cause = f"the root element is {name[:60]!r}, not {self.root!r}"
            fix = "name a MediaWiki export or a TMX file, or take the file out of the folder"
            raise GlotliftError("GL-CORPUS-082", cause, place=str(self.path), fix=fix)

    def refuse(self, name: str, *_: object) -> None:
        """Refuse a file that declares entities, which can grow without bound or name files."""
        cause = f"the XML declares the entity {name[:60]!r}, and entities are not expanded"
        fix = "take the declaration out of the file's DOCTYPE"
        raise GlotliftError("GL-CORPUS-081", cause, place=str(self.path), fix=fix)


def read_elements(path: Path, root: str, wanted: tuple[str, ...]) -> Iterator[Found]:
    """Yield (line, element, fault): the empty root first, then every wanted element when whole.

    Names are without namespace. An element longer than a row may be comes as a fault; so does the
    place where the file is not well-formed or its archive is cut, where reading ends.

    Raises GL-CORPUS-081 (the file declares entities) and -082 (another root element).
    """
    collector = Collector(path, root, wanted)
    with open_bytes(path) as file:
        yield from feed(collector, file)


def feed(collector: Collector, file: IO[bytes]) -> Iterator[Found]:
    """Yield what the parser finds in a file, chunk by chunk."""
    parser, waiting, events = collector.parser, 0, 0
    while True:
        try:
            chunk = file.read(CHUNK_BYTES)
            parser.Parse(chunk, not chunk)
        except DAMAGES:
            collector.found.append((parser.CurrentLineNumber, None, DAMAGED))
            chunk = b""
        # Encodings that expat cannot take from Python come as the last two.
        except (expat.ExpatError, ValueError, LookupError):
            collector.found.append((parser.CurrentLineNumber, None, MALFORMED))
            chunk = b""
        yield from collector.found
        collector.found.clear()
        # A single tag that never ends would be gathered whole by the parser.
        waiting = waiting + len(chunk) if collector.events == events else 0
        events = collector.events
        if waiting > ROW_BYTES:
            yield parser.CurrentLineNumber, None, TOO_LONG
            return
        if not chunk:
            return
