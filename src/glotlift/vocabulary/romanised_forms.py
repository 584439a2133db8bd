"""The pieces of other scripts in Latin letters."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

import regex
from tokenizers import Tokenizer

from glotlift.languages.romanisation import romanise
from glotlift.runs.atomic import write_json
from glotlift.runs.cache import cache_folder
from glotlift.runs.progress import track
from glotlift.vocabulary.alphabets import Alphabet

Romaniser = Callable[[Sequence[str]], Sequence[str]]

# Pieces belong to no language; uroman has no rules of its own for this one.
NEUTRAL = "fin_Latn"
OTHER_SCRIPT = regex.compile(r"[^\p{Latin}\p{Common}\p{Inherited}\p{Unknown}]")
SPACE = regex.compile(r"\s")


def romanised_forms(
    backend: Tokenizer,
    alphabet: Alphabet,
    vocabulary: Mapping[str, int],
    romaniser: Romaniser,
    *,
    latin: bool = False,
) -> dict[str, str]:
    """Return for each piece of another script its form in Latin letters, in the model's alphabet.

    `vocabulary` maps ordinary pieces to ids. With `latin` every piece counts, so that ``▁été`` has
    the form ``▁ete``. A piece that cuts a character, whose form is empty (a soft sign), is white
    space or holds some, or is the piece itself has none. Forms are normalised as text would be.
    """
    marked: dict[str, tuple[str, str]] = {}
    for piece in vocabulary:
        text = whole_text(alphabet, piece)
        if text is not None and (latin or OTHER_SCRIPT.search(text)):
            marked[piece] = (" " if alphabet.begins_word(piece) else "", text.strip())
    bodies = list(dict.fromkeys(body for _, body in marked.values() if body))
    roman = dict(zip(bodies, romaniser(bodies), strict=True))
    forms = {}
    for piece, (mark, body) in marked.items():
        form = normalised(backend, roman.get(body, "").strip())
        if form and not SPACE.search(form):
            written = alphabet.write((mark + form).encode())[0]
            if written != piece:
                forms[piece] = written
    return forms


def whole_text(alphabet: Alphabet, piece: str) -> str | None:
    """Return the text of a piece, or None where it holds a part of a character."""
    try:
        return alphabet.read(piece).decode()
    except UnicodeDecodeError:
        return None


def normalised(backend: Tokenizer, form: str) -> str:
    """Return a form as the tokenizer's normaliser leaves it: in small letters, say."""
    if not form or backend.normalizer is None:
        return form
    return str(backend.normalizer.normalize_str(form)).replace("▁", " ").strip()


def romanised_sources(
    vocabulary: Mapping[str, int], forms: Mapping[str, str]
) -> dict[str, list[int]]:
    """Return for each form that is no piece yet the ids of the pieces that share it, ascending.

    TransMI's ``trans_to_origin`` (Liu et al. 2025, section 3), by hashing: linear in the pieces.
    """
    sources: defaultdict[str, list[int]] = defaultdict(list)
    for piece, form in forms.items():
        if form not in vocabulary:
            sources[form].append(vocabulary[piece])
    return {form: sorted(ids) for form, ids in sources.items()}


def cached_romaniser(code: str = NEUTRAL) -> Romaniser:
    """Return a romaniser by the rules for a language that keeps what it has done on disk.

    uroman does about 36,000 characters a second, most of a minute for a large vocabulary.
    """

    def romanised(texts: Sequence[str]) -> list[str]:
        path = cache_folder("romanised") / f"{code}-{edition()}.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            shown: Iterable[str] = track(missing, total=len(missing), label="romanising pieces")
            known.update(zip(missing, romanise(shown, code), strict=True))
            write_json(path, known, indent=None)
        return [known[text] for text in texts]

    return romanised


def edition() -> str:
    """Return the versions of the romanisers, so that a new one is asked again."""
    found = []
    for package in ("uroman", "pypinyin"):
        try:
            found.append(version(package))
        except PackageNotFoundError:
            found.append("none")
    return "-".join(found)
