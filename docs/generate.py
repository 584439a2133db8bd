"""Write the generated pages: one per recipe, their table, the reference, and the error codes.

python docs/generate.py          write them
python docs/generate.py --check  exit with 1 when a page is not what would be written
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import glotlift
from glotlift.recipes.catalogue import (
    CATALOGUE,
    FAMILIES,
    MAIN_JOB,
    Publication,
    evidence,
    evidence_state,
)
from glotlift.runs.figures import interval

DOCS = Path(__file__).parent
SOURCE = Path(glotlift.__file__).parent
CODE = re.compile(r"GL-[A-Z]+-\d{3}")
NOTE = "<!-- Written by docs/generate.py; do not edit. -->"
TASKS = SOURCE / "world" / "tasks" / "__init__.py"
MEASURED = "<!-- measured: written by docs/generate.py -->"
UNLISTED = {"commands", "recipes"}
VARIES = "(the message tells)"

SMALL = (
    "Runs here use small models, on the built-in sample world or on small public text. They test "
    "the direction of a claim and not its size, so figures of the publication and of this page "
    "stand side by side without being comparable."
)


@dataclass(frozen=True, order=True)
class Refusal:
    """One place in the source that raises a coded error."""

    code: str
    cause: str
    fix: str
    file: str


def read_publications() -> dict[str, dict[str, Any]]:
    """Return what each publication says, by recipe name."""
    text = (DOCS / "publications.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def recipe_page(entry: Publication, about: dict[str, Any], records: list[dict[str, Any]]) -> str:
    """Return the page of one recipe."""
    claims = [
        f"- {claim['claim']} *Source: {claim['source']}.*" for claim in about.get("claims", [])
    ]
    runs = f"`glotlift recipe run {entry.name}`" if entry.runs_here else "not in this version yet"
    parts = [
        NOTE,
        f"# {entry.name}",
        f"*{entry.title}* ({entry.year}). Number {entry.number} of the catalogue; "
        f"{FAMILIES[entry.family]}.",
        "## What the publication says",
        about["says"],
        "\n".join(claims)
        or "No figure is quoted here, because none could be checked at its source.",
        "## What the recipe sets out to show",
        about["tests"],
        f"To run it: {runs}.",
        "## What differs here",
        *([about["differs"]] if "differs" in about else []),
        SMALL,
        "## Our verdicts",
        *(verdicts(record) for record in records),
    ]
    if not records:
        parts.append("None yet.")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def verdicts(record: dict[str, Any]) -> str:
    """Return the section of one evidence record: its question, claims and how to repeat it."""
    budget = record["budget"]
    rows = [
        f"| {cell(claim['text'])} | {interval(claim)} {cell(claim['unit'])} "
        f"| {claim['verdict']} | {cell(published(claim))} |"
        for claim in record["claims"]
    ]
    table = ["| claim | difference [95 % interval] | verdict | published |", "|---|---|---|---|"]
    return "\n\n".join(
        [
            f"### {record['part']}, {record['setting']}",
            f"{record['question']} The arms differ in this alone: {record['difference']}. "
            f"Budget: {round(budget['value']):,} {budget['unit']}. Seeds: {len(record['seeds'])}.",
            "\n".join([*table, *rows]),
            f"Made by `{record['command']}` in {record['seconds']:,.0f} s.",
        ]
    )


def published(claim: dict[str, Any]) -> str:
    """Return the published figure beside a claim, with its source, or a dash."""
    found = claim.get("published")
    if not found:
        return "–"
    return f"{found['figure']} ({found['source']})" if isinstance(found, dict) else str(found)


def cell(text: str) -> str:
    """Return `text` such that it cannot break out of a table's cell."""
    return " ".join(str(text).replace("|", "\\|").replace("<", "&lt;").split())


def recipes_index() -> str:
    """Return the table of all recipes with the state of their evidence."""
    rows = [
        f"| {entry.number} | [{entry.name}]({entry.name}.md) | {entry.year} | {cell(entry.title)} "
        f"| {'yes' if entry.runs_here else 'no'} | {evidence_state(entry.name)} |"
        for entry in CATALOGUE
    ]
    return "\n".join(
        [
            NOTE,
            "",
            "# Recipes",
            "",
            "A recipe is a published method as two or more arms that differ in one thing, with",
            "claims about the difference. [How evidence works](../explain/evidence.md) explains",
            "arms, seeds, intervals and verdicts. The same table is printed by",
            "`glotlift recipe list`.",
            "",
            "| | recipe | year | publication | runs here | evidence |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def refusals(source: Path) -> Iterator[Refusal]:
    """Yield every coded error that the source below a folder can raise."""
    for path in sorted(source.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (code := literal_code(node)):
                fixes = [keyword.value for keyword in node.keywords if keyword.arg == "fix"]
                cause = template(node.args[1]) if len(node.args) > 1 else VARIES
                fix = template(fixes[0]) if fixes else ""
                yield Refusal(code, cause, fix, path.relative_to(source).as_posix())


def literal_code(call: ast.Call) -> str | None:
    """Return the error code that a call names first, or None."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value if CODE.fullmatch(first.value) else None
    return None


def template(node: ast.expr) -> str:
    """Return a message with an ellipsis for every part that is known only when it is raised."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(template(v) if isinstance(v, ast.Constant) else "…" for v in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return template(left) + template(right)
        case ast.IfExp(body=body, orelse=other):
            return f"{template(body)} / {template(other)}"
    return VARIES


def errors_page(source: Path) -> str:
    """Return the page with one entry per error code."""
    by_code: dict[str, list[Refusal]] = {}
    for refusal in sorted(set(refusals(source))):
        by_code.setdefault(refusal.code, []).append(refusal)
    lines = [
        NOTE,
        "",
        "# Error codes",
        "",
        "A code names one cause. An ellipsis stands for what the message fills in.",
    ]
    for code, found in by_code.items():
        fixes = sorted({one.fix for one in found if one.fix})
        files = ", ".join(f"`{name}`" for name in sorted({one.file for one in found}))
        lines += ["", f"## {code}", "", f"{cell(found[0].cause)}"]
        lines += [f"\n*What to do:* {cell(fix)}" for fix in fixes]
        lines += ["", f"Raised in {files}."]
    return "\n".join(lines) + "\n"


def readme() -> str:
    """Return the README with the table of what was measured, read from the packaged results."""
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    sources = {MAIN_JOB: "docs/how-to/adapt.md"}
    sources |= {entry.name: f"docs/recipes/{entry.name}.md" for entry in CATALOGUE}
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for name, page in sources.items():
        for record in evidence(name):
            for claim in record["claims"]:
                asked = (f"[{name}]({page}), {record['part']}", cell(claim["text"]))
                difference = f"{interval(claim)} {cell(claim['unit'])}"
                answer = (record["setting"], difference, str(len(record["seeds"])))
                found.setdefault(asked, []).append((*answer, claim["verdict"]))
    rows = [
        "| " + " | ".join([*asked, *map("<br>".join, zip(*answers, strict=True))]) + " |"
        for asked, answers in found.items()
    ]
    head = [
        "| what, part | claim | setting | difference [95 %] | seeds | verdict |",
        "|---" * 6 + "|",
    ]
    table = "\n".join([*head, *rows]) if rows else "Nothing is recorded yet."
    before, after = text.split(MEASURED)[0], text.split(MEASURED)[2]
    return f"{before}{MEASURED}\n{table}\n{MEASURED}{after}"


def reference_page(room: Path) -> str:
    """Return the reference of a room: the names that it exports, or else all its modules."""
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    exported = exports(tree)
    modules = sorted(path.stem for path in room.glob("[!_]*.py"))
    members = [f"{module}.{name}" for name, module in exported.items()] or [
        f"glotlift.{room.name}.{module}" for module in modules
    ]
    about = (ast.get_docstring(tree) or "").replace("\n", " ")
    return "\n\n".join([NOTE, f"# {room.name}", about, *(f"::: {one}" for one in members)]) + "\n"


def exports(tree: ast.Module) -> dict[str, str]:
    """Return the names that a package's `attach` exports, with the module that defines each."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "attach":
            return dict(ast.literal_eval(node.args[1]))
    return {}


def pages() -> dict[Path, str]:
    """Return every generated page by its path."""
    publications = read_publications()
    made = {
        DOCS / "recipes" / f"{entry.name}.md": recipe_page(
            entry, publications[entry.name], evidence(entry.name)
        )
        for entry in CATALOGUE
    }
    made[DOCS / "recipes" / "index.md"] = recipes_index()
    made[DOCS / "errors.md"] = errors_page(SOURCE)
    made[DOCS.parent / "README.md"] = readme()
    for room in sorted(path.parent for path in [*SOURCE.glob("*/__init__.py"), TASKS]):
        if room.name not in UNLISTED:
            made[DOCS / "reference" / f"{room.name}.md"] = reference_page(room)
    return made


def stale() -> list[Path]:
    """Return the pages on disk that are not what would be written now."""
    made = pages()
    kept = {path for name in ("recipes", "reference") for path in (DOCS / name).glob("*.md")}
    old = kept - made.keys()
    changed = {
        path
        for path, text in made.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    }
    return sorted(old | changed)


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` name those that are stale."""
    found = stale()
    if arguments == ["--check"]:
        print("\n".join(f"stale: {path.relative_to(DOCS.parent)}" for path in found))
        return int(bool(found))
    made = pages()
    for path in found:
        if path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
        else:
            path.unlink()
    print(f"{len(found)} pages written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
