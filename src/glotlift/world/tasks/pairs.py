"""Tasks over pairs of sentences: translation."""

from datasets import Dataset

from glotlift.world.grammar import grammar
from glotlift.world.scenes import scene
from glotlift.world.sentences import dataset, numbers


def translation(
    source: str, target: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return sentences to translate: source_text in source_language, text in the target language.

    Ids are those of `world.parallel`. Chance is 0 under exact match; the reference is one right
    translation of several. Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken, heard = grammar(source), grammar(target)
    addresses = numbers(rows, split, start)
    scenes = [scene(seed, split, row) for row in addresses]
    fields = {
        "source_language": [source] * rows,
        "source_text": [spoken.say(drawn) for drawn in scenes],
        "text": [heard.say(drawn) for drawn in scenes],
    }
    ids = [f"world/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [target] * rows, fields)
