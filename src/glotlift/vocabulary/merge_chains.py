"""Merges that lead a byte-pair encoding to given pieces."""

import itertools
from collections.abc import Sequence

from tokenizers import Tokenizer

Pair = tuple[str, str]


class MergeChains:
    """New merges, ranked after all old ones, that turn given strings into pieces of their own.

    A string is first segmented as it would be with the merges so far; then its pieces are joined
    from the left. Later merges cannot undo an earlier string: on the way to its single piece some
    merge of a lower rank always applies.
    """

    def __init__(self, backend: Tokenizer) -> None:
        self.model = backend.model
        self.vocabulary = backend.get_vocab(with_added_tokens=True)
        self.unknown = self.model.unk_token
        self.merges: dict[Pair, int] = {}
        self.wholes: dict[str, Pair] = {}

    def segment(self, text: str) -> list[str] | None:
        """Return the pieces of `text`, given in the model's letters, or None if some are unknown.

        A fallback byte in it is unknown too: it writes no letter of the text.
        """
        pieces = [token.value for token in self.model.tokenize(text)]
        if "".join(pieces) != text or self.unknown in pieces:
            return None
        while True:
            ranked = [
                (self.merges[pair], pair)
                for pair in itertools.pairwise(pieces)
                if pair in self.merges
            ]
            if not ranked:
                return pieces
            pieces = joined(pieces, min(ranked)[1])

    def reach(self, text: str) -> bool:
        """Add the merges that make `text` one piece; False, and none added, where that fails.

        A merge into a piece that exists is never added: a second way to it could set off that
        piece's own merges out of turn.
        """
        pieces = self.segment(text)
        if pieces is None:
            return False
        new: dict[str, Pair] = {}
        while len(pieces) > 1:
            pair = next(
                (
                    pair
                    for pair in itertools.pairwise(pieces)
                    if not self.exists("".join(pair)) and "".join(pair) not in new
                ),
                None,
            )
            if pair is None:
                return False
            new["".join(pair)] = pair
            pieces = joined(pieces, pair)
        for whole, pair in new.items():
            self.merges[pair] = len(self.merges)
            self.wholes[whole] = pair
        return True

    def exists(self, piece: str) -> bool:
        """Tell whether a piece is in the old vocabulary or among the new ones."""
        return piece in self.vocabulary or piece in self.wholes

    def spelt(self) -> dict[str, tuple[int, ...]]:
        """Return for each new piece, in the order of its merge, the old ids that it is made of."""
        ids: dict[str, tuple[int, ...]] = {}
        for whole, pair in self.wholes.items():
            ids[whole] = tuple(
                number
                for side in pair
                for number in (ids[side] if side in ids else (self.vocabulary[side],))
            )
        return ids


def joined(pieces: Sequence[str], pair: Pair) -> list[str]:
    """Return `pieces` with every occurrence of the pair made one, from the left."""
    result: list[str] = []
    place = 0
    while place < len(pieces):
        if tuple(pieces[place : place + 2]) == pair:
            result.append("".join(pair))
            place += 2
        else:
            result.append(pieces[place])
            place += 1
    return result
