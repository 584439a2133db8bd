import pytest

from glotlift.clients import ScriptedModel
from glotlift.evaluation.tasks.config import EvaluateConfig
from glotlift.evaluation.tasks.instructions import translator
from glotlift.evaluation.tasks.running import evaluate
from glotlift.evaluation.tasks.wording import wordings
from glotlift.runs.errors import GlotliftError


def backwards(prompt):
    """Return what a client writes that translates by putting words of its own around the text."""
    text = prompt.split("\n", 1)[1].rsplit("\nTranslation:", 1)[0]
    return f" «{text}»\n\nmore"


def test_every_text_is_asked_for_once_and_keeps_its_places():
    asked = []

    def reply(prompt):
        asked.append(prompt)
        return backwards(prompt)

    translate = translator(ScriptedModel(reply=reply))
    for _ in range(2):
        made = wordings("nli", "yor_Latn", instructions="translated", translate=translate)
    assert made[0].template.startswith("«{premise}")
    assert made[0].words["entailment"] == "«true»"
    assert len(asked) == 3 + 3  # templates and labels
    assert "Yoruba" in asked[0]


def test_lost_places_are_refused():
    translate = translator(ScriptedModel(reply=lambda _: "ibeere"))
    with pytest.raises(GlotliftError) as error:
        wordings("nli", "yor_Latn", instructions="translated", translate=translate)
    assert error.value.code == "GL-EVALUATION-053"


def test_without_a_translator_it_is_refused_and_not_asked_in_english():
    with pytest.raises(GlotliftError) as error:
        wordings("nli", "yor_Latn", instructions="translated")
    assert error.value.code == "GL-EVALUATION-054"


def test_an_evaluation_asks_in_translated_words(tmp_path):
    client = ScriptedModel(reply=backwards, likelihood=lambda *_: 0.0)
    config = EvaluateConfig(
        model="m", tasks=["world:nli"], languages=["hin_Deva"], rows=3, instructions="translated"
    )
    found = evaluate(client, config, tmp_path, translate=translator(client))
    assert found["tasks"][0]["instructions"] == "hin"
    samples = (tmp_path / "samples" / "nli.hin_Deva.0.jsonl").read_text()
    assert "\\u00ab" in samples
