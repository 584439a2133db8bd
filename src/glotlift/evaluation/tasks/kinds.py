"""The kinds of tasks: what a client is asked for, and how an answer is measured."""

CHOICE = "accuracy"
OPTIONS = ("choice", "sentiment", "topic", "nli", "dialogue")
"""Kinds of which the likeliest option is taken."""
VECTORS = ("retrieval", "similarity", "bitext")
"""Kinds of which texts are turned into vectors; all others have text written."""
METRICS = {
    **dict.fromkeys(OPTIONS, CHOICE),
    "questions": "F1 of words",
    "arithmetic": "right number",
    "translation": "chrF++ / 100",
    "summaries": "chrF++ / 100",
    "instructions": "constraints kept",
    "names": "F1 of names",
    "tags": "tokens tagged right",
    "intents": "F1 of intents and slots",
    "retrieval": "nDCG@10",
    "similarity": "Spearman's correlation",
    "bitext": "nearest is the translation",
}
WORLD = {
    "topic": "choice",
    "cause": "choice",
    "facts": "choice",
    "reading": "choice",
    "link_prediction": "choice",
    "sentiment": "sentiment",
    "nli": "nli",
    "ner": "names",
    "pos": "tags",
    "question_answering": "questions",
    "arithmetic": "arithmetic",
    "translation": "translation",
    "summaries": "summaries",
    "instructions": "instructions",
    "intents": "intents",
    "dialogue": "dialogue",
    "retrieval": "retrieval",
    "similarity": "similarity",
    "bitext": "bitext",
}
"""The sample world's tasks that any client can be asked, and their kinds."""
WORLD_ROWS = {
    "retrieval": "retrieval_queries",
    "bitext": "translation",
    "dialogue": "persona_consistency",
}
"""Whose rows a task has, where its name is not that of a task of the world."""


def asked_for(kind: str) -> str:
    """Return what a client is asked for: options, vectors or text."""
    return "options" if kind in OPTIONS else "vectors" if kind in VECTORS else "text"
