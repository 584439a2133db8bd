"""Choices of spelling that one script or another offers, each by a name.

What they do follows the tools of their fields: CAMeL Tools (Obeid et al. 2020) and PyArabic
(Zerrouki 2023) for Arabic, the Indic NLP Library (Kunchukuttan 2020) for the Brahmic scripts,
neologdn for widths. Every one loses a distinction that some text makes; none is made unasked.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

import regex

from glotlift.languages.codes import Language

Choice = Callable[[str, Language], str]
INDIC = "Beng Deva Gujr Guru Knda Mlym Orya Sinh Taml Telu"
ARABIC = "acm acq acw acx acy adf aeb aec afb ajp apc apd ara arb arq ars ary arz ayl"
PERSIAN = "azb bal bcc bgn bgp ckb fas glk haz kmr lrc mzn pes prs pnb sdh skr tgk urd"
LETTERS_OF_ARABIC = str.maketrans("کیہے", "كيهي")
LETTERS_OF_PERSIAN = str.maketrans("كيى", "کیی")
LETTERS_OF_URDU = str.maketrans("كيىه", "کییہ")
FORMS = regex.compile("[\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdcf\ufe70-\ufefc]+")
VOWEL_MARKS = regex.compile(
    "[\u064b-\u0652\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]"
)
WIDE = re.compile("[\uff01-\uff5e]+")
WIDE_LETTERS = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+")
HALF = re.compile("[\uff61-\uffdc]+")
NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
NUKTA = regex.compile("[\u093c\u09bc\u0a3c\u0abc\u0b3c]")
VIRAMA = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
STRAY_JOINER = re.compile(f"[\u200c\u200d](?<![{VIRAMA}][\u200c\u200d])(?![{VIRAMA}])")
BARS = regex.compile(r"(?<=[\p{L}\p{M}][ \u00A0]?)\|\|?(?=\s|$)")
QUOTES = {
    **dict.fromkeys(map(ord, "“”„‟«»〝〞＂"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛‹›＇`´"), "'"),
}
DASHES = dict.fromkeys(
    map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-"
)
OF_QUOTES, OF_DASHES = (
    re.compile("[" + "".join(map(chr, table)) + "]") for table in (QUOTES, DASHES)
)
SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
DIGITS = regex.compile(r"[\p{Nd}--[0-9]]", regex.V1)


def compatibility(text: str, spoken: Language) -> str:
    """NFKC: ligatures, superscripts, circled and wide signs become plain ones (UAX #15)."""
    return unicodedata.normalize("NFKC", text)


def presentation_forms(text: str, spoken: Language) -> str:
    """Arabic letters coded by their shape, as PDF files hold them, become letters.

    Signs for whole words (U+FDF0 to U+FDFF) and ornate brackets stay.
    """
    return str(FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]).strip(" "), text))


def width(text: str, spoken: Language) -> str:
    """Wide Latin letters, digits and marks become narrow, half-width kana and Hangul whole."""
    return WIDE.sub(lambda found: found[0].translate(NARROW), whole_kana(text))


def letter_width(text: str, spoken: Language) -> str:
    """Wide Latin letters and digits become narrow; marks such as ， and ！ stay wide."""
    return WIDE_LETTERS.sub(lambda found: found[0].translate(NARROW), whole_kana(text))


def whole_kana(text: str) -> str:
    """Return half-width kana and Hangul as whole ones, with their sound marks joined."""
    return HALF.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def tatweel(text: str, spoken: Language) -> str:
    """The stretching of Arabic letters (U+0640) goes."""
    return text.replace("\u0640", "") if spoken.script in {"Arab", "Syrc", "Nkoo"} else text


def vowel_marks(text: str, spoken: Language) -> str:
    """Marks of vowels and of recitation go from Arabic script."""
    return str(VOWEL_MARKS.sub("", text)) if spoken.script == "Arab" else text


def letters(text: str, spoken: Language) -> str:
    """Kaf, yeh and heh take the code points of the language: Arabic, Persian or Urdu ones."""
    if spoken.script != "Arab":
        return text
    if spoken.iso639_3 in ARABIC.split():
        return text.translate(LETTERS_OF_ARABIC)
    if spoken.iso639_3 in PERSIAN.split():
        urdu = spoken.iso639_3 in {"pnb", "skr", "urd"}
        return text.translate(LETTERS_OF_URDU if urdu else LETTERS_OF_PERSIAN)
    return text


def alef(text: str, spoken: Language) -> str:
    """Arabic alef loses hamza, madda and wasla."""
    return re.sub("[\u0622\u0623\u0625\u0671]", "\u0627", text) if is_arabic(spoken) else text


def alef_maksura(text: str, spoken: Language) -> str:
    """Arabic alef maksura becomes yeh."""
    return text.replace("\u0649", "\u064a") if is_arabic(spoken) else text


def teh_marbuta(text: str, spoken: Language) -> str:
    """Arabic teh marbuta becomes heh."""
    return text.replace("\u0629", "\u0647") if is_arabic(spoken) else text


def is_arabic(spoken: Language) -> bool:
    """Return whether a language is Arabic in Arabic script."""
    return spoken.script == "Arab" and spoken.iso639_3 in ARABIC.split()


def nukta(text: str, spoken: Language) -> str:
    """The dot goes from letters of Brahmic scripts, whether they are coded with it or not."""
    if spoken.script not in INDIC.split():
        return text
    return unicodedata.normalize("NFC", NUKTA.sub("", unicodedata.normalize("NFD", text)))


def joiners(text: str, spoken: Language) -> str:
    """Joiners go from Brahmic scripts where no virama stands beside them to give them a meaning."""
    return STRAY_JOINER.sub("", text) if spoken.script in INDIC.split() else text


def danda(text: str, spoken: Language) -> str:
    """Bars typed for a danda after a word become one, and a double bar a double danda."""
    if spoken.script not in INDIC.split():
        return text
    text = str(BARS.sub(lambda found: "।" if found[0] == "|" else "॥", text))
    return text.translate(dandas())


@cache
def dandas() -> dict[int, str]:
    """Return the unassigned places of a danda in each script's block -> the danda of all."""
    blocks = (0x0980, 0x0A00, 0x0A80, 0x0B00, 0x0B80, 0x0C00, 0x0C80, 0x0D00)
    return {block + place: sign for block in blocks for place, sign in ((0x64, "।"), (0x65, "॥"))}


def quotes(text: str, spoken: Language) -> str:
    """Quotation marks and apostrophes of all shapes become straight; letters such as ʻ stay."""
    return text.translate(QUOTES) if OF_QUOTES.search(text) else text


def dashes(text: str, spoken: Language) -> str:
    """Hyphens, dashes and minus signs become hyphen-minus."""
    return text.translate(DASHES) if OF_DASHES.search(text) else text


def spaces(text: str, spoken: Language) -> str:
    """Spaces of all widths, also those that do not break, become plain ones."""
    return SPACES.sub(" ", text)


def digits(text: str, spoken: Language) -> str:
    """Decimal digits of all scripts become 0 to 9."""
    return str(DIGITS.sub(lambda found: str(unicodedata.decimal(found[0])), text))


CHOICES: dict[str, Choice] = {
    "compatibility": compatibility,
    "presentation forms": presentation_forms,
    "width": width,
    "letter width": letter_width,
    "tatweel": tatweel,
    "vowel marks": vowel_marks,
    "letters": letters,
    "alef": alef,
    "alef maksura": alef_maksura,
    "teh marbuta": teh_marbuta,
    "nukta": nukta,
    "joiners": joiners,
    "danda": danda,
    "quotes": quotes,
    "dashes": dashes,
    "spaces": spaces,
    "digits": digits,
}
