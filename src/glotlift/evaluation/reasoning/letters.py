"""Analogies of letter strings: what was done to one string is to be done to another.

After Hofstadter and Mitchell's Copycat, as language models are asked it (Webb et al. 2023,
"Emergent analogical reasoning in large language models"). Strings are of Latin letters in every
language, so a row is the same in all of them.
"""

from collections.abc import Callable, Iterable
from functools import cache
from string import ascii_lowercase

from glotlift.evaluation.reasoning.items import Address, Item
from glotlift.world.combinations import split_of
from glotlift.world.grammar import Grammar
from glotlift.world.scenes import draws, pick
from glotlift.world.tasks.shuffling import shuffled

LENGTH, STEPS = 3, (1, 2)  # letters of a string, and how far apart they stand in the alphabet
Letters = tuple[int, ...]
# All changes keep the length, so that it tells nothing.
CHANGES: dict[str, Callable[[Letters], Letters]] = {
    "last letter forward": lambda string: (*string[:-1], string[-1] + 1),
    "first letter back": lambda string: (string[0] - 1, *string[1:]),
    "turned round": lambda string: string[::-1],
    "first letter to the end": lambda string: (*string[1:], string[0]),
}


def analogical(_: Grammar, split: str, address: Address) -> Item:
    """Two strings, of which one became the other, and a third: what does it become?"""
    first, second, *_rest = draws("letters", *address)
    change = pick(tuple(CHANGES), first)
    shown, asked = pick(_pairs(split, change), second)
    done = CHANGES[change](shown)
    others = shuffled([name for name in CHANGES if name != change], "changes", *address)
    prompt = f"{_written(shown)} > {_written(done)}, {_written(asked)} >"
    return Item(prompt, [_written(CHANGES[name](asked)) for name in (change, *others)])


@cache
def _pairs(split: str, change: str) -> tuple[tuple[Letters, Letters], ...]:
    """Return strings to be shown and asked about in a split, whose letters are all different."""
    most = len(ascii_lowercase) - 1
    strings = [
        tuple(range(start, start + LENGTH * step, step))
        for step in STEPS
        for start in range(1, most - (LENGTH - 1) * step)
    ]
    return tuple(
        (shown, asked)
        for shown in strings
        for asked in strings
        if not {*shown} & {*asked} and split_of(change, _written(shown), _written(asked)) == split
    )


def _written(string: Iterable[int]) -> str:
    return " ".join(ascii_lowercase[place] for place in string)
