"""Pairs of words by type, found by program in dictionaries: alike or not, in spelling and meaning.

What the pairs of `word_pairs` are made of where nobody has marked any. A lexicon is a mapping of a
language's words to their meanings, which are named alike in all languages.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
from datasets import Dataset

from glotlift.probing.spelling import all_spelling_similarities, spelling_similarity
from glotlift.probing.word_pairs import COGNATE, FALSE_COGNATE, NON_COGNATE, TYPES, UNRELATED
from glotlift.runs.errors import GlotliftError

ALIKE, UNLIKE = 0.75, 0.35  # normalised Levenshtein similarity: one letter of four is another
RELATED, WITNESSES = 0.6, 2  # how alike words of related meanings are, in how many languages
Lexicon = Mapping[str, frozenset[str]]


def typed_pairs(
    lexicons: Mapping[str, Lexicon],
    languages: Iterable[tuple[str, str]],
    *,
    most: int = 20,
    alike: float = ALIKE,
    unlike: float = UNLIKE,
    seed: int = 0,
) -> Dataset:
    """Return pairs of words of each two languages, as many of each type, at most `most`.

    Words are alike from a similarity of `alike` on, unlike up to `unlike`; what lies between is
    left out. Cognates and non-cognates share a meaning: cognates here are translations that look
    alike, whatever their history, as psycholinguistics has it. False cognates and unrelated words
    share no meaning and have no related ones: two meanings are related where two languages say
    them with words of a similarity of 0.6 (to sing and singer, man and person). Two languages with
    none of some type give no pairs, so that languages and types are independent.

    Columns id, source_language, source_word, language, word and type. Raises GL-PROBING-083 where
    no two languages have pairs of all types.
    """
    generator = np.random.default_rng(seed)
    related = relations(lexicons)
    found: list[dict[str, str]] = []
    for source, target in languages:
        places = candidates(lexicons[source], lexicons[target], alike, unlike)
        pairs = {
            kind: drawn(
                [known[at] for at in generator.permutation(len(known))], kind, related, most
            )
            for kind, known in places.items()
        }
        count = min(map(len, pairs.values()))
        found += [
            {
                "id": f"{source}/{one}/{target}/{other}",
                "source_language": source,
                "source_word": one,
                "language": target,
                "word": other,
                "type": kind,
            }
            for kind in TYPES
            for one, other, *_ in pairs[kind][:count]
        ]
    if not found:
        raise GlotliftError(
            "GL-PROBING-083",
            "no two languages have pairs of words of all four types",
            fix="give larger lexicons, or languages written in one script",
        )
    return Dataset.from_list(found)


Candidate = tuple[str, str, frozenset[str], frozenset[str]]


def candidates(
    source: Lexicon, target: Lexicon, alike: float, unlike: float
) -> dict[str, list[Candidate]]:
    """Return the pairs of words of two lexicons by type, related meanings not yet looked at."""
    firsts, seconds = list(source), list(target)
    similar = all_spelling_similarities(firsts, seconds)
    meanings = {meaning: number for number, meaning in enumerate(named(source) | named(target))}
    one, other = (indicators(lexicon, meanings) for lexicon in (source, target))
    shared = one @ other.T > 0
    chosen = {
        COGNATE: shared & (similar >= alike),
        NON_COGNATE: shared & (similar <= unlike),
        FALSE_COGNATE: ~shared & (similar >= alike),
        UNRELATED: ~shared & (similar <= unlike),
    }
    return {
        kind: [
            (firsts[i], seconds[j], source[firsts[i]], target[seconds[j]])
            for i, j in np.argwhere(where).tolist()
        ]
        for kind, where in chosen.items()
    }


def drawn(
    shuffled: list[Candidate], kind: str, related: Callable[[str, str], bool], most: int
) -> list[Candidate]:
    """Return the first pairs that may stand, at most `most`: of two meanings, unrelated ones."""
    kept: list[Candidate] = []
    for candidate in shuffled:
        *_, one, other = candidate
        apart = kind in (COGNATE, NON_COGNATE) or not any(related(a, b) for a in one for b in other)
        kept += [candidate] if apart else []
        if len(kept) == most:
            break
    return kept


def relations(lexicons: Mapping[str, Lexicon]) -> Callable[[str, str], bool]:
    """Return what tells whether two languages say two meanings with words alike."""
    said: dict[str, dict[str, list[str]]] = {}
    for language, lexicon in lexicons.items():
        for word, meanings in lexicon.items():
            for meaning in meanings:
                said.setdefault(meaning, {}).setdefault(language, []).append(word)

    @cache
    def related(one: str, other: str) -> bool:
        pairs = [
            (language, a, b)
            for language in said[one].keys() & said[other].keys()
            for a in said[one][language]
            for b in said[other][language]
        ]
        similar = spelling_similarity([a for _, a, _ in pairs], [b for *_, b in pairs])
        witnesses = {pairs[at][0] for at in np.flatnonzero(similar >= RELATED)}
        return len(witnesses) >= WITNESSES

    return related


def named(lexicon: Lexicon) -> set[str]:
    """Return all meanings of a lexicon."""
    return {meaning for meanings in lexicon.values() for meaning in meanings}


def indicators(lexicon: Lexicon, meanings: Mapping[str, int]) -> Any:
    """Return [words, meanings] 1 where a word has a meaning."""
    table = np.zeros((len(lexicon), len(meanings)))
    for row, own in enumerate(lexicon.values()):
        table[row, [meanings[meaning] for meaning in own]] = 1
    return table
