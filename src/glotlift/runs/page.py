"""One self-contained HTML page: templates, untrusted text made inert, figures as inline SVG.

A page asks the network for nothing and holds no script, but for that of an evaluation, which shows
samples. Its content security policy names the hashes of the one style sheet and the one script, so
that style attributes and any other script are refused.
"""

import base64
import hashlib
import io
import json
import re
import warnings
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from jinja2 import ChainableUndefined, Environment, PackageLoader, Undefined
from markupsafe import Markup

from glotlift.runs import figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Colours that stand for roles; the style sheet gives each role a colour for light and for dark.
ROLES = [
    "ink",
    "muted",
    "rule",
    "paper",
    "gain",
    "loss",
    "unsure",
    "before",
    "after",
    "band",
    "s0",
    "s1",
    "s2",
    "s3",
    "s4",
    "s5",
    "s6",
]
TONES = {role: f"#0100{position:02x}" for position, role in enumerate(ROLES, start=16)}
TONE_OF = {colour: name for name, colour in TONES.items()}
SVG_RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "glotlift",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "path.simplify": True,
}

# Control characters, lone surrogates, non-characters, and the marks that reorder text around them.
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff]"
)


def inert(text: str) -> str:
    """Return `text` with control and reordering characters spelled out, as in ``⟨U+202E⟩``."""
    return UNSAFE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text.replace("\r\n", "\n"))


def clip(text: Any, length: int = 600) -> str:
    """Return `text`, cut after `length` characters with an ellipsis."""
    shown = "" if text is None or isinstance(text, Undefined) else str(text)
    return shown if len(shown) <= length else f"{shown[: length - 1].rstrip()}…"


def finish(value: Any) -> Any:
    """Prepare any value for the page: None reads as not measured, text is made inert."""
    if value is None or isinstance(value, Undefined):
        return figures.UNMEASURED
    return value if isinstance(value, Markup) else inert(str(value))


@cache
def environment() -> Environment:
    """Return the template environment: everything escaped, everything made inert."""
    made = Environment(
        loader=PackageLoader("glotlift.runs"),
        autoescape=True,
        finalize=finish,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {write.__name__: write for write in (*figures.WRITERS, clip)}
    return made


def render_page(template: str, content: Mapping[str, Any], *, script: str = "") -> str:
    """Render ``templates/<template>.html.j2``, which extends ``page.html.j2``, with `content`.

    The content security policy refuses everything but the page's own style sheet, inline images,
    and the one `script` where the page has one: ``templates/<script>``. Values of `content` are
    untrusted: only `Markup` reaches the page unescaped.
    """
    style = packaged("page.css")
    code = packaged(script) if script else ""
    runs = f"script-src 'sha256-{digest(code)}'; " if script else ""
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; {runs}img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = environment().get_template(f"{template}.html.j2")
    return page.render(content, style=Markup(style), script=Markup(code), policy=policy)


def packaged(name: str) -> str:
    """Return a file that lies beside the templates."""
    return files("glotlift.runs").joinpath(f"templates/{name}").read_text(encoding="utf-8")


def digest(text: str) -> str:
    """Return what a content security policy calls a text by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def embedded(value: Any) -> Markup:
    """Return `value` as JSON that is safe within a page: inert text, and no ``<`` at all."""
    written = json.dumps(calm(value), ensure_ascii=False, separators=(",", ":"))
    return Markup(written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def calm(value: Any) -> Any:
    """Return a value of JSON with every text in it made inert."""
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, list):
        return [calm(item) for item in value]
    if isinstance(value, dict):
        return {key: calm(item) for key, item in value.items()}
    return value


def svg(figure: "Figure", label: str) -> Markup:
    """Draw a matplotlib figure as an inline SVG element.

    Colours of `TONES` become classes that the style sheet resolves; identifiers are made unique
    to the figure; metadata, style sheets and style attributes are left out. `label` describes
    the figure to those who do not see it.
    """
    import matplotlib

    drawn, label = io.StringIO(), inert(label)
    with matplotlib.rc_context(SVG_RC), warnings.catch_warnings():
        # The reader's browser supplies the font, so a glyph that matplotlib lacks is no loss.
        warnings.filterwarnings("ignore", message="Glyph|Matplotlib currently does not support")
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    source = drawn.getvalue()
    root = ElementTree.fromstring(source)
    prefix = hashlib.sha256(f"{label}{source}".encode()).hexdigest()[:8]
    _, _, width, height = root.get("viewBox", "0 0 1 1").split()
    root.attrib = {
        "class": "chart",
        "viewBox": f"0 0 {width} {height}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-label": label,
        "stroke-linejoin": "round",
    }
    simplify(root, prefix)
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=False))


def simplify(element: ElementTree.Element, prefix: str) -> None:
    """Rewrite one element of matplotlib's SVG and those below it, in place (see `svg`)."""
    element.tag = element.tag.rpartition("}")[2]
    if element.tag != "text":
        element.text = None
    element.tail = None
    for child in list(element):
        if child.tag.rpartition("}")[2] in {"metadata", "style"}:
            element.remove(child)
        else:
            simplify(child, prefix)
    attributes = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    attributes |= presentation(attributes.pop("style", ""))
    for name, value in attributes.items():
        if name == "id":
            attributes[name] = f"{prefix}-{value}"
        elif "#" in value and name in {"href", "clip-path"}:
            attributes[name] = value.replace("#", f"#{prefix}-")
    # Groups are named after matplotlib's artists; nothing refers to those names.
    if element.tag in {"g", "text"}:
        attributes.pop("id", None)
    if element.tag == "path":
        attributes["d"] = " ".join(attributes.get("d", "").split())
    element.attrib = attributes


def presentation(style: str) -> dict[str, str]:
    """Turn a style attribute into presentation attributes, and colours of roles into classes."""
    attributes: dict[str, str] = {}
    classes: list[str] = []
    for declaration in filter(None, (part.strip() for part in style.split(";"))):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if value in TONE_OF:
            classes.append(f"{name}-{TONE_OF[value]}")
        elif name != "font-family":
            attributes[name] = value
    return attributes | ({"class": " ".join(classes)} if classes else {})
