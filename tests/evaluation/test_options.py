import numpy as np
import pytest
from datasets import Dataset

from glotlift.clients.local import LocalModel
from glotlift.clients.scripted import ScriptedModel
from glotlift.evaluation.options import evaluate_options
from glotlift.runs.errors import GlotliftError


def task(rows: int = 40, language: str = "eng_Latn") -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset.from_list(
        [
            {
                "id": f"q{number}",
                "language": language,
                "prompt": f"question {number}",
                "options": ["red", "a longer answer", "blue", "green"],
                "answer": int(rng.integers(4)),
            }
            for number in range(rows)
        ]
    )


def knowing(rows: Dataset) -> ScriptedModel:
    """Return a client that finds the right option of each prompt likeliest."""
    right = {row["prompt"]: row["options"][row["answer"]] for row in rows}
    return ScriptedModel(
        likelihood=lambda context, text: 0.0 if right.get(context) == text.strip() else -500.0
    )


def permuted(rows: Dataset) -> Dataset:
    answers = np.random.default_rng(1).permutation(rows["answer"]).tolist()
    return rows.remove_columns("answer").add_column("answer", answers)


def test_gold_scores_one_and_permuted_labels_chance() -> None:
    rows = task(400)
    client = knowing(rows)
    result = evaluate_options(client, rows)
    assert result.accuracy == 1.0
    assert result.chance == 0.25
    assert result.chosen.tolist() == rows["answer"]
    assert abs(evaluate_options(client, permuted(rows)).accuracy - 0.25) < 0.08


def test_majority_is_that_of_the_answers() -> None:
    rows = task(400)
    assert evaluate_options(knowing(rows), rows).majority == np.bincount(rows["answer"]).max() / 400


def test_normalisation_takes_length_away() -> None:
    rows = task(4)
    flat = ScriptedModel(likelihood=lambda context, text: -float(len(text.strip())) - 5)
    chosen = {
        how: set(evaluate_options(flat, rows, normalise=how).chosen.tolist())
        for how in ("sum", "bytes", "tokens")
    }
    assert chosen == {"sum": {0}, "bytes": {1}, "tokens": {1}}


def test_bytes_are_those_of_utf8() -> None:
    rows = Dataset.from_list(
        [
            {
                "id": "0",
                "language": "zho_Hans",
                "prompt": "问",
                "options": ["好好", "abc"],
                "answer": 0,
            }
        ]
    )
    result = evaluate_options(ScriptedModel(likelihood=lambda context, text: -6.0), rows)
    assert result.scores == [[-1.0, -2.0]]


def test_spaced_languages_get_a_space_and_others_none() -> None:
    asked: list[tuple[str, str]] = []

    def listen(context: str, text: str) -> float:
        asked.append((context, text))
        return -1.0

    for language in ("eng_Latn", "zho_Hans"):
        evaluate_options(ScriptedModel(likelihood=listen), task(1, language))
    assert asked[0] == ("question 0", " red")
    assert asked[4] == ("question 0", "red")


def test_a_blind_scorer_sees_no_prompt() -> None:
    rows = task()
    assert evaluate_options(knowing(rows), rows).accuracy == 1.0
    assert evaluate_options(knowing(rows), rows, blind=True).accuracy < 0.6


def test_a_trained_model_beats_its_controls(tiny) -> None:
    """A small real model that saw the answers chooses them, and not permuted ones."""
    import torch

    model, tokenizer = tiny("causal")
    state = {name: values.clone() for name, values in model.state_dict().items()}
    pairs = [("the cat sees", " a dog"), ("a dog sees", " the bird"), ("the bird sees", " a cat")]
    options = [text.strip() for _, text in pairs]
    rows = Dataset.from_list(
        [
            {
                "id": str(n),
                "language": "eng_Latn",
                "prompt": context,
                "options": options,
                "answer": n,
            }
            for n, (context, _) in enumerate(pairs)
        ]
    )
    texts = tokenizer(
        [context + text for context, text in pairs], padding=True, return_tensors="pt"
    )
    labels = texts["input_ids"].masked_fill(texts["attention_mask"] == 0, -100)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    model.train()
    for _ in range(60):
        optimiser.zero_grad()
        inputs = {name: texts[name] for name in ("input_ids", "attention_mask")}
        model(**inputs, labels=labels).loss.backward()
        optimiser.step()
    model.eval()
    client = LocalModel(model, tokenizer)
    for how in ("sum", "tokens", "bytes"):
        assert evaluate_options(client, rows, normalise=how).accuracy == 1.0
    wrong = rows.remove_columns("answer").add_column("answer", [1, 2, 0])
    assert evaluate_options(client, wrong).accuracy == 0.0
    assert evaluate_options(client, rows, blind=True).accuracy == pytest.approx(1 / 3)
    model.load_state_dict(state)


@pytest.mark.parametrize(
    ("rows", "options", "code"),
    [
        (task().select([]), {}, "GL-EVALUATION-006"),
        (task().remove_columns("answer"), {}, "GL-EVALUATION-007"),
        (task(1).remove_columns("answer").add_column("answer", [4]), {}, "GL-EVALUATION-008"),
        (task(1).remove_columns("answer").add_column("answer", [-1]), {}, "GL-EVALUATION-008"),
        (task(1), {"normalise": "words"}, "GL-EVALUATION-009"),
    ],
)
def test_refusals(rows: Dataset, options: dict[str, str], code: str) -> None:
    with pytest.raises(GlotliftError) as error:
        evaluate_options(ScriptedModel(likelihood=lambda a, b: 0.0), rows, **options)
    assert error.value.code == code
