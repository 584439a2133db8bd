"""Where things that can be made again are kept."""

import os
from pathlib import Path


def cache_folder(kind: str = "") -> Path:
    """Return ``$GLOTLIFT_CACHE/<kind>`` (default ``~/.cache/glotlift``), made if missing."""
    root = Path(os.environ.get("GLOTLIFT_CACHE", Path.home() / ".cache" / "glotlift"))
    path = root / kind
    path.mkdir(parents=True, exist_ok=True)
    return path
