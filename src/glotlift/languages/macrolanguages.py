"""ISO 639-3 macrolanguages: which stand for one language, and which are refused with the choices.

A macrolanguage code such as `swa` covers several languages. Where CLDR's alias table takes it for
one of them, and the published multilingual sets (FLORES-200, FineWeb2) made the same choice, it
becomes that one. Where its members are written standards of their own (Norwegian, Malay, Kurdish,
Serbo-Croatian), or the sources disagree (Quechua, Pashto, Fula), a bare code would hide a choice
that changes the text, so it is refused.
"""

from functools import cache

from langcodes.data_dicts import (
    LANGUAGE_ALPHA3,
    LANGUAGE_ALPHA3_BIBLIOGRAPHIC,
    MACROLANGUAGES,
)

from glotlift.languages.facts import web_bytes

# ISO 639-1 codes that were withdrawn, and what stands in their place.
WITHDRAWN = {"in": "ind", "iw": "heb", "ji": "yid", "jw": "jav", "mo": "ron", "sh": "hbs"}

DEFAULT_MEMBER = {
    "aka": "twi",
    "ara": "arb",
    "aym": "ayr",
    "aze": "azj",
    "bua": "bxr",
    "chm": "mhr",
    "din": "dik",
    "est": "ekk",
    "fas": "pes",
    "grn": "gug",
    "iku": "ike",
    "kau": "knc",
    "kom": "kpv",
    "lav": "lvs",
    "mlg": "plt",
    "mon": "khk",
    "nep": "npi",
    "ori": "ory",
    "orm": "gaz",
    "sqi": "als",
    "swa": "swh",
    "uzb": "uzn",
    "yid": "ydd",
}
MACRO_OF_DEFAULT = {member: macro for macro, member in DEFAULT_MEMBER.items()}

# Macrolanguages that FLORES-200 or FineWeb2 treat as one written language. Chinese is among them
# only together with its script, which is the choice that changes the text.
KEPT_WHOLE = frozenset({"doi", "kon", "kpe", "srd", "zho"})


@cache
def alpha3() -> dict[str, str]:
    """Return every other spelling of a code (639-1, withdrawn, 639-2/B) -> ISO 639-3."""
    bibliographic = {
        old: LANGUAGE_ALPHA3.get(new, new) for new, old in LANGUAGE_ALPHA3_BIBLIOGRAPHIC.items()
    }
    return {**bibliographic, **{a: b for b, a in alpha2().items()}, **WITHDRAWN}


@cache
def alpha2() -> dict[str, str]:
    """Return ISO 639-3 -> ISO 639-1, where there is one."""
    pairs = LANGUAGE_ALPHA3.items()
    return {long: short for short, long in pairs if len(short) == 2 and short not in WITHDRAWN}


@cache
def members() -> dict[str, list[str]]:
    """Return macrolanguage -> its individual languages, those with most web text first."""
    found: dict[str, list[str]] = {}
    sizes: dict[str, float] = {}
    for code, size in web_bytes().items():
        sizes[code[:3]] = max(size, sizes.get(code[:3], 0.0))
    for member, macro in MACROLANGUAGES.items():
        if member not in WITHDRAWN:
            individual = alpha3().get(member, member)
            found.setdefault(alpha3().get(macro, macro), []).append(individual)
    return {m: sorted(found[m], key=lambda code: (-sizes.get(code, 0.0), code)) for m in found}
