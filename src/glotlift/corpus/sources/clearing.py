"""What surrounds the text of a web page, taken away."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from glotlift.corpus.sources.optional import library

# Elements that by their meaning hold no running text (HTML Living Standard; WAI-ARIA 1.2 roles).
SILENT = [
    "script, style, noscript, template, iframe, object, svg, canvas, audio, video",
    "select, textarea",
]
UNSEEN = "[hidden], [style*='display:none'], [style*='display: none'], [style*='visibility:hidden']"
SURROUNDINGS = [
    *SILENT,
    "nav, footer, aside, menu, dialog, form, button, figcaption, pre, [data-surrounding]",
    "[aria-hidden=true], [role=navigation], [role=contentinfo], [role=search], [role=menu]",
    "[role=menubar], [role=dialog], [role=alertdialog], [role=complementary], [role=toolbar]",
]
HEADERS = "header, [role=banner]"
# One pattern a spelling, each with a plain beginning: a search for either letter takes far longer.
NAMES = [
    (
        name.lower(),
        re.compile(name + r"""\s*=\s*(?:"([^"]{1,200})"|'([^']{1,200})'|([^\s"'>]{1,200}))"""),
    )
    for name in ("class", "id", "CLASS", "ID")
]
WORDS = re.compile(
    r"""(?:^|[\s_-])(?:
    nav|navi|navbar|navigation|navheader|navfooter|menu|submenu|menubar|topbar|toolbar|tabs
    |breadcrumbs?|crumbs?|pagination|pager|footer|foot|sidebar|side|aside|widgets?
    |toc|tableofcontents|contents?list|index|ads?|adverts?|advertisements?|advert|sponsor(?:ed)?
    |banner|promos?|cookies?|consent|gdpr|popup|modal|overlay|newsletter|subscribe|subscription
    |share|sharing|social|follow|related|recommend(?:ed|ations?)|recirc|comments?|replies|respond
    |disqus|byline|meta|dateline|timestamp|tags|taglist|login|signin|search|skip|hidden|sr-only
    |copyright|copyleft|legal|debug|noprint|editsection|jump|rating|price|buttons?
    )(?:$|[\s_-])""",
    re.VERBOSE | re.IGNORECASE,
)
UNQUOTABLE = re.compile(r"[\\\"&\n\r\f]")
MOST_NAMES = 100
# Elements and links that are looked at: pages with more are made by machines for machines.
MOST_NODES, MOST_LINKS = 2000, 20_000
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
GROUPS = "ul, ol, dl, table"
LINKED_SHARE = 0.75
# Where more than this is hidden, the page shows it later (tabs, texts that unfold).
UNSEEN_SHARE = 1 / 3
TAKEN = "data-surrounding"
# A page of which hardly anything would be left is written out whole.
LEFT_SHARE = 0.1
LEFT_CHARACTERS = 200
# What holds more than this share of a page's text is its text, whatever its class is called.
MOST = 0.6


def clear(tree: Any, markup: str) -> str:
    """Return the text of a page, parsed from `markup`, without its surroundings, a line a block.

    Elements are marked by an attribute and passed over when the text is written.
    """
    writer = library("resiliparse.extract.html2text", "web pages are read")
    everything = write(writer, tree, SILENT)
    body, most = tree.body, MOST * len(everything)
    # Slices, because the parser's lists take quadratic time to walk through.
    named = surrounding_names(markup)
    unseen = body.query_selector_all(UNSEEN)[:]
    if sum(len(node.text) for node in unseen) > UNSEEN_SHARE * len(everything):
        unseen = []
    surroundings = chain(
        unseen,
        (node for node in body.query_selector_all(HEADERS)[:] if not node.query_selector("h1, h2")),
        body.query_selector_all(", ".join(named))[:MOST_NODES] if named else (),
        linked_groups(body),
    )
    for node in surroundings:
        if len(node.text) <= most or is_linked(node, node.query_selector_all("a[href]")[:]):
            node.setattr(TAKEN, "")
    text = write(writer, tree, SURROUNDINGS)
    enough = len(text) >= LEFT_CHARACTERS or len(text) >= LEFT_SHARE * len(everything)
    return text if enough else everything


def surrounding_names(markup: str) -> list[str]:
    """Return selectors of the classes and ids of a page whose words name surroundings."""
    found = {(kind, "".join(value)) for kind, pattern in NAMES for value in pattern.findall(markup)}
    return sorted(
        f'[{kind}="{value}"]'
        for kind, value in found
        if not UNQUOTABLE.search(value) and WORDS.search(CAMEL.sub("-", value))
    )[:MOST_NAMES]


def write(writer: Any, tree: Any, passed_over: list[str]) -> str:
    """Return the text of a page but for what some selectors select."""
    return str(
        writer.extract_plain_text(
            tree,
            preserve_formatting=True,
            main_content=False,
            list_bullets=False,
            alt_texts=True,  # else whole figures are left out; pictures are marks by now
            skip_elements=passed_over,
        )
    )


def linked_groups(body: Any) -> Iterator[Any]:
    """Yield the lists and tables that hold little but links, outer ones first."""
    left = MOST_LINKS
    for node in body.query_selector_all(GROUPS)[:MOST_NODES]:
        links = node.query_selector_all("a[href]")[:]
        left -= len(links)
        if left < 0:
            return
        if is_linked(node, links):
            yield node


def is_linked(node: Any, links: list[Any]) -> bool:
    """Return whether an element holds little but the text of its links."""
    if not links:
        return False
    linked = sum(len(link.text.strip()) for link in links)
    return linked >= LINKED_SHARE * max(1, len("".join(node.text.split("\n")).strip()))
