"""Why rows are left out, in groups that can be counted."""

import re

STANDARD = re.compile(r"(\w+): \S+ ([<>]) \S+")


def group_of(reason: str) -> str:
    """Return a reason without its figures, which differ from row to row.

    ``word_length: 12.1 > 9.3`` is of the group ``word length too high``; of any other reason the
    group is what stands before a colon.
    """
    matched = STANDARD.fullmatch(reason)
    if matched is None:
        return reason.partition(": ")[0]
    return f"{matched[1].replace('_', ' ')} too {'low' if matched[2] == '<' else 'high'}"
