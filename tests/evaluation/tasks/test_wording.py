import string

import pytest

from glotlift import world
from glotlift.evaluation.tasks.kinds import VECTORS, WORLD
from glotlift.evaluation.tasks.sources import task_source
from glotlift.evaluation.tasks.wording import catalogue, name_in, said_names, wordings
from glotlift.languages import language

COLUMNS = {
    "sentiment": {"text"}, "topic": {"text"}, "nli": {"premise", "hypothesis"},
    "choice": {"prompt"}, "questions": {"context", "question"}, "arithmetic": {"text"},
    "translation": {"source_text"}, "summaries": {"text"}, "instructions": {"prompt"},
    "names": {"text"}, "tags": {"tokens"}, "intents": {"text"}, "dialogue": {"prompt"},
}  # fmt: skip
FREE = {"options", "source_name", "target_name"}
SPOKEN = sorted({language(code).iso639_3 for code in world.LANGUAGES})


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_formulation_shows_all_that_is_needed_and_names_nothing_else(kind):
    for spoken, templates in catalogue()[kind]["prompts"].items():
        assert len(set(templates)) == len(templates) == 3, (kind, spoken)
        for template in templates:
            named = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            assert COLUMNS[kind] <= named <= COLUMNS[kind] | FREE, (kind, spoken, template)


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_language_of_the_world_has_its_own_words(kind):
    prompts = catalogue()[kind]["prompts"]
    assert sorted(prompts) == SPOKEN
    assert len({tuple(own) for own in prompts.values()}) == len(prompts)
    words = catalogue()[kind].get("words", {})
    if words:
        assert sorted(words) == SPOKEN
        assert all(own.keys() == words["eng"].keys() for own in words.values())
        assert all(len(set(own.values())) == len(own) for own in words.values())


@pytest.mark.parametrize("name", [name for name, kind in WORLD.items() if kind not in VECTORS])
@pytest.mark.parametrize("code", ["eng_Latn", "hin_Deva", "zho_Hans"])
def test_rows_of_the_world_are_asked(name, code):
    source = task_source(f"world:{name}")
    rows = source.rows(code, 3)
    for wording in wordings(source.kind, code):
        for row in rows:
            question = wording.ask(row, list(rows)[:1])
            assert "{" not in question.prompt
            assert question.right
            if question.options:
                assert question.options[question.answer].strip() == question.right.strip()


def test_demonstrations_stand_before_with_their_answers():
    rows = list(task_source("world:sentiment").rows("eng_Latn", 2))
    wording = wordings("sentiment", "eng_Latn")[0]
    question = wording.ask(rows[0], rows[1:])
    shown, asked = question.prompt.split("\n\n")
    assert shown.endswith(f"Answer: {rows[1]['label']}")
    assert asked.endswith("Answer:")
    assert (
        rows[0]["label"] not in asked.split("Is this text")[0]
        or rows[0]["label"] in rows[0]["text"]
    )


def test_braces_in_data_are_left_alone():
    row = {"id": "1", "text": "{label} {text}", "label": "positive"}
    assert "{label} {text}" in wordings("sentiment", "eng_Latn")[0].ask(row).prompt


def test_instructions_in_other_languages():
    target = wordings("nli", "hin_Deva")[0]
    english = wordings("nli", "hin_Deva", instructions="english")[0]
    strange = wordings("nli", "yor_Latn")[0]
    translated = wordings(
        "nli", "yor_Latn", instructions="translated", translate=lambda text, code: f"{code}:{text}"
    )[0]
    assert (target.spoken, english.spoken, strange.spoken) == ("hin", "eng", "eng")
    assert english.template == strange.template
    assert translated.template == f"yor_Latn:{english.template}"


def test_names_of_languages_and_of_people():
    assert name_in("hin_Deva", "es") == "hindi"
    assert name_in("deu_Latn", "de") == "Deutsch"
    assert said_names(["Ada", "Lee", "in", "Rome"], ["B-PER", "I-PER", "O", "B-LOC"]) == (
        "PER: Ada Lee; LOC: Rome"
    )
    assert said_names(["a"], ["O"]) == "–"
