"""Code-switching restore: what was said, from a text with words of another language in it.

Zan et al. 2022, "Bridging Cross-Lingual Gaps During Leveraging the Multilingual
Sequence-to-Sequence Pretraining for Text Generation and Understanding" (arXiv:2204.07834): a stage
between pretraining and finetuning. Words of a text are replaced by translations from a dictionary,
and the model writes the text as it was, in either language of a pair. The noise was read in the
published code: 35 % of the words, in spans whose lengths are Poisson with mean 3.5, and any of the
three best translations. There pieces are replaced one by one; here words are, so that no word
becomes a mixture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from datasets import Dataset
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.languages.codes import language
from glotlift.languages.words import Span, word_spans
from glotlift.objectives.denoising import CODES, NoiseColumns, code_ids
from glotlift.objectives.dictionaries import TOP, Dictionary, read_dictionary, world_lexicon
from glotlift.objectives.features import end_id, tokenise
from glotlift.objectives.layouts import Batch, Example, Layout, joined, layout_for
from glotlift.objectives.noise import span_lengths
from glotlift.objectives.packing import Ids
from glotlift.objectives.word_columns import NONE, PLAIN, WORDS, Integers
from glotlift.runs.errors import GlotliftError

ENTRIES = "entries"
SALT = 0x435352
SPACED, TITLE, FORMS = 1, 2, 4  # an entry's number holds in which form the word stands in the text
WORLD = "world:"
Lexicons = str | Mapping[str, str | Path | Dictionary]
"""Dictionaries, or their paths, by language; or two languages of the sample world."""


class CodeSwitchingRestore:
    """Words of a text are replaced by translations, and the model writes the text as it was.

    What is replaced, and by which translation, is a function of a block's seed.
    """

    overlap = 0

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        layout: Layout,
        lexicon: Lexicons = f"{WORLD}eng_Latn-spa_Latn",
        *,
        fraction: float = 0.35,
        mean_span: float = 3.5,
        top: int = TOP,
        codes: Mapping[str, str] | None = None,
    ) -> None:
        """Say what is switched.

        `lexicon` has for each language a dictionary, or the path of one (``world:`` and two codes
        name the sample world's); of each word the first `top` translations count. `fraction` is the
        share of words in spans whose lengths are Poisson with mean `mean_span`; with 0 words are
        drawn one by one. Words of a span without an entry stay. `codes` names the tokenizer's code
        for a language, as `Denoising` takes them.

        Raises GL-OBJECTIVE-050 (no lexicon), -024 (an unknown code) and what `read_dictionary`
        raises.
        """
        self.tokenizer, self.layout, self.end = tokenizer, layout, end_id(tokenizer)
        self.fraction, self.mean_span = fraction, mean_span
        self.entries = Entries.of(lexicon, top)
        noise = NoiseColumns(code_ids(tokenizer, codes or {}), permute=False)
        self.beside = SwitchColumns(self.entries, noise)
        self.columns = self.beside.columns
        self.known: dict[int, list[Ids]] = {}

    @classmethod
    def for_model(
        cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, **settings: Any
    ) -> Self:
        """Return the objective for a model and its tokenizer; raises what ``__init__`` raises."""
        return cls(tokenizer, layout_for(model, tokenizer), **settings)

    def packs(self, model: nn.Module) -> bool:
        """Tell whether documents may share a block."""
        return self.layout.packs(model)

    def prepare(self, rows: Dataset) -> Dataset:
        """Return features `input_ids`, `bytes`, `words`, `codes` and `entries`, a row each.

        Raises GL-OBJECTIVE-025 (the tokenizer has codes, but none for a row's language).
        """
        return tokenise(self.tokenizer, rows, prefix=[], suffix=self.end, beside=self.beside)

    def collate(self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int]) -> Batch:
        """Return the batch that the layout makes of the examples; one seed per block."""
        examples = []
        for pieces, seed in zip(blocks, seeds, strict=True):
            rng = np.random.default_rng([seed, SALT])
            examples.append([self.example(piece, rng) for piece in pieces])
        return self.layout.lay_out(examples)

    def example(self, piece: Ids, rng: np.random.Generator) -> Example:
        """Return what is read and written of a piece [n, 1 + columns] of a document."""
        ids, words, codes, entries = piece.T
        inside = words != NONE
        ends = bool(len(ids)) and not inside[-1]
        text = ids[inside]
        if not len(text):
            return Example(text, text, whole=False)
        code = codes[inside][:1]
        code = code[code != NONE]
        switched = self.switched(text, words[inside], entries[inside], rng)
        return Example(joined(code, switched), joined(code, text), whole=ends)

    def switched(self, ids: Ids, words: Ids, entries: Ids, rng: np.random.Generator) -> Ids:
        """Return `ids` [n] with chosen words replaced by translations, where there are any."""
        starts = np.flatnonzero(np.append(True, words[1:] != words[:-1]))
        stops = np.append(starts[1:], len(ids))
        chosen = self.chosen(len(starts), rng)
        # A word is one entry from end to end, or none.
        whole = np.minimum.reduceat(entries, starts)
        whole = np.where(np.maximum.reduceat(entries, starts) == whole, whole, NONE)
        parts, last = [], 0
        for place in np.flatnonzero(chosen & (whole != NONE)):
            options = self.translations(int(whole[place]))
            parts += [ids[last : starts[place]], options[int(rng.integers(len(options)))]]
            last = stops[place]
        return joined(*parts, ids[last:])

    def chosen(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Return [count] which words lie in the spans to be switched."""
        budget = int(np.ceil(self.fraction * count))
        lengths = np.ones(budget, dtype=np.int64)
        if self.mean_span:
            lengths = span_lengths(budget, self.mean_span, rng)
        lengths = lengths[lengths > 0]
        begins = rng.permutation(count)[: len(lengths)]
        places = np.arange(count)
        inside = (begins[:, None] <= places) & (places < (begins + lengths)[:, None])
        return np.asarray(inside.any(0))

    def translations(self, entry: int) -> list[Ids]:
        """Return the ids of an entry's translations, in the form in which the word stands."""
        if entry not in self.known:
            texts = self.entries.written(entry)
            rows = self.tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
            self.known[entry] = [joined(row) for row in rows]
        return self.known[entry]

    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, Batch]:
        """Return the summed cross-entropy in nats, and each written position's."""
        return self.layout.loss(model, batch)


@dataclass(frozen=True)
class Entries:
    """Dictionaries of several languages, numbered: the same words have the same numbers."""

    places: Mapping[tuple[str, str], int]
    """From a language ("" for a row without one) and a word in lower case to its place."""
    translations: Sequence[tuple[str, ...]]

    @classmethod
    def of(cls, lexicon: Lexicons, top: int) -> "Entries":
        """Number the entries of a lexicon. Raises GL-OBJECTIVE-050 where it has none."""
        if isinstance(lexicon, str):
            lexicon = at_address(lexicon)
        read = {
            language(code).code: read_dictionary(known) if isinstance(known, str | Path) else known
            for code, known in lexicon.items()
        }
        words = [(code, word) for code, known in read.items() for word in known]
        places = {(code, word.lower()): place for place, (code, word) in enumerate(words)}
        for place, (_, word) in enumerate(words):
            places.setdefault(("", word.lower()), place)
        found = [tuple(read[code][word][:top]) for code, word in words]
        if not found or not all(found):
            raise no_lexicon("a lexicon without translations")
        return cls(places, found)

    def number(self, code: str, text: str, span: Span) -> int:
        """Return the number of a text's word, or NONE; it says in which form the word stands."""
        word = text[slice(*span)]
        place = self.places.get((code, word.lower()))
        if place is None:
            return NONE
        spaced = SPACED * text[: span[0]][-1:].isspace()
        return FORMS * place + spaced + TITLE * word[:1].isupper()

    def written(self, number: int) -> list[str]:
        """Return an entry's translations as they stand in the place of the word."""
        place, form = divmod(number, FORMS)
        found = self.translations[place]
        if form & TITLE:
            found = tuple(word[:1].upper() + word[1:] for word in found)
        return [f"{' ' if form & SPACED else ''}{word}" for word in found]


@dataclass(frozen=True)
class SwitchColumns:
    """Makes columns of tokens: their word, the language's code, and their word's entry."""

    entries: Entries
    noise: NoiseColumns
    columns: tuple[str, ...] = field(default=(WORDS, CODES, ENTRIES), init=False)

    def __call__(
        self, rows: Mapping[str, Sequence[Any]], offsets: Sequence[Sequence[Span]]
    ) -> dict[str, list[Integers]]:
        """Return the columns of a batch of rows, one array per row; `offsets` are of its tokens."""
        made = self.noise(rows, offsets)
        spoken = rows.get("language") or [""] * len(offsets)
        made[ENTRIES] = [
            self.numbers(text, code or "", places)
            for text, code, places in zip(rows["text"], spoken, offsets, strict=True)
        ]
        return {name: made[name] for name in self.columns}

    def numbers(self, text: str, code: str, offsets: Sequence[Span]) -> Integers:
        """Return [tokens] the entry of each token's word; NONE where a token reaches beyond it."""
        found = np.full(len(offsets), NONE)
        if not len(offsets):
            return found
        places = np.asarray(offsets, dtype=np.int64)
        begins = places[:, 0] + [text[start : start + 1].isspace() for start, _ in offsets]
        known = language(code).code if code else ""
        for span in word_spans(text, code or PLAIN):
            number = self.entries.number(known, text, span)
            if number != NONE:
                found[(begins >= span[0]) & (places[:, 1] <= span[1])] = number
        return found


def at_address(address: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the sample world's dictionaries of ``world:eng_Latn-spa_Latn``.

    Raises GL-OBJECTIVE-050 for another address, and what `world_lexicon` raises.
    """
    one, _, other = address.removeprefix(WORLD).partition("-")
    if not address.startswith(WORLD) or not other:
        raise no_lexicon(f"{address!r} names no dictionaries")
    return world_lexicon(one, other)


def no_lexicon(cause: str) -> GlotliftError:
    """Return GL-OBJECTIVE-050."""
    return GlotliftError(
        "GL-OBJECTIVE-050",
        cause,
        place="objective.settings.lexicon",
        fix="give one by language, {eng_Latn: path, swh_Latn: path}, or world:eng_Latn-spa_Latn",
    )
