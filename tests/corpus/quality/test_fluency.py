import random
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.corpus.quality.codepoints import encode
from glotlift.corpus.quality.fluency import (
    MINIMUM_CHARACTERS,
    Table,
    load_character_model,
    train_character_model,
)
from glotlift.runs.errors import GlotliftError


@pytest.fixture(scope="module")
def texts():
    return list(world.documents("tur_Latn", 60, seed=1)["text"])


@pytest.fixture(scope="module")
def model(texts):
    return train_character_model(texts)


def chance(model, context, character):
    batch = encode([context + character])
    return 2 ** model.log_chances(batch)[len(context)]


@settings(deadline=None, max_examples=20)
@given(st.data())
def test_chances_sum_to_one_after_any_context(texts, model, data):
    alphabet = sorted({c for text in texts for c in text.replace("\n", " ")} | {" "} - {"0"})
    some = data.draw(st.sampled_from(texts))
    start = data.draw(st.integers(0, len(some) - 5))
    context = data.draw(st.sampled_from([some[start : start + 4], "", "q", "çç", "\u4e00a"]))
    known = {c for c in alphabet if not c.isdigit()} | {"0"} & set("".join(texts))
    total = sum(chance(model, context, c) for c in known)
    unknown = chance(model, context, "\u4e00")
    # Line ends are spaces of the model; what remains is one unknown character.
    assert total + unknown * (model.vocabulary - len(known)) == pytest.approx(1, abs=1e-5)


def witten_bell(texts, order):
    """The formula of the model as a plain recursion over counts."""
    follow = defaultdict(Counter)
    for text in texts:
        for i, character in enumerate(text):
            for size in range(min(order, i + 1)):
                follow[text[i - size : i], size][character] += 1
    size_of = len({c for text in texts for c in text}) + 1

    def chance(context, character):
        shorter = chance(context[1:], character) if context else 1 / size_of
        seen = follow.get((context, len(context)))
        if not seen:
            return shorter
        return (seen[character] + len(seen) * shorter) / (seen.total() + len(seen))

    return chance


def test_chances_are_those_of_the_formula():
    draw = random.Random(3)
    texts = ["".join(draw.choices("abcd ", (9, 5, 2, 1, 4), k=300)) + " " for _ in range(4)]
    model = train_character_model(texts, order=3)
    # Training reads the line end behind each text as one more space.
    plain = witten_bell([text + " " for text in texts], 3)
    for text in ("abcd abba", "dddd", "a!b", "c"):
        expected = [-np.log2(plain(text[max(i - 2, 0) : i], c)) for i, c in enumerate(text)]
        assert model.bits([text])[0] == pytest.approx(np.mean(expected), rel=1e-4)


def test_fluent_text_has_fewer_bits_than_its_letters_and_words_at_random(model):
    fluent = list(world.documents("tur_Latn", 20, seed=2, split="test")["text"])
    draw = random.Random(0)
    salad = [" ".join(draw.sample(text.split(), len(text.split()))) for text in fluent]
    noise = ["".join(draw.sample(text, len(text))) for text in fluent]
    bits = [model.bits(each) for each in (fluent, salad, noise)]
    assert (bits[0] < bits[1]).all()
    assert (bits[1] + 1 < bits[2]).all()


def test_a_text_costs_the_same_alone_and_in_company(texts, model):
    together = model.bits([*texts[:3], "", "x"])
    alone = [model.bits([text])[0] for text in [*texts[:3], "", "x"]]
    assert np.array_equal(together, alone, equal_nan=True)
    assert np.isnan(together).tolist() == [False] * 3 + [True, False]


def test_a_model_survives_a_file(tmp_path, texts, model):
    model.save(tmp_path / "model.npz")
    loaded = load_character_model(tmp_path / "model.npz")
    assert np.array_equal(loaded.bits(texts), model.bits(texts))


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, 2**64 - 1), max_size=60), st.lists(st.integers(0, 2**64 - 1)))
def test_tables_find_what_they_hold(keys, others):
    held = np.array(sorted(keys), np.uint64)
    table = Table(held, np.zeros(len(held), np.float32))
    wanted = [*sorted(keys), *others]
    found = table.find(np.array(wanted, np.uint64))
    index = {key: i for i, key in enumerate(sorted(keys))}
    assert found.tolist() == [index.get(key, -1) for key in wanted]


def test_errors_are_coded(tmp_path):
    with pytest.raises(GlotliftError, match="GL-CORPUS-043"):
        train_character_model(["a" * (MINIMUM_CHARACTERS - 2)])
    (tmp_path / "model.npz").write_bytes(b"no")
    with pytest.raises(GlotliftError, match="GL-CORPUS-042"):
        load_character_model(tmp_path / "model.npz")
