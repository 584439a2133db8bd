"""PLAY: the built-in sample world, invented scenes said in several languages with the truth known.

world.LANGUAGES                                   the languages that have a file in languages/
world.parallel(("eng_Latn", "deu_Latn"), 1000)    single sentences, ids shared by translations
world.documents("hin_Deva", 200)                  several sentences about connected scenes
world.labelled("tur_Latn", 100)                   sentences with topic, sentiment, entities, facts
world.alignment(id, "eng_Latn", "rus_Cyrl")       pairs of token positions
world.tasks                                       translation, topic, cause, facts
"""

from glotlift.runs.lazy import attach
from glotlift.world import tasks as tasks

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LANGUAGES": "glotlift.world.grammar",
        "alignment": "glotlift.world.sentences",
        "documents": "glotlift.world.sentences",
        "labelled": "glotlift.world.sentences",
        "parallel": "glotlift.world.sentences",
    },
)
