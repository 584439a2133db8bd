"""The files that an address names."""

from collections.abc import Sequence
from os.path import commonpath
from pathlib import Path

from glotlift.corpus.formats import FORMATS, format_of
from glotlift.runs.errors import GlotliftError

# Passed over in a folder: what stands beside data to describe it.
DESCRIPTIONS = ("readme", "license", "licence", "notice", "changelog", "copying")


def find_files(path: Path) -> list[Path]:
    """Return a file itself, or the files of a known format below a folder, in a stable order."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        hint = f"for a Hub dataset write hub:{path}" if len(path.parts) == 2 else "check the path"
        cause = f"no such file or folder: {str(path)!r}"
        raise GlotliftError("GL-CORPUS-001", cause, place=str(path), fix=hint)
    if (path / "manifest.json").is_file() and (path / "data").is_dir():
        path = path / "data"  # of a built corpus, beside which its ledger lies
    found = sorted(
        file
        for file in path.rglob("*")
        if file.is_file()
        and format_of(file)
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and not file.name.lower().startswith(DESCRIPTIONS)
    )
    if not found:
        cause = f"the folder has no file of a known format ({FORMATS})"
        fix = "put the text there or name another folder"
        raise GlotliftError("GL-CORPUS-002", cause, place=str(path), fix=fix)
    return found


def common_root(paths: Sequence[Path]) -> Path:
    """Return the deepest folder that holds all files."""
    folders = {str(path.resolve().parent) for path in paths}
    return Path(commonpath(folders)) if folders else Path()


def name_from(path: Path, root: Path) -> str:
    """Return a file's name below the common folder: the same wherever that folder lies."""
    return path.resolve().relative_to(root).as_posix()
