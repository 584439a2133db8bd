"""What is measured of a model, before and after: bits per byte, tasks and samples."""

from collections.abc import Mapping, Sequence
from typing import Any

from glotlift import world
from glotlift.adaptation.config import AdaptConfig
from glotlift.clients.local import LocalModel
from glotlift.evaluation import evaluate_options
from glotlift.objectives.bits import document_bits, longest_input
from glotlift.runs.errors import GlotliftError

CHOICES = ("facts", "cause")
PROMPTED = 80  # characters of a document that a sample goes on from
WRITTEN = 40  # tokens of a sample
SPECIAL = 4  # special tokens around a prompt, at most


def measurements(
    config: AdaptConfig, model: Any, tokenizer: Any, held_out: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return bits and bytes per held-out document, task scores per question, and samples."""
    bits = {}
    for code, texts in held_out.items():
        found, lengths = document_bits(model, tokenizer, texts, label=f"reading {code}")
        bits[code] = {"bits": found.tolist(), "bytes": lengths.tolist()}
    client = LocalModel(model, tokenizer)
    return {
        "architecture": type(model).__name__,
        "parameters": sum(p.numel() for p in model.parameters()),
        "vocabulary": len(tokenizer),
        "bits": bits,
        "tasks": tasks(config, client, list(held_out)),
        "samples": [
            sample
            for code, texts in held_out.items()
            for sample in samples(client, code, texts[: config.evaluation.samples])
        ],
    }


def tasks(config: AdaptConfig, client: LocalModel, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Score the sample world's tasks where the text comes from it; they have known chance."""
    if not asks_tasks(config):
        return []
    results = []
    for code in codes:
        for name in CHOICES:
            rows = getattr(world.tasks, name)(code, config.evaluation.tasks, split="test")
            outcome = evaluate_options(client, rows)
            results.append(
                {
                    "task": name,
                    "language": code,
                    "metric": "accuracy",
                    "rows": len(rows),
                    "chance": float(
                        sum(1 / len(options) for options in rows["options"]) / len(rows)
                    ),
                    "scores": [float(score) for score in outcome.correct],
                }
            )
    return results


def asks_tasks(config: AdaptConfig) -> bool:
    """Tell whether all text comes from the sample world, whose tasks can then be asked."""
    addresses = [*config.text, *(path for paths in config.keep.values() for path in paths)]
    return config.evaluation.tasks > 0 and all(a.startswith("world:") for a in addresses)


def samples(client: LocalModel, code: str, texts: Sequence[str]) -> list[dict[str, str]]:
    """Let the model go on from the beginning of some held-out documents."""
    room = longest_input(client.model) - WRITTEN - SPECIAL  # a token is a byte or more
    prompts = [beginning(text, room) for text in texts]
    try:
        written = client.generate(prompts, max_new_tokens=WRITTEN)
    except GlotliftError as error:
        if error.code != "GL-CLIENT-001":
            raise
        return []  # a masked model does not write
    return [
        {"language": code, "prompt": prompt, "text": answer, "reference": text[len(prompt) :][:240]}
        for prompt, answer, text in zip(prompts, written, texts, strict=True)
    ]


def beginning(text: str, most_bytes: int) -> str:
    """Return the first words of a text, without the space that follows them: at most its half."""
    if len(text) <= 2:
        return text
    head = text[: min(PROMPTED, len(text) // 2)]
    head = head.encode()[: max(1, most_bytes)].decode(errors="ignore") or head[:1]
    return head.rsplit(" ", 1)[0] if " " in head else head
