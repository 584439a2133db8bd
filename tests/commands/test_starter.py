import json

import numpy as np
import pytest
import yaml
from datasets import Dataset

from glotlift import world
from glotlift.commands import starter_scores
from glotlift.commands.main import REFUSED, main
from glotlift.commands.starter_card import notes, starter_card
from glotlift.commands.starter_scores import by_language, probe
from glotlift.training.schooling import StarterSize
from glotlift.training.starters import SIZES, folder_of

SMALL = StarterSize(width=32, layers=1, pieces=400, steps=4, documents=20, learning_rate=1e-3)
CHOSEN = "deu_Latn+eng_Latn=middle"
TIERS = {"deu_Latn": "high", "eng_Latn": "middle"}


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    """The output and the card of a starter of each kind, taught and measured in a moment."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setitem(SIZES, "tiny", SMALL)
        patch.setattr(starter_scores, "DOCUMENTS", 4)
        patch.setattr(starter_scores, "LESSONS", 60)
        for kind in ("decoder", "encoder", "seq2seq"):
            command = ["starter", kind, "--size", "tiny", "--languages", CHOSEN, "--rows", "24"]
            with pytest.MonkeyPatch.context() as printed:
                said = []
                printed.setattr("glotlift.commands.starter.print_json", said.append)
                assert main([*command, "--json"]) == 0
            card = folder_of(kind, "tiny", TIERS) / "README.md"
            made[kind] = json.loads(json.dumps(said[0])), card.read_text(encoding="utf-8")
    return made


@pytest.mark.parametrize("kind", ["decoder", "encoder", "seq2seq"])
def test_every_language_of_the_world_is_measured_with_its_tier(cards, kind):
    evidence, card = cards[kind]
    tiers = {row["language"]: row["tier"] for row in evidence["languages"]}
    assert tiers == dict.fromkeys(world.LANGUAGES, "unseen") | TIERS
    for row in evidence["languages"]:
        bits = row["bits_per_byte"]
        assert 0 < bits["low"] < bits["estimate"] < bits["high"]
        assert ("masked_accuracy" in row) == (kind == "encoder")
    assert "| English (eng_Latn) | middle | 4 |" in card


@pytest.mark.parametrize(
    ("kind", "tasks"),
    [
        ("decoder", {"topic", "cause", "facts"}),
        ("encoder", {"topic", "sentiment"}),
        ("seq2seq", {"translation"}),
    ],
)
def test_tasks_are_scored_against_chance_ceiling_and_a_control(cards, kind, tasks):
    evidence, card = cards[kind]
    assert {row["task"] for row in evidence["tasks"]} >= tasks
    for row in evidence["tasks"]:
        assert row["language"] in (*TIERS, "all")
        assert 0 <= row["chance"] < row["ceiling"]
        assert 0 <= row["score"]["estimate"] <= row["ceiling"]
        assert 0 <= row["control_score"] <= row["ceiling"]
        assert 1 < row["questions"] <= row["rows"]
        assert f"| {row['task']} | {row['language']} | {row['metric']} |" in card
    chances = {row["task"]: row["chance"] for row in evidence["tasks"]}
    assert chances.get("cause", 0.5) == 0.5
    assert chances.get("topic", 0.25) == 0.25
    assert chances.get("sentiment", 1 / 3) == 1 / 3


@pytest.mark.parametrize("kind", ["decoder", "encoder", "seq2seq"])
def test_the_card_says_what_it_is_and_what_it_cannot_do(cards, kind):
    evidence, card = cards[kind]
    front = yaml.safe_load(card.split("---")[1])
    assert front["language"] == ["de", "en"]
    assert front["library_name"] == "transformers"
    assert f"{evidence['model']['parameters']:,} parameters" in card
    assert evidence["model"]["parameters"] < 100_000
    assert evidence["schooling"]["steps"] == 4
    assert "## What it cannot do" in card
    assert all(note in card for note in evidence["notes"])
    assert f"glotlift starter {kind} --size tiny --languages {CHOSEN}" in card
    assert f'starter_address("starter:{kind}:tiny:{CHOSEN}")' in card


def test_a_card_is_the_same_whenever_it_is_written(cards):
    evidence, card = cards["decoder"]
    assert starter_card(evidence) == card


def test_a_language_that_is_not_in_is_refused(capsys):
    assert main(["starter", "decoder", "--languages", "all-zzz_Latn"]) == REFUSED
    assert capsys.readouterr().err.startswith("GL-TRAINING-012")


class Reader:
    """An encoder whose states are what the test says they are."""

    def __init__(self, vectors):
        self.vectors = vectors

    def encode(self, texts):
        return np.array([self.vectors[text] for text in texts], np.float32)


def test_a_probe_finds_what_is_linear_and_nothing_else():
    random = np.random.default_rng(0)
    texts = [f"text {number}" for number in range(400)]
    labels = ["ab"[number % 2] for number in range(400)]
    noise = {text: random.normal(size=5) for text in texts}
    told = {
        text: noise[text] + (label == "a") * np.array([4.0, 0, 0, 0, 0])
        for text, label in zip(texts, labels, strict=True)
    }
    rows = Dataset.from_dict({"text": texts, "label": labels})
    lessons, questions = rows.select(range(200)), rows.select(range(200, 400))
    assert probe(Reader(told), lessons, questions).mean() > 0.9
    assert 0.35 < probe(Reader(noise), lessons, questions).mean() < 0.65


def test_a_probe_chooses_among_the_options_only():
    texts = [f"text {number}" for number in range(30)]
    vectors = {text: np.eye(3)[number % 3] for number, text in enumerate(texts)}
    rows = {"prompt": texts, "options": [["x", "y"]] * 30, "answer": [0] * 30}
    taught = {"text": texts, "label": ["xyz"[number % 3] for number in range(30)]}
    scores = probe(Reader(vectors), Dataset.from_dict(taught), Dataset.from_dict(rows))
    assert scores[0::3].tolist() == [1.0] * 10
    assert scores[1::3].tolist() == [0.0] * 10


def test_rows_that_ask_the_same_are_one_question():
    scores = {"eng_Latn": (np.array([1.0, 1.0, 0.0]), np.zeros(3))}
    scores["deu_Latn"] = np.array([0.0, 0.0, 0.0]), np.ones(3)
    asked = {"eng_Latn": ["a", "a", "b"], "deu_Latn": ["x", "x", "y"]}
    own, other, over = by_language({"task": "t"}, asked, scores)
    assert (own["questions"], own["rows"], own["score"]["estimate"]) == (2, 3, 0.5)
    assert (other["score"]["estimate"], other["control_score"]) == (0.0, 1.0)
    assert (over["language"], over["questions"], over["score"]["estimate"]) == ("all", 2, 0.25)
    apart = by_language({"task": "t"}, asked, scores, together=False)[-1]
    assert (apart["questions"], apart["rows"]) == (4, 6)


def test_what_is_not_above_chance_is_named():
    def row(language, low, control):
        score = {"estimate": 0.6, "low": low, "high": 0.7}
        about = {"task": "cause", "metric": "accuracy", "chance": 0.5, "score": score}
        return {**about, "language": language, "control_score": control}

    tasks = [row("eng_Latn", 0.49, 0.1), row("deu_Latn", 0.51, 0.1), row("all", 0.51, 0.55)]
    said = "\n".join(notes("decoder", tasks))
    assert "Not separable from chance here: cause in eng_Latn." in said
    assert "The control does as well over all languages: cause (accuracy)." in said
    assert "chance" not in "\n".join(notes("decoder", tasks[1:2]))
