"""How a language says a scene: tables of forms and patterns, read from `languages/<code>.yaml`.

A language file holds, and a speaker can mend, four things:

    tables    category -> a line `columns`, then one line of forms per concept, parted by `|`;
              `=` repeats the cell to its left, `-` leaves it empty. The column `class` is what the
              word imposes on words that agree with it (a gender, say).
    phrases   forms built from others for all words of some categories: "the.acc" from
              {m: "den {acc}", f: "die {acc}"}, chosen by the word's own class, or one for all.
              A line `car (2)` is a second word for the same concept; a hash chooses between them.
    patterns  one line per pattern: {slot.form} puts a form, {slot.form@other} puts the form that
              agrees with another slot: `form.<class of other>` where there is one, else `form`;
              {word} alone puts a word of the table `links`.
    words     part of speech -> words: `function words`, which mark grammar and are not aligned
              (one with an apostrophe, l' or 's, is a token of its own), and `words` whose part of
              speech is not that of their category.

and, where the language needs them, irregular `capitals` and `spaces: none`: words are parted in
the file, but not in the text. A code such as hin_Latn speaks hin_Deva in romanised words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, NamedTuple
from zlib import crc32

from glotlift.languages.romanisation import romanise
from glotlift.runs.errors import GlotliftError
from glotlift.runs.yaml_text import read_yaml
from glotlift.world.concepts import FOLDER, inventory
from glotlift.world.scenes import Scene

LANGUAGES = tuple(sorted(path.stem for path in (FOLDER / "languages").glob("*.yaml")))
ROMANISED = tuple(f"{code[:3]}_Latn" for code in LANGUAGES if not code.endswith("_Latn"))
SLOT = re.compile(r"\{([a-z_]+)(?:\.([\w.]+))?(?:@([a-z_]+))?\}")
_LITERAL = re.compile(r"(\{[^}]*\})")
_PART = re.compile(r"\{([\w.]+)\}")
_PUNCTUATION = re.escape(""".,;:!?¿¡…"()«»“”„।。！？，、；：؟،؛""")
_ASKED = frozenset(["cause", "topic", "value"])
Key = tuple[str, str | None]


class Piece(NamedTuple):
    """A stretch of a sentence; `slot` is None for what the pattern itself writes."""

    slot: str | None
    text: str


class Words(dict[Key, str]):
    """One form of every word, by (concept, controller), found when first asked for."""

    def __init__(self, grammar: "Grammar", form: str) -> None:
        super().__init__()
        self.grammar, self.form = grammar, form

    def __missing__(self, key: Key) -> str:
        self[key] = self.grammar.form(key[0], self.form, key[1])
        return self[key]


Slot = tuple[Words, str, str]


@dataclass(frozen=True)
class Grammar:
    """One language: `forms` of each concept by name, and patterns cut into literals and slots.

    `function_words` and `words` map a word to its part of speech (Universal Dependencies' tags).
    """

    code: str
    forms: Mapping[str, Mapping[str, str]]
    patterns: Mapping[str, str]
    function_words: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)
    capitals: Mapping[str, str] = field(default_factory=dict)
    spaced: bool = True
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    compiled: dict[str, tuple[str, tuple[Slot, ...]]] = field(default_factory=dict)

    def say(self, scene: Scene) -> str:
        """Return the sentence that says `scene`."""
        template, slots = self._compile(scene.pattern)
        get = self._worded(scene).get
        text = template % tuple(
            [words[get(slot, slot), get(controller)] for words, slot, controller in slots]
        )
        first = text[0]
        if first.islower():
            return self.written(self.capitals.get(first, first.upper()) + text[1:])
        return self.written(self._capitalised(text))

    def pieces(self, scene: Scene) -> list[Piece]:
        """Return the sentence in stretches, each with the slot that it fills; words are parted."""
        template, slots = self._compile(scene.pattern)
        said = self._worded(scene)
        literals = template.replace("%%", "%").split("%s")
        found = [Piece(None, literals[0])]
        for (words, slot, controller), literal in zip(slots, literals[1:], strict=True):
            word = words[said.get(slot, slot), said.get(controller)]
            found += [Piece(slot, word), Piece(None, literal)]
        found = [piece for piece in found if piece.text]
        if not any(character.isalpha() for character in found[0].text):  # an opening mark
            return [found[0], found[1]._replace(text=self._capitalised(found[1].text)), *found[2:]]
        return [found[0]._replace(text=self._capitalised(found[0].text)), *found[1:]]

    def written(self, text: str) -> str:
        """Return text as it is written: without the spaces between words where there are none."""
        return text if self.spaced else text.replace(" ", "")

    def join(self, sentences: Iterable[str]) -> str:
        """Return a text of several sentences."""
        return (" " if self.spaced else "").join(sentences)

    def lowered(self, word: str) -> str:
        """Return a word as it stands within a sentence."""
        return self._small.get(word[0], word[0].lower()) + word[1:].lower()

    @cached_property
    def _small(self) -> dict[str, str]:
        return {capital: letter for letter, capital in self.capitals.items()}

    @cached_property
    def token(self) -> re.Pattern[str]:
        """What a token is: punctuation, a clitic with its apostrophe, a stretch without spaces."""
        # An apostrophe in romanised text is a letter.
        words = self.function_words if self.code in LANGUAGES else ()
        before = [re.escape(word) for word in words if word[-1] in "'’"]
        behind = [re.escape(word) for word in words if word[0] in "'’"]
        end = rf"(?=[\s{_PUNCTUATION}]|$)"
        kinds = [f"[{_PUNCTUATION}]", *before, *(mark + end for mark in behind)]
        if behind:
            kinds.append(rf"[^\s{_PUNCTUATION}]+?(?=(?:{'|'.join(behind)}){end})")
        return re.compile("|".join([*kinds, rf"[^\s{_PUNCTUATION}]+"]), re.IGNORECASE)

    def _capitalised(self, text: str) -> str:
        opening = len(text) - len(text.lstrip("¿¡"))
        first = text[opening : opening + 1]
        return text[:opening] + self.capitals.get(first, first.upper()) + text[opening + 1 :]

    def _worded(self, scene: Scene) -> dict[str, str]:
        """Return the words chosen for a scene, of each concept as often one as the other.

        What tasks ask for decides nothing, lest the words before an answer give it away.
        """
        said = scene.said
        if self.synonyms.keys().isdisjoint(said.values()):
            return said
        known = sorted(f"{slot}={name}" for slot, name in said.items() if slot not in _ASKED)
        number = crc32("/".join((scene.pattern, *known)).encode())
        return {
            slot: words[(number >> place) % len(words)]
            if (words := self.synonyms.get(concept))
            else concept
            for place, (slot, concept) in enumerate(sorted(said.items()))
        }

    def form(self, concept: str, form: str, controller: str | None) -> str:
        """Return a form of a word, agreeing with `controller` where the language has such a form.

        Raises GL-WORLD-004 when the language file does not give it.
        """
        forms = self.forms.get(concept, {})
        if controller is not None:
            agreeing = f"{form}.{self.forms.get(controller, {}).get('class', '')}"
            if agreeing in forms:
                return forms[agreeing]
        if form in forms:
            return forms[form]
        wanted = f"{form} (beside {controller})" if controller else form
        raise GlotliftError(
            "GL-WORLD-004",
            f"{concept!r} has no form {wanted!r}",
            place=f"world/languages/{self.code}.yaml",
            fix="add the column or the phrase",
        )

    def _compile(self, pattern: str) -> tuple[str, tuple[Slot, ...]]:
        if pattern not in self.compiled:
            if pattern not in self.patterns:
                raise GlotliftError(
                    "GL-WORLD-005",
                    f"there is no pattern {pattern!r}",
                    place=f"world/languages/{self.code}.yaml",
                    fix="add a line for it under patterns",
                )
            line = self.patterns[pattern]
            slots = tuple(
                (Words(self, form or "word"), slot, controller)
                for slot, form, controller in SLOT.findall(line)
            )
            self.compiled[pattern] = (SLOT.sub("%s", line.replace("%", "%%")), slots)
        return self.compiled[pattern]


def grammar(code: str) -> Grammar:
    """Return the grammar of a language. Raises GL-WORLD-001 when the world does not speak it."""
    if code in LANGUAGES:
        return _read(code)
    if code in ROMANISED:
        return _romanised(next(native for native in LANGUAGES if native[:3] == code[:3]), code)
    raise GlotliftError(
        "GL-WORLD-001",
        f"the sample world does not speak {code!r}",
        fix=f"use one of {', '.join(LANGUAGES + ROMANISED)}",
    )


@cache
def _read(code: str) -> Grammar:
    raw = read_yaml((FOLDER / "languages" / f"{code}.yaml").read_text(encoding="utf-8"))
    forms: dict[str, dict[str, str]] = {}
    for table in raw["tables"].values():
        columns = [cell.strip() for cell in table["columns"].split("|")]
        for concept, line in table.items():
            if concept in forms:
                raise GlotliftError(
                    "GL-WORLD-014",
                    f"{concept!r} has a line in two tables",
                    place=f"world/languages/{code}.yaml",
                    fix="give the word of one pattern alone another name",
                )
            if concept != "columns":
                forms[concept] = read_row(code, concept, columns, line)
    for categories, phrases in raw["phrases"].items():
        concepts = {name for category in categories.split() for name in inventory().of(category)}
        for word, known in forms.items():
            if word.partition(" (")[0] in concepts:
                _build(known, phrases)
    return Grammar(
        code=code,
        forms=forms,
        patterns=raw["patterns"],
        function_words=_by_word(raw["function words"]),
        words=_by_word(raw.get("words", {})),
        capitals=raw.get("capitals", {}),
        spaced=raw.get("spaces") != "none",
        synonyms=_synonyms(forms),
    )


@cache
def _romanised(native: str, code: str) -> Grammar:
    """Return a grammar with every word romanised; its labels are those of the native one."""
    spoken = _read(native)
    cells = {cell for known in spoken.forms.values() for cell in known.values()}
    texts = sorted({*cells, *spoken.function_words, *spoken.words})
    literals = sorted({part for line in spoken.patterns.values() for part in _literals(line)})
    latin = dict(zip((*texts, *literals), romanise((*texts, *literals), native), strict=True))
    return Grammar(
        code=code,
        forms={
            word: {form: cell if form == "class" else latin[cell] for form, cell in known.items()}
            for word, known in spoken.forms.items()
        },
        patterns={
            name: "".join(latin.get(part, part) for part in _LITERAL.split(line))
            for name, line in spoken.patterns.items()
        },
        function_words={latin[word]: tag for word, tag in spoken.function_words.items()},
        words={latin[word]: tag for word, tag in spoken.words.items()},
        synonyms=spoken.synonyms,
    )


def _literals(line: str) -> list[str]:
    return [part for part in _LITERAL.split(line) if not part.startswith("{")]


def _by_word(tagged: Mapping[str, str]) -> dict[str, str]:
    return {word: tag for tag, words in tagged.items() for word in words.split()}


def _synonyms(forms: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the words of each concept that has several: ("car", "car (2)")."""
    found: dict[str, tuple[str, ...]] = {}
    for word in forms:
        concept, mark, _ = word.partition(" (")
        if mark:
            found[concept] = (*found.get(concept, (concept,)), word)
    return found


def read_row(code: str, concept: str, columns: list[str], line: object) -> dict[str, str]:
    """Cut one line of a table into forms. Raises GL-WORLD-006 (cells) and GL-WORLD-009 (YAML)."""
    if not isinstance(line, str):
        raise GlotliftError(
            "GL-WORLD-009",
            f"YAML reads the line of {concept!r} as {line!r}, not as words",
            place=f"world/languages/{code}.yaml",
            fix="put the line in quotation marks",
        )
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != len(columns):
        raise GlotliftError(
            "GL-WORLD-006",
            f"{concept!r} has {len(cells)} cells where the table has {len(columns)} columns",
            place=f"world/languages/{code}.yaml",
            fix="part the cells by | and write - for an empty one",
        )
    for i, cell in enumerate(cells):
        if cell == "=":
            cells[i] = cells[i - 1]
    return {column: cell for column, cell in zip(columns, cells, strict=True) if cell != "-"}


def _build(forms: dict[str, str], phrases: Mapping[str, Any]) -> None:
    """Add the phrases whose parts the word has; a form that the table lists itself stands."""
    for name, phrase in phrases.items():
        chosen = phrase if isinstance(phrase, str) else phrase.get(forms.get("class", ""), "")
        parts = _PART.findall(chosen)
        if chosen and name not in forms and all(part in forms for part in parts):
            forms[name] = _PART.sub(lambda part: forms[part.group(1)], chosen)
