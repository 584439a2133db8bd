"""Instructions whose fulfilment a program checks, in any language, turn by turn.

verify("startend:quotation", "«Oui.»", "fra_Latn")       one constraint and a text
state("punctuation:no_comma", "hin_Deva")                the constraint in words
read_conversations("multi_if.jsonl")                     published rows, one or more turns
converse(client, conversations)                          a client's replies, with its own history
grade(conversations, replies)                            what of it was followed, strict and loose
summarise(conversations, graded)                         scores by language and turn, with intervals
"""

from glotlift.runs.lazy import attach

_ROOM = "glotlift.evaluation.constraints"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CHECKERS": f"{_ROOM}.checkers",
        "Constraint": f"{_ROOM}.checkers",
        "Conversation": f"{_ROOM}.conversations",
        "Graded": f"{_ROOM}.grading",
        "Turn": f"{_ROOM}.conversations",
        "converse": f"{_ROOM}.talking",
        "follows": f"{_ROOM}.grading",
        "grade": f"{_ROOM}.grading",
        "read_conversations": f"{_ROOM}.conversations",
        "state": f"{_ROOM}.stating",
        "summarise": f"{_ROOM}.measures",
        "verify": f"{_ROOM}.checkers",
    },
)
