"""Bank accounts and payment cards in text, by their check digits."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

# ISO 13616 registry, release 99: country and length.
_REGISTRY = """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22
    DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28
    HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25
    MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29
    RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29
    VA22 VG24 XK20 YE30
"""
LENGTHS = {entry[:2]: int(entry[2:]) for entry in _REGISTRY.split()}
ACCOUNT = re.compile(
    r"(?<![^\W_])[A-Z]{2}[ ]?\d{2}(?:[ \u00a0.\-\u2011]?[A-Z0-9]){11,30}", re.ASCII
)
_NUMBER = r"\d(?:[ \u00a0.\-\u2011]?\d){12,18}"
CARD = re.compile(rf"(?<![\w+])(?<!\w[.,\-/:+])(?<!\w [+]){_NUMBER}(?![\w])(?![.,]\d)", re.ASCII)
GROUPS = frozenset(
    ("4444", "465", "464", "44443", "4441", "466", "475", "88", "4446", "6446", "643", "613")
)
# ISO/IEC 7812 ranges: prefix from, prefix to, lengths.
ISSUERS = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("6011", "6011", (16, 19)),
    ("644", "649", (16, 19)),
    ("65", "65", (16, 19)),
    ("62", "62", (16, 17, 18, 19)),
    ("3528", "3589", (16, 19)),
    ("300", "305", (14, 16)),
    ("3095", "3095", (14, 16)),
    ("36", "36", (14,)),
    ("38", "39", (14, 16)),
    ("2200", "2204", (16, 19)),
    ("9792", "9792", (16,)),
    ("5018", "5018", (16, 19)),
    ("5020", "5020", (16, 19)),
    ("5038", "5038", (16, 19)),
    ("5061", "5061", (16, 19)),
    ("508", "508", (16,)),
    ("56", "58", (16, 19)),
    ("60", "60", (16,)),
    ("6304", "6304", (16, 19)),
    ("6759", "6763", (16, 19)),
    ("81", "82", (16,)),
)
# A length that article numbers and timestamps have too.
DOUBTFUL = (13,)
MENTION = re.compile(
    r"(?i)(?:card|visa|master|amex|american express|diners|tarjeta|carte|carta|karte|kart|cartão"
    r"|tarjeta|карт|カード|卡|카드|कार्ड|بطاقة|کارت)[^\n]{0,24}\Z"
)


def find_accounts(text: str) -> Iterator[Span]:
    """Yield bank accounts (ISO 13616) of the right length whose remainder by 97 is 1."""
    for found in ACCOUNT.finditer(text):
        length = LENGTHS.get(found[0][:2])
        if length is None:
            continue
        places = [place for place in range(*found.span()) if text[place].isalnum()]
        if len(places) < length:
            continue
        end = places[length - 1] + 1
        if end < len(text) and (text[end].isdecimal() or ("a" <= text[end].lower() <= "z")):
            continue
        if remainder("".join(text[place] for place in places[:length])) == 1:
            yield found.start(), end


def remainder(account: str) -> int:
    """Return the remainder by 97 of an account, its first four signs moved to the end."""
    return int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97


def find_cards(text: str) -> Iterator[Span]:
    """Yield payment cards: an issuer's range and length (ISO/IEC 7812), and Luhn's digit."""
    for found in CARD.finditer(text):
        groups = re.split(r"\D", found[0])
        digits = "".join(groups)
        if len(groups) > 1 and "".join(str(len(group)) for group in groups) not in GROUPS:
            continue
        if len(set(re.sub(r"\d", "", found[0]))) > 1 or not (luhn(digits) and is_issued(digits)):
            continue
        doubtful = len(digits) in DOUBTFUL and len(groups) == 1
        if len(set(digits)) > 1 and (
            not doubtful or MENTION.search(text[max(0, found.start() - 40) : found.start()])
        ):
            yield found.span()


def luhn(digits: str) -> bool:
    """Return whether the last digit is the one of ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def is_issued(digits: str) -> bool:
    """Return whether issuers give numbers that begin so and are as long."""
    return any(
        first <= digits[: len(first)] <= last and len(digits) in lengths
        for first, last, lengths in ISSUERS
    )
