"""Tasks made from the sample world, each with a gold answer and a known chance level.

tasks.TASKS lists those that are asked; the rest are rows to learn from and measures of their own.
"""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "TASKS": "glotlift.world.tasks.catalogue",
        "Task": "glotlift.world.tasks.catalogue",
        "arithmetic": "glotlift.world.tasks.problems",
        "categorised": "glotlift.world.tasks.texts",
        "cause": "glotlift.world.tasks.choices",
        "cognates": "glotlift.world.tasks.senses",
        "comparisons": "glotlift.world.tasks.judging",
        "dialogues": "glotlift.world.tasks.talk",
        "entities": "glotlift.world.tasks.graph",
        "facts": "glotlift.world.tasks.choices",
        "fulfils": "glotlift.world.tasks.fulfilment",
        "instructions": "glotlift.world.tasks.orders",
        "intents": "glotlift.world.tasks.requests",
        "lexicon": "glotlift.world.tasks.senses",
        "link_prediction": "glotlift.world.tasks.graph",
        "ner": "glotlift.world.tasks.labels",
        "nli": "glotlift.world.tasks.inference",
        "nli_diagnostics": "glotlift.world.tasks.diagnostics",
        "persona_consistency": "glotlift.world.tasks.talk",
        "pos": "glotlift.world.tasks.labels",
        "question_answering": "glotlift.world.tasks.comprehension",
        "raters": "glotlift.world.tasks.judging",
        "ratings": "glotlift.world.tasks.judging",
        "reading": "glotlift.world.tasks.comprehension",
        "relations": "glotlift.world.tasks.graph",
        "retrieval_chance": "glotlift.world.tasks.retrieval",
        "retrieval_corpus": "glotlift.world.tasks.retrieval",
        "retrieval_judgements": "glotlift.world.tasks.retrieval",
        "retrieval_queries": "glotlift.world.tasks.retrieval",
        "safety": "glotlift.world.tasks.requests",
        "sentiment": "glotlift.world.tasks.labels",
        "similarity": "glotlift.world.tasks.degrees",
        "summaries": "glotlift.world.tasks.texts",
        "topic": "glotlift.world.tasks.choices",
        "translation": "glotlift.world.tasks.pairs",
        "triples": "glotlift.world.tasks.graph",
        "word_pairs": "glotlift.world.tasks.words",
    },
)
