"""Tags of tokens found in what a model wrote, put back where the tokens stand.

Asked for a list of [token, tag] pairs (Lai et al. 2023, arXiv:2304.05613), models drop tokens, add
some and break the format. A tag counts where its token can be found again in order; the rest of the
tokens have none. Nothing that was written is run.
"""

import re
from collections.abc import Sequence

import numpy as np

Pairs = list[tuple[str, str]]
BRACKETED = re.compile(
    r"""[\[(]\s*(["'])(?P<token>(?:\\.|(?!\1).)+?)\1\s*[,:]\s*(["'])(?P<tag>[^"']+?)\3\s*[\])]"""
)
BULLET = r"(?:[-*]\s+|\d+[.)]\s+)?"
LINE = re.compile(rf"^\s*{BULLET}(?P<token>\S+?)(?:\s*:\s+|\s+|/)(?P<tag>[\w-]+)\s*$")


def tagged_pairs(text: str) -> Pairs:
    """Return the pairs of token and tag that a reply holds.

    Read are lists of quoted pairs, JSON or as Python writes them, whole or cut off, and lines of
    ``token tag``, ``token: tag`` or ``token/tag``.
    """
    found = [(match["token"], match["tag"]) for match in BRACKETED.finditer(text)]
    if found:
        return [(re.sub(r"\\(.)", r"\1", token), tag) for token, tag in found]
    lines = map(LINE.match, text.splitlines())
    return [(match["token"], match["tag"]) for match in lines if match]


def aligned_tags(pairs: Sequence[tuple[str, str]], tokens: Sequence[str]) -> list[str | None]:
    """Return the tag of each token, None where the reply has none for it.

    Tokens are matched in order, as many as can be (the longest common subsequence), capitals aside.
    So a token that was dropped or added moves no other token's tag.
    """
    said = [token.casefold() for token, _ in pairs]
    asked = [token.casefold() for token in tokens]
    longest = np.zeros((len(asked) + 1, len(said) + 1), np.int64)
    for row in range(len(asked) - 1, -1, -1):
        for column in range(len(said) - 1, -1, -1):
            longest[row, column] = (
                longest[row + 1, column + 1] + 1
                if asked[row] == said[column]
                else max(longest[row + 1, column], longest[row, column + 1])
            )
    tags: list[str | None] = [None] * len(asked)
    row = column = 0
    while row < len(asked) and column < len(said):
        if asked[row] == said[column]:
            tags[row] = pairs[column][1]
            row, column = row + 1, column + 1
        elif longest[row + 1, column] >= longest[row, column + 1]:
            row += 1
        else:
            column += 1
    return tags


def tagged_right(text: str, tokens: Sequence[str], tags: Sequence[str]) -> float:
    """Return the share of tokens that a reply gives their tag, capitals of tags aside."""
    said = aligned_tags(tagged_pairs(text), tokens)
    right = [one and one.casefold() == tag.casefold() for one, tag in zip(said, tags, strict=True)]
    return sum(map(bool, right)) / max(1, len(right))
