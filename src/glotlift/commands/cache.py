"""`glotlift cache`: what can be made again, and how much room it takes."""

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table
from glotlift.runs.errors import GlotliftError
from glotlift.runs.figures import size

app = typer.Typer(help="See and empty the cache.", no_args_is_help=True)


@app.callback()
def options() -> None:
    """See and empty the cache."""


@app.command("list", epilog=examples("glotlift cache list", "glotlift cache list --json"))
def list_cache(as_json: AsJson = False) -> None:
    """List what the cache holds, with sizes."""
    rows: list[dict[str, Any]] = [
        {"kind": path.name, "entries": len(list(path.iterdir())), "bytes": tree_size(path)}
        for path in kinds()
    ]
    if as_json:
        print_json(rows)
        return
    print_table([row | {"bytes": size(row["bytes"])} for row in rows], title=str(root()))


@app.command("size", epilog=examples("glotlift cache size"))
def cache_size(as_json: AsJson = False) -> None:
    """Print how much room the cache takes."""
    total = tree_size(root())
    if as_json:
        print_json({"path": root(), "bytes": total})
    else:
        print(f"{root()}: {size(total)}")


@app.command("clear", epilog=examples("glotlift cache clear", "glotlift cache clear starters"))
def clear_cache(
    kind: Annotated[str, typer.Argument(help="Only this kind, as 'cache list' names it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Delete what the cache holds; everything in it can be made again.

    Raises GL-COMMAND-006 when the cache holds nothing of that kind.
    """
    chosen = [path for path in kinds() if kind in ("", path.name)]
    if kind and not chosen:
        held = ", ".join(path.name for path in kinds()) or "nothing"
        raise GlotliftError(
            "GL-COMMAND-006",
            f"the cache holds no {kind!r}",
            place=str(root()),
            fix=f"it holds {held}",
        )
    freed = sum(map(tree_size, chosen))
    for path in chosen:
        shutil.rmtree(path)
    if as_json:
        print_json({"cleared": [path.name for path in chosen], "bytes": freed})
    else:
        print(f"freed {size(freed)}")


def root() -> Path:
    """Return the cache's folder."""
    from glotlift.runs.cache import cache_folder

    return cache_folder()


def kinds() -> list[Path]:
    """Return the folders of the cache, one per kind."""
    return sorted(path for path in root().iterdir() if path.is_dir())


def tree_size(path: Path) -> int:
    """Return the bytes of all files below a folder; links are not followed."""
    return sum(item.lstat().st_size for item in path.rglob("*") if not item.is_dir())
