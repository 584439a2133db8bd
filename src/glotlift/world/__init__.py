"""PLAY: the built-in sample world, invented scenes said in several languages with the truth known.

world.LANGUAGES, world.ROMANISED                  what has a file in languages/; hin_Latn and so on
world.parallel(("eng_Latn", "deu_Latn"), 1000)    single sentences, ids shared by translations
world.documents("hin_Deva", 200)                  several sentences about connected scenes
world.deal({"eng_Latn": "high", "swh_Latn": "low"}, 1000)    documents by tier
world.labelled("tur_Latn", 100)                   topic, sentiment, entities, tags, facts
world.alignment(id, "eng_Latn", "rus_Cyrl")       pairs of token positions
world.graph("swh_Latn")                           what the world knows, as triples of words
world.code_switched, noisy, web_pages, write_warc variants of the text, each with gold
world.tasks                                       tasks.TASKS lists all, with chance and ceiling
world.pictures, world.charts, world.maps          what the scenes look like, with questions
world.utterances("swh_Latn", 10)                  sentences spoken by espeak-ng
"""

from glotlift.runs.lazy import attach
from glotlift.world import tasks as tasks

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LANGUAGES": "glotlift.world.grammar",
        "ROMANISED": "glotlift.world.grammar",
        "alignment": "glotlift.world.sentences",
        "code_switched": "glotlift.world.codeswitch",
        "deal": "glotlift.world.tiers",
        "documents": "glotlift.world.sentences",
        "graph": "glotlift.world.knowledge",
        "labelled": "glotlift.world.sentences",
        "mixing_index": "glotlift.world.codeswitch",
        "noisy": "glotlift.world.noise",
        "parallel": "glotlift.world.sentences",
        "parallel_utterances": "glotlift.world.speech",
        "parse": "glotlift.world.parsing",
        "reachable_index": "glotlift.world.codeswitch",
        "utterances": "glotlift.world.speech",
        "web_pages": "glotlift.world.web",
        "write_warc": "glotlift.world.warc",
    },
)
