"""Web pages with gold: real documents of the world among all that surrounds text on the web."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from datasets import Dataset, Features, Value

from glotlift.languages import language as language_of
from glotlift.runs.errors import GlotliftError
from glotlift.world.combinations import topic_of
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.personal import KINDS, Personal, invent
from glotlift.world.scenes import Scene, document, draws, pick, scene
from glotlift.world.sentences import LICENSE, SOURCE, numbers
from glotlift.world.web_templates import HOSTS, claims, render, words_of

_RECENT = 50  # a duplicate is of one of so many pages before it
_STRING, _WHOLE = Value("string"), Value("int64")
_FEATURES = Features(
    {
        **dict.fromkeys(("id", "language", "url", "html", "title", "text"), _STRING),
        "paragraphs": [{"text": _STRING, "language": _STRING}],
        "blocks": [{"kind": _STRING, "text": _STRING}],
        "topic": _STRING,
        "template": _STRING,
        "duplicate_of": _STRING,
        "duplicate_kind": _STRING,
        "similarity": Value("float64"),
        "personal": [
            {
                **dict.fromkeys(("start", "end"), _WHOLE),
                **dict.fromkeys(("kind", "text"), _STRING),
                "valid": Value("bool"),
            }
        ],
        "images": [{"id": _STRING, "url": _STRING, "caption": _STRING}],
        "alternates": [{"language": _STRING, "url": _STRING}],
        **dict.fromkeys(("encoding", "declared_encoding", "declared_language"), _STRING),
        **dict.fromkeys(("source", "license"), _STRING),
    }
)


class Shares(NamedTuple):
    """How many pages of a hundred are what, as fractions."""

    duplicate: float
    near_duplicate: float
    mixed: float
    personal: float


class Line(NamedTuple):
    """What a paragraph says: sentences in their order, then personal data."""

    scenes: list[Scene]
    planted: list[Personal]
    foreign: bool


class Told(NamedTuple):
    """A paragraph as it is written; `spans` are start, end and what the personal data is."""

    text: str
    language: str
    spans: list[tuple[int, int, Personal]]


def web_pages(
    language: str,
    pages: int,
    *,
    others: Sequence[str] = (),
    duplicate_fraction: float = 0.1,
    near_duplicate_fraction: float = 0.1,
    mixed_fraction: float = 0.1,
    personal_fraction: float = 0.3,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
) -> Dataset:
    """Return web pages whose main text is a document of the world, with the truth about each.

    The same id ("world/web/0/train/17") is the same page in every language, addressable by row;
    pages link to their versions in `others`, and a mixed page has a paragraph in one of these.

    Columns: id; language; url; html; title; text (the main text, a line a paragraph); paragraphs
    (text, language); blocks (kind, text: everything visible, in order; kind is main, title, caption
    or one of the boilerplate); topic; template; duplicate_of (the id of an earlier page),
    duplicate_kind (mirror: the same HTML elsewhere; exact: the same text; near: a few sentences
    replaced, dropped or added) and similarity (1 minus edited over all sentences); personal (start
    and end in `text`, kind, text, valid: whether the check digits are right); images (id of the
    sentence that says what is to be seen, url, caption); alternates (language, url); encoding (in
    which `write_warc` writes the page), declared_encoding and declared_language (what the page says
    itself: right, wrong or None); source; license.

    Raises GL-WORLD-001 (language), -002 (split), -007 (rows), -034 (fractions).
    """
    for code in (language, *others):
        grammar(code)
    shares = Shares(duplicate_fraction, near_duplicate_fraction, mixed_fraction, personal_fraction)
    _check(shares)
    known = tuple(code for code in others if code != language)
    rows = [
        _page(language, known, shares, seed, split, row) for row in numbers(pages, split, start)
    ]
    columns = {name: [row[name] for row in rows] for name in _FEATURES}
    return Dataset.from_dict(columns, features=_FEATURES)


def _check(shares: Shares) -> None:
    if not all(0 <= share <= 1 for share in shares) or sum(shares[:2]) > 1:
        raise GlotliftError(
            "GL-WORLD-034",
            f"{tuple(shares)} are no fractions of the pages",
            fix="give numbers from 0 to 1, duplicates and near duplicates 1 at most together",
        )


def _page(
    code: str, others: tuple[str, ...], shares: Shares, seed: int, split: str, row: int
) -> dict[str, Any]:
    kind, first = _kind(shares, seed, split, row), _first(shares, seed, split, row)
    root = (seed, split, first)
    # A mirror is dressed as the page that it mirrors, any other duplicate anew.
    address = root if kind == "mirror" else (seed, split, row)
    lines = _lines(shares, *root)
    similarity = None if kind is None else 1.0
    if kind == "near":
        lines, similarity = _edited(lines, root, row)
    told = [_told(code, others, line, draws("foreign", *root)[0]) for line in lines]
    facts = _facts(code, others, _topic(lines), root, address)
    facts["paragraphs"] = [paragraph.text for paragraph in told]
    template, claimed = _template(*address), claims(code, *address)
    html, blocks = render(code, template, claimed, facts, address)
    return {
        **facts,
        **claimed._asdict(),
        "id": f"world/web/{seed}/{split}/{row}",
        "language": code,
        "url": facts["url"].replace("://", "://mirror.") if kind == "mirror" else facts["url"],
        "html": html.encode(claimed.encoding, "xmlcharrefreplace").decode(claimed.encoding),
        "text": "\n".join(facts["paragraphs"]),
        "paragraphs": [{"text": part.text, "language": part.language} for part in told],
        "blocks": [block._asdict() for block in blocks],
        "template": template,
        "duplicate_of": f"world/web/{seed}/{split}/{first}" if kind else None,
        "duplicate_kind": kind,
        "similarity": similarity,
        "personal": _placed(told),
        "source": SOURCE,
        "license": LICENSE,
    }


def _kind(shares: Shares, seed: int, split: str, row: int) -> str | None:
    """Return how a page is a duplicate; the first one never is."""
    numbers = draws("web kind", seed, split, row)
    share = numbers[0] / 2**32
    if row == 0 or share >= shares.duplicate + shares.near_duplicate:
        return None
    if share >= shares.duplicate:
        return "near"
    return pick(("mirror", "exact", "exact"), numbers[1])


def _first(shares: Shares, seed: int, split: str, row: int) -> int:
    """Return the row of the page of which this one is a duplicate, or its own."""
    while _kind(shares, seed, split, row):
        row -= 1 + draws("web kind", seed, split, row)[2] % min(row, _RECENT)
    return row


def _lines(shares: Shares, seed: int, split: str, row: int) -> list[Line]:
    """Return the paragraphs of an original page."""
    numbers = draws("web text", seed, split, row)
    scenes = document(seed, split, row, 5 + numbers[0] % 10)
    size = 2 + numbers[1] % 3
    lines = [Line(scenes[i : i + size], [], False) for i in range(0, len(scenes), size)]
    if numbers[2] < shares.mixed * 2**32:
        place = 1 + numbers[3] % (len(lines) - 1)
        lines[place] = lines[place]._replace(foreign=True)
    if numbers[4] < shares.personal * 2**32:
        for number in range(1 + numbers[5] % 3):
            known = invent(pick(KINDS, numbers[6 + number]), seed, split, row, number)
            pick(tuple(lines), numbers[9 + number]).planted.append(known)
    return lines


def _edited(lines: list[Line], root: tuple[int, str, int], row: int) -> tuple[list[Line], float]:
    """Replace, drop or add some sentences; return also 1 minus the edited share of all."""
    numbers = draws("web edits", *root, row)
    told = [said for line in lines for said in line.scenes]
    wanted = 1 + numbers[0] % max(1, len(told) // 5)
    seed, split, first = root
    further = document(seed, split, first, len(told) + 4 * wanted)[len(told) :]
    fresh = [said for said in further if said not in told][:wanted]
    order = sorted(range(len(told)), key=lambda place: draws("web edits", *root, row, place))
    edits = dict(zip(order, fresh, strict=False))
    found, place, count = [], 0, 0
    for line in lines:
        scenes: list[Scene] = []
        for said in line.scenes:
            new = edits.get(place)
            choices = ([said],) if new is None else ([new], [said, new], [])
            scenes += pick(choices, numbers[1 + place % 15])
            place += 1
        found.append(line._replace(scenes=scenes))
        count += len(scenes) + len(line.planted)
    found = [line for line in found if line.scenes or line.planted]
    before = len(told) + sum(len(line.planted) for line in lines)
    return found, 1 - len(edits) / max(before, count)


def _told(code: str, others: tuple[str, ...], line: Line, number: int) -> Told:
    code = pick(others, number) if line.foreign and others else code
    spoken, spans = grammar(code), []
    text = spoken.join(map(spoken.say, line.scenes))
    for known in line.planted:
        text = spoken.join(filter(None, (text, words_of(code)[known.kind], known.text)))
        spans.append((len(text) - len(known.text), len(text), known))
    return Told(text, code, spans)


def _placed(told: list[Told]) -> list[dict[str, Any]]:
    """Return the personal data by its place in the whole text."""
    found, start = [], 0
    for paragraph in told:
        for left, right, known in paragraph.spans:
            found.append({"start": start + left, "end": start + right, **known._asdict()})
        start += len(paragraph.text) + 1
    return found


def _facts(
    code: str,
    others: tuple[str, ...],
    topic: str,
    root: tuple[int, str, int],
    address: tuple[int, str, int],
) -> dict[str, Any]:
    """Return what a page is about and what it points at."""
    spoken, number = grammar(code), draws("web", *address)
    linked = others if number[0] % 4 else ()
    return {
        "url": _url(code, *address),
        "title": spoken.say(Scene("about", {"topic": topic})).rstrip(".。।"),
        "topic": topic,
        "date": f"20{10 + number[1] % 15}-{1 + number[2] % 12:02d}-{1 + number[3] % 28:02d}",
        "alternates": [{"language": other, "url": _url(other, *address)} for other in linked],
        "images": _images(spoken, *root),
    }


def _images(spoken: Grammar, seed: int, split: str, row: int) -> list[dict[str, str]]:
    """Refer to pictures of single sentences of the world, which are their captions."""
    number, *rows = draws("web images", seed, split, row)
    return [
        {
            "id": f"world/{seed}/{split}/{shown}",
            "url": f"https://images.example.org/world/{seed}/{split}/{shown}.png",
            "caption": spoken.say(scene(seed, split, shown)),
        }
        for shown in rows[: number % 3]
    ]


def _topic(lines: list[Line]) -> str:
    """Return the topic of a document: of its sentences that state no fact about a person."""
    for said in (said for line in lines for said in line.scenes):
        pattern = inventory().patterns[said.pattern]
        if not pattern.fact:
            return topic_of(pattern.topic, said.said)
    return "people"


def _template(*address: object) -> str:
    return pick(tuple(HOSTS), draws("template", *address)[0])


def _url(code: str, seed: int, split: str, row: int) -> str:
    host = pick(HOSTS[_template(seed, split, row)], draws("host", seed, split, row)[0])
    return f"https://{host}/{language_of(code).bcp47}/{split}-{seed}-{row}.html"
