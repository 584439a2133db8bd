"""Numbers of telephones in text, as people of every country write them."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from glotlift.runs.errors import GlotliftError

Span = tuple[int, int]
Regions = str | Sequence[str] | None

_GAP = r"[ \u00a0\u2009\u202f.\-\u2010\u2011\u2013/()]{0,2}"
WITH_COUNTRY = re.compile(
    rf"(?<![\w+])(?<!\d[ .,])(?:(?:\+ ?|00 ?(?=[1-9]))\(?\d{{1,4}}|\(\+\d{{1,3}}\))"
    rf"(?:{_GAP}\d{{1,14}}){{1,8}}(?![.,]?\d)",
    re.ASCII,
)
# A trunk zero or an area code in parentheses, and the form of North America.
AREA = re.compile(
    r"(?<![\w)])(?:\(0\) ?|\(0\d{1,5}\)[ /-]?|\((?=\d{2,5}\))\d{2,5}\)[ -]?)"
    r"\d{2,5}(?:[ \u00a0.\-\u2011/]?\d{2,5}){1,4}(?![\w])(?![.,-]\d)",
    re.ASCII,
)
AMERICAN = re.compile(
    r"(?<![\w.,/+\-])(?<![\d)] )(?:1[ .-])?[2-9]\d\d([-. ])[2-9]\d\d\1\d{4}(?![0-9a-z_]|[.,/-]\d)",
    re.ASCII,
)
NATIONAL = re.compile(
    r"(?<![\w.,:/+#$€£¥₹=\-])(?<!\d )"
    r"(?:(?:\d{1,5}|\(\d\))(?:[ \u00a0.\-\u2011/]{1,2}\d{2,9}){1,5}|\d{7,12})"
    r"(?!\w|[.,:/-]\d|[ ]?[%€$£¥₹°])",
    re.ASCII,
)
MENTION = re.compile(
    r"(?i)(?:(?<![^\W_])(?:tel|tél|telephone|téléphone|telefon\w{0,4}|teléfono|telefone|telèfon"
    r"|telèf|tlf"
    r"|telf|puhelin\w{0,4}|puh|phone|ph|fax|faks|mobile|mobil\w{0,4}|móvil|mòbil|celular|cell?|mob"
    r"|gsm"
    r"|whatsapp|viber|sms|call|ring|simu|namba|waya|lambar|hotline|telp|hp|đt|sđt|điện thoại"
    r"|di động|тел|телефон\w{0,3}|моб\w{0,8}|τηλ|τηλέφωνο|fón|ffôn|fòn|foonu|ìpè|fono|contact)"
    r"|電話|电话|手机|手機|携帯|傳真|传真|전화|휴대폰|팩스|โทร\w*|फोन|फ़ोन|मोबाइल|दूरध्वनी|ফোন|মোবাইল|ఫోన్|మొబైల్"
    r"|தொலைபேசி|ഫോൺ|ಫೋನ್|ફોન|ਫੋਨ|هاتف|جوال|تلفن|موبایل|فون|טלפון|נייד|ስልክ|☎|📞|📱|☏|✆)"
    r"[ .:：#n°ºo№\u00a0)=-]{0,6}(?:[^\W\d_]{1,4}[ :])?\Z"
)
DATE = re.compile(
    r"(?:19|20)\d\d([-./ ])\d\d?\1\d\d?|\d\d?([-./ ])\d\d?\2(?:19|20)\d\d"
    r"|(?:1[5-9]|20)\d\d\D+(?:1[5-9]|20)\d\d"
)
REFERENCE = re.compile(
    r"(?i)(?:isbn|issn|doi|ean|upc|sku|rfc|iso|order|invoice|art(?:icle)?|item|part|serial|model|nr|no"
    r"|id|ref|case|ticket|bug|issue|room|zip|vat|iban|lat|lon|lng|pp?)"
    r"[ .:#-]{0,3}(?:no|nr|number)?[ .:#-]{0,3}\Z"
)
LEAST, MOST = 7, 15
# So close to each other, two numbers of four digits are pages or years.
RANGE = 500
# Percent of a country who speak a language, from which on its numbers are to be expected.
LEAST_SHARE = 20


def find_phones(text: str, regions: Regions = None) -> Iterator[Span]:
    """Yield telephone numbers: with a country's prefix, in distinct national form, or mentioned.

    Raises GL-CORPUS-055 without phonenumbers.
    """
    if "+" in text or "00" in text:
        for found in WITH_COUNTRY.finditer(text):
            end = _international(found[0])
            if end:
                yield found.start(), found.start() + end
    known = (regions,) if isinstance(regions, str) else tuple(regions or ())
    if "(" in text:
        for found in AREA.finditer(text):
            if _is_area(found[0], known):
                yield found.span()
    for found in AMERICAN.finditer(text):
        if _is_valid(found[0], "US"):
            yield found.span()
    for found in NATIONAL.finditer(text):
        if _is_national(text, found, known):
            yield found.span()


def _international(number: str) -> int:
    """Return how many characters make up a number that exists, or may exist; 0 for none."""
    possible = 0
    ends = [match.end() for match in re.finditer(r"\d+", number)]
    for end in reversed(ends):
        shown = number[:end]
        digits = sum(sign.isdecimal() for sign in shown)
        if not LEAST <= digits <= MOST + 2:
            continue
        parsed = _parse(re.sub(r"^00", "+", shown), None)
        if parsed is None:
            continue
        if _library().is_valid_number(parsed):
            return end
        if "+" in shown[:2] and not possible and _library().is_possible_number(parsed):
            possible = end if len(shown) > digits + 1 or digits >= 10 else 0
    return possible


def _is_area(number: str, regions: Sequence[str]) -> bool:
    digits = re.sub(r"\D", "", number)
    if not LEAST + 1 <= len(digits) <= 12:
        return False
    if number.startswith("(0"):
        return True
    return any(_is_valid(number, region) for region in (*regions, "US"))


def _is_national(text: str, found: re.Match[str], regions: Sequence[str]) -> bool:
    """Return whether digits are a number of one of the countries, or are said to be a number."""
    number = found[0]
    groups = re.findall(r"\d+", number)
    digits = "".join(groups)
    if not LEAST <= len(digits) <= 13 or DATE.fullmatch(number):
        return False
    if "." in number and len(groups) < 3:
        return False
    before = text[max(0, found.start() - 28) : found.start()]
    if MENTION.search(before):
        valid = any(_is_valid(number, region) for region in regions)
        return valid or (not regions and len(set(digits)) > 2)
    if REFERENCE.search(before) or len(groups) > 6 or _counts(groups):
        return False
    if number.startswith("0") and len(digits) >= 9:
        return any(_is_valid(number, region) for region in regions)
    # Without a zero first it must be set as the country sets it, and not as thousands are.
    return (
        len(digits) >= 8
        and not _is_amount(groups)
        and any(_is_set_as_in(number, region) for region in regions)
    )


def _is_amount(groups: list[str]) -> bool:
    """Return whether groups of digits may be thousands, or a range of pages or years."""
    thousands = all(len(group) == 3 for group in groups[1:])
    steps = len(groups) == 2 and 0 <= int(groups[1]) - int(groups[0]) < RANGE
    return len(groups) < 2 or thousands or steps


def _is_set_as_in(number: str, region: str) -> bool:
    """Return whether a number exists in a country and is written just so there."""
    parsed = _parse(number, region)
    if parsed is None or not _library().is_valid_number(parsed):
        return False
    style = _library().PhoneNumberFormat.NATIONAL
    return bool(_library().format_number(parsed, style) == re.sub("[\u00a0\u2011]", " ", number))


def _counts(groups: list[str]) -> bool:
    """Return whether digits or groups of them count upwards, as a list of numbers does."""
    if "".join(groups) in "01234567890":
        return True
    numbers = [int(group) for group in groups]
    return len(numbers) > 2 and all(
        right - left == numbers[1] - numbers[0] for left, right in pairwise(numbers)
    )


def _is_valid(number: str, region: str) -> bool:
    parsed = _parse(number, region)
    return parsed is not None and bool(_library().is_valid_number(parsed))


def _parse(number: str, region: str | None) -> Any:
    try:
        return _library().parse(number, region)
    except _library().NumberParseException:
        return None


@cache
def _library() -> Any:
    try:
        import phonenumbers
    except ImportError:
        raise GlotliftError(
            "GL-CORPUS-055",
            "phonenumbers is not installed, and telephone numbers are checked by it",
            fix="pip install 'glotlift[data]'",
        ) from None
    return phonenumbers


@cache
def regions_of(code: str, most: int = 6) -> tuple[str, ...]:
    """Return the countries (ISO 3166) where a language is official or much spoken, by its speakers.

    By CLDR's territory information; empty for a language that it does not place.

    Raises what `glotlift.languages.language` raises.
    """
    from babel.languages import get_territory_language_info
    from language_data.population_data import LANGUAGE_SPEAKING_POPULATION

    from glotlift.languages import language

    tag = language(code).bcp47.split("-")[0]
    spoken: list[tuple[bool, int, str]] = []
    for name, people in LANGUAGE_SPEAKING_POPULATION.items():
        known = re.fullmatch(r"([a-z]+)(?:-[A-Z][a-z]{3})?-([A-Z]{2})", name)
        if known and known[1] == tag:
            told = get_territory_language_info(known[2]).get(tag) or {}
            share = float(told.get("population_percent") or 0)
            expected = bool(told.get("official_status")) or share >= LEAST_SHARE
            spoken.append((expected, people, known[2]))
    if not spoken:
        return ()
    home = max(spoken, key=lambda one: one[1])[2]
    ranked = sorted(spoken, key=lambda one: -one[1])
    usual = [territory for expected, _, territory in ranked if expected or territory == home]
    return tuple(dict.fromkeys(usual))[:most]
