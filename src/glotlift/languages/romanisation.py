"""Any script in Latin letters.

By the tables of uroman (Hermjakob, May and Knight 2018); Chinese in Hanyu Pinyin with its tones,
which uroman leaves out, so that different words would read alike.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from glotlift.languages.codes import language
from glotlift.runs.errors import GlotliftError

_MARKS = str.maketrans(
    dict(zip("。！？“”，、；：", [*'.!?""', ", ", ", ", "; ", ": "], strict=True))
)


def romanise(texts: Iterable[str], code: str) -> list[str]:
    """Return each text in Latin letters, small ones for scripts without capitals.

    Raises GL-LANGUAGE-007 when uroman or pypinyin is not installed, and what `language` raises.
    """
    spoken = language(code)
    try:
        if spoken.iso639_3 in ("zho", "cmn"):
            return [_pinyin(text) for text in texts]
        tables = _uroman()
        return [str(tables.romanize_string(text, lcode=spoken.iso639_3)) for text in texts]
    except ImportError as error:
        raise GlotliftError(
            "GL-LANGUAGE-007",
            f"{error.name} is not installed, and romanised text is made by it",
            fix="pip install 'glotlift[data]'",
        ) from None


def _pinyin(text: str) -> str:
    from pypinyin import Style, lazy_pinyin

    words = ("".join(lazy_pinyin(word, style=Style.TONE)) for word in text.split(" "))
    return re.sub(" +", " ", " ".join(words).translate(_MARKS))


@cache
def _uroman() -> Any:
    from uroman import Uroman

    return Uroman()
