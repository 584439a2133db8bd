"""From an address to a client.

OWNER/NAME, a folder, starter:decoder    a model in this process
vllm:OWNER/NAME, vllm:folder             a model in this process, run by vLLM
http://127.0.0.1:8000/v1#NAME            a server that speaks the OpenAI protocol
scripted:answers.json                    answers written by hand
replay:recording.jsonl#NAME              what a client has answered before
"""

import json
import os
from pathlib import Path
from typing import Any

from glotlift.runs.errors import GlotliftError

KEY = "GLOTLIFT_API_KEY"


def client_for(address: str, *, recording: Path | None = None, **settings: Any) -> Any:
    """Return the client that an address names; `settings` are those of its class.

    With `recording` everything asked and answered is kept in that file, and what is there already
    is not asked again (see `RecordedModel`); a server's single answers stand in a file beside it,
    each saved as it comes. The key of a server is read from the environment
    variable GLOTLIFT_API_KEY.

    Raises GL-CLIENT-017 for the address of a server without a model's name, GL-CLIENT-020 for a
    broken file of answers, and what finding and loading a model raises.
    """
    if recording is None:
        return _client(address, settings)
    if address.startswith(("http:", "https:")):
        beside = recording.with_name(f"{recording.stem}-server{recording.suffix}")
        settings = {"answers": beside} | settings
    client = _client(address, settings)
    from glotlift.clients.recording import RecordedModel

    return RecordedModel(recording, client, name=address)


def _client(address: str, settings: dict[str, Any]) -> Any:
    scheme, _, rest = address.partition(":")
    if scheme in ("http", "https"):
        from glotlift.clients.server import ServerModel

        url, _, name = address.partition("#")
        if not name or not rest.removeprefix("//").partition("#")[0]:
            raise GlotliftError(
                "GL-CLIENT-017",
                "the address of a server names no model",
                place=address,
                fix="write it like http://127.0.0.1:8000/v1#NAME",
            )
        return ServerModel(url, name, **{"key": os.environ.get(KEY)} | settings)
    if scheme == "scripted":
        return scripted(Path(rest))
    if scheme == "replay":
        from glotlift.clients.recording import RecordedModel

        path, _, name = rest.partition("#")
        return RecordedModel(Path(path), name=name)
    return _loaded(rest if scheme == "vllm" else address, scheme == "vllm", settings)


def _loaded(address: str, by_vllm: bool, settings: dict[str, Any]) -> Any:
    from glotlift.models.loading import find_model, load_model, load_tokenizer
    from glotlift.training.starters import STARTER, starter_address

    if address.startswith(STARTER):
        address = str(starter_address(address))
    files = find_model(address)
    tokenizer = load_tokenizer(files.folder)
    if by_vllm:
        from glotlift.clients.vllm_engine import VllmModel

        return VllmModel(files.folder, tokenizer, **settings)
    from glotlift.clients.local import LocalModel

    return LocalModel(load_model(files), tokenizer, **settings)


def scripted(path: Path) -> Any:
    """Return a client that answers as a JSON file says.

    The file is an object with any of ``replies`` (prompt to text), ``likelihoods`` (context to
    continuation to log-probability) and ``vectors`` (text to numbers). Raises GL-CLIENT-020 for a
    file that is none, or when it is asked for what the file does not hold.
    """
    from glotlift.clients.scripted import ScriptedModel

    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        tables = [dict(told.get(name, {})) for name in ("replies", "likelihoods", "vectors")]
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        raise _no_answers(path, "it is no JSON object of replies, likelihoods, vectors") from None
    replies, likelihoods, vectors = tables

    def find(table: Any, asked: str) -> Any:
        if not isinstance(table, dict) or asked not in table:
            raise _no_answers(path, f"it has nothing for {asked!r:.60}")
        return table[asked]

    return ScriptedModel(
        reply=(lambda prompt: str(find(replies, prompt))) if replies else None,
        likelihood=(lambda context, text: float(find(find(likelihoods, context), text)))
        if likelihoods
        else None,
        vector=(lambda text: find(vectors, text)) if vectors else None,
    )


def _no_answers(path: Path, why: str) -> GlotliftError:
    return GlotliftError(
        "GL-CLIENT-020", f"the file of answers cannot answer: {why}", place=str(path),
        fix="add what is missing to it",
    )  # fmt: skip
