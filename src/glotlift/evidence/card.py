"""The model card: what a model hub needs to list the model, and per-language evidence for people.

The front matter follows the Hugging Face Hub's model card format, with one `model-index` result
for each language and task. Everything that a user may have named is escaped in the body.
"""

import re
from collections.abc import Mapping
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from glotlift.evidence.charts import measured
from glotlift.evidence.report import whole
from glotlift.evidence.wording import coverage, published_figure, tongue_finder
from glotlift.runs.figures import count, duration, interval, number, plain, short_count, size
from glotlift.runs.markdown import escape, fenced, line, table

HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", re.ASCII)
TASKS = {
    "ForCausalLM": ("text-generation", "Text generation"),
    "ForMaskedLM": ("fill-mask", "Masked language modelling"),
    "ForConditionalGeneration": ("text2text-generation", "Text to text"),
}
TITLE = "Adapted model"


def model_card(evidence: Mapping[str, Any]) -> str:
    """Return the model card of an adaptation as Markdown with YAML front matter.

    `evidence` is of kind "adapt". The front matter names the languages by their shortest BCP-47
    tags; the base model only where a pinned revision shows that it came from the Hub; the licence
    only where the evidence states one.
    """
    known = whole(evidence)
    parts = [f"---\n{front_matter(known)}\n---", *introduction(known)]
    sections = (languages_table, tasks_table, cost_list, data_table, claims_table, limits, usage)
    parts += [section for write in sections if (section := write(known))]
    return "\n\n".join(parts) + "\n"


def front_matter(evidence: Mapping[str, Any]) -> str:
    """Return the card's metadata as YAML, every value plain text on one line."""
    find = tongue_finder(evidence)
    model, name = evidence["model"], line(evidence.get("title") or TITLE)
    pipeline, _ = task_of(evidence)
    tags = [find(code).tag for code in (evidence.get("target"), *(evidence.get("kept") or []))]
    given = model.get("license")
    card = ModelCardData(
        language=[tag for tag in dict.fromkeys(tags) if tag != "und"] or None,
        license=line(given).lower() if given else None,
        base_model=base_model(model),
        library_name="transformers",
        pipeline_tag=pipeline,
        tags=["glotlift", "language-adaptation", "multilingual"],
        model_name=name,
        eval_results=results(evidence) or None,
    )
    return card.to_yaml(line_break="\n").strip()


def base_model(model: Mapping[str, Any]) -> str | None:
    """Return the Hub's name of the base model; a path on one machine is nobody else's model."""
    name = str(model.get("name") or "")
    return name if model.get("revision") and HUB_NAME.fullmatch(name) else None


def task_of(evidence: Mapping[str, Any]) -> tuple[str, str]:
    """Return the Hub's pipeline and its name for the model's architecture."""
    architecture = str(evidence["model"].get("architecture") or "")
    found = [task for ending, task in TASKS.items() if architecture.endswith(ending)]
    return found[0] if found else TASKS["ForCausalLM"]


def results(evidence: Mapping[str, Any]) -> list[EvalResult]:
    """Return one Hub result for each measured language and each measured task."""
    find = tongue_finder(evidence)
    pipeline, task_name = task_of(evidence)
    found = []
    rows = [("held-out text", "bits_per_byte", row) for row in evidence["languages"]]
    rows += [(row.get("task"), row.get("metric"), row) for row in evidence["tasks"]]
    for dataset, metric, row in rows:
        value, code = number(row.get("after")), line(row.get("language"))
        if value is None:
            continue
        found.append(
            EvalResult(
                task_type=pipeline,
                task_name=task_name,
                dataset_type=f"{slug(dataset)}-{slug(code)}",
                dataset_name=f"{line(dataset)}, {line(find(code).name)}",
                dataset_config=code,
                dataset_split="test",
                metric_type=slug(metric),
                metric_name=line(metric).replace("_", " "),
                metric_value=round(value, 6),
            )
        )
    return found


def slug(text: Any) -> str:
    """Return text as an identifier of letters, digits and underscores."""
    return re.sub(r"[^a-zA-Z0-9]+", "_", line(text)).strip("_").lower() or "unnamed"


def introduction(evidence: Mapping[str, Any]) -> list[str]:
    """Return the title and what was done, in a sentence for each language."""
    find, model = tongue_finder(evidence), evidence["model"]
    target = find(evidence.get("target"))
    said = [
        f"This is {escape(model.get('name') or 'a model')} adapted to {escape(target.name)} "
        f"({escape(target.code)}) with glotlift {escape(evidence.get('glotlift') or '')}".rstrip()
        + f". {short_count(model.get('parameters_after'))} parameters, "
        f"{count(model.get('vocabulary_after'))} pieces in its vocabulary."
    ]
    for row in evidence["languages"]:
        kept = " kept" if row.get("role") == "kept" and row.get("verdict") == "CONFIRMED" else ""
        before, after = (plain(row.get(when), 3) for when in ("before", "after"))
        unit = escape(row.get("unit") or "bits per byte")
        spoken = f"**{escape(find(row.get('language')).name)}{kept}**"
        said.append(f"- {spoken}: {before} → {after} {unit} ({interval(row.get('change'))})")
    sentence, *rows = said
    return [
        f"# {escape(evidence.get('title') or TITLE)}",
        sentence,
        *(["\n".join(rows)] if rows else []),
    ]


def languages_table(evidence: Mapping[str, Any]) -> str:
    """Return bits per byte of each language before and after."""
    find = tongue_finder(evidence)
    over = coverage(row.get("change") for row in evidence["languages"])
    rows = [
        [
            f"{escape(find(row.get('language')).name)} ({escape(row.get('language'))})",
            escape(row.get("role")),
            count(row.get("documents")),
            plain(row.get("before"), 3),
            plain(row.get("after"), 3),
            interval(row.get("change")),
            escape(row.get("verdict") or "no claim"),
        ]
        for row in evidence["languages"]
    ]
    if not rows:
        return "## Results by language\n\nNot measured."
    head = ["Language", "Role", "Documents", "Before", "After", "Change [95 % interval]", "Claim"]
    lead = f"Bits per byte of held-out text; lower is better. Intervals are {over}."
    missing = (
        ""
        if any(map(is_kept, evidence["languages"]))
        else ("\n\nChange in the source languages: not measured; no text of theirs was given.")
    )
    return f"## Results by language\n\n{lead}\n\n{table(head, rows)}{missing}"


def is_kept(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is that of a source language with a measured change."""
    return row.get("role") == "kept" and measured(row.get("change")) is not None


def tasks_table(evidence: Mapping[str, Any]) -> str:
    """Return the tasks before and after, against chance."""
    find = tongue_finder(evidence)
    rows = [
        [
            escape(row.get("task")),
            escape(find(row.get("language")).name),
            f"{escape(row.get('metric'))} ({better(row.get('higher_is_better'))})",
            count(row.get("rows")),
            plain(row.get("chance"), 2),
            plain(row.get("before"), 2),
            plain(row.get("after"), 2),
            interval(row.get("change")),
        ]
        for row in evidence["tasks"]
    ]
    head = [
        "Task",
        "Language",
        "Metric",
        "Rows",
        "Chance",
        "Before",
        "After",
        "Change [95 % interval]",
    ]
    return f"## Tasks\n\n{table(head, rows)}" if rows else ""


def better(higher: Any) -> str:
    """Say which direction of a metric is an improvement."""
    return "higher is better" if higher else "lower is better"


def cost_list(evidence: Mapping[str, Any]) -> str:
    """Return what the adaptation cost."""
    cost = evidence["cost"]
    if not cost:
        return ""
    facts = {
        "Time": duration(cost.get("seconds")),
        "Tokens seen": count(cost.get("tokens")),
        "Text seen": size(cost.get("bytes")),
        "Peak memory": size(cost.get("peak_memory_bytes")),
        "On disk": size(cost.get("disk_bytes")),
    }
    return "## Cost\n\n" + "\n".join(f"- {name}: {value}" for name, value in facts.items())


def data_table(evidence: Mapping[str, Any]) -> str:
    """Return the text that the model learnt from, with its licences."""
    find = tongue_finder(evidence)
    rows = [
        [
            escape(find(row.get("language")).name),
            escape(row.get("role")),
            count(row.get("train")),
            size(row.get("bytes")),
            ", ".join(escape(name) for name in row.get("licenses") or {}) or "not recorded",
        ]
        for row in evidence["corpus"]
    ]
    head = ["Language", "Role", "Training rows", "Bytes of all rows", "Licences"]
    return f"## Training text\n\n{table(head, rows)}" if rows else ""


def claims_table(evidence: Mapping[str, Any]) -> str:
    """Return the claims with their verdicts."""
    rows = [
        [
            escape(claim.get("text") or claim.get("id")),
            escape(claim.get("verdict")),
            f"{interval(claim)} {escape(claim.get('unit') or '')}",
            escape(published_figure(claim)),
        ]
        for claim in evidence["claims"]
    ]
    head = ["Claim", "Verdict", "Measured [95 % interval]", "Published"]
    return f"## Claims\n\n{table(head, rows)}" if rows else ""


def limits(evidence: Mapping[str, Any]) -> str:
    """Return what was not measured and which licence is not known."""
    said = [f"- {escape(note)}" for note in evidence["notes"]]
    if not evidence["model"].get("license"):
        said.append(
            "- The licence of the base model was not recorded; look it up before you share."
        )
    return "## Limits\n\n" + "\n".join(said) if said else ""


def usage(evidence: Mapping[str, Any]) -> str:
    """Return how to load the model and how to make it again."""
    architecture = str(evidence["model"].get("architecture") or "")
    endings = {"ForMaskedLM": "MaskedLM", "ForConditionalGeneration": "Seq2SeqLM"}
    found = [name for ending, name in endings.items() if architecture.endswith(ending)]
    auto = f"AutoModelFor{found[0] if found else 'CausalLM'}"
    load = (
        f"from transformers import {auto}, AutoTokenizer\n\n"
        f'model = {auto}.from_pretrained("PATH")\n'
        'tokenizer = AutoTokenizer.from_pretrained("PATH")'
    )
    command = evidence["reproduce"].get("command") or evidence.get("command")
    again = f"\n\nTo make it again:\n\n{fenced(command, 'sh')}" if command else ""
    return f"## Use\n\n{fenced(load, 'python')}{again}"
