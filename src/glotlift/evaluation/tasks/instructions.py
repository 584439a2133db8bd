"""Instructions translated from English by the model that is to follow them."""

from collections.abc import Callable
from functools import cache

from glotlift.evaluation.tasks.wording import SLOT, Wording, wordings
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Generator

LONGEST = 128  # tokens of a translated instruction


def translator(client: Generator) -> Callable[[str, str], str]:
    """Return a function that has an English text translated into a language, each text once.

    The places of a row's columns, such as ``{text}``, must come back as they were.

    Raises GL-EVALUATION-053 where one is lost, or nothing is written.
    """

    @cache
    def translate(text: str, code: str) -> str:
        (wording, *_) = asking(code)
        row = {"id": "", "source_language": "eng_Latn", "source_text": text, "text": ""}
        prompt = wording.ask(row).prompt
        (said,) = client.generate([prompt], max_new_tokens=LONGEST, stop=("\n\n",))
        said = said.strip()
        if not said or sorted(SLOT.findall(said)) != sorted(SLOT.findall(text)):
            raise GlotliftError(
                "GL-EVALUATION-053",
                f"{text!r:.60} was translated as {said!r:.60}, without its places",
                place=f"instructions in {code}",
                fix="ask in english or target, or translate with another model",
            )
        return said

    return translate


def asking(code: str) -> list[Wording]:
    """Return the English wordings in which a translation into a language is asked for."""
    return wordings("translation", code, instructions="english")[1:]
