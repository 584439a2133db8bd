"""Ten kinds of reasoning as rule-made questions, with what is trivial about them at chance.

The categories are those of Bang et al. (2023, arXiv:2302.04023, section 4), who ask a chat model
some dozens of rows of published sets for each. Here every row is made by rule in the sample world,
in twelve languages, so that what is right is known and no model has read it before.
"""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CATEGORIES": "glotlift.evaluation.reasoning.suites",
        "above_chance": "glotlift.evaluation.reasoning.suites",
        "reasoning": "glotlift.evaluation.reasoning.suites",
    },
)
