"""Round trips of random strings through ten tokenizer families, before and after every edit.

Stated for every string x, with `form` the family's normal form (`vocabulary_inputs`):

- decode(encode(x)) == form(x), before an edit and after it (with the pieces of the edited one);
- after trimming: text whose pieces are all kept and known has the same pieces, those of the text
  that was trimmed by always;
- after extension and romanising: text without new pieces has the same ids;
- after new language codes: every string has the same ids;
- after replacement: the ids are the other tokenizer's own, renumbered;
- an edited tokenizer that is saved and loaded again encodes alike.
"""

import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerFast
from vocabulary_inputs import (
    FAMILIES,
    KNOWN,
    NEW,
    OTHERS,
    Family,
    family,
    random_strings,
    sentences,
)

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import (
    VocabularyEdit,
    add_language_codes,
    extend,
    replace_tokenizer,
    romanise_vocabulary,
    trim,
)
from glotlift.vocabulary.segmentation import backend_of, encodings, unknown_id

RELOADED = 1000


class Encoded(NamedTuple):
    """The ids of many texts, end to end, and how many each has."""

    rows: list[list[int]]
    flat: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def owners(self) -> NDArray[np.int64]:
        """[n] the text that each id belongs to."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def any(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return [texts] whether any of a text's ids is marked [n]."""
        return np.bincount(self.owners[marked], minlength=len(self.lengths)) > 0


def encode(backend: Tokenizer, texts: Sequence[str]) -> Encoded:
    """Return the ids of texts, without special tokens around them."""
    rows = [one.ids for one in encodings(backend, texts)]
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    flat = np.fromiter(chain.from_iterable(rows), np.int64, int(lengths.sum()))
    return Encoded(rows, flat, lengths)


def unequal(one: Encoded, other: Encoded, texts: NDArray[np.bool_]) -> int:
    """Return how many of the texts [m] have other ids."""
    differ = one.lengths != other.lengths
    same = texts & ~differ
    left, right = (each.flat[same[each.owners]] for each in (one, other))
    owners = one.owners[same[one.owners]]
    return int((differ & texts).sum()) + len(np.unique(owners[left != right]))


def not_returned(
    known: Family, tokenizer: PreTrainedTokenizerFast, ids: Encoded, strings: Sequence[str]
) -> dict[str, Any]:
    """Return how many strings were compared, how many did not come back, and the first of these.

    Left out are strings whose normal form the pieces alone do not decide: with an unknown word of
    a WordPiece, or with a character that a Unigram has within longer pieces only.
    """
    backend = tokenizer.backend_tokenizer
    pieces = backend.get_vocab(with_added_tokens=True).keys()
    found = backend.decode_batch(ids.rows, skip_special_tokens=False)
    unknown = unknown_id(backend) if known.whole_words else None
    left_out = ids.any(ids.flat == (-1 if unknown is None else unknown))
    within = only_within(pieces) if known.unknown else set()
    compared = 0
    wrong = []
    for text, back, skip in zip(strings, found, left_out.tolist(), strict=True):
        if skip or not within.isdisjoint(text):
            continue
        compared += 1
        if known.settle(back) != known.settle(known.form(text, pieces)):
            wrong.append(text.encode("unicode_escape").decode()[:120])
    return {"compared": compared, "not_returned": len(wrong), "first": wrong[:1]}


def only_within(pieces: Collection[str]) -> set[str]:
    """Return the characters that longer pieces hold and that are no pieces themselves.

    Whether a text with one of them has an unknown piece depends on what stands around it.
    """
    return {letter for piece in pieces for letter in piece if letter not in pieces}


Edit = Callable[[PreTrainedTokenizerFast, str], VocabularyEdit]
EDITS: dict[str, Edit] = {
    "trimmed by text": lambda one, _: trim(one, texts=sentences(KNOWN[:3], 60)),
    "trimmed by size": lambda one, _: trim(
        one, texts=sentences(KNOWN, 60), size=max(1200, len(one) // 2)
    ),
    "trimmed by script": lambda one, _: trim(one, scripts=["Latn", "Arab"]),
    "extended": lambda one, _: extend(one, sentences(NEW, 60), pieces=200),
    "romanised": lambda one, _: (
        romanise_vocabulary(one, {"eng_Latn": sentences(("eng_Latn",), 20)}).edit
    ),
    "language codes": lambda one, _: add_language_codes(one, ["<2yor>", "yor_Latn"]),
    "replaced": lambda one, name: replace_tokenizer(one, family(OTHERS[name]).tokenizer),
}


def edited(name: str, kind: str, strings: Sequence[str], own: dict[str, Encoded]) -> dict[str, Any]:
    """Make an edit of a family and return how often each invariant fails."""
    known, before = family(name), own[name]
    edit = EDITS[kind](known.tokenizer, name)
    after = edit.tokenizer(known.tokenizer)
    ids = encode(backend_of(after), strings)
    target = family(OTHERS[name]) if kind == "replaced" else known
    found: dict[str, Any] = {
        "pieces": [edit.old_size, edit.new_size],
        **not_returned(target, after, ids, strings),
    }
    places = np.append(edit.old_to_new, -1)
    moved = before._replace(flat=places[before.flat])
    everything = np.ones(len(strings), dtype=np.bool_)
    if kind.startswith("trimmed"):
        unknown = unknown_id(backend_of(known.tokenizer)) if known.unknown else None
        lost = moved.flat < 0
        lost |= before.flat == (-1 if unknown is None else unknown)
        covered = ~before.any(lost)
        found |= {"covered": int(covered.sum()), "changed": unequal(moved, ids, covered)}
        if kind == "trimmed by text":
            found["changed_of_its_text"] = changed_of_text(known, edit, after)
    elif kind in ("extended", "romanised"):
        plain = ~ids.any(ids.flat >= edit.added_ids.start)
        found |= {"without_new": int(plain.sum()), "changed": unequal(moved, ids, plain)}
    elif kind == "language codes":
        found["changed"] = unequal(moved, ids, everything)
    else:
        found["changed"] = renamed(target, after, ids, own[OTHERS[name]])
    found["reloaded_differently"] = reloaded(after, strings[:RELOADED])
    return found


def changed_of_text(known: Family, edit: VocabularyEdit, after: PreTrainedTokenizerFast) -> int:
    """Return how many of the texts that a trim was made for have other pieces than before."""
    texts = sentences(KNOWN[:3], 60)
    old, new = (encode(backend_of(one), texts) for one in (known.tokenizer, after))
    moved = old._replace(flat=edit.old_to_new[old.flat])
    return unequal(moved, new, np.ones(len(texts), dtype=np.bool_))


def renamed(target: Family, after: PreTrainedTokenizerFast, ids: Encoded, own: Encoded) -> int:
    """Return how many strings have other pieces than the tokenizer that came in gives them."""
    vocabulary = target.tokenizer.backend_tokenizer.get_vocab(with_added_tokens=True)
    numbers = after.backend_tokenizer.get_vocab(with_added_tokens=True)
    places = np.full(max(vocabulary.values()) + 1, -1, dtype=np.int64)
    for piece, number in vocabulary.items():
        places[number] = numbers[piece]
    moved = own._replace(flat=places[own.flat])
    return unequal(moved, ids, np.ones(len(ids.rows), dtype=np.bool_))


def reloaded(tokenizer: PreTrainedTokenizerFast, strings: Sequence[str]) -> int:
    """Return how many strings encode otherwise after saving and loading."""
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        again = AutoTokenizer.from_pretrained(folder)
    pairs = zip(tokenizer(list(strings)).input_ids, again(list(strings)).input_ids, strict=True)
    return sum(one != other for one, other in pairs)


FAILURES = ("not_returned", "changed", "changed_of_its_text", "reloaded_differently")


def family_figures(name: str, strings: Sequence[str], own: dict[str, Encoded]) -> dict[str, Any]:
    """Return how often each invariant fails in one family, before any edit and after each."""
    start = time.perf_counter()
    known = family(name)
    figures: dict[str, Any] = {"before": not_returned(known, known.tokenizer, own[name], strings)}
    for kind in EDITS:
        try:
            figures[kind] = edited(name, kind, strings, own)
        except GlotliftError as error:
            figures[kind] = {"refused": error.code}
    figures["failures"] = sum(
        row.get(field, 0) for row in figures.values() for field in FAILURES
    ) + sum("refused" in row for row in figures.values())
    figures["seconds"] = round(time.perf_counter() - start, 1)
    return figures


def round_trips(number: int, seed: int = 0, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return the figures of families and edits; "failures" counts what broke an invariant."""
    names = names or tuple(FAMILIES)
    strings = random_strings(number, seed)
    needed = dict.fromkeys([*names, *(OTHERS[name] for name in names)])
    own = {name: encode(backend_of(family(name).tokenizer), strings) for name in needed}
    families = {name: family_figures(name, strings, own) for name in names}
    return {
        "strings": number,
        "different": len(set(strings)),
        "edits": len(EDITS) * len(families),
        "families": families,
        "failures": sum(one["failures"] for one in families.values()),
    }
