import numpy as np
import pytest

from glotlift.clients.scripted import ScriptedModel
from glotlift.runs.errors import GlotliftError


def test_it_answers_as_told() -> None:
    client = ScriptedModel(
        reply=lambda prompt: prompt.upper() + "\nmore",
        likelihood=lambda context, text: -float(len(text)),
        vector=lambda text: [len(text), 1.0],
    )
    assert client.generate(["ab"], max_new_tokens=9, stop=["\n"]) == ["AB"]
    assert client.generate(["ab"], max_new_tokens=1) == ["A"]
    scores = client.score(["x", "x"], ["ab", "c"])
    assert scores.log_probabilities.tolist() == [-2, -1]
    assert scores.tokens.tolist() == [2, 1]
    assert np.array_equal(client.encode(["abc"]), [[3, 1]])


def test_what_it_was_not_told_it_refuses() -> None:
    client = ScriptedModel()
    for call in (
        lambda: client.generate(["a"], max_new_tokens=1),
        lambda: client.score(["a"], ["b"]),
        lambda: client.encode(["a"]),
    ):
        with pytest.raises(GlotliftError) as error:
            call()
        assert error.value.code == "GL-CLIENT-006"
