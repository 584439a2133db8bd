"""Translation by greedy generation, scored by chrF++ and by BLEU with the right tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glotlift.evaluation.metrics import Figure, bleu, chrf, chrf_rows, exact_match
from glotlift.evaluation.rows import TRANSLATION_COLUMNS, check_columns
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray

    from glotlift.runs.protocols import Generator

    Prompt = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class GenerationResult:
    """Outputs with scores row by row ([n], chrF++ 0 to 100, exact match 0 or 1) and in all.

    `copy` is the chrF++ of handing back the source text: what names, numbers and shared words give
    away without translating.
    """

    ids: list[str]
    outputs: list[str]
    chrf_rows: NDArray[np.float64]
    exact_rows: NDArray[np.float64]
    chrf: Figure
    bleu: Figure
    copy: Figure


def evaluate_generation(
    generator: Generator,
    rows: Dataset,
    *,
    examples: Dataset | None = None,
    prompt: Prompt | None = None,
    max_new_tokens: int = 128,
    stop: tuple[str, ...] = ("\n",),
) -> GenerationResult:
    """Translate each row's `source_text` greedily and compare it with `text`.

    The default prompt names both languages and shows `examples` (rows of the same columns, from
    the training split) first; `prompt` makes another from a row. Rows are of one target language.

    Raises GL-EVALUATION-006 or -007 (rows) or -010 (several target languages).
    """
    check_columns(rows, TRANSLATION_COLUMNS)
    codes = sorted(set(rows["language"]))
    if len(codes) > 1:
        raise GlotliftError(
            "GL-EVALUATION-010",
            f"rows of several target languages: {codes}",
            fix="score one language at a time",
        )
    write = prompt or few_shot(examples)
    prompts = [write(row) for row in rows]
    written = generator.generate(prompts, max_new_tokens=max_new_tokens, stop=stop)
    outputs = [text.strip() for text in written]
    references = list(rows["text"])
    return GenerationResult(
        ids=[str(name) for name in rows["id"]],
        outputs=outputs,
        chrf_rows=chrf_rows(outputs, references),
        exact_rows=exact_match(outputs, references),
        chrf=chrf(outputs, references),
        bleu=bleu(outputs, references, codes[0]),
        copy=chrf(list(rows["source_text"]), references),
    )


def few_shot(examples: Dataset | None = None) -> Prompt:
    """Return a prompt of language names and texts, a line each, after solved examples."""
    shown = "".join(f"{ask(row)} {row['text']}\n\n" for row in examples or ())
    return lambda row: shown + ask(row)


def ask(row: Mapping[str, Any]) -> str:
    """Return one translation question: the source in its language, then the target's name."""
    source, target = language(row["source_language"]), language(row["language"])
    return f"{source.name}: {row['source_text']}\n{target.name}:"
