"""Diagnostic inference: rows that each ask for one piece of knowledge, in four groups."""

from collections.abc import Callable
from typing import Any

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.grammar import LANGUAGES
from glotlift.world.scenes import draws
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks import challenges, fragments
from glotlift.world.tasks.challenges import Item
from glotlift.world.tasks.fragments import logical
from glotlift.world.tasks.inference import LABELS, Address, Case
from glotlift.world.tasks.shuffling import shuffled

_MADE: dict[str, dict[str, Callable[..., Any]]] = {
    "heuristics": {
        "lexical overlap": challenges.lexical_overlap,
        "subsequence": challenges.subsequence,
        "constituent": challenges.constituent,
    },
    "stress": {
        "antonym": challenges.antonym,
        "synonym": challenges.synonym,
        "numerical": challenges.numerical,
    },
    "phenomena": {
        "anaphora": challenges.anaphora,
        "modality": challenges.modality,
        "tense": challenges.tense,
    },
    "fragments": {
        "negation": fragments.negation,
        "boolean": fragments.boolean,
        "quantifier": fragments.quantifier,
        "counting": fragments.counting,
        "conditional": fragments.conditional,
        "comparative": fragments.comparative,
    },
}
PHENOMENA = {name: group for group, members in _MADE.items() for name in members}


def nli_diagnostics(
    language: str,
    rows: int,
    *,
    phenomenon: str,
    split: str = "test",
    seed: int = 0,
    start: int = 0,
) -> Dataset:
    """Return pairs of a premise and a hypothesis that ask for one piece of knowledge.

    Columns id, language, premise, hypothesis, label, category, phenomenon, source, license. The
    categories and phenomena (`PHENOMENA` maps one to the other), after Hu et al. (2021,
    arXiv:2106.03983, section 4):

        heuristics  lexical overlap, subsequence, constituent: one hypothesis, all of whose words
                    the premise has, is entailed once and neutral once (McCoy et al. 2019)
        stress      antonym (always contradicted), synonym (always entailed), numerical (a bound
                    on a number; where both are turned round it is neutral: Naik et al. 2018)
        phenomena   anaphora, modality, tense: one hypothesis has each label once
        fragments   negation ("only"), boolean, quantifier, counting, conditional, comparative:
                    one hypothesis has each label once (Richardson et al. 2020)

    Labels are right by construction; only what the premise says counts. The scene of the
    hypothesis decides the split. Ids and scenes are shared by translations, but for synonyms,
    whose id names the language. Chance is 1/3, but 1/2 and 1 where a phenomenon has two labels or
    one: compare with `evaluation.diagnostics.trivial_baselines`.
    Raises GL-WORLD-070 (language), -071 (phenomenon), -002 (split), -007 (rows).
    """
    _check(language, phenomenon)
    made, addresses = _MADE[PHENOMENA[phenomenon]][phenomenon], numbers(rows, split, start)
    spoken = logical(language)
    own = (language,) if phenomenon == "synonym" else ()
    width = len(_items(made, split, ("width",), own))
    fields: dict[str, list[Any]] = {name: [] for name in ("premise", "hypothesis", "label")}
    for row in addresses:
        block, place = divmod(row, width)
        address = ("nli", phenomenon, seed, split, block)
        items = _items(made, split, address, own)
        told, asked, label = shuffled(items, *address)[place]
        fields["premise"].append(spoken.join(map(spoken.say, told)))
        fields["hypothesis"].append(spoken.say(asked))
        fields["label"].append(label)
    fields["category"] = [PHENOMENA[phenomenon]] * rows
    fields["phenomenon"] = [phenomenon] * rows
    name = "/".join(("world/nli", phenomenon.replace(" ", "_"), *own, str(seed), split))
    return dataset([f"{name}/{row}" for row in addresses], [language] * rows, fields)


def _items(
    made: Callable[..., Any], split: str, address: Address, own: tuple[str, ...]
) -> tuple[Item, ...]:
    """Return the rows of one block; premises of a case stand in an order that tells nothing."""
    found = made(split, address, *own)
    if not isinstance(found, Case):
        items: tuple[Item, ...] = found
        return items
    turn = draws("premise", *address)[0] % 2
    return tuple(
        (told[:: 1 if turn else -1], found.hypothesis, label)
        for label in LABELS
        for told in (found._asdict()[label],)
    )


def _check(language: str, phenomenon: str) -> None:
    if language not in LANGUAGES:
        raise GlotliftError(
            "GL-WORLD-070",
            f"the fragments are not spoken in {language!r}",
            place="world/fragments.yaml",
            fix=f"use one of {', '.join(LANGUAGES)}",
        )
    if phenomenon not in PHENOMENA:
        raise GlotliftError(
            "GL-WORLD-071",
            f"there are no diagnostics of {phenomenon!r}",
            fix=f"use one of {', '.join(PHENOMENA)}",
        )
