"""Tasks of the library mteb as rows: similarity, bitext mining and retrieval.

mteb downloads the data of a task when its rows are first asked for. Scores are ours, in rows with
intervals; they are mteb's own but for bitext, whose main score there is F1.
"""

from functools import cache, lru_cache
from typing import Any, NamedTuple

from datasets import Dataset

from glotlift.evaluation.mteb_encoder import library
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

KINDS = {"STS": "similarity", "BitextMining": "bitext", "Retrieval": "retrieval"}


class Part(NamedTuple):
    """The data of a task in a language, and in which columns it has two sides, if so."""

    data: Any
    columns: tuple[str, str]


def mteb_kind(name: str) -> str:
    """Return the kind of a task by its name in mteb.

    Raises GL-EVALUATION-097 (not installed), -098 (no such task) or -099 (of another type).
    """
    kind = str(described(name).metadata.type)
    if kind not in KINDS:
        raise GlotliftError(
            "GL-EVALUATION-099",
            f"{name} is a task of the type {kind}",
            place="tasks",
            fix=f"name one of {', '.join(KINDS)}, or run it by mteb with MtebEncoder",
        )
    return KINDS[kind]


def mteb_rows(name: str, code: str, most: int) -> Dataset:
    """Return at most `most` rows of the first split that mteb evaluates, as the kind has them.

    Raises GL-EVALUATION-100 where the task does not have the language.
    """
    kind, part = mteb_kind(name), mteb_part(name, code)
    if kind == "retrieval":
        queries = part.data["queries"]
        found = [
            {"id": f"{name}/{row['id']}", "language": code, "text": row["text"],
             "relevant": list(grades), "grades": [float(grade) for grade in grades.values()]}
            for row in queries.select(range(min(most, len(queries))))
            for grades in [part.data["relevant_docs"].get(row["id"], {})]
        ]  # fmt: skip
        return Dataset.from_list(found)
    first, second = part.columns
    rows = part.data.select(range(min(most, len(part.data))))
    return Dataset.from_list(
        [
            {"id": f"{name}/{number}", "language": code, "source_text": row[first],
             "text": row[second], **({"degree": float(row["score"])} if "score" in row else {})}
            for number, row in enumerate(rows)
        ]
    )  # fmt: skip


def mteb_documents(name: str, code: str) -> Dataset:
    """Return the documents of a task of retrieval: id and text, its title before it."""
    return Dataset.from_list(
        [
            {
                "id": str(row["id"]),
                "text": " ".join(filter(None, (row.get("title"), row["text"]))).strip(),
            }
            for row in mteb_part(name, code).data["corpus"]
        ]
    )


@lru_cache(maxsize=4)
def mteb_part(name: str, code: str) -> Part:
    """Return a task's data in a language, or of it and English; raises GL-EVALUATION-100."""
    task = described(name)
    subsets = {
        subset: set(map(named, tags))
        for subset, tags in task.metadata.hf_subsets_to_langscripts.items()
    }
    own = named(code)
    wanted = ({own}, {own, "eng_Latn"})
    chosen = next((name for set_ in wanted for name, has in subsets.items() if has == set_), None)
    if chosen is None:
        raise GlotliftError(
            "GL-EVALUATION-100",
            f"{name} does not have {code}",
            place="tasks and languages",
            fix="leave the language out",
        )
    task = library().get_task(name, hf_subsets=[chosen])
    task.load_data()
    split = task.metadata.eval_splits[0]
    if getattr(task, "parallel_subsets", False):
        one, other = chosen.split("-")
        sides = (other, one) if named(one) == own else (one, other)
        return Part(task.dataset[split], sides)
    data = task.dataset.get(chosen, task.dataset)
    return Part(data[split], getattr(task, "column_names", ("sentence1", "sentence2")))


@cache
def named(tag: str) -> str:
    """Return the code of a language as mteb writes it (``swa-Latn``), or what is unknown.

    Mandarin stands for Chinese, as written with the same characters.
    """
    try:
        return str(language(tag.replace("-", "_").replace("cmn_", "zho_")).code)
    except GlotliftError:
        return tag


def described(name: str) -> Any:
    """Return a task without its data; raises GL-EVALUATION-097 or -098."""
    try:
        return library().get_task(name)
    except KeyError as error:
        raise GlotliftError(
            "GL-EVALUATION-098",
            f"mteb has no task called {name!r}: {error}",
            place="tasks",
            fix="see mteb.get_tasks() for their names",
        ) from error
