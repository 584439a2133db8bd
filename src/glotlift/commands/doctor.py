"""`glotlift doctor`: whether this machine is ready, and what to do where it is not."""

import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import typer

from glotlift.commands.printing import AsJson, examples, print_json, print_table
from glotlift.runs.figures import size

LITTLE_DISK = 5_000_000_000
LITTLE_MEMORY = 4_000_000_000
OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")


class Finding(NamedTuple):
    """One line of the report; `state` is "ok", "note" or "wrong"."""

    check: str
    state: str
    found: str
    advice: str = ""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("doctor", epilog=examples("glotlift doctor", "glotlift doctor --json"))(doctor)


def doctor(as_json: AsJson = False) -> None:
    """Check versions, devices, memory, disk, caches and the need for a network.

    Ends with exit code 1 when something is wrong.
    """
    findings = [
        *check_versions(),
        *check_devices(),
        check_memory(),
        check_disk(Path.cwd()),
        check_caches(),
        check_network(),
    ]
    rows: list[dict[str, Any]] = [finding._asdict() for finding in findings]
    if as_json:
        print_json(rows)
    else:
        print_table(rows)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


def check_versions() -> list[Finding]:
    """Compare Python and every required package with the floor that glotlift declares."""
    import platform
    from importlib import metadata

    from packaging.requirements import Requirement

    findings = [Finding("python", "ok", platform.python_version())]
    for line in metadata.requires("glotlift") or []:
        wanted = Requirement(line)
        if wanted.marker is not None:
            continue
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            findings.append(Finding(wanted.name, "wrong", "missing", f"pip install '{line}'"))
            continue
        fits = wanted.specifier.contains(version, prereleases=True)
        advice = "" if fits else f"pip install '{line}'"
        findings.append(Finding(wanted.name, "ok" if fits else "wrong", version, advice))
    return findings


def check_devices() -> list[Finding]:
    """Name the accelerators that torch sees, or the processor."""
    import platform

    import torch

    if not torch.cuda.is_available():
        threads = f"{platform.machine()} processor, {torch.get_num_threads()} threads"
        return [Finding("device", "note", threads, "no GPU: small models and short budgets only")]
    found = []
    for index in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(index)
        found.append(
            Finding(f"device cuda:{index}", "ok", f"{card.name}, {size(card.total_memory)}")
        )
    return found


def check_memory() -> Finding:
    """Report the memory that is free."""
    import psutil

    free = psutil.virtual_memory().available
    if free < LITTLE_MEMORY:
        return Finding(
            "memory", "note", f"{size(free)} free", "close programs or take a smaller model"
        )
    return Finding("memory", "ok", f"{size(free)} free")


def check_disk(folder: Path) -> Finding:
    """Report the room where run folders would be written."""
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK):
        return Finding("disk", "wrong", f"{folder} may not be written", "use --output elsewhere")
    if free < LITTLE_DISK:
        return Finding("disk", "note", f"{size(free)} free", "a run keeps two checkpoints")
    return Finding("disk", "ok", f"{size(free)} free")


def check_caches() -> Finding:
    """Report where caches lie and whether ours may be written."""
    from huggingface_hub.constants import HF_HUB_CACHE

    from glotlift.runs.cache import cache_folder

    try:
        ours = cache_folder()
    except OSError as error:
        return Finding(
            "caches", "wrong", str(error), "set GLOTLIFT_CACHE to a folder you may write"
        )
    return Finding("caches", "ok", f"{ours}; models from the Hub: {HF_HUB_CACHE}")


def check_network() -> Finding:
    """Say when a network is needed and whether it has been switched off; none is used here."""
    offline = [name for name in OFFLINE_VARIABLES if os.environ.get(name, "0") not in ("", "0")]
    said = f"off by {', '.join(offline)}" if offline else "allowed"
    advice = "needed only for Hub ids that are not in the cache; the demo needs none"
    return Finding("network", "note" if offline else "ok", said, advice)
