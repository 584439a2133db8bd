"""What stands in the gaps of a text, written by a model that was trained to fill spans.

A model trained with the objectives `spans` or `ul2` reads a text with a sentinel in the place of
each gap and writes the gaps' contents one after another, each behind its sentinel (Raffel et al.
2020, section 3.1.4; Tay et al. 2022, arXiv:2210.11399, on infilling with UL2R).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import torch
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerFast

from glotlift.clients.likelihood import batches, pad, refuse_long, resting
from glotlift.objectives.denoisers import mode_ids, sentinels_of
from glotlift.objectives.features import end_id, padding_id, start_id
from glotlift.objectives.layouts import EncoderDecoderLayout, as_mask, layout_for
from glotlift.objectives.wrapping import accepts
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.denoising_tokens import EXTREME, REGULAR, sentinel
from glotlift.vocabulary.segmentation import vocabulary_of

GAP = "___"
Mode = Literal["auto", "regular", "extreme", "none"]
MODES = {"regular": REGULAR, "extreme": EXTREME, "none": ""}


@dataclass(frozen=True)
class Infilled:
    """A text with its gaps filled, and what was written into each; "" where nothing was."""

    text: str
    spans: tuple[str, ...]


def infill(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    *,
    gap: str = GAP,
    mode: Mode = "auto",
    max_new_tokens: int = 64,
    batch_tokens: int = 8192,
) -> list[Infilled]:
    """Write greedily what stands in the gaps of each text, all gaps of a text in one go.

    Spaces before a gap belong to what is written, since pieces of text begin with them; the rest of
    the text comes back as it was. `mode` says what kind of denoising is asked for: short spans
    ("regular"), long ones ("extreme"), no mode token ("none"), or regular where the tokenizer knows
    modes ("auto"). `max_new_tokens` bounds what is written for one text, sentinels counted.

    Raises GL-CLIENT-040 (a text without a gap), -041 (more gaps than sentinels), -003 (a text that
    does not fit), GL-OBJECTIVE-040 (a tokenizer without sentinels or modes) and what `layout_for`
    raises for a model that cannot read both sides of a gap.
    """
    layout = layout_for(model, tokenizer)
    sentinels = sentinels_of(tokenizer).tolist()
    asked = [text.split(gap) for text in texts]
    check_gaps(asked, gap, len(sentinels))
    known = REGULAR in vocabulary_of(tokenizer)
    prompt = mode_ids(tokenizer, (REGULAR if known else "") if mode == "auto" else MODES[mode])
    bodies = [encode(tokenizer, parts) for parts in asked]
    reads = isinstance(layout, EncoderDecoderLayout)
    if reads:
        rows = [[*prompt, *body, *end_id(tokenizer)] for body in bodies]
    else:
        rows = [[start_id(tokenizer), *prompt, *body] for body in bodies]
    lengths = [len(row) + (0 if reads else max_new_tokens) for row in rows]
    refuse_long(model, lengths)
    settings = greedy(model, tokenizer, max_new_tokens)
    filled: list[Infilled] = [Infilled("", ())] * len(texts)
    with resting(model):
        for batch in batches(lengths, batch_tokens):
            write = continue_encoded if reads else continue_prefixes
            written = write(model, [rows[index] for index in batch], settings)
            for index, ids in zip(batch, written, strict=True):
                spans = spans_in(ids, sentinels[: len(asked[index]) - 1], sentinels)
                filled[index] = put_in(tokenizer, asked[index], bodies[index], spans, sentinels)
    return filled


def check_gaps(asked: Sequence[Sequence[str]], gap: str, sentinels: int) -> None:
    """Raise GL-CLIENT-040 for a text without a gap and -041 for one with too many."""
    for row, parts in enumerate(asked):
        if len(parts) == 1:
            raise GlotliftError(
                "GL-CLIENT-040",
                f"the text has no gap {gap!r}",
                place=f"text {row}: {parts[0]!r:.60}",
                fix=f"write {gap} where something is missing, or set gap=",
            )
        if len(parts) - 1 > sentinels:
            raise GlotliftError(
                "GL-CLIENT-041",
                f"the text has {len(parts) - 1} gaps, but the tokenizer {sentinels} sentinels",
                place=f"text {row}",
                fix="cut the text in several, or train with more sentinels",
            )


def encode(tokenizer: PreTrainedTokenizerFast, parts: Sequence[str]) -> list[int]:
    """Return the ids of a text with a sentinel between its parts."""
    marked = [f"{part.rstrip(' ')}{sentinel(number)}" for number, part in enumerate(parts[:-1])]
    text = "".join([*marked, parts[-1]])
    ids: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def greedy(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, max_new_tokens: int
) -> GenerationConfig:
    """Return settings that write the likeliest token until the end token or the limit."""
    end = end_id(tokenizer)
    return GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=False,
        num_beams=1,
        max_new_tokens=max_new_tokens,
        eos_token_id=end[0] if end else None,
        pad_token_id=padding_id(tokenizer),
        decoder_start_token_id=getattr(model.config, "decoder_start_token_id", None),
    )


def continue_encoded(
    model: Any, rows: Sequence[Sequence[int]], settings: GenerationConfig
) -> list[list[int]]:
    """Return what an encoder-decoder writes to each row."""
    ids = pad(rows, settings.pad_token_id).to(model.device)
    seen = pad([[1] * len(row) for row in rows], 0).to(model.device)
    written = model.generate(input_ids=ids, attention_mask=seen, generation_config=settings)
    return [before_end(row, settings) for row in written[:, 1:].tolist()]


def continue_prefixes(
    model: Any, rows: Sequence[Sequence[int]], settings: GenerationConfig
) -> list[list[int]]:
    """Return what a decoder writes after each row, having read it in both directions.

    The rows are read once under a mask of their own. The last token is then given up again, for
    transformers to begin from: it sees all before it in either way of reading.
    """
    ids = pad(rows, settings.pad_token_id, left=True).to(model.device)
    seen = pad([[1] * len(row) for row in rows], 0, left=True).to(model.device)
    here = torch.eye(ids.shape[1], dtype=torch.bool, device=ids.device)
    together = (seen[:, None, :] * seen[:, :, None]).bool() | here
    read = model(
        input_ids=ids,
        position_ids=(seen.cumsum(1) - 1).clamp(min=0),
        attention_mask=as_mask(together[:, None], model),
        use_cache=True,
        **({"logits_to_keep": 1} if accepts(model, "logits_to_keep") else {}),
    )
    read.past_key_values.crop(-1)
    written = model.generate(
        input_ids=ids,
        attention_mask=seen,
        past_key_values=read.past_key_values,
        generation_config=settings,
    )
    return [before_end(row, settings) for row in written[:, ids.shape[1] :].tolist()]


def before_end(ids: list[int], settings: GenerationConfig) -> list[int]:
    """Return ids up to the end token."""
    return ids[: ids.index(settings.eos_token_id)] if settings.eos_token_id in ids else ids


def spans_in(ids: list[int], wanted: Sequence[int], sentinels: Sequence[int]) -> list[list[int]]:
    """Return what was written behind each wanted sentinel, up to the next one."""
    marks = [place for place, number in enumerate(ids) if number in sentinels]
    found: dict[int, list[int]] = {}
    for place, end in pairwise([*marks, len(ids)]):
        found.setdefault(ids[place], ids[place + 1 : end])
    return [found.get(number, []) for number in wanted]


def put_in(
    tokenizer: PreTrainedTokenizerFast,
    parts: Sequence[str],
    body: Sequence[int],
    spans: Sequence[Sequence[int]],
    sentinels: Sequence[int],
) -> Infilled:
    """Return the text with its spans, each as it reads after what stands before it."""
    before: list[int] = []
    written: list[str] = []
    for number in body:
        if len(written) < len(spans) and number == sentinels[len(written)]:
            span = list(spans[len(written)])
            written.append(readable(tokenizer, before + span)[len(readable(tokenizer, before)) :])
            before += span
        else:
            before.append(number)
    pieces = [f"{part.rstrip(' ')}{span}" for part, span in zip(parts[:-1], written, strict=True)]
    return Infilled("".join([*pieces, parts[-1]]), tuple(written))


def readable(tokenizer: PreTrainedTokenizerFast, ids: list[int]) -> str:
    """Return the text of ids, spaces as they are."""
    return str(tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))
