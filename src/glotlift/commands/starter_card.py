"""The card of a starter model: what it is, what it has read, what it can do, and what it cannot."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCardData

from glotlift.languages import language
from glotlift.runs.figures import count, duration, number, plain
from glotlift.runs.markdown import fenced, table

PIPELINES = {"decoder": "text-generation", "encoder": "fill-mask", "seq2seq": "translation"}
CLASSES = {
    "decoder": "AutoModelForCausalLM",
    "encoder": "AutoModelForMaskedLM",
    "seq2seq": "AutoModelForSeq2SeqLM",
}
BITS = {
    "decoder": "Bits per byte of held-out documents of the sample world, exact; lower is better.",
    "encoder": "Pseudo bits per byte of held-out documents of the sample world, every seventh "
    "token hidden at a time (no likelihood of the text; not comparable with the other two "
    "starters), and the share of tokens, hidden as in training, that it puts first.",
    "seq2seq": "Bits per byte of the second half of held-out documents of the sample world, given "
    "the first half; lower is better.",
}
ASKED = {
    "decoder": "The likeliest option is chosen by its log-probability per byte.",
    "encoder": "A logistic regression for each language reads mean-pooled states of the frozen "
    "encoder. It learns from labelled training texts; the model itself was never taught the task.",
    "seq2seq": "Greedy translation of held-out sentences into each language from all the others "
    "evenly, which is also what the model was taught; chrF++ is the mean over sentences.",
}
CANNOT = {
    "decoder": "It follows no instructions and holds no dialogue.",
    "encoder": "It writes no text, and its vectors were not trained to be compared: it gives no "
    "sentence similarity or retrieval without further training.",
    "seq2seq": "It translates single sentences of the sample world; from longer text it has only "
    "learnt to go on, and it was not taught to restore noisy text.",
}
EVERYWHERE = (
    "Its text is invented by the sample world: a few hundred concepts in fixed sentence patterns. "
    "Of other text it knows neither words nor facts, and what it says is true only there.",
    "A language of tier unseen stands for one that is new to the model: its figures show where "
    "adaptation begins. Romanised forms are not measured.",
)


def starter_card(evidence: Mapping[str, Any]) -> str:
    """Return the card of a starter as Markdown with YAML front matter."""
    kind = evidence["model"]["kind"]
    parts = [
        f"---\n{front_matter(evidence)}\n---",
        f"# {title(evidence)}",
        introduction(evidence),
        f"## Languages\n\n{BITS[kind]} Intervals of 95 % are over documents.",
        languages_table(evidence["languages"]),
        *tasks_section(evidence),
        "## What it cannot do",
        "\n".join(f"- {note}" for note in evidence["notes"]),
        f"## Use\n\n{fenced(usage(evidence), 'python')}",
        f"To make and measure it again:\n\n{fenced(evidence['command'], 'sh')}",
    ]
    return "\n\n".join(parts) + "\n"


def title(evidence: Mapping[str, Any]) -> str:
    """Return the name of a starter."""
    return f"glotlift starter: {evidence['model']['size']} {evidence['model']['kind']}"


def front_matter(evidence: Mapping[str, Any]) -> str:
    """Return the card's metadata as YAML."""
    kind = evidence["model"]["kind"]
    tags = [language(code).bcp47 for code in evidence["schooling"]["languages"]]
    card = ModelCardData(
        language=list(dict.fromkeys(tags)),
        library_name="transformers",
        pipeline_tag=PIPELINES[kind],
        tags=["glotlift", "starter", "synthetic-data"],
        model_name=title(evidence),
    )
    return str(card.to_yaml(line_break="\n")).strip()


def introduction(evidence: Mapping[str, Any]) -> str:
    """Return what the model is and what making it took."""
    model, made = evidence["model"], evidence["schooling"]
    return (
        f"A {model['architecture']} of {count(model['parameters'])} parameters "
        f"({made['layers']} layers of width {made['width']}, {count(model['vocabulary'])} pieces), "
        f"pretrained on the built-in sample world for {count(made['steps'])} steps. Making it took "
        f"{duration(made['seconds'])}, of which {duration(made['processor_seconds'])} of processor "
        f"time. It is something small to start from where no downloaded model is at hand."
    )


def languages_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what the model knows of each language."""
    masked = any("masked_accuracy" in row for row in rows)
    head = ["Language", "Tier", "Documents", "Bits per byte [95 % interval]"]
    return table(
        head + ["Hidden tokens found"] * masked,
        [
            [
                f"{language(row['language']).name} ({row['language']})",
                row["tier"],
                count(row["documents"]),
                spread(row["bits_per_byte"]),
                *(spread(row[name]) for name in ("masked_accuracy",) if masked),
            ]
            for row in rows
        ],
    )


def tasks_section(evidence: Mapping[str, Any]) -> list[str]:
    """Return the scores of the tasks, and what they were measured by."""
    if not evidence["tasks"]:
        return []
    head = ["Task", "Language", "Metric", "Score [95 % interval]", "n", "Chance", "Ceiling"]
    rows = [
        [
            row["task"],
            row["language"],
            row["metric"],
            spread(row["score"]),
            count(row["questions"]),
            plain(row["chance"], 2),
            plain(row["ceiling"], 2),
            f"{plain(row['control_score'], 2)} ({row['control']})",
        ]
        for row in evidence["tasks"]
    ]
    lead = (
        f"{ASKED[evidence['model']['kind']]} n counts different questions of the test split; "
        "intervals are over them."
    )
    return ["## Tasks", lead, table([*head, "Control"], rows)]


def spread(measured: Mapping[str, Any]) -> str:
    """Write a figure with its interval: ``0.71 [0.66, 0.76]``."""
    low, high = number(measured["low"]), number(measured["high"])
    return f"{plain(measured['estimate'], 2)} [{plain(low, 2)}, {plain(high, 2)}]"


def notes(kind: str, tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what a starter cannot do: what holds of all, of its kind, and what was measured."""
    weak = [
        f"{row['task']} in {row['language']}"
        for row in tasks
        if row["language"] != "all" and row["score"]["low"] <= row["chance"]
    ]
    measured = [f"Not separable from chance here: {', '.join(weak)}."] if weak else []
    beaten = [
        f"{row['task']} ({row['metric']})"
        for row in tasks
        if row["language"] == "all" and row["score"]["low"] <= row["control_score"]
    ]
    matched = [f"The control does as well over all languages: {', '.join(beaten)}."] * bool(beaten)
    return [CANNOT[kind], *EVERYWHERE, *measured, *matched]


def usage(evidence: Mapping[str, Any]) -> str:
    """Return how to load the model."""
    kind = evidence["model"]["kind"]
    return (
        f"from transformers import {CLASSES[kind]}, AutoTokenizer\n\n"
        "from glotlift.training.starters import starter_address\n\n"
        f'folder = starter_address("{evidence["address"]}")\n'
        f"model = {CLASSES[kind]}.from_pretrained(folder)\n"
        "tokenizer = AutoTokenizer.from_pretrained(folder)"
    )


def write_card(evidence: Mapping[str, Any], folder: Path) -> Path:
    """Write the card into the starter's folder, and return its path."""
    from glotlift.runs.atomic import write_text

    path = folder / "README.md"
    write_text(path, starter_card(evidence))
    return path
