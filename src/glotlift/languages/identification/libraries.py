"""The identifier that needs nothing of the user: two kept libraries, offline, one after the other.

CLD2 (Sites 2013; `pycld2`) names about 150 languages from quadgrams at some 20 MB/s and says
"unknown" when its score is not that of the language. Where it does, langid (Lui and Baldwin 2012;
`py3langid`) is asked, and believed only for the languages that CLD2 does not know at all and only
when it has no doubt: for the others, CLD2's "unknown" is right far more often than langid's answer.
"""

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from glotlift.languages.identification.guesses import (
    NOTHING,
    UNDETERMINED,
    Guess,
    Identifier,
    is_mojibake,
    sample,
)
from glotlift.languages.identification.tags import LANGUAGE_OF_SCRIPT, own_code
from glotlift.languages.identification.writing import scripts_used
from glotlift.runs.errors import GlotliftError

# CLD2 refuses control characters, lone surrogates and Unicode's noncharacters.
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
LANGID_CERTAIN = 0.9999
LANGID_RIGHT = 0.95  # how often it then is right (Universal Declaration of Human Rights)
WRITTEN_SHARE = 0.05
ACCEPTED = 0.5
# Pairs that langid tells apart better than CLD2 does, and the characters it is shown.
RIVALS = (frozenset({"id", "ms"}), frozenset({"bs", "hr", "sr"}))
ARBITRATED = 500
# Both libraries call Latin-script Serbian Bosnian. Frequent words with the old vowel yat tell them
# apart: Serbian has e where Croatian and Bosnian have (i)je.
_EKAVIAN = re.compile(
    r"\b(?:vreme|mest|ovde|negde|gde|reč|svet|čove[kč]|uvek|pre|posle|dec[aeu]|dve|nedelj|cel[aeiou]"
    r"|ceo|deo|del[aeou]|vrednost|primer|zahtev|uspe|vide|hte|mera?|sled|promen|rešen|sme"
    r"|pobed|umre|vest|razumev|obaveš|celin)"
)
_IJEKAVIAN = re.compile(
    r"\b(?:vrijeme|mjest|ovdje|negdje|gdje|riječ|svijet|čovje[kč]|uvijek|prije|poslije|djec[aeu]"
    r"|dvije|nedjelj|cijel|cio|dio|dijel|vrijedn|primjer|zahtjev|uspje|vidje|htje|mjer|slijed"
    r"|promjen|rješen|smje|pobjed|umrije|vijest|razumijev|obavješ|cjelin)"
)
BATCH = 512  # texts whose scripts are counted at once
HIGHEST_SCORE = 1500.0
BIAS, PERCENT, SCORE, LENGTH = -3.761, 4.968, 1.828, 0.709
NO_LANGUAGE = frozenset({"tlh", "zzp", "ia", "ie", "vo", "zxx", "un"})


class Bundled:
    """CLD2, and langid for what CLD2 does not know."""

    name = "bundled"

    def __init__(self) -> None:
        self._cld2, self._langid = _libraries()
        detected = set(self._cld2.DETECTED_LANGUAGES)
        tags = {tag for name, tag in self._cld2.LANGUAGES if name in detected} - NO_LANGUAGE
        known = {own_code(tag, script) for tag in tags for script in ("", "Latn", "Cyrl", "Arab")}
        usual = {code.split("_")[0] for code in known if code}
        self._new = {
            tag
            for tag in self._langid.nb_classes
            if (code := own_code(tag, "")) is not None and code.split("_")[0] not in usual
        } - NO_LANGUAGE
        new = {own_code(tag, "") for tag in self._new} | set(LANGUAGE_OF_SCRIPT.values())
        self.languages = tuple(sorted(code for code in known | new if code))

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """Return one guess for each text, in order."""
        guesses: list[Guess] = []
        for start in range(0, len(texts), BATCH):
            read = [sample(text) for text in texts[start : start + BATCH]]
            used = scripts_used(read)
            guesses += [self._one(text, scripts) for text, scripts in zip(read, used, strict=True)]
        return guesses

    def _one(self, text: str, scripts: list[tuple[str, float]]) -> Guess:
        if not scripts or is_mojibake(text):
            return NOTHING
        main, share = scripts[0]
        if main in LANGUAGE_OF_SCRIPT:
            return Guess(LANGUAGE_OF_SCRIPT[main], share)
        _, _, found = self._detect(text)
        _, tag, percent, score = found[0]
        code = _code(tag, scripts)
        if code is None:
            return self._second(text, main)
        rivals = next((group for group in RIVALS if tag in group), None)
        if rivals is not None and main == "Latn":
            code = self._arbitrated(text, rivals, code)
        sure = confidence(percent, score, len(text))
        return Guess(code if sure >= ACCEPTED else UNDETERMINED, sure)

    def _detect(self, text: str) -> Any:
        try:
            return self._cld2.detect(text)
        except (self._cld2.error, UnicodeEncodeError):
            return self._cld2.detect(_REFUSED.sub(" ", text))

    def _arbitrated(self, text: str, rivals: frozenset[str], code: str) -> str:
        if "sr" in rivals:
            lower = text.lower()
            if len(_EKAVIAN.findall(lower)) > len(_IJEKAVIAN.findall(lower)):
                return "srp_Latn"
        tag, _ = self._langid.classify(sample(text, ARBITRATED))
        return own_code(tag, "Latn") or code if tag in rivals else code

    def _second(self, text: str, script: str) -> Guess:
        tag, share = self._langid.classify(text)
        code = own_code(tag, script) if tag in self._new and share >= LANGID_CERTAIN else None
        return Guess(code, LANGID_RIGHT) if code else NOTHING


def _code(tag: str, scripts: list[tuple[str, float]]) -> str | None:
    """Return our code for CLD2's tag in the most used script that its language is written in.

    Text about software is half Latin letters in any language, so a twentieth of the letters is
    enough.
    """
    if tag in NO_LANGUAGE:
        return None
    codes = (own_code(tag, script) for script, share in scripts if share >= WRITTEN_SHARE)
    return next((code for code in codes if code is not None), None)


def confidence(percent: int, score: float, characters: int) -> float:
    """Return how often an answer of CLD2 with these marks is right.

    `percent` is the share of the text in that language and `score` its score for 1,024 bytes. A
    logistic regression on excerpts of 20 to 1,500 characters of 22 languages and on the Universal
    Declaration of Human Rights in 267, most of which CLD2 does not know.
    """
    amount = math.log(min(score, HIGHEST_SCORE) + 50) - 6
    x = BIAS + PERCENT * percent / 100 + SCORE * amount + LENGTH * (math.log(characters) - 4)
    return 1 / (1 + math.exp(-x))


@cache
def bundled() -> Identifier:
    """Return the bundled identifier.

    Raises GL-LANGUAGE-020 when its libraries are not installed.
    """
    return Bundled()


def _libraries() -> tuple[Any, Any]:
    try:
        import pycld2
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError as error:
        raise GlotliftError(
            "GL-LANGUAGE-020",
            f"{error.name} is not installed, and the bundled identifier is made of it",
            fix="pip install 'glotlift[data]'",
        ) from None
    return pycld2, LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
