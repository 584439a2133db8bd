"""One language from any of its codes: `yor_Latn`, `yo`, `yor`, `zh-Hant`."""

import re
from dataclasses import dataclass
from functools import cache

import langcodes
from babel.core import get_global
from langcodes.data_dicts import ALL_SCRIPTS

from glotlift.languages import facts
from glotlift.languages.macrolanguages import (
    DEFAULT_MEMBER,
    KEPT_WHOLE,
    MACRO_OF_DEFAULT,
    alpha2,
    alpha3,
    members,
)
from glotlift.languages.scripts import direction, is_spaced
from glotlift.runs.errors import GlotliftError

TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?")
NOT_ONE_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})
CHOICES_SHOWN = 8
# CLDR says Kore, Hangul with some Han. Corpora of Korean are Hangul, and are named so.
USUAL_SCRIPT = {"kor": "Hang"}


@dataclass(frozen=True)
class Language:
    """A language in one script.

    `code` is ISO 639-3 and ISO 15924 (``yor_Latn``), `direction` ``"ltr"`` or ``"rtl"``, `spaced`
    whether words are set apart by spaces, `family` and `tier` ("high", "middle", "low") as sourced
    in `glotlift.languages.facts` or "unknown", `bcp47` the shortest tag that leads back here.
    """

    code: str
    iso639_3: str
    script: str
    name: str
    autonym: str
    direction: str
    spaced: bool
    family: str
    tier: str
    bcp47: str


@cache
def language(tag: str) -> Language:
    """Return the language that a code names.

    `tag` is ``yor_Latn``, a BCP-47 tag of language, script and region (the region only helps to
    find the script: ``zh-TW`` is ``zho_Hant``), or a bare ISO 639-1 or 639-3 code, whose script is
    then CLDR's likely subtag. One language has one code: ``sw``, ``swa`` and ``swh`` are
    ``swh_Latn``.

    Raises GL-LANGUAGE-001 (not a tag), -002 (no such language), -003 (no such script), -004 (a
    macrolanguage that could be several; the choices are named), -005 (the script must be stated)
    and -006 (a code for no one language, such as `und`).
    """
    matched = TAG.fullmatch(tag.strip())
    if matched is None:
        raise GlotliftError("GL-LANGUAGE-001", f"not a language code: {tag!r}", fix=suggest(tag))
    subtag, script, region = matched[1].lower(), matched[2], matched[3]
    iso639_3 = alpha3().get(subtag, subtag)
    check_language(iso639_3, tag)
    script = script.title() if script else None
    if script is not None and script not in known_scripts():
        fix = "use an ISO 15924 code such as Latn"
        raise GlotliftError("GL-LANGUAGE-003", f"no such script: {script!r}", place=tag, fix=fix)
    script = script or likely_script(iso639_3, region)
    iso639_3 = individual(iso639_3, script, bare=matched[2] is None and region is None, tag=tag)
    script = script or likely_script(iso639_3, region)
    if script is None:
        fix = f"state it, as in {iso639_3}_Latn"
        cause = f"CLDR knows no usual script for {iso639_3!r}"
        raise GlotliftError("GL-LANGUAGE-005", cause, place=tag, fix=fix)
    return describe(iso639_3, script)


def covers(tag: str, code: str) -> bool:
    """Return whether `tag` is a macrolanguage's code that may mean the language `code`.

    ``covers("zh", "zho_Hans")`` and ``covers("no", "nob_Latn")`` hold; ``covers("ms-Arab",
    "zsm_Latn")`` does not, because the scripts differ.
    """
    matched = TAG.fullmatch(tag.strip())
    if matched is None:
        return False
    macro = alpha3().get(matched[1].lower(), matched[1].lower())
    iso639_3, script = code.split("_")
    within = iso639_3 in {macro, *members().get(macro, ())} and macro in members()
    return within and (matched[2] is None or matched[2].title() == script)


def check_language(iso639_3: str, tag: str) -> None:
    """Refuse codes of no language, and codes that stand for no single one."""
    private = "qaa" <= iso639_3 <= "qtz"
    # A few collective codes, such as `nah`, are what the published corpora of a language are
    # called.
    collective = english_name(iso639_3).endswith(" languages") and not facts.has_web_text(iso639_3)
    if iso639_3 in NOT_ONE_LANGUAGE or private or collective:
        cause = f"{iso639_3!r} does not name one language"
        raise GlotliftError("GL-LANGUAGE-006", cause, place=tag, fix="name the language itself")
    short = alpha2().get(iso639_3, iso639_3)
    known = (
        langcodes.tag_is_valid(short)
        or short in get_global("likely_subtags")
        or iso639_3 in facts.families()
        or iso639_3 in members()
    )
    if not known:
        raise GlotliftError(
            "GL-LANGUAGE-002", f"no such language: {iso639_3!r}", place=tag, fix=suggest(tag)
        )


def individual(iso639_3: str, script: str | None, *, bare: bool, tag: str) -> str:
    """Return the individual language that a (macro)language code stands for, or refuse it."""
    if iso639_3 not in members() or (iso639_3 in KEPT_WHOLE and not (iso639_3 == "zho" and bare)):
        return iso639_3
    default = DEFAULT_MEMBER.get(iso639_3)
    if default is not None and script in {None, likely_script(default)}:
        return default
    rivals = [m for m in members()[iso639_3] if m != default and likely_script(m) == script]
    if default is not None and not rivals:
        return default
    scripts = {m: likely_script(m) or script for m in members()[iso639_3] if m != "cmn"}
    choices = [f"{m}_{found}" if found else m for m, found in scripts.items()]
    if iso639_3 == "zho":
        choices = ["zho_Hans", "zho_Hant", *choices]
    raise GlotliftError(
        "GL-LANGUAGE-004",
        f"{iso639_3!r} ({english_name(iso639_3)}) is a macrolanguage of {len(choices)} languages",
        place=tag,
        fix=f"choose one: {', '.join(choices[:CHOICES_SHOWN])}"
        + (", ..." if len(choices) > CHOICES_SHOWN else ""),
    )


@cache
def likely_script(iso639_3: str, region: str | None = None) -> str | None:
    """Return the script that CLDR's likely subtags give a language (in a region), if they do."""
    if iso639_3 in USUAL_SCRIPT:
        return USUAL_SCRIPT[iso639_3]
    likely = get_global("likely_subtags")
    for code in (iso639_3, MACRO_OF_DEFAULT.get(iso639_3)):
        for subtag in (alpha2().get(code or ""), code):
            found = likely.get(f"{subtag}_{(region or '').upper()}") or likely.get(subtag or "")
            if found is not None:
                return str(found.split("_")[1])
    return None


@cache
def known_scripts() -> frozenset[str]:
    """Return the ISO 15924 codes, with those that newer likely subtags have added."""
    newer = (tag.split("_")[1] for tag in get_global("likely_subtags").values())
    return frozenset(ALL_SCRIPTS).union(newer)


def describe(iso639_3: str, script: str) -> Language:
    """Gather what is known of an individual language in a script."""
    likely = likely_script(iso639_3)
    usual = likely == script and iso639_3 != "zho"
    macro = MACRO_OF_DEFAULT.get(iso639_3) if usual else None
    subtag = alpha2().get(macro or iso639_3, macro or iso639_3)
    own_name = langcodes.get(subtag, normalize=False).autonym().split(" [")[0]
    name = english_name(macro or iso639_3)
    whole = "cmn_Hani" if iso639_3 == "zho" else f"{MACRO_OF_DEFAULT.get(iso639_3)}_{script}"
    return Language(
        code=f"{iso639_3}_{script}",
        iso639_3=iso639_3,
        script=script,
        name=name if usual or likely is None else f"{name} ({script_name(script)})",
        autonym=name if own_name.startswith("Unknown") else own_name,
        direction=direction(script),
        spaced=is_spaced(script),
        family=facts.family(iso639_3, *members().get(iso639_3, ())),
        tier=facts.tier(f"{iso639_3}_{script}", whole),
        bcp47=subtag if usual else f"{subtag}-{script}",
    )


@cache
def english_name(iso639_3: str) -> str:
    """Return CLDR's English name of a language, or its code where there is none."""
    name = langcodes.get(alpha2().get(iso639_3, iso639_3), normalize=False).language_name()
    return iso639_3 if name.startswith("Unknown language") else str(name).split(" (indiv")[0]


def script_name(script: str) -> str:
    """Return CLDR's English name of a script."""
    return str(langcodes.Language.make(script=script).script_name())


def suggest(tag: str) -> str:
    """Return a hint for what is no code: the code of a language of that name, if one is."""
    try:
        found = str(langcodes.find(tag).language)
    except (LookupError, UnicodeError):
        return "use a code such as yor_Latn, yo or yor"
    return f"did you mean {alpha3().get(found, found)!r}?"
