"""Characters that show nothing, or show wide: kept where a script needs them, else taken out."""

import re
from functools import cache

import regex

# Scripts whose letters change their shape by joiners: cursive ones, and the Brahmic family.
JOINING = (
    "Arab Syrc Mand Nkoo Adlm Mong Phag Rohg Sogd Mani Beng Deva Gujr Guru Knda Mlym Orya "
    "Sinh Taml Telu Khmr Mymr Tibt Thai Laoo Java Bali Sund Cham Lana Limb Newa Mtei Kthi "
    "Cakm Gran Tirh Sidd Shrd Takr Sylo Saur Lepc Batk Bugi Modi Nand Bhks Dogr Gonm Gong "
    "Egyp"
)
# Scripts without spaces between words, where a zero-width space may set them apart.
UNSPACED = "Thai Laoo Khmr Mymr Tibt Lana Tale Talu Tavt Java Bali Sund Cham Cakm Batk Bugi"
NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}


def members(scripts: str) -> str:
    """Return the character class of everything that is written in these scripts only."""
    inside = "".join(rf"\p{{Script_Extensions={script}}}" for script in scripts.split())
    return rf"[{inside}--[\p{{Common}}\p{{Inherited}}]]"


@cache
def unneeded() -> "regex.Pattern[str]":
    """Return the pattern of invisible characters that stand where their script has no use for them.

    The soft hyphen is not among them.
    """
    joining = members(JOINING)
    emoji = r"[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F\u20E3]"
    unspaced = members(UNSPACED)
    joiner = (
        rf"[\u200C\u200D](?<!{joining}\p{{M}}*[\u200C\u200D])(?!{joining})"
        rf"(?<!{emoji}\u200D(?=\p{{Extended_Pictographic}}))"
    )
    space = rf"\u200B(?:(?<!{unspaced}\p{{M}}*\u200B)|(?!{unspaced})|(?=\p{{M}}))"
    return regex.compile(rf"{joiner}|{space}|[\u180E\u2060-\u2064]", regex.V1)


SOFT_AS_DASH = re.compile(r"(?<!\S)\u00AD(?!\S)")
SOFT_AT_LINE_END = re.compile(r"(?<=[^\W\d_])\u00AD\n(?=[^\W\d_])")


def remove_invisible(text: str) -> str:
    """Remove zero-width characters where they mean nothing, and soft hyphens.

    Joiners stay beside letters of scripts that join (Unicode Standard, sections 9.2 and 12.1) and
    in sequences of emoji, zero-width spaces between letters of scripts without spaces. A soft
    hyphen that stands alone between spaces is a dash; at a line's end, it joins the lines.
    """
    if "\u00ad" in text:
        text = SOFT_AT_LINE_END.sub("", SOFT_AS_DASH.sub("-", text)).replace("\u00ad", "")
    return str(unneeded().sub("", text))


def narrow(text: str) -> str:
    """Return full-width Latin letters, digits and marks as narrow ones."""
    return text.translate(NARROW)
