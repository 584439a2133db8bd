"""How a language says a scene: tables of forms and patterns, read from `languages/<code>.yaml`.

A language file holds, and a speaker can mend, four things:

    tables    category -> a line `columns`, then one line of forms per concept, parted by `|`;
              `=` repeats the cell to its left, `-` leaves it empty. The column `class` is what the
              word imposes on words that agree with it (a gender, say).
    phrases   forms built from others for all words of some categories: "the.acc" from
              {m: "den {acc}", f: "die {acc}"}, chosen by the word's own class, or one for all.
    patterns  one line per pattern: {slot.form} puts a form, {slot.form@other} puts the form that
              agrees with another slot: `form.<class of other>` where there is one, else `form`;
              {word} alone puts a word of the table `links`.
    and `function words`, which are not aligned, and `capitals` where they are irregular.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import yaml

from glotlift.runs.errors import GlotliftError
from glotlift.world.concepts import FOLDER, inventory
from glotlift.world.scenes import Scene

LANGUAGES = tuple(sorted(path.stem for path in (FOLDER / "languages").glob("*.yaml")))
_SLOT = re.compile(r"\{([a-z_]+)(?:\.([\w.]+))?(?:@([a-z_]+))?\}")
_PART = re.compile(r"\{([\w.]+)\}")
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
    """One language: `forms` of each concept by name, and patterns cut into literals and slots."""

    code: str
    forms: Mapping[str, Mapping[str, str]]
    patterns: Mapping[str, str]
    function_words: frozenset[str]
    capitals: Mapping[str, str]
    compiled: dict[str, tuple[str, tuple[Slot, ...]]]

    def say(self, scene: Scene) -> str:
        """Return the sentence that says `scene`."""
        template, slots = self._compile(scene.pattern)
        get = scene.said.get
        text = template % tuple(
            [words[get(slot, slot), get(controller)] for words, slot, controller in slots]
        )
        first = text[0]
        return self.capitals.get(first, first.upper()) + text[1:]

    def pieces(self, scene: Scene) -> list[Piece]:
        """Return the sentence in stretches, each with the slot that it fills."""
        template, slots = self._compile(scene.pattern)
        literals = template.replace("%%", "%").split("%s")
        found = [Piece(None, literals[0])]
        for (words, slot, controller), literal in zip(slots, literals[1:], strict=True):
            word = words[scene.said.get(slot, slot), scene.said.get(controller)]
            found += [Piece(slot, word), Piece(None, literal)]
        found = [piece for piece in found if piece.text]
        first = found[0].text[0]
        opening = self.capitals.get(first, first.upper()) + found[0].text[1:]
        return [Piece(found[0].slot, opening), *found[1:]]

    def is_content(self, token: str) -> bool:
        """Whether a token says something, rather than mark grammar or part sentences."""
        return token[0].isalnum() and token.lower() not in self.function_words

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
                for slot, form, controller in _SLOT.findall(line)
            )
            self.compiled[pattern] = (_SLOT.sub("%s", line.replace("%", "%%")), slots)
        return self.compiled[pattern]


def grammar(code: str) -> Grammar:
    """Return the grammar of a language. Raises GL-WORLD-001 when the world does not speak it."""
    if code not in LANGUAGES:
        raise GlotliftError(
            "GL-WORLD-001",
            f"the sample world does not speak {code!r}",
            fix=f"use one of {', '.join(LANGUAGES)}",
        )
    return _read(code)


@cache
def _read(code: str) -> Grammar:
    raw = yaml.safe_load((FOLDER / "languages" / f"{code}.yaml").read_text(encoding="utf-8"))
    forms: dict[str, dict[str, str]] = {}
    for table in raw["tables"].values():
        columns = [cell.strip() for cell in table["columns"].split("|")]
        for concept, line in table.items():
            if concept != "columns":
                forms[concept] = read_row(code, concept, columns, line)
    for categories, phrases in raw["phrases"].items():
        for category in categories.split():
            for concept in inventory().of(category):
                _build(forms[concept], phrases)
    return Grammar(
        code=code,
        forms=forms,
        patterns=raw["patterns"],
        function_words=frozenset(raw["function words"].split()),
        capitals=raw.get("capitals", {}),
        compiled={},
    )


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
