"""Tasks made from the sample world, each with a gold answer and a known chance level.

tasks.TASKS lists those that are asked; the rest are rows to learn from and measures of their own.
"""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        name: f"glotlift.world.tasks.{module}"
        for module, names in {
            "catalogue": ("TASKS", "Task"),
            "choices": ("cause", "facts", "topic"),
            "comprehension": ("question_answering", "reading"),
            "fulfilment": ("fulfils",),
            "graph": ("entities", "link_prediction", "relations", "triples"),
            "inference": ("nli",),
            "judging": ("comparisons", "raters", "ratings"),
            "labels": ("ner", "pos", "sentiment"),
            "orders": ("instructions",),
            "pairs": ("translation",),
            "problems": ("arithmetic",),
            "requests": ("intents", "safety"),
            "retrieval": (
                "retrieval_chance",
                "retrieval_corpus",
                "retrieval_judgements",
                "retrieval_queries",
            ),
            "senses": ("cognates", "lexicon"),
            "talk": ("dialogues", "persona_consistency"),
            "texts": ("categorised", "summaries"),
            "words": ("word_pairs",),
        }.items()
        for name in names
    },
)
