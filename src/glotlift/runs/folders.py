"""A run folder: what was asked, what happened, and each finished stage.

    run.json       resolved configuration, versions, machine, git state, hashes of the inputs
    events.jsonl   progress, one JSON object a line
    <stage>/       written under a temporary name and renamed when whole

A run started again with the same question goes on after its last whole stage.
"""

import fcntl
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from glotlift.runs import atomic, machine
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json


class RunFolder:
    """One run's folder; only the process that opened it writes there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock: IO[str] | None = None

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        command: str,
        config: Mapping[str, Any],
        inputs: Mapping[str, str],
        seeds: list[int],
    ) -> "RunFolder":
        """Create the folder, or go on with it when it asks the same question.

        Raises GL-RUN-001 when the folder holds a run of another configuration or other inputs,
        GL-RUN-002 when another process is writing there, GL-RUN-003 when the folder holds files
        that are no run, GL-RUN-005 when no folder can be made there and GL-RUN-006 when run.json is
        broken.
        """
        run = cls(path)
        question = {"command": command, "config": dict(config), "inputs": dict(inputs)}
        run.make()
        run.take_lock()
        if (path / "run.json").exists():
            run.refuse_another_question(question)
            run.end_torn_line()
        else:
            run.refuse_strange_files()
            about = {
                **question,
                "seeds": seeds,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "question": hash_json(question),
                "versions": machine.versions(),
                "machine": machine.describe(),
                "git": machine.git_state(Path(__file__).parent),
            }
            atomic.write_json(path / "run.json", about)
        return run

    def make(self) -> None:
        """Make the folder; raises GL-RUN-005 where none can be made or written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / ".lock").touch()
        except OSError as error:
            raise GlotliftError(
                "GL-RUN-005",
                f"no run folder can be made here: {error.strerror}",
                place=str(self.path),
                fix="choose another output",
            ) from None

    def take_lock(self) -> None:
        """Hold the folder until this process ends; raises GL-RUN-002 if another one does."""
        self.lock = (self.path / ".lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise GlotliftError(
                "GL-RUN-002",
                "another process is writing this run",
                place=str(self.path),
                fix="wait for it or choose another output",
            ) from None

    def close(self) -> None:
        """Let another process write here."""
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def refuse_another_question(self, question: Mapping[str, Any]) -> None:
        """Raise GL-RUN-001 unless the folder's run asks `question`, naming what differs."""
        before = self.about()
        if before["question"] == hash_json(question):
            return
        differing = [
            f"{part}.{key}"
            for part in ("config", "inputs")
            for key in sorted({*before[part], *question[part]})
            if hash_json(before[part].get(key)) != hash_json(question[part].get(key))
        ]
        raise GlotliftError(
            "GL-RUN-001",
            f"this folder holds another run; different: {', '.join(differing) or 'command'}",
            place=str(self.path),
            fix="choose another output, or delete the folder to start anew",
        )

    def refuse_strange_files(self) -> None:
        """Raise GL-RUN-003 if the folder holds anything that is not a run's."""
        strange = [p.name for p in self.path.iterdir() if not p.name.startswith(".")]
        if strange:
            raise GlotliftError(
                "GL-RUN-003",
                f"the folder is not empty and holds no run: {strange[0]}",
                place=str(self.path),
                fix="choose another output",
            )

    def about(self) -> dict[str, Any]:
        """Return what run.json says; raises GL-RUN-004 when there is none, -006 if it is broken."""
        try:
            return dict(json.loads((self.path / "run.json").read_text(encoding="utf-8")))
        except ValueError:
            raise GlotliftError(
                "GL-RUN-006",
                "run.json is broken",
                place=str(self.path),
                fix="delete the folder to start anew",
            ) from None
        except FileNotFoundError:
            raise GlotliftError(
                "GL-RUN-004", "no run here", place=str(self.path), fix="see 'glotlift runs list'"
            ) from None

    def event(self, kind: str, **values: Any) -> None:
        """Append one line to events.jsonl."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": kind,
            **values,
        }
        with (self.path / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def end_torn_line(self) -> None:
        """End a line that a kill cut short, so that the next event has a line of its own."""
        path = self.path / "events.jsonl"
        if path.exists() and not path.read_bytes().endswith(b"\n"):
            with path.open("a", encoding="utf-8") as file:
                file.write("\n")

    def events(self) -> list[dict[str, Any]]:
        """Return the events so far; a line cut short by a kill is left out."""
        path = self.path / "events.jsonl"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        whole = []
        for line in text.split("\n"):  # other ends of lines may stand inside a value
            try:
                whole.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return whole

    def done(self, stage: str) -> bool:
        """Tell whether a stage's folder is there, and so whole."""
        return (self.path / stage).is_dir()

    @contextmanager
    def stage(self, name: str) -> Iterator[Path]:
        """Yield a temporary folder that becomes `<run>/<name>` when the block ends well."""
        started = time.monotonic()
        self.event("stage started", stage=name)
        with atomic.folder(self.path / name) as temporary:
            yield temporary
        self.event("stage finished", stage=name, seconds=round(time.monotonic() - started, 3))

    def stage_seconds(self) -> dict[str, float]:
        """Return seconds per finished stage, in order."""
        finished = [event for event in self.events() if event["event"] == "stage finished"]
        return {event["stage"]: event["seconds"] for event in finished}
