"""How the codes of other identifiers map to ours: `sr` in Cyrillic letters is ``srp_Cyrl``."""

from functools import cache

from glotlift.languages.codes import language
from glotlift.runs.errors import GlotliftError

# Macrolanguage codes without one usual member. Each stands for the member that the identifiers'
# training text is mostly in, by the script of the text.
_MEMBERS = {
    "no": {"Latn": "nob_Latn"},
    "ms": {"Latn": "zsm_Latn"},
    "qu": {"Latn": "quy_Latn"},
    "que": {"Latn": "quy_Latn"},
    "ku": {"Latn": "kmr_Latn", "Arab": "ckb_Arab", "Cyrl": "kmr_Cyrl"},
    "ps": {"Arab": "pbt_Arab"},
    "bh": {"Deva": "bho_Deva"},
    "syr": {"Syrc": "syc_Syrc"},
    "sh": {"Latn": "hrv_Latn", "Cyrl": "srp_Cyrl"},
    "hmn": {"Latn": "hnj_Latn"},
    "zh": {"Hani": "zho_Hans"},
    "zh-Hant": {"Hani": "zho_Hant"},
    "za": {"Latn": "zyb_Latn"},
    "ks": {"Arab": "kas_Arab", "Deva": "kas_Deva"},
    "ff": {"Latn": "fuv_Latn", "Adlm": "fuv_Adlm"},
    "fil": {"Latn": "tgl_Latn"},
    "iu": {"Cans": "ike_Cans", "Latn": "ike_Latn"},
    "tl": {"Latn": "tgl_Latn"},
    "gom": {"Deva": "gom_Deva", "Latn": "gom_Latn"},
    "bcl": {"Latn": "bcl_Latn"},
    "crh": {"Latn": "crh_Latn", "Cyrl": "crh_Cyrl"},
}
_USUAL_MEMBERS = {key: next(iter(by_script.values())) for key, by_script in _MEMBERS.items()}
# Scripts that a language is written in besides CLDR's likely one, or instead of it.
_WRITTEN_IN_BOTH = {
    "srp": ("Cyrl", "Latn"),
    "bos": ("Latn", "Cyrl"),
    "azj": ("Latn", "Cyrl", "Arab"),
    "uzn": ("Latn", "Cyrl"),
    "tuk": ("Latn", "Cyrl"),
    "kaz": ("Cyrl", "Latn", "Arab"),
    "kir": ("Cyrl", "Arab", "Latn"),
    "tat": ("Cyrl", "Latn"),
    "uig": ("Arab", "Cyrl", "Latn"),
    "khk": ("Cyrl", "Mong"),
    "tgk": ("Cyrl", "Arab"),
    "ron": ("Latn", "Cyrl"),
    "pan": ("Guru", "Arab"),
    "snd": ("Arab", "Deva"),
    "jav": ("Latn", "Java"),
    "kmr": ("Latn", "Cyrl"),
    "ike": ("Cans", "Latn"),
}
_ONE_WRITING = {"jpn": {"Jpan", "Hani"}, "kor": {"Hang", "Hani"}, "zho": {"Hani", "Hans", "Hant"}}


@cache
def own_code(tag: str, script: str) -> str | None:
    """Return our code for a library's tag and the script of the text, or None where none fits.

    `script` is an ISO 15924 name, or "" for the tag's usual script. None means that the tag names
    no language of ours, or one that is not written in that script.
    """
    members = _MEMBERS.get(tag)
    if members is not None:
        return members.get(script) if script else _USUAL_MEMBERS[tag]
    try:
        usual = language(tag)
    except GlotliftError:
        return None
    if not script or script == usual.script or script in _ONE_WRITING.get(usual.iso639_3, ()):
        return usual.code
    if script in _WRITTEN_IN_BOTH.get(usual.iso639_3, ()):
        return f"{usual.iso639_3}_{script}"
    return None


# Scripts that hardly any text of another language is in.
LANGUAGE_OF_SCRIPT = {
    "Bali": "ban_Bali",
    "Bugi": "bug_Bugi",
    "Cakm": "ccp_Cakm",
    "Java": "jav_Java",
    "Lisu": "lis_Lisu",
    "Mtei": "mni_Mtei",
    "Nkoo": "nqo_Nkoo",
    "Olck": "sat_Olck",
    "Osge": "osa_Osge",
    "Sund": "sun_Sund",
    "Tavt": "blt_Tavt",
    "Tfng": "zgh_Tfng",
    "Vaii": "vai_Vaii",
    "Yiii": "iii_Yiii",
}


@cache
def own_label(label: str) -> str:
    """Return our code for a fastText label such as ``__label__yor_Latn``, ``yo`` or ``zh-Hant``.

    A label that names no language of ours is returned without its prefix.
    """
    bare = label.removeprefix("__label__")
    return own_code(bare, "") or bare
