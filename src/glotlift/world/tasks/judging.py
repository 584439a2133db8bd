"""Ratings by made-up raters whose biases are known, to test what claims to find such biases.

What is rated are translations of four sentences with none to four planted errors, one in a
sentence at most: the true quality is 5 less their number. Some carry polite sentences which the
source does not have; these cost nothing, but raters may like length for its own sake.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.asking import plain
from glotlift.world.grammar import LANGUAGES, ROMANISED, Grammar
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.planting import kinds, spoil

BEST, WORST = 5, 1
_PATTERNS = ("event_place", "event_time", "event_colour", "gift", "company", "past", "future")
_SENTENCES, _POLITE = 4, ("hello", "thanks", "goodbye")
_UNIFORMS = 12
Address = tuple[object, ...]


class Rater(NamedTuple):
    """How somebody rates: what is added to the true quality, in points of the scale of 1 to 5.

    `severity` is taken off every rating; `length_bias` is added for each polite sentence above the
    mean of 1.5; `position_bias` to what is shown first; `language_bias` by language; `noise` is the
    standard deviation of what cannot be explained.
    """

    name: str
    severity: float
    length_bias: float
    position_bias: float
    language_bias: dict[str, float]
    noise: float


class Planted(NamedTuple):
    """An error: which sentence of the translation, what kind, the sentence without and with it."""

    sentence: int
    kind: str
    right: str
    wrong: str


class Answer(NamedTuple):
    """A translation as it is rated; `padding` counts its polite sentences."""

    text: str
    errors: list[Planted]
    padding: int

    @property
    def quality(self) -> int:
        """The true quality, 5 (no error) to 1 (four errors)."""
        return BEST - len(self.errors)


def raters(panel: int = 8, *, seed: int = 0) -> tuple[Rater, ...]:
    """Return the raters of a seed and the truth about them.

    Drawn evenly: severity -0.8 to 0.8, length_bias -0.1 to 0.5, position_bias -0.3 to 0.9,
    each language's bias -0.5 to 0.5, noise 0.2 to 0.8. A larger panel has the same first members.
    Raises GL-WORLD-048 for a panel without members.
    """
    if panel < 1:
        raise GlotliftError("GL-WORLD-048", f"a panel of {panel} rates nothing", fix="give panel=1")

    def between(low: float, high: float, *address: object) -> float:
        return round(low + (high - low) * draws("rater", seed, *address)[0] / 2**32, 3)

    return tuple(
        Rater(
            name=f"rater {number}",
            severity=between(-0.8, 0.8, number, "severity"),
            length_bias=between(-0.1, 0.5, number, "length"),
            position_bias=between(-0.3, 0.9, number, "position"),
            language_bias={
                code: between(-0.5, 0.5, number, code) for code in LANGUAGES + ROMANISED
            },
            noise=between(0.2, 0.8, number, "noise"),
        )
        for number in range(panel)
    )


def ratings(
    language: str,
    rows: int,
    *,
    split: str = "test",
    seed: int = 0,
    start: int = 0,
    panel: int = 8,
    source: str | None = None,
) -> Dataset:
    """Return translations into `language`, each rated 1 to 5 by every rater of the panel in turn.

    Fields: item (rows of one item follow one another), source_language (`source`; English if it is
    not told, Spanish of English), source_text, text, padding, errors (see `Planted`), quality (the
    truth, 1 to 5), rater, severity, length_bias, language_bias (for this language) and noise of the
    rater, score (what the rater felt, before it was rounded and cut to the scale) and rating.
    score = quality - severity + length_bias * (padding - 1.5) + language_bias + noise * z, with z
    the sum of twelve uniform numbers less six. Quality and padding are independent; an error that
    drops a word is as frequent as one that repeats it, so length says next to nothing of quality.
    Raises GL-WORLD-001 (language), -002 (split), -007 (rows), -047 (source), -048 (panel).
    """
    spoken, heard = _languages(language, source)
    members = raters(panel, seed=seed)
    made: list[dict[str, Any]] = []
    addresses = numbers(rows, split, start)
    for row in addresses:
        item, place = divmod(row, panel)
        address = ("ratings", seed, split, item)
        scenes, rater = _scenes(address, split), members[place]
        block, turn = divmod(item, BEST)
        order = sorted(range(BEST), key=lambda n: draws("errors", seed, split, block, n))
        answer = _answer(spoken, heard, scenes, order[turn], address)
        bias = rater.language_bias[language]
        score = answer.quality - rater.severity + rater.length_bias * (answer.padding - 1.5)
        score += bias + rater.noise * _normal("noise", *address, place)
        made.append(
            {"item": item, "source_language": heard.code, "source_text": _say(heard, scenes)}
            | {"text": answer.text, "padding": answer.padding, "quality": answer.quality}
            | {"errors": [error._asdict() for error in answer.errors], "rater": rater.name}
            | {"severity": rater.severity, "length_bias": rater.length_bias}
            | {"language_bias": bias, "noise": rater.noise, "score": score}
            | {"rating": max(WORST, min(BEST, int(score + 0.5)))}
        )
    return _rows("ratings", language, addresses, (seed, split), made)


def comparisons(
    language: str,
    rows: int,
    *,
    split: str = "test",
    seed: int = 0,
    start: int = 0,
    panel: int = 8,
    source: str | None = None,
) -> Dataset:
    """Return pairs of translations of one text, and which of them each rater prefers.

    Items 2k and 2k + 1 show the same two in either order. Fields: item, source_language,
    source_text, first and second, quality and padding of each (first_quality ...), better (the
    truth: first or second; the numbers of errors always differ), rater, length_bias, position_bias
    and noise of the rater, score and preferred (first where score > 0). score = first_quality -
    second_quality + length_bias * (first_padding - second_padding) + position_bias + noise * z.
    Raises GL-WORLD-001 (language), -002 (split), -007 (rows), -047 (source), -048 (panel).
    """
    spoken, heard = _languages(language, source)
    members = raters(panel, seed=seed)
    made: list[dict[str, Any]] = []
    addresses = numbers(rows, split, start)
    for row in addresses:
        item, place = divmod(row, panel)
        address = ("comparisons", seed, split, item // 2)
        scenes, rater = _scenes(address, split), members[place]
        counts = sorted(range(BEST), key=lambda n: draws("errors", *address, n))[:2]
        pair = [
            _answer(spoken, heard, scenes, count, (*address, position))
            for position, count in enumerate(counts)
        ]
        first, second = pair[::-1] if item % 2 else pair
        score = first.quality - second.quality + rater.position_bias
        score += rater.length_bias * (first.padding - second.padding)
        score += rater.noise * _normal("noise", *address, item % 2, place)
        made.append(
            {"item": item, "source_language": heard.code, "source_text": _say(heard, scenes)}
            | {"first": first.text, "second": second.text}
            | {"first_quality": first.quality, "second_quality": second.quality}
            | {"first_padding": first.padding, "second_padding": second.padding}
            | {"better": "first" if first.quality > second.quality else "second"}
            | {"rater": rater.name, "length_bias": rater.length_bias, "noise": rater.noise}
            | {"position_bias": rater.position_bias, "score": score}
            | {"preferred": "first" if score > 0 else "second"}
        )
    return _rows("comparisons", language, addresses, (seed, split), made)


def _rows(
    task: str,
    language: str,
    addresses: range,
    where: tuple[int, str],
    made: Sequence[dict[str, Any]],
) -> Dataset:
    seed, split = where
    ids = [f"world/{task}/{seed}/{split}/{row}" for row in addresses]
    fields = {name: [row[name] for row in made] for name in (made[0] if made else ())}
    return dataset(ids, [language] * len(ids), fields)


def _languages(language: str, source: str | None) -> tuple[Grammar, Grammar]:
    source = source or ("spa_Latn" if language == "eng_Latn" else "eng_Latn")
    if source == language:
        raise GlotliftError(
            "GL-WORLD-047",
            f"{language} cannot be translated into itself",
            fix="give another source",
        )
    return plain(language), plain(source)


def _normal(*address: object) -> float:
    """Return a nearly normal number, the same on every machine: mean 0, variance 1."""
    return sum(draws(*address)[:_UNIFORMS]) / 2**32 - _UNIFORMS / 2


def _scenes(address: Address, split: str) -> list[Scene]:
    order = sorted(_PATTERNS, key=lambda name: draws("pattern", *address, name))
    return [scene_of(pattern, address, split) for pattern in order[:_SENTENCES]]


def _say(spoken: Grammar, scenes: Sequence[Scene]) -> str:
    return spoken.join(map(spoken.say, scenes))


def _answer(
    spoken: Grammar, heard: Grammar, scenes: Sequence[Scene], errors: int, address: Address
) -> Answer:
    """Return a translation with planted errors and none to three polite sentences around it."""
    order = sorted(range(len(scenes)), key=lambda place: draws("where", *address, place))
    sentences = [spoken.say(scene) for scene in scenes]
    planted: list[Planted] = []
    for place in sorted(order[:errors]):
        kind = pick(kinds(scenes[place].pattern), draws("kind", *address, place)[0])
        wrong = spoil(spoken, heard, kind, scenes[place], (*address, place))
        planted.append(Planted(place, kind, sentences[place], wrong))
        sentences[place] = wrong
    padding = draws("padding", *address)[0] % (len(_POLITE) + 1)
    kept = sorted(_POLITE, key=lambda name: draws("polite", *address, name))[:padding]
    polite = [spoken.say(Scene(name, {})) for name in _POLITE if name in kept]
    greeted = int("hello" in kept)
    text = spoken.join([*polite[:greeted], *sentences, *polite[greeted:]])
    return Answer(text, planted, padding)
