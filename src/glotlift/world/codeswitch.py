"""Code-switched sentences: whole constituents said in another language, as often as asked.

The mixing index is that of Das and Gambäck (2014), "Identifying Languages at the Word Level in
Code-Mixed Indian Social Media Text", section 3: 1 - (tokens of the commonest language) / (tokens
that have a language). They publish it in hundredths (0 to 100); here it is a share, 0 to 1.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

from datasets import Dataset, Features, Value

from glotlift.runs.errors import GlotliftError
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.scenes import Scene, draws, pick, scene
from glotlift.world.sentences import LICENSE, SOURCE, numbers
from glotlift.world.truth import tokens_of

# Within a block of rows what one sentence has too little, the next ones have too much.
BLOCK = 100
_SAMPLED_BLOCKS = 5
# What a predicate may say by its own form in one language and by a word apart in another.
_MARKS = frozenset(["not", "past", "future", "can", "cannot", "wants", "must", "should"])
_PREDICATES = frozenset({"actions", "deeds", "states", "qualities"})
_STRING = Value("string")
_FEATURES = Features(
    {
        **dict.fromkeys(("id", "language", "embedded_language", "text"), _STRING),
        "tokens": [_STRING],
        "token_languages": [_STRING],
        "spans": [
            {"start": Value("int64"), "end": Value("int64"), "slot": _STRING, "original": _STRING}
        ],
        "cmi": Value("float64"),
        "source": _STRING,
        "license": _STRING,
    }
)


class Stretch(NamedTuple):
    """A piece of a sentence, as it is written, with its tokens and their parts of speech.

    `whole` if no token reaches across its ends and none of its ends is a space.
    """

    slot: str | None
    text: str
    tokens: tuple[str, ...]
    pos: tuple[str, ...]
    whole: bool


class Twin(NamedTuple):
    """One scene in the matrix language, and what could stand there in the embedded one, by slot."""

    matrix: tuple[Stretch, ...]
    embedded: dict[str, tuple[Stretch, ...]]


class Option(NamedTuple):
    """The slots that could be said in the other language, and the mixing index this gives."""

    slots: tuple[str, ...]
    cmi: float


class Mixed(NamedTuple):
    """A code-switched sentence; `spans` are its stretches in the embedded language."""

    text: str
    tokens: list[str]
    token_languages: list[str | None]
    spans: list[dict[str, object]]


def mixing_index(token_languages: Sequence[str | None]) -> float:
    """Return the Code-Mixing Index of one utterance as a share, 0 to 1 (published: times 100).

    `token_languages` holds a language for each token, None where it has none (punctuation). No
    token with a language gives 0. Source: Das and Gambäck (2014), section 3.
    """
    counts = Counter(code for code in token_languages if code is not None)
    return 1 - max(counts.values()) / counts.total() if counts else 0.0


def code_switched(
    matrix: str,
    embedded: str,
    rows: int,
    *,
    index: float = 0.3,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
) -> Dataset:
    """Return sentences of `matrix` with constituents in `embedded`, mixed by `index` on average.

    The sentence, its word order and its function words are those of `parallel` in `matrix`, and so
    is the id. Over each hundred rows (0 to 99, 100 to 199, ...) the mean index is within 0.02 of
    the one asked. Columns id, language (the matrix), embedded_language, text, tokens,
    token_languages (code, or None for punctuation), spans (start and end in characters, slot,
    original: the words in the matrix language), cmi (0 to 1), source, license.

    Raises GL-WORLD-001 (language), -002 (split), -007 (rows), -030 (an index that these languages
    do not reach) and -031 (one language twice).
    """
    if matrix == embedded:
        raise GlotliftError(
            "GL-WORLD-031", f"{matrix} cannot be mixed with itself", fix="give two languages"
        )
    addresses = numbers(rows, split, start)
    pair = grammar(matrix), grammar(embedded)
    _check_index(index, matrix, embedded, split)
    found: list[Mixed] = []
    owed = 0.0
    for row in range(start - start % BLOCK, start + rows):
        owed = owed if row % BLOCK else 0.0
        drawn = scene(seed, split, row)
        twin = _twin(*pair, drawn)
        number, *others = draws("code-switch", matrix, embedded, seed, split, row)
        wanted = index * (0.5 + number / 2**32) + owed
        chosen = _nearest(_options(twin), wanted, others[0])
        owed += index - chosen.cmi
        if row >= start:
            found.append(_mixed(*pair, drawn, twin, chosen.slots))
    columns: dict[str, list[object]] = {
        "id": [f"world/{seed}/{split}/{row}" for row in addresses],
        "language": [matrix] * rows,
        "embedded_language": [embedded] * rows,
        **{name: [getattr(mixed, name) for mixed in found] for name in Mixed._fields},
        "cmi": [mixing_index(mixed.token_languages) for mixed in found],
        "source": [SOURCE] * rows,
        "license": [LICENSE] * rows,
    }
    return Dataset.from_dict(columns, features=_FEATURES)


@cache
def reachable_index(matrix: str, embedded: str, split: str = "train") -> float:
    """Return the highest mean mixing index that every sampled block of rows can have.

    It is below 0.5: the matrix language keeps most tokens of each sentence, or half of them.
    Raises GL-WORLD-001 (language), -002 (split).
    """
    pair = grammar(matrix), grammar(embedded)
    means = []
    for block in range(_SAMPLED_BLOCKS):
        scenes = [scene(0, split, row) for row in range(block * BLOCK, (block + 1) * BLOCK)]
        best = [max(option.cmi for option in _options(_twin(*pair, said))) for said in scenes]
        means.append(sum(best) / BLOCK)
    return int(min(means) * 100) / 100


def _check_index(index: float, matrix: str, embedded: str, split: str) -> None:
    most = reachable_index(matrix, embedded, split) if index else 0.0
    if not 0 <= index <= most:
        raise GlotliftError(
            "GL-WORLD-030",
            f"{matrix} with {embedded} words cannot have a mean mixing index of {index:g}",
            fix=f"ask for 0 to {most:g} (an index published as 30 is 0.3 here)",
        )


def _twin(matrix: Grammar, embedded: Grammar, said: Scene) -> Twin:
    """Return what may be switched: whole words of one slot that say the same in both languages."""
    ours = _stretches(matrix, said)
    mine, theirs = _by_slot(ours, said), _by_slot(_stretches(embedded, said), said)
    return Twin(
        ours,
        {slot: theirs[slot] for slot in mine if _exchangeable(mine[slot], theirs.get(slot, ()))},
    )


def _stretches(spoken: Grammar, said: Scene) -> tuple[Stretch, ...]:
    tokens = tokens_of(spoken, said)
    within = {place for token in tokens for place in range(token.start + 1, token.end)}
    found = []
    start = 0
    for slot, piece in spoken.pieces(said):
        text = spoken.written(piece)
        end = start + len(text)
        own = [token for token in tokens if start <= token.start < end]
        words, pos = tuple(token.text for token in own), tuple(token.pos for token in own)
        whole = within.isdisjoint((start, end)) and text == text.strip()
        found.append(Stretch(slot, text, words, pos, whole))
        start = end
    return tuple(found)


def _by_slot(stretches: tuple[Stretch, ...], said: Scene) -> dict[str, tuple[Stretch, ...]]:
    """Return the stretches of each slot that stands for a concept of the scene."""
    world = inventory()
    marked = not _MARKS.isdisjoint(world.patterns[said.pattern].says[1].split())
    found: dict[str, tuple[Stretch, ...]] = {}
    for stretch in stretches:
        slot = stretch.slot
        if slot in said.said:
            predicate = world.concepts[said.said[slot]].category in _PREDICATES
            if not (marked and predicate):
                found[slot] = (*found.get(slot, ()), stretch)
    return found


def _exchangeable(ours: tuple[Stretch, ...], theirs: tuple[Stretch, ...]) -> bool:
    """Whether each part has a counterpart of whole words, with a verb just where it has one."""
    if len(ours) != len(theirs) or not all(part.whole for part in (*ours, *theirs)):
        return False
    pairs = list(zip(ours, theirs, strict=True))
    verbs = all(_has_verb(one) == _has_verb(other) for one, other in pairs)
    return verbs and any(one.text != other.text for one, other in pairs)


def _has_verb(stretch: Stretch) -> bool:
    return not {"VERB", "AUX"}.isdisjoint(stretch.pos)


def _options(twin: Twin) -> list[Option]:
    """Return the choices of slots that leave the matrix language at least half of the tokens."""
    total = sum(map(_count, twin.matrix))
    less = {
        slot: sum(_count(stretch) for stretch in twin.matrix if stretch.slot == slot)
        for slot in twin.embedded
    }
    more = {slot: sum(map(_count, parts)) for slot, parts in twin.embedded.items()}
    found = []
    for number in range(len(more) + 1):
        for chosen in combinations(more, number):
            switched = sum(more[slot] for slot in chosen)
            after = total - sum(less[slot] for slot in chosen) + switched
            if 2 * switched <= after:
                found.append(Option(chosen, switched / after))
    return found


def _count(stretch: Stretch) -> int:
    return sum(pos != "PUNCT" for pos in stretch.pos)


def _nearest(options: list[Option], wanted: float, number: int) -> Option:
    gap = min(abs(option.cmi - wanted) for option in options)
    near = tuple(option for option in options if abs(option.cmi - wanted) <= gap + 1e-9)
    return pick(near, number)


def _mixed(
    matrix: Grammar, embedded: Grammar, said: Scene, twin: Twin, slots: tuple[str, ...]
) -> Mixed:
    theirs = {slot: iter(parts) for slot, parts in twin.embedded.items()}
    text, behind = "", matrix
    mixed = Mixed("", [], [], [])
    for stretch in twin.matrix:
        spoken, told = matrix, stretch
        if stretch.slot in slots:
            opening = not any(character.isalpha() for character in text)
            spoken, told = embedded, _cased(embedded, said, next(theirs[stretch.slot]), opening)
        if embedded in (behind, spoken) and _would_glue(text, told.text, behind, spoken):
            text += " "
        start, behind = len(text), spoken if told.text else behind
        text += told.text
        mixed.tokens.extend(told.tokens)
        mixed.token_languages.extend(None if p == "PUNCT" else spoken.code for p in told.pos)
        if spoken is embedded:
            place = {"start": start, "end": len(text)}
            mixed.spans.append({**place, "slot": stretch.slot, "original": stretch.text})
    return mixed._replace(text=text)


def _would_glue(before: str, behind: str, *spoken: Grammar) -> bool:
    """Whether words that belong apart would touch; unspaced text itself holds no spaces."""
    touching = before[-1:] + behind[:1]
    letters = len(touching) == 2 and all(unicodedata.category(c)[0] in "LMN" for c in touching)
    return letters and any(grammar.spaced for grammar in spoken)


def _cased(spoken: Grammar, said: Scene, told: Stretch, opening: bool) -> Stretch:
    """Return a stretch with the first letter it has at the opening or within a sentence."""
    first, rest = told.text[0], told.text[1:]
    text = told.text
    if opening:
        text = spoken.capitals.get(first, first.upper()) + rest
    elif spoken.lowered(first) + rest in _forms(spoken, said.said[told.slot or ""]):
        text = spoken.lowered(first) + rest
    return told._replace(text=text, tokens=(text[: len(told.tokens[0])], *told.tokens[1:]))


def _forms(spoken: Grammar, concept: str) -> set[str]:
    """Return every form of the words for a concept, as they stand within a sentence."""
    return {
        spoken.written(form)
        for word in spoken.synonyms.get(concept, (concept,))
        for form in spoken.forms[word].values()
    }
