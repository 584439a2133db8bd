"""What is known of each token beside its id: its word, its part of speech, its entity.

Words are cut by the boundaries of Unicode as a row's language needs them; parts of speech and names
are a row's own labels or come from a tagger. Both are told of characters, and handed on to tokens
by their offsets, so that any fast tokenizer will do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.words import Span, word_spans
from glotlift.runs.errors import GlotliftError

Integers = NDArray[np.int64]
WORDS, ENTITIES, TAGS = "words", "entities", "tags"
NONE = -1  # of a token that is no part of the text
PLAIN = "eng_Latn"  # whose words are those of Unicode's rule without a change
PARTS_OF_SPEECH = (
    "", "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip
PROPER = "PROPN"
NAME = "NAME"
NAMED = 32  # added to the number of its part of speech where a token is part of a name
LABELS = ("pos", "upos", "tags")


class Label(NamedTuple):
    """Characters [start, end) of a text and what they are: a part of speech, or NAME."""

    start: int
    end: int
    tag: str


Tagger = Callable[[Sequence[str], Sequence[str]], Sequence[Sequence[Label]]]
"""From texts and their languages ("" where a row tells none) to the labels of each, in order."""


class Beside(Protocol):
    """Makes `columns` of features with a number for each token of a text."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return their names."""
        ...

    def __call__(
        self, rows: Mapping[str, Sequence[Any]], offsets: Sequence[Sequence[Span]]
    ) -> dict[str, list[Integers]]:
        """Return the columns of a batch of rows, one array per row; `offsets` are of its tokens."""
        ...


@dataclass(frozen=True)
class TokenColumns:
    """Makes the asked `columns` of tokens: `words`, `entities`, `tags`.

    `words` numbers the words of a document; a token that reaches into the next word joins the two,
    so that a word always has pieces of its own. `tags` are the numbers of `PARTS_OF_SPEECH`, plus
    `NAMED` within a name. `entities` numbers the labelled words; a name of several words, or a
    run of proper nouns, has one number, and a token without a label has -1.
    """

    columns: tuple[str, ...]
    tagger: Tagger | None = None

    def __call__(
        self, rows: Mapping[str, Sequence[Any]], offsets: Sequence[Sequence[Span]]
    ) -> dict[str, list[Integers]]:
        """Return the columns of a batch of rows, one array per row; `offsets` are of its tokens.

        Raises GL-OBJECTIVE-022 (rows without labels where tags are asked for), -023 (labels that
        do not fit the text), -021 (labels of an unknown kind) and what `word_spans` raises.
        """
        texts = rows["text"]
        places = [np.asarray(pairs, dtype=np.int64).reshape(-1, 2) for pairs in offsets]
        languages = [code or "" for code in rows.get("language", [""] * len(texts))]
        made: dict[str, list[Integers]] = {}
        if WORDS in self.columns:
            made[WORDS] = [
                word_numbers(place, word_spans(text, code or PLAIN))
                for place, text, code in zip(places, texts, languages, strict=True)
            ]
        if {ENTITIES, TAGS} & set(self.columns):
            labels = self.tagger(texts, languages) if self.tagger else labels_of(rows)
            both = [entities_and_tags(*pair) for pair in zip(places, labels, strict=True)]
            made[ENTITIES], made[TAGS] = [pair[0] for pair in both], [pair[1] for pair in both]
        return {name: made[name] for name in self.columns}


def word_numbers(offsets: Integers, spans: Sequence[Span]) -> Integers:
    """Return [tokens] the number of each token's word; white space belongs to the word after it.

    `offsets` is [tokens, 2], `spans` are the words' places, in order.
    """
    starts, ends = np.asarray([*spans, (np.iinfo(np.int64).max,) * 2], dtype=np.int64).T
    first = offsets[:, 0]
    word = np.searchsorted(ends, first, side="right")
    begin = np.maximum(first, starts[np.minimum(word, len(spans))])
    fresh = begin == starts[np.minimum(word, len(spans))]
    fresh[1:] &= begin[1:] != begin[:-1]
    numbers: Integers = np.cumsum(fresh)
    numbers -= numbers[:1].copy()
    return numbers


def entities_and_tags(offsets: Integers, labels: Sequence[Label]) -> tuple[Integers, Integers]:
    """Return [tokens] the number of each token's entity, and of what it is."""
    # What a token without a label is stands last in each table, where -1 finds it.
    words = [label for label in labels if label.tag != NAME]
    names = [label for label in labels if label.tag == NAME]
    kinds = np.asarray([tag_number(label.tag) for label in words] + [0])
    proper = kinds[:-1] == tag_number(PROPER)
    goes_on = np.append(False, proper[1:] & proper[:-1])[: len(words)]
    whole = np.append(np.cumsum(~goes_on), NONE)
    of_word, of_name = covering(offsets, words), covering(offsets, names)
    entities = whole[of_word]
    tags = kinds[of_word] + NAMED * (of_name >= 0)
    return np.where(of_name >= 0, len(words) + 1 + of_name, entities), tags


def covering(offsets: Integers, labels: Sequence[Label]) -> Integers:
    """Return [tokens] which label each token's first written character lies in, or -1."""
    if not labels:
        return np.full(len(offsets), NONE)
    starts, ends = np.asarray([label[:2] for label in labels], dtype=np.int64).T
    found = np.searchsorted(ends, offsets[:, 0], side="right")
    inside = (found < len(labels)) & (offsets[:, 1] > starts[np.minimum(found, len(labels) - 1)])
    return np.where(inside, found, NONE)


def labels_of(rows: Mapping[str, Sequence[Any]]) -> list[list[Label]]:
    """Return the labels that rows carry: `tokens`, and for each a part of speech or a BIO tag.

    The tags stand in the columns `pos`, `upos` or `tags`; several may be given.
    """
    given = [name for name in LABELS if name in rows]
    if "tokens" not in rows or not given:
        raise GlotliftError(
            "GL-OBJECTIVE-022",
            "the rows carry no parts of speech, and the masker hides by them",
            place="columns tokens and pos",
            fix="give rows with labels, pass a tagger, or choose a masker of words",
        )
    found = []
    for row, (text, tokens) in enumerate(zip(rows["text"], rows["tokens"], strict=True)):
        spans = token_spans(text, tokens or [])
        found.append([label for name in given for label in read_labels(spans, rows[name][row])])
    return found


def token_spans(text: str, tokens: Sequence[str]) -> list[Span]:
    """Return the place of each token in a text. Raises GL-OBJECTIVE-023 where it has none."""
    spans, end = [], 0
    for token in tokens:
        start = text.find(token, end)
        if start < 0 or not token or text[end:start].strip():
            raise misfit(f"the token {token!r} is not the next in {text!r:.60}")
        end = start + len(token)
        spans.append((start, end))
    if text[end:].strip():
        raise misfit(f"no token covers the end of {text!r:.60}")
    return spans


def read_labels(spans: Sequence[Span], tags: Sequence[str] | None) -> list[Label]:
    """Return the labels of one row: parts of speech as they are, BIO tags as names."""
    if len(tags or []) != len(spans):
        raise misfit(f"{len(tags or [])} tags for {len(spans)} tokens")
    labels: list[Label] = []
    for (start, end), tag in zip(spans, tags or [], strict=True):
        if tag.startswith("I-") and labels and labels[-1].tag == NAME:
            labels[-1] = labels[-1]._replace(end=end)
        elif tag.startswith(("B-", "I-")):
            labels.append(Label(start, end, NAME))
        elif tag != "O":
            labels.append(Label(start, end, tag))
    return labels


def misfit(cause: str) -> GlotliftError:
    """Return the error for labels that do not fit their text."""
    fix = "give every token of the text, in order, and a tag for each"
    return GlotliftError("GL-OBJECTIVE-023", cause, place="tokens", fix=fix)


def tag_number(tag: str) -> int:
    """Return the number of a part of speech, NAMED for a name.

    Raises GL-OBJECTIVE-021 for one that is neither.
    """
    if tag == NAME:
        return NAMED
    tag = "" if tag == "_" else tag
    if tag not in PARTS_OF_SPEECH:
        raise GlotliftError(
            "GL-OBJECTIVE-021",
            f"{tag!r} is no part of speech of Universal Dependencies",
            place="tags",
            fix=f"give {', '.join(PARTS_OF_SPEECH[1:])}, a BIO tag, or _",
        )
    return PARTS_OF_SPEECH.index(tag)
