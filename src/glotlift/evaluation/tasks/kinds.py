"""The kinds of tasks: what a client is asked for, and how an answer is measured."""

CHOICE = "accuracy"
OPTIONS = ("choice", "sentiment", "topic", "nli")
"""Kinds of which the likeliest option is taken; all others have text written."""
METRICS = {
    **dict.fromkeys(OPTIONS, CHOICE),
    "questions": "F1 of words",
    "arithmetic": "right number",
    "translation": "chrF++ / 100",
    "summaries": "chrF++ / 100",
    "instructions": "constraints kept",
    "names": "F1 of names",
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
    "question_answering": "questions",
    "arithmetic": "arithmetic",
    "translation": "translation",
    "summaries": "summaries",
    "instructions": "instructions",
}
"""The sample world's tasks that any client can be asked, and their kinds."""
