"""Numbers that states give to people, by the check digits of python-stdnum."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from glotlift.runs.errors import GlotliftError

Span = tuple[int, int]


class Identity(NamedTuple):
    """A kind of number: how it is written, who checks it, and the words that must stand before."""

    pattern: str
    module: str
    words: str = ""


_STATE = (
    r"national id|identity|id card|id number|id no|citizen|identidad|identité|identidade|identità"
    r"|ausweis|personal number|social security|passport|身份|證號|证号|身分證|주민|マイナンバー"
    r"|個人番号|पहचान|هوية|kitambulisho"
)
# Written so that hardly anything else looks alike: no words needed.
DISTINCT = (
    Identity(r"\d{3}\.\d{3}\.\d{3}-\d\d", "br.cpf"),
    Identity(r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", "cl.rut"),
    Identity(r"[1-9]\d{5}(?:19|20)\d{2}(?:0\d|1[012])(?:[0-2]\d|3[01])\d{3}[\dXx]", "cn.ric"),
    Identity(r"\d{6}-[1-4]\d{6}", "kr.rrn"),
    Identity(r"(?:[0-2]\d|3[01])(?:0\d|1[012])\d\d[-+A]\d{3}[0-9A-FHJ-NPR-Y]", "fi.hetu"),
    Identity(r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", "be.nn"),
    Identity(r"[1-8]-\d{4}-\d{5}-\d\d-\d", "th.pin"),
    Identity(r"[12] \d\d (?:0\d|1[0-2]) (?:\d\d|2[AB]) \d{3} \d{3} \d\d", "fr.nir"),
)
# Letters and digits.
LETTERED = (
    Identity(r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]", "it.codicefiscale"),
    Identity(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d", "mx.curp"),
    Identity(r"[XYZ]-?\d{7}-?[A-Z]", "es.nie", r"n\.?i\.?e|extranjero|" + _STATE),
    Identity(r"\d{8}[- ]?[A-Z]", "es.dni", r"d\.?n\.?i|n\.?i\.?f|" + _STATE),
    Identity(r"[A-Z]{5}\d{4}[A-Z]", "in_.pan", r"pan|पैन|" + _STATE),
)
# Digits only: words must say what they are.
MENTIONED = (
    Identity(
        r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", "in_.aadhaar", r"aadh?aar|uidai|आधार|ఆధార్|ஆதார்|" + _STATE
    ),
    Identity(r"\d{3}[- ]\d\d[- ]\d{4}", "us.ssn", r"ssn|social sec|" + _STATE),
    Identity(r"[1-9]\d{10}", "tr.tckimlik", r"kimlik|t\.?c\.?|" + _STATE),
    Identity(r"\d{11}", "pl.pesel", r"pesel|" + _STATE),
    Identity(r"\d{11}", "br.cpf", r"cpf|" + _STATE),
    Identity(r"\d{11}", "hr.oib", r"oib|" + _STATE),
    Identity(r"\d{6}[ ]?\d{5}", "no.fodselsnummer", r"fødselsnummer|personnummer|" + _STATE),
    Identity(r"(?:\d\d)?\d{6}[-+]?\d{4}", "se.personnummer", r"personn|" + _STATE),
    Identity(r"\d{6}-?\d{4}", "dk.cpr", r"cpr|personnummer|" + _STATE),
    Identity(r"\d{9}|\d{4}\.\d\d\.\d{3}", "nl.bsn", r"bsn|burgerservice|" + _STATE),
    Identity(r"[1-9]\d{12}", "ro.cnp", r"cnp|cod numeric|" + _STATE),
    Identity(r"\d{10}", "bg.egn", r"егн|egn|" + _STATE),
    Identity(r"\d{13}", "si.emso", r"jmbg|јмбг|матични|" + _STATE),
    Identity(r"\d{6} ?\d{4} ?\d{3}", "za.idnr", r"(?:^|\W)id|identiteit|" + _STATE),
    Identity(r"\d{11}", "ee.ik", r"isikukood|" + _STATE),
    Identity(r"\d{11}", "lt.asmens", r"asmens|" + _STATE),
    Identity(r"\d{6}/?\d{3,4}", "cz.rc", r"rodné|r\.č|" + _STATE),
    Identity(r"\d{11}", "de.idnr", r"steuer|idnr|" + _STATE),
    Identity(r"\d{9}", "il.idnr", r"תעודת|ת\.ז|" + _STATE),
    Identity(r"\d{10}", "ua.rntrc", r"рнокпп|іпн|" + _STATE),
    Identity(r"[12]\d{14}", "fr.nir", r"sécurité sociale|nir|insee|" + _STATE),
    Identity(r"\d{5}-?\d{7}-?\d", "pk.cnic", r"cnic|شناختی|" + _STATE),
    Identity(r"\d{6}-?\d\d-?\d{4}", "my.nric", r"nric|mykad|kad pengenalan|" + _STATE),
    Identity(r"\d{16}", "id.nik", r"nik|ktp|" + _STATE),
    Identity(r"\d{3}[ -]?\d{3}[ -]?\d{3}", "ca.sin", r"(?:^|\W)sin|nas|" + _STATE),
)
REACH = 40
# Whatever may be one: 9 to 23 digits with single signs between, a letter anywhere but first.
NUMBER = re.compile(
    r"(?<![\w.,/\-])\d(?:[ .\-/+]?\d|[-+]?[A-Za-z]){8,22}(?![\w]|[.,/-]\w)", re.ASCII
)
SIGNS = re.compile(
    r"(?<![\w.,/\-])(?:[A-Z]{1,6}-?\d[A-Z\d]{5,16}-?[A-Z]?\d?|\d{8}[- ]?[A-Z])(?![\w]|[.,/-]\w)",
    re.ASCII,
)


def find_identities(text: str) -> Iterator[Span]:
    """Yield numbers of citizens made of digits, in distinct form or after words that name them.

    Raises GL-CORPUS-056 without python-stdnum.
    """
    yield from _find(text, NUMBER, DISTINCT + MENTIONED)


def find_lettered_identities(text: str) -> Iterator[Span]:
    """Yield numbers of citizens that have letters in them."""
    yield from _find(text, SIGNS, LETTERED)


def _find(text: str, form: re.Pattern[str], identities: tuple[Identity, ...]) -> Iterator[Span]:
    forms = _forms(identities)
    for found in form.finditer(text):
        # A number may be followed by others: the whole first, then each of its parts.
        parts = [part.span() for part in re.finditer(r"[^ ]+", found[0])]
        for start, end in ((0, len(found[0])), *(parts if len(parts) > 1 else ())):
            if forms.fullmatch(found[0], start, end) is None:
                continue
            before = text[max(0, found.start() + start - REACH) : found.start() + start]
            if any(_is_one(found[0][start:end], before, identity) for identity in identities):
                yield found.start() + start, found.start() + end
                break


def _is_one(number: str, before: str, identity: Identity) -> bool:
    if re.fullmatch(identity.pattern, number) is None:
        return False
    if identity.words and not _words(identity).search(before):
        return False
    return len(set(number)) > 2 and bool(_checker(identity.module).is_valid(number))


@cache
def _forms(identities: tuple[Identity, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{identity.pattern})" for identity in identities))


@cache
def _words(identity: Identity) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<![a-z])(?:{identity.words})[^\n]{{0,{REACH - 10}}}\Z")


@cache
def _checker(module: str) -> Any:
    try:
        return import_module(f"stdnum.{module}")
    except ImportError:
        raise GlotliftError(
            "GL-CORPUS-056",
            "python-stdnum is not installed, and the numbers of citizens are checked by it",
            fix="pip install 'glotlift[data]'",
        ) from None
