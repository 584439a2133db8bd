"""What is true of a sentence: topic, sentiment, tokens, entities, facts, word alignment."""

from collections import Counter, defaultdict
from typing import NamedTuple

from glotlift.runs.errors import GlotliftError
from glotlift.world.combinations import topic_of
from glotlift.world.concepts import inventory
from glotlift.world.grammar import LANGUAGES, Grammar
from glotlift.world.scenes import Scene

_TAGS = {
    "NOUN": "people animals things places topics units harms jobs materials weather",
    "PROPN": "names cities",
    "ADJ": "colours qualities states",
    "VERB": "actions deeds",
    "NUM": "quantities",
    "ADV": "times",
}
_TAG_OF = {category: tag for tag, categories in _TAGS.items() for category in categories.split()}
_KINDS = {
    "people": "person",
    "names": "name",
    "animals": "animal",
    "things": "thing",
    "places": "place",
    "cities": "city",
}


class Entity(NamedTuple):
    """A mention: characters [start, end) of the text, without articles and adpositions."""

    start: int
    end: int
    kind: str
    concept: str


class Token(NamedTuple):
    """A token: characters [start, end), the slot it says (None: none) and if it has content.

    `pos` is its part of speech as a Universal Dependencies tag.
    """

    text: str
    start: int
    end: int
    slot: str | None
    content: bool
    pos: str


class Truth(NamedTuple):
    """All labels of one sentence."""

    text: str
    pattern: str
    topic: str
    sentiment: str
    tokens: list[str]
    pos: list[str]
    entities: list[Entity]
    facts: list[list[str]]


def truth(grammar: Grammar, scene: Scene) -> Truth:
    """Return the labels of `scene` as `grammar` says it."""
    pattern = inventory().patterns[scene.pattern]
    tokens = tokens_of(grammar, scene)
    mood = pattern.sentiment
    if mood in scene.said:
        mood = inventory().concepts[scene.said[mood]].sentiment
    return Truth(
        text=grammar.say(scene),
        pattern=scene.pattern,
        topic=topic_of(pattern.topic, scene.said),
        sentiment=mood,
        tokens=[token.text for token in tokens],
        pos=[token.pos for token in tokens],
        entities=entities_of(scene, tokens),
        facts=[[_named(scene, word) for word in pattern.says]],
    )


def tokens_of(grammar: Grammar, scene: Scene) -> list[Token]:
    """Cut a sentence at spaces and punctuation, keeping the slot that each token says."""
    owners: list[str | None] = []
    text = ""
    for slot, piece in grammar.pieces(scene):
        owners += [slot] * len(piece)
        text += piece
    tokens = []
    words = [(match.group(), match.start()) for match in grammar.token.finditer(text)]
    said = Counter(owners[place] for word, place in words if any(map(str.isalnum, word)))
    for word, place in words:
        slot = owners[place]
        start = len(grammar.written(text[:place]))
        # Romanised, a word may look like a function word ("yest" is eats and is): alone in its
        # slot it is what the slot says.
        concept = scene.said.get(slot or "", "")
        alone = grammar.code not in LANGUAGES and said[slot] == 1 and _category(concept) in _TAG_OF
        pos = _tag(grammar, word, concept, alone=alone)
        function = not alone and grammar.lowered(word) in grammar.function_words
        content = pos != "PUNCT" and not function
        tokens.append(Token(word, start, start + len(word), slot, content, pos))
    return tokens


def _tag(grammar: Grammar, word: str, concept: str, *, alone: bool) -> str:
    """Return a token's part of speech. Raises GL-WORLD-012 where the language file tells none."""
    plain, category = grammar.lowered(word), _category(concept)
    if not any(character.isalnum() for character in word):
        return "PUNCT"
    for tags in (grammar.words,) if alone else (grammar.function_words, grammar.words):
        if plain in tags:
            return tags[plain]
    if category in _TAG_OF:
        return _TAG_OF[category]
    raise GlotliftError(
        "GL-WORLD-012",
        f"nothing tells the part of speech of {word!r}",
        place=f"world/languages/{grammar.code}.yaml",
        fix="list it under words or function words",
    )


def _category(concept: str) -> str:
    """Return the category of a concept, "" for what is none."""
    known = inventory().concepts.get(concept)
    return known.category if known else ""


def entities_of(scene: Scene, tokens: list[Token]) -> list[Entity]:
    """Return the mentions of people, animals, things and places, in the order of the text."""
    found: list[Entity] = []
    for slot, concept in scene.said.items():
        kind = _KINDS.get(inventory().concepts[concept].category)
        said = [token for token in tokens if token.slot == slot and token.content]
        if kind and said:
            found.append(Entity(said[0].start, said[-1].end, kind, concept))
    return sorted(found)


def links(source: Grammar, target: Grammar, scene: Scene) -> list[tuple[int, int]]:
    """Return pairs of token positions that say the same slot in two languages, sorted."""
    left, right = _positions(source, scene), _positions(target, scene)
    return sorted((i, j) for slot in left for i in left[slot] for j in right.get(slot, ()))


def _positions(grammar: Grammar, scene: Scene) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for position, token in enumerate(tokens_of(grammar, scene)):
        if token.slot and token.content:
            found[token.slot].append(position)
    return found


def _named(scene: Scene, word: str) -> str:
    """Replace the slots in "not action" by their concepts."""
    return " ".join(scene.said.get(part, part) for part in word.split())
