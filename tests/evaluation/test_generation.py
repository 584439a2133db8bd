import pytest
from datasets import Dataset

from glotlift.clients.local import LocalModel
from glotlift.clients.scripted import ScriptedModel
from glotlift.evaluation.generation import evaluate_generation, few_shot
from glotlift.runs.errors import GlotliftError

PAIRS = [
    ("the cat sees a dog", "die Katze sieht einen Hund"),
    ("the house is red", "das Haus ist rot"),
]


def rows(language: str = "deu_Latn") -> Dataset:
    return Dataset.from_list(
        [
            {
                "id": str(number),
                "language": language,
                "source_language": "eng_Latn",
                "source_text": source,
                "text": target,
            }
            for number, (source, target) in enumerate(PAIRS)
        ]
    )


def translator(prompt: str) -> str:
    """Return the right German for the last English line."""
    source = prompt.splitlines()[-2].removeprefix("English: ")
    return f" {dict(PAIRS)[source]}\nEnglish: something else"


def test_gold_scores_a_hundred() -> None:
    result = evaluate_generation(ScriptedModel(reply=translator), rows())
    assert result.outputs == [target for _, target in PAIRS]
    assert result.chrf.score == pytest.approx(100)
    assert result.bleu.score == pytest.approx(100)
    assert result.chrf_rows == pytest.approx([100, 100])
    assert result.exact_rows.tolist() == [1, 1]
    assert result.ids == ["0", "1"]


def test_controls_fall_behind() -> None:
    other = dict(zip([s for s, _ in PAIRS], [t for _, t in reversed(PAIRS)], strict=True))
    shuffled = ScriptedModel(
        reply=lambda prompt: other[prompt.splitlines()[-2].removeprefix("English: ")]
    )
    result = evaluate_generation(shuffled, rows())
    assert result.chrf.score < 40
    assert result.copy.score < 40
    silent = evaluate_generation(ScriptedModel(reply=lambda prompt: ""), rows())
    assert silent.chrf.score == 0
    assert silent.bleu.score == 0


def test_prompt_shows_examples_and_ends_with_the_question() -> None:
    prompt = few_shot(rows().select([1]))(rows()[0])
    assert prompt == (
        "English: the house is red\nGerman: das Haus ist rot\n\n"
        "English: the cat sees a dog\nGerman:"
    )


def test_a_prompt_of_ones_own() -> None:
    seen: list[str] = []

    def reply(prompt: str) -> str:
        seen.append(prompt)
        return "x"

    evaluate_generation(ScriptedModel(reply=reply), rows(), prompt=lambda row: row["source_text"])
    assert seen == [source for source, _ in PAIRS]


def test_a_real_model_answers_in_order(tiny) -> None:
    client = LocalModel(*tiny("causal"))
    result = evaluate_generation(
        client, rows(), max_new_tokens=4, prompt=lambda row: row["source_text"]
    )
    alone = client.generate([PAIRS[1][0]], max_new_tokens=4, stop=("\n",))
    assert result.outputs[1] == alone[0].strip()


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (rows().select([]), "GL-EVALUATION-006"),
        (rows().remove_columns("text"), "GL-EVALUATION-007"),
        (
            Dataset.from_list([*rows().to_list(), *rows("fra_Latn").to_list()]),
            "GL-EVALUATION-010",
        ),
    ],
)
def test_refusals(bad: Dataset, code: str) -> None:
    with pytest.raises(GlotliftError) as error:
        evaluate_generation(ScriptedModel(reply=translator), bad)
    assert error.value.code == code
