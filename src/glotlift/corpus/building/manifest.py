"""What a built corpus is, by name: its manifest, its files as they were written, its mixture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_path

if TYPE_CHECKING:
    from glotlift.corpus.mixture import Mixture
    from glotlift.corpus.policies import Policy

MANIFEST = "manifest.json"


def find_corpus(path: Path) -> Path | None:
    """Return the corpus that a path is of: its folder, a language's folder in it, or a file."""
    for folder in (path, *path.parents[:3]):
        if (folder / MANIFEST).is_file():
            return folder
    return None


def load_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a corpus after comparing every file with its hash.

    Raises GL-CORPUS-098 when there is none, and -099 when a file is not as it was written.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        cause, fix = "no manifest of a built corpus here", "build it: glotlift corpus build"
        raise GlotliftError("GL-CORPUS-098", cause, place=str(folder), fix=fix) from None
    for file in manifest["outputs"]:
        path = folder / file["path"]
        if not path.is_file() or hash_path(path) != file["hash"]:
            cause = f"{file['path']} is not as the corpus was built"
            fix = "restore it, or build the corpus again in another folder"
            raise GlotliftError("GL-CORPUS-099", cause, place=str(folder), fix=fix)
    return manifest


def mix_corpus(
    folder: Path,
    policy: "Policy",
    *,
    languages: Sequence[str] = (),
    seed: int = 0,
    budget_bytes: int | None = None,
    epoch_cap: float | None = None,
) -> "Mixture":
    """Return a mixture of the languages of a built corpus (all of them, or those named).

    Its hash is of the corpus's name, so that what is trained on it can be led back to it.
    Raises what `load_manifest` and `Mixture` raise.
    """
    from glotlift.corpus.mixture import Mixture
    from glotlift.corpus.reading import read

    manifest = load_manifest(folder)
    files: dict[str, list[Path]] = {}
    for file in manifest["outputs"]:
        if not languages or file["language"] in languages:
            files.setdefault(file["language"], []).append(folder / file["path"])
    sources = {code: read(paths) for code, paths in sorted(files.items())}
    return Mixture(
        sources,
        policy,
        seed=seed,
        budget_bytes=budget_bytes,
        epoch_cap=epoch_cap,
        name=manifest["hash"],
    )
