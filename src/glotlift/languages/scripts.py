"""How scripts are written: their direction, and whether they put spaces between words.

Source: CLDR ``common/properties/scriptMetadata.txt``, field "RTL", and field
"LB letters" (lines may break between letters, because words are not spaced).
"""

RIGHT_TO_LEFT = frozenset(
    {
        "Adlm",
        "Arab",
        "Aran",
        "Armi",
        "Avst",
        "Chrs",
        "Cprt",
        "Elym",
        "Hatr",
        "Hebr",
        "Hung",
        "Khar",
        "Lydi",
        "Mand",
        "Mani",
        "Mend",
        "Merc",
        "Mero",
        "Narb",
        "Nbat",
        "Nkoo",
        "Orkh",
        "Palm",
        "Phli",
        "Phlp",
        "Phnx",
        "Prti",
        "Rohg",
        "Samr",
        "Sarb",
        "Sogd",
        "Sogo",
        "Syrc",
        "Thaa",
        "Yezi",
    }
)

BREAKS_BETWEEN_LETTERS = frozenset(
    {
        "Ahom",
        "Bopo",
        "Hanb",
        "Hani",
        "Hans",
        "Hant",
        "Hira",
        "Jpan",
        "Kana",
        "Khmr",
        "Kits",
        "Lana",
        "Laoo",
        "Mymr",
        "Nshu",
        "Tale",
        "Talu",
        "Tang",
        "Tavt",
        "Thai",
        "Yiii",
    }
)

# CLDR gives these "no" because lines break at syllable marks (the Tibetan tsheg) or at aksharas;
# none of them spaces its words (Unicode Standard, chapters 13.4 Tibetan, 17.3 Balinese, 17.4
# Javanese).
WITHOUT_SPACES_BY_HABIT = frozenset({"Bali", "Java", "Tibt"})


def direction(script: str) -> str:
    """Return ``"rtl"`` or ``"ltr"`` for an ISO 15924 code."""
    return "rtl" if script in RIGHT_TO_LEFT else "ltr"


def is_spaced(script: str) -> bool:
    """Return whether text in this ISO 15924 script has spaces between its words."""
    return script not in BREAKS_BETWEEN_LETTERS | WITHOUT_SPACES_BY_HABIT
