"""Articles of MediaWiki dumps."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element

from glotlift.corpus.fields import Row
from glotlift.corpus.sources.elements import read_elements
from glotlift.corpus.sources.optional import library
from glotlift.corpus.sources.terms import license_name

# Wikimedia's terms of use put the text of these projects under one license.
WIKIMEDIA = {
    *("wikipedia", "wiktionary", "wikibooks", "wikisource", "wikiquote", "wikiversity"),
    "wikivoyage",
}
WIKIMEDIA_TERMS = "CC-BY-SA-4.0"
FILE, CATEGORY = "6", "14"
# Elements whose content is no running text of the article.
SILENT = {
    *("ref", "references", "gallery", "math", "chem", "score", "timeline", "graph", "imagemap"),
    *("table", "syntaxhighlight", "source", "templatestyles", "mapframe", "maplink", "code", "pre"),
    *("inputbox", "templatedata", "categorytree", "section", "hiero", "noinclude"),
}
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
REFERENCE = re.compile(
    r"<ref\b[^<>]{0,1000}/>|<ref\b[^<>]{0,1000}>(?:(?!<ref\b).)*?</ref\s*>",
    re.DOTALL | re.IGNORECASE,
)
LINK = re.compile(r"(?<!\[)\[(?:[a-z]{3,8}:)?//[^\s\[\]]{1,2000}[ \t]*([^\[\]\n]*)\]")
OPEN_LINK = re.compile(r"(?<!\[)\[(?=(?:[a-z]{3,8}:)?//)")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>")
TAGS, UNCLOSED = 1000, 100  # for more of them the parser would take seconds
TABLE = re.compile(r"\{\|(?:(?!\{\||\|\}).)*\|\}", re.DOTALL)
TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
NESTED = 40  # templates within templates, tables within tables
OTHER_WIKI = re.compile(r"[a-z]{2,3}(-[a-z]{2,10})*")  # the same article in another language
SWITCH = re.compile(r"__[A-Z]{3,30}__")
MARKUP_CHARACTERS = 2**20
EMPTY_BRACKETS = re.compile(r"[ \u00a0]*[((][\s,;،、]*[))]")


class Site:
    """What a dump says about its wiki."""

    def __init__(self, root: Element) -> None:
        self.language = next((v for k, v in root.attrib.items() if k.endswith("lang")), "")
        self.name = self.address = self.license = ""
        self.silent_links = {"file", "image", "media", "category"}

    def learn(self, info: Element) -> None:
        """Take in the element `siteinfo`."""
        base = (info.findtext("base") or "").strip()
        self.address = base.rpartition("/")[0]
        self.name = (info.findtext("dbname") or info.findtext("sitename") or "").strip()
        stated = info.findtext("rights") or info.findtext("license") or ""
        self.license = license_name(stated) if stated.strip() else wikimedia_terms(base)
        for space in info.iter("namespace"):
            if space.get("key") in (FILE, CATEGORY) and space.text:
                self.silent_links.add(space.text.strip().lower())


def wikimedia_terms(base: str) -> str:
    """Return the license of a Wikimedia project by its address; "" for another wiki."""
    try:
        parts = (urlsplit(base).hostname or "").split(".")
    except ValueError:
        return ""
    known = len(parts) >= 2 and parts[-1] == "org" and parts[-2] in WIKIMEDIA
    return WIKIMEDIA_TERMS if known else ""


def read_wiki(path: Path) -> Iterator[Row]:
    """Yield a row for every page of a MediaWiki export, as a stream.

    Articles only: pages of other namespaces and redirects are faults with that reason. Templates,
    tables, references, pictures and categories are taken out of the markup by mwparserfromhell.
    The id is the wiki's database name and the page's number; the license is the one that the dump
    states, or Wikimedia's where the wiki is one of its projects.

    Raises GL-CORPUS-080 (mwparserfromhell is not installed), -081 and -082 (`read_elements`).
    """
    parser = library("mwparserfromhell", "wiki markup is read")
    site = Site(Element("mediawiki"))
    for line, element, fault in read_elements(path, "mediawiki", ("siteinfo", "page")):
        if element is None:
            yield Row(line, {}, fault)
        elif element.tag == "mediawiki":
            site = Site(element)
        elif element.tag == "siteinfo":
            site.learn(element)
        else:
            yield page_row(line, element, site, parser)


def page_row(line: int, page: Element, site: Site, parser: Any) -> Row:
    """Return the row of a page, or its fault."""
    number, title = (page.findtext("id") or "").strip(), (page.findtext("title") or "").strip()
    values = {"id": f"{site.name}/{number}" if site.name and number else number}
    space = (page.findtext("ns") or "0").strip()
    if space != "0":
        return Row(line, values, f"namespace {space:.8}")
    if page.find("redirect") is not None:
        return Row(line, values, "redirect")
    revisions = page.findall("revision")
    model = revisions[-1].findtext("model") if revisions else None
    if model not in (None, "wikitext"):
        return Row(line, values, "not wiki text")
    markup = (revisions[-1].findtext("text") or "") if revisions else ""
    if len(markup) > MARKUP_CHARACTERS:
        return Row(line, values, "wiki page longer than 1 Mi characters")
    text = plain_text(markup, parser, site.silent_links)
    values |= {"text": text, "language": site.language, "license": site.license}
    if site.address and title:
        values["source"] = f"{site.address}/{quote(title.replace(' ', '_'), safe='/:')}"
    return Row(
        line, {key: value for key, value in values.items() if value}, "" if text else "no text"
    )


def plain_text(markup: str, parser: Any, silent_links: set[str]) -> str:
    """Return the text of wiki markup, a line a paragraph or heading."""
    markup = REFERENCE.sub("", COMMENT.sub("", markup))
    # From the inside out, in linear steps; the parser would take far longer for deep nests.
    for pattern in (TEMPLATE, TABLE):
        for _ in range(NESTED):
            markup, count = pattern.subn("", markup)
            if not count:
                break
    # What is left of templates, tables and links was never closed.
    markup = markup.replace("{|", "").replace("{{", "")
    markup = OPEN_LINK.sub("", LINK.sub(r"\1", markup))
    if markup.count("[[") - markup.count("]]") > UNCLOSED:
        markup = markup.replace("[[", "")
    if markup.count("<") > TAGS:
        markup = TAG.sub("", markup).replace("<", " ")
    code = parser.parse(SWITCH.sub("", markup))
    for tag in code.filter_tags(recursive=False):
        if str(tag.tag).strip().lower() in SILENT:
            drop(code, tag)
    for link in code.filter_wikilinks(recursive=False):
        space, colon, _ = str(link.title).partition(":")
        space = space.strip().lower()
        elsewhere = link.text is None and OTHER_WIKI.fullmatch(space)
        if colon and (space in silent_links or elsewhere):
            drop(code, link)
    text = EMPTY_BRACKETS.sub("", code.strip_code(normalize=True, collapse=True))
    lines = (" ".join(line.split()).lstrip("*#:; ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def drop(code: Any, node: Any) -> None:
    """Take a node out of parsed markup, unless it stands within one that went before."""
    try:
        code.remove(node)
    except ValueError:
        return
