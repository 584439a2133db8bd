"""Sentences that a masked model completes itself, piece by piece, many at a time.

AfroLM's way of making text (Dossou et al. 2022, arXiv:2211.03263; its released code): the last
words of a sentence are cut off, and as many pieces are written in their place, each the likeliest
one for a mask at the end.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError

CUT = 0.15  # of a sentence's words, and one more
SHORTEST, LONGEST = 5, 255  # words of a sentence that is worth cutting
BATCH = 64


def worth_cutting(text: str) -> bool:
    """Return whether a sentence has 5 to 255 words, as AfroLM asks of those it completes."""
    return SHORTEST <= len(text.split()) <= LONGEST


def cut_off(text: str, share: float = CUT) -> tuple[str, int]:
    """Return a sentence without its last words, joined by single spaces, and how many went.

    These are ``int(share * words) + 1``. Raises GL-SYNTHESIS-010 where nothing would be left.
    """
    words = text.split()
    gone = int(share * len(words)) + 1
    if gone >= len(words):
        raise GlotliftError(
            "GL-SYNTHESIS-010",
            f"{gone} of {len(words)} words would be cut off, which leaves none to go on from",
            place=text[:60],
            fix="complete longer sentences, or cut a smaller share",
        )
    return " ".join(words[:-gone]), gone


def complete(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    beginnings: Sequence[str],
    pieces: Sequence[int],
) -> list[str]:
    """Return each beginning with so many pieces written after it, by a masked model.

    Each piece is the likeliest at a mask before the end of the text; where that is a special token
    the text is finished. Every beginning must leave room for its pieces in the model's input.
    Raises GL-SYNTHESIS-011 (a tokenizer without a mask).
    """
    bodies = [list(ids) for ids in encoded(tokenizer, beginnings)]
    special = set(tokenizer.all_special_ids)
    going = [row for row in range(len(bodies)) if pieces[row] > 0]
    written = [0] * len(bodies)
    while going:
        for chosen, logits in at_the_mask(model, tokenizer, bodies, going):
            for row, piece in zip(chosen, logits.argmax(1).tolist(), strict=True):
                written[row] = written[row] + 1 if piece not in special else pieces[row]
                bodies[row] += [piece] if piece not in special else []
        going = [row for row in going if written[row] < pieces[row]]
    return [
        str(
            tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        ).strip()
        for ids in bodies
    ]


def unsureness(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, beginnings: Sequence[str]
) -> NDArray[np.float64]:
    """Return [beginnings] the entropy in bits of what a masked model expects to come next.

    Choosing the rows with the highest is uncertainty sampling (Lewis and Gale 1994, Shannon 1948's
    entropy as its measure: Settles 2009, section 3.1).
    """
    bodies = [list(ids) for ids in encoded(tokenizer, beginnings)]
    found = np.zeros(len(bodies))
    for chosen, logits in at_the_mask(model, tokenizer, bodies, range(len(bodies))):
        logs = logits.double().log_softmax(1)
        found[chosen] = (-(logs.exp() * logs).sum(1) / np.log(2)).numpy()
    return found


def encoded(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[list[int]]:
    """Return the ids of texts without special tokens; raises GL-SYNTHESIS-011 without a mask."""
    if tokenizer.mask_token_id is None:
        raise GlotliftError(
            "GL-SYNTHESIS-011",
            "the tokenizer has no mask, so nothing can be written in its place",
            place=tokenizer.name_or_path,
            fix="complete with a masked model and its tokenizer",
        )
    if not texts:
        return []
    found: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, verbose=False)[
        "input_ids"
    ]
    return found


def at_the_mask(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    bodies: Sequence[list[int]],
    rows: Sequence[int],
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Yield rows, of like length together, and the logits [rows, vocabulary] of a mask at the end.

    A text stands between the special tokens that the tokenizer puts around one.
    """
    before, after = around(tokenizer)
    model.eval()
    order = sorted(rows, key=lambda row: (-len(bodies[row]), row))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        inputs = [[*before, *bodies[row], tokenizer.mask_token_id, *after] for row in chosen]
        longest = max(map(len, inputs))
        ids = torch.full((len(chosen), longest), tokenizer.pad_token_id)
        seen = torch.zeros_like(ids)
        for place, row in enumerate(inputs):
            ids[place, : len(row)], seen[place, : len(row)] = torch.tensor(row), 1
        at = torch.tensor([len(row) - 1 - len(after) for row in inputs])
        with torch.no_grad():
            given = model(input_ids=ids.to(model.device), attention_mask=seen.to(model.device))
        yield chosen, given.logits[torch.arange(len(chosen)), at].float().cpu()


def around(tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[int]]:
    """Return the special tokens that a tokenizer puts before and after a text."""
    given = tokenizer("a", return_special_tokens_mask=True)
    ids, special = given["input_ids"], given["special_tokens_mask"]
    first, last = special.index(0), len(special) - special[::-1].index(0)
    return list(ids[:first]), list(ids[last:])
