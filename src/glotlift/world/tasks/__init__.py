"""Tasks made from the sample world, each with a gold answer and a known chance level."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "cause": "glotlift.world.tasks.choices",
        "facts": "glotlift.world.tasks.choices",
        "topic": "glotlift.world.tasks.choices",
        "translation": "glotlift.world.tasks.pairs",
    },
)
