"""A context and its continuation, tokenised together.

Tokenising the two apart and gluing the ids asks the model about a text that its tokenizer would
never write. Here the whole is tokenised at once and split where it stops agreeing with the
context's own tokens.
"""

from collections.abc import Sequence
from typing import NamedTuple

from transformers import PreTrainedTokenizerFast

from glotlift.objectives.features import start_id
from glotlift.runs.errors import GlotliftError


class Pair(NamedTuple):
    """Token ids of a whole text; those from `start` up to `stop` are the continuation's."""

    ids: list[int]
    start: int
    stop: int


class Frame(NamedTuple):
    """The tokens that a tokenizer puts before and after every text."""

    before: list[int]
    after: list[int]


def frame(tokenizer: PreTrainedTokenizerFast) -> Frame:
    """Return what `tokenizer` puts around a text."""
    probe = tokenizer("a", return_special_tokens_mask=True)
    ids, added = probe["input_ids"], probe["special_tokens_mask"]
    first = added.index(0) if 0 in added else len(added)
    last = len(added) - added[::-1].index(0) if 0 in added else len(added)
    return Frame(ids[:first], ids[last:])


def bodies(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text, without what stands around it."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, verbose=False)
    return [list(ids) for ids in encoded["input_ids"]]


def tokenise_pairs(
    tokenizer: PreTrainedTokenizerFast, contexts: Sequence[str], continuations: Sequence[str]
) -> list[Pair]:
    """Return one `Pair` per context and continuation.

    The continuation begins at the first token in which the whole differs from the context alone.
    Continuations of one context all begin at the earliest such token among them: otherwise an
    option that merges with the context's last piece would pay for it, and its rivals would not.

    Raises GL-CLIENT-004 for a continuation without tokens, GL-OBJECTIVE-001 where there is neither
    context nor a token to start from.
    """
    wholes = bodies(tokenizer, [a + b for a, b in zip(contexts, continuations, strict=True)])
    distinct = list(dict.fromkeys(contexts))
    alone = dict(zip(distinct, bodies(tokenizer, distinct), strict=True))
    split = {context: len(body) for context, body in alone.items()}
    for context, whole in zip(contexts, wholes, strict=True):
        split[context] = min(split[context], _agreement(alone[context], whole))
    around = frame(tokenizer)
    pairs = []
    for row, (context, whole) in enumerate(zip(contexts, wholes, strict=True)):
        if split[context] == len(whole):
            raise GlotliftError(
                "GL-CLIENT-004",
                "a continuation has no tokens of its own",
                place=f"pair {row}: {continuations[row]!r:.60}",
                fix="give it text",
            )
        before = around.before or ([] if split[context] else [start_id(tokenizer)])
        start, stop = len(before) + split[context], len(before) + len(whole)
        pairs.append(Pair([*before, *whole, *around.after], start, stop))
    return pairs


def _agreement(a: Sequence[int], b: Sequence[int]) -> int:
    """Return the length of the longest common prefix."""
    for position, (left, right) in enumerate(zip(a, b, strict=False)):
        if left != right:
            return position
    return min(len(a), len(b))
