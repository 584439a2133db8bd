"""Pictures of wiki pages with the texts around them, a row each (WIT, Srinivasan et al. 2021)."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from glotlift.corpus.sources.optional import library
from glotlift.corpus.sources.wikis import plain_text
from glotlift.languages.identification import Identifier
from glotlift.languages.words import split_words

FILE_SPACES = ("file", "image")
HEADING = re.compile(r"^(={2,6})[ \t]*(.+?)[ \t]*\1[ \t]*$", re.MULTILINE)
BAR = re.compile(r"\|(?![^\[\]]*\]\])(?![^{}]*\}\})")
# Options of a picture that are no caption (MediaWiki, Help:Images).
OPTION = re.compile(
    r"thumb|thumbnail|frame|framed|frameless|border|left|right|center|centre|none|baseline|middle"
    r"|sub|super|top|text-top|bottom|text-bottom|upright(=.*)?|\d*x?\d+px|(link|lang|page|class)=.*"
)
NAMED = re.compile(r"^[^\s:：][^:：]{0,30}[:：]\s*")
FILE_NAME = re.compile(r"\.(jpe?g|png|gif|svg|webp|tiff?|pdf)\b", re.IGNORECASE)
MEDIA = {"image/jpeg", "image/png", "image/gif", "image/svg+xml", "image/webp"}
FREE = ("cc", "public domain", "pd")
LEAST_PIXELS, LEAST_WORDS = 100, 3
MOST_PAGES, MOST_SHARE = 5, 0.02


@dataclass(frozen=True)
class PictureRow:
    """The columns of WIT, in their order. Attributions in several languages stand a line each."""

    language: str
    page_url: str
    image_url: str
    page_title: str
    section_title: str
    hierarchical_section_title: str
    caption_reference_description: str
    caption_attribution_description: str
    caption_alt_text_description: str
    mime_type: str
    original_height: int
    original_width: int
    is_main_image: bool
    attribution_passes_lang_id: bool
    page_changed_recently: bool
    context_page_description: str
    context_section_description: str


class PictureFile(Protocol):
    """What is known of a file; `described` are descriptions, each behind its language's name."""

    @property
    def mime_type(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def license(self) -> str: ...
    @property
    def described(self) -> str: ...


def picture_rows(
    markup: str, files: Mapping[str, PictureFile], *, language: str, title: str, address: str
) -> list[PictureRow]:
    """Return a row for every picture of a page whose file is known, in the order of the page.

    Contexts are the text of the lead and of the section, without the captions. Every description
    of a file is an attribution; `check_language` keeps those in the page's language.

    Raises GL-CORPUS-080 when mwparserfromhell is not installed.
    """
    parser = library("mwparserfromhell", "wiki markup is read")
    silent = {*FILE_SPACES, "media", "category"}
    rows: list[PictureRow] = []
    above: list[tuple[int, str]] = []
    lead = ""
    for level, heading, content in sections(markup):
        above = [pair for pair in above if pair[0] < level] + [(level, heading)]
        text = plain_text(content, parser, silent)
        lead = lead or text if not heading else lead
        path = " / ".join([title, *(name for _, name in above if name)])
        for name, caption, alt in pictures(content, parser):
            known = files.get(name)
            if known is None:
                continue
            attributions = [NAMED.sub("", line, count=1) for line in known.described.split("\n")]
            rows.append(
                PictureRow(
                    language=language,
                    page_url=address,
                    image_url=name,
                    page_title=title,
                    section_title=heading,
                    hierarchical_section_title=path,
                    caption_reference_description=plain_text(caption, parser, silent),
                    caption_attribution_description="\n".join(filter(None, attributions)),
                    caption_alt_text_description=alt,
                    mime_type=known.mime_type,
                    original_height=known.height,
                    original_width=known.width,
                    is_main_image=not rows and not heading,
                    attribution_passes_lang_id=False,
                    page_changed_recently=False,
                    context_page_description=lead,
                    context_section_description=text,
                )
            )
    return rows


def sections(markup: str) -> list[tuple[int, str, str]]:
    """Return level, heading and markup of each section; the lead has level 1 and no heading."""
    found = list(HEADING.finditer(markup))
    starts = [0, *(heading.end() for heading in found)]
    ends = [*(heading.start() for heading in found), len(markup)]
    names = [(1, ""), *((len(heading[1]), heading[2]) for heading in found)]
    spans = zip(names, starts, ends, strict=True)
    return [(level, name, markup[start:end]) for (level, name), start, end in spans]


def pictures(markup: str, parser: Any) -> list[tuple[str, str, str]]:
    """Return name, caption and alternative text of each picture of a section."""
    found = []
    for link in parser.parse(markup).filter_wikilinks(recursive=False):
        space, _, name = str(link.title).partition(":")
        if space.strip().lower() not in FILE_SPACES:
            continue
        options = [option.strip() for option in BAR.split(str(link.text or ""))]
        alt = next((each[4:].strip() for each in options if each.startswith("alt=")), "")
        rest = [
            each for each in options if not each.startswith("alt=") and not OPTION.fullmatch(each)
        ]
        found.append((name.strip().replace(" ", "_"), rest[-1] if rest else "", alt))
    return found


def filter_rows(
    rows: Iterable[PictureRow], licenses: Mapping[str, str], *, many: int | None = None
) -> tuple[list[PictureRow], Counter[str]]:
    """Return the rows that hold a usable picture with usable text, and how many went for what.

    `licenses` are those of the files. A picture goes that is no picture, is below 100 pixels, is
    not free, stands on more than `many` pages of a language (a fiftieth of the pages of all, at
    least five), or stood on the page already. Captions of fewer than three words (characters where
    a language has no spaces) and file names are emptied, and rows with no text left go. Counts are
    conserved.
    """
    rows = list(rows)
    pages: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        pages[row.language, row.image_url].add(row.page_url)
    most = many or max(MOST_PAGES, round(MOST_SHARE * len({row.page_url for row in rows})))
    common = {key for key, places in pages.items() if len(places) > most}
    kept: list[PictureRow] = []
    dropped: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for row in map(without_stubs, rows):
        reason = fault(row, licenses.get(row.image_url, ""), common, seen)
        if reason:
            dropped[reason] += 1
        else:
            seen.add((row.page_url, row.image_url))
            kept.append(row)
    return kept, dropped


def fault(
    row: PictureRow,
    license: str,
    common: Collection[tuple[str, str]],
    seen: Collection[tuple[str, str]],
) -> str:
    """Return why a row is dropped, or ""."""
    texts = (
        row.caption_reference_description,
        row.caption_attribution_description,
        row.caption_alt_text_description,
    )
    reasons = {
        "media type": row.mime_type not in MEDIA,
        "small picture": min(row.original_width, row.original_height) < LEAST_PIXELS,
        "license": not license.lower().startswith(FREE),
        "picture of many pages": (row.language, row.image_url) in common,
        "repeated picture": (row.page_url, row.image_url) in seen,
        "no text": not any(texts),
    }
    return next((name for name, holds in reasons.items() if holds), "")


def without_stubs(row: PictureRow) -> PictureRow:
    """Empty the captions of a row that say nothing."""
    return replace(
        row,
        caption_reference_description=spoken(row.caption_reference_description, row.language),
        caption_alt_text_description=spoken(row.caption_alt_text_description, row.language),
    )


def spoken(caption: str, language: str) -> str:
    """Return a caption, or "" where it is a file name or below three words."""
    words = [word for word in split_words(caption, language) if any(map(str.isalnum, word))]
    return "" if len(words) < LEAST_WORDS or FILE_NAME.search(caption) else caption


def check_language(rows: Iterable[PictureRow], identifier: Identifier) -> list[PictureRow]:
    """Keep those attributions that the identifier takes for the page's language, and flag them."""
    rows = list(rows)
    lines = [row.caption_attribution_description.split("\n") for row in rows]
    guesses = iter(identifier.identify([line for several in lines for line in several]))
    checked = []
    for row, several in zip(rows, lines, strict=True):
        own = [line for line in several if next(guesses).language == row.language and line]
        checked.append(
            replace(
                row,
                caption_attribution_description="\n".join(own),
                attribution_passes_lang_id=bool(own),
            )
        )
    return checked
