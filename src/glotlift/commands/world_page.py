"""The page that shows the sample world: sentences side by side, pictures, tasks, counts."""

import base64
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from datasets import Dataset
from datasets import Image as ImageFeature

from glotlift import __version__
from glotlift.commands.world_export import mixed_rows, noisy_rows, parallel_rows
from glotlift.evidence.wording import tongue_finder
from glotlift.languages import language
from glotlift.runs.atomic import write_text
from glotlift.runs.errors import GlotliftError
from glotlift.runs.page import render_page
from glotlift.world import charts, maps, pictures
from glotlift.world.concepts import inventory
from glotlift.world.grammar import ROMANISED, Grammar, grammar
from glotlift.world.scenes import Scene, document, scene
from glotlift.world.sentences import LICENSE
from glotlift.world.soundness import size, variety
from glotlift.world.tasks.catalogue import TASKS
from glotlift.world.tiers import SHARES
from glotlift.world.truth import tokens_of

_DOCUMENTS_OF_HIGH = 10_000
_SENTENCES_COUNTED = 5_000
_PICTURE_SIZE = 192
_VARIANT_ROWS = 4


class Word(NamedTuple):
    """A stretch of a sentence; `mark` is the number of the concept that it says, 0 for none."""

    text: str
    mark: int


def render_world(path: Path, languages: Sequence[str], sentences: int, seed: int) -> Path:
    """Write the page of the world in `languages` to `path`, whole or not at all; return `path`.

    What takes a font or a program that is not installed is left out, and the page says why.
    Raises GL-WORLD-001 (language).
    """
    drawn, undrawn = shown_pictures(languages, seed)
    varied, unwritten = variants(languages, seed)
    content = {
        "title": "The sample world",
        "eyebrow": f"glotlift · {LICENSE}",
        "source": "glotlift world check --json",
        "evidence": {"glotlift": __version__},
        "tongues": tongue_finder({}),
        "license": LICENSE,
        "counts": counts(languages),
        "languages": [size(code) | variety(code, _SENTENCES_COUNTED) for code in languages],
        "counted": _SENTENCES_COUNTED,
        "sentences": [aligned(scene(seed, "train", row), languages) for row in range(sentences)],
        "documents": [documented(code, seed) for code in languages],
        "variants": varied,
        "pictures": drawn,
        "missing": unwritten + undrawn,
        "tasks": list(TASKS.values()),
        "tiers": [
            {"name": name, "share": share, "documents": round(_DOCUMENTS_OF_HIGH * share)}
            for name, share in SHARES.items()
        ],
    }
    write_text(path, render_page("world", content))
    return path


def counts(languages: Sequence[str]) -> dict[str, int]:
    """Return how much there is of everything."""
    world = inventory()
    weights = [pattern.weight for pattern in world.patterns.values()]
    return {
        "languages": len(languages),
        "concepts": len(world.concepts),
        "patterns": sum(weight > 0 for weight in weights),
        "task patterns": weights.count(0),
        "frames": len(world.frames),
        "tasks": len(TASKS),
    }


def aligned(drawn: Scene, languages: Sequence[str]) -> dict[str, Any]:
    """Return a scene with its concepts numbered, and its words in each language by that number."""
    marks = {slot: mark for mark, slot in enumerate(drawn.said, 1)}
    return {
        "pattern": drawn.pattern,
        "concepts": [(marks[slot], slot, concept) for slot, concept in drawn.said.items()],
        "texts": [(code, words(grammar(code), drawn, marks)) for code in languages],
    }


def words(spoken: Grammar, drawn: Scene, marks: dict[str, int]) -> list[Word]:
    """Cut a sentence at its tokens; what stands between them is kept, so it reads as written."""
    text, found, end = spoken.say(drawn), [], 0
    for token in tokens_of(spoken, drawn):
        mark = marks.get(token.slot or "", 0) if token.content else 0
        found += [Word(text[end : token.start], 0), Word(text[token.start : token.end], mark)]
        end = token.end
    return [word for word in (*found, Word(text[end:], 0)) if word.text]


def documented(code: str, seed: int) -> tuple[str, str]:
    """Return a language and the first document in it."""
    spoken = grammar(code)
    return code, spoken.join(map(spoken.say, document(seed, "train", 0, 6)))


def variants(languages: Sequence[str], seed: int) -> tuple[list[dict[str, str]], list[str]]:
    """Return sentences as the world can also write them, and why some could not be written."""
    address = {"seed": seed, "split": "train"}
    first, *others = languages
    latin = {code: f"{code[:3]}_Latn" for code in languages}
    romanised = (
        ("romanised", other, partial(parallel_rows, other))
        for code, other in latin.items()
        if other in ROMANISED and other != code
    )
    mixed = (
        (f"with {language(other).name} words", first, partial(mixed_rows, first, other))
        for other in others[:3]
    )
    misspelt = (("misspelt", code, partial(noisy_rows, code)) for code in languages[:4])
    found: list[dict[str, str]] = []
    missing: list[str] = []
    for kind, code, make in (*romanised, *mixed, *misspelt):
        try:
            text = make(_VARIANT_ROWS, **address)[_VARIANT_ROWS - 1]["text"]
            found.append({"kind": kind, "language": code, "text": text})
        except GlotliftError as error:
            missing.append(f"{code}, {kind}: {error}")
    return found, missing


def shown_pictures(languages: Sequence[str], seed: int) -> tuple[list[dict[str, str]], list[str]]:
    """Return pictures of each kind in several languages, and why others could not be drawn."""
    kinds: tuple[tuple[str, Callable[..., Dataset], int], ...] = (
        ("sign", pictures.signs, 3),
        ("scene", pictures.scenes, 4),
        ("meme", pictures.memes, 2),
        ("chart", charts.charts, 2),
        ("map", maps.overhead, 1),
    )
    found: list[dict[str, str]] = []
    missing: dict[str, None] = {}
    turn = 0
    for kind, make, count in kinds:
        for number in range(count):
            code = languages[turn * 5 % len(languages)]
            turn += 1
            try:
                found.append(
                    picture(kind, make(code, 1, seed=seed, start=number, size=_PICTURE_SIZE))
                )
            except GlotliftError as error:
                missing[f"{kind}, {code}: {error}"] = None
    return found, list(missing)


def picture(kind: str, rows: Dataset) -> dict[str, str]:
    """Return the first picture of `rows` as a data URI, with the caption in its language."""
    row = rows.cast_column("image", ImageFeature(decode=False))[0]
    encoded = base64.b64encode(row["image"]["bytes"]).decode()
    return {
        "kind": kind,
        "language": row["language"],
        "text": row.get("caption") or row["text"],
        "image": f"data:image/png;base64,{encoded}",
    }
