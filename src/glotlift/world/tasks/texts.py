"""Tasks over whole documents: which category, and what is the gist."""

from functools import cache
from typing import Any

from datasets import Dataset

from glotlift.world.combinations import Said, combinations
from glotlift.world.concepts import inventory
from glotlift.world.grammar import grammar
from glotlift.world.scenes import Scene, draws, pick
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.shuffling import shuffled

# Of these things happen to be done to things, by the same people and in the same words.
CATEGORIES = ("food", "school", "music", "home", "travel", "garden", "clothes")
_PATTERNS = ["event", "event_time", "past", "future", "able", "wants", "must", "gift", "sale"]
_SHORTEST, _LONGEST = 5, 30
_CAST = 4
_REDRAWS = 8


def categorised(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return documents of 5 to 30 sentences with their category: columns text, label, sentences.

    Number of sentences, cast and patterns are drawn first, the category afterwards, each of the
    seven equally often in seven rows; so length and first words say nothing, and all that differs
    is what things are spoken of. Chance is 1 / 7. Raises GL-WORLD-001 (language), -002 (split).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {"text": [], "label": [], "sentences": []}
    for row in addresses:
        block, place = divmod(row, len(CATEGORIES))
        label = shuffled(CATEGORIES, "categorised", seed, split, block)[place]
        scenes = _document(label, split, ("categorised", seed, split, row))
        fields["text"].append(spoken.join(map(spoken.say, scenes)))
        fields["label"].append(label)
        fields["sentences"].append(len(scenes))
    ids = [f"world/categorised/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def summaries(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return documents of 6 to 12 sentences with a summary of two: columns text, summary.

    One event is told again and again, each time with another detail (when, where); everything else
    in the document is told once. The summary says what the document is about (`topic`) and that
    event without its details (`event`: agent, action, patient). What is told most is never first
    more often than its share of the sentences, so a document's beginning is no summary of it. There
    is no chance level; whoever reads the document can write the summary word for word.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {"text": [], "summary": [], "topic": [], "event": []}
    for row in addresses:
        block, place = divmod(row, len(CATEGORIES))
        topic = shuffled(CATEGORIES, "summaries", seed, split, block)[place]
        scenes, told = _story(topic, split, ("summaries", seed, split, row))
        gist = (Scene("about", {"topic": topic}), Scene("event", told))
        fields["text"].append(spoken.join(map(spoken.say, scenes)))
        fields["summary"].append(spoken.join(map(spoken.say, gist)))
        fields["topic"].append(topic)
        fields["event"].append([told[slot] for slot in ("agent", "action", "patient")])
    ids = [f"world/summaries/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _document(topic: str, split: str, address: tuple[object, ...]) -> list[Scene]:
    count = _SHORTEST + draws("count", *address)[0] % (_LONGEST - _SHORTEST + 1)
    cast = shuffled(_agents(split), *address)[:_CAST]
    scenes: list[Scene] = []
    for place in range(count):
        which, who, *numbers = draws("sentence", *address, place)
        pattern, agent = pick(tuple(_PATTERNS), which), pick(cast, who)
        choices = _choices(pattern, split, agent, topic)
        for number in numbers[:_REDRAWS]:
            drawn = _timed(pattern, pick(choices, number), numbers[-1])
            if drawn not in scenes:
                break
        scenes.append(drawn)
    return scenes


def _timed(pattern: str, said: Said, number: int) -> Scene:
    if pattern == "event_time":
        return Scene(pattern, said | {"time": pick(inventory().of("times"), number)})
    return Scene(pattern, said)


def _story(topic: str, split: str, address: tuple[object, ...]) -> tuple[list[Scene], Said]:
    """Return scenes in the order of the text, and the event that is told most."""
    length, often, which, *_ = draws("story", *address)
    count = 6 + length % 7
    agent, *others = shuffled(_agents(split), *address)
    own = shuffled(_choices("event", split, agent, topic), "own", *address)
    told, mentions = own[0], 3 + often % 2 * (count > 8)
    besides = [*own[1 : 1 + which % 3]]
    besides += [
        pick(_choices("event", split, other, topic), draws("besides", *address, other)[0])
        for other in others[: count - mentions - len(besides)]
    ]
    scenes = _details(told, mentions, topic, address)
    for place, said in enumerate(besides):
        scenes += _details(said, 1, topic, (*address, place))
    return [*shuffled(scenes, "order of story", *address)], told


def _details(said: Said, count: int, topic: str, address: tuple[object, ...]) -> list[Scene]:
    """Say one event several times, each time with another detail."""
    world = inventory()
    places = tuple(
        place.name for place in world.domain(("places",)) if topic in place.fits["topics"]
    )
    details = [("event_time", {"time": time}) for time in world.of("times")]
    details += [("event_place", {"place": place}) for place in places]
    chosen = shuffled(details, "details", *address)[:count]
    return [Scene(pattern, said | detail) for pattern, detail in chosen]


@cache
def _agents(split: str) -> tuple[str, ...]:
    """Return the people of whom every pattern can tell something on every topic."""
    return tuple(
        agent
        for category in ("people", "names")
        for agent in inventory().of(category)
        if all(
            combinations(pattern, split).get((agent, topic))
            for pattern in _PATTERNS
            for topic in CATEGORIES
        )
    )


@cache
def _choices(pattern: str, split: str, agent: str, topic: str) -> tuple[Said, ...]:
    return tuple(said for group in combinations(pattern, split)[agent, topic] for said in group)
