"""What words mean: questions that give nothing away, and models whose answers are known."""

from collections import Counter

import numpy as np
import pytest
from datasets import Dataset

from glotlift.clients.scripted import ScriptedModel
from glotlift.evaluation.shortcuts import shortcut_accuracies
from glotlift.probing.word_meanings import (
    WORDINGS,
    agreement,
    meaning_questions,
    meanings_known,
    pairs_known,
)
from glotlift.probing.word_pairs import FALSE_COGNATE, NON_COGNATE
from glotlift.runs.errors import GlotliftError

CODES = {"source_language": "deu_Latn", "language": "eng_Latn"}
FRIENDS = [("gift", "poison", "present"), ("rot", "red", "decay"), ("hut", "hat", "house")]
SAME = [("haus", "house2", "home"), ("hund", "dog", "dog"), ("baum", "tree", "tree")]
ROWS = Dataset.from_list(
    [
        CODES | {"id": word, "source_word": word, "word": word, "type": FALSE_COGNATE}
        for word, *_ in FRIENDS
    ]
    + [
        CODES | {"id": one, "source_word": one, "word": other, "type": NON_COGNATE}
        for one, other, _ in SAME
    ]
)
MEANINGS = {
    **{("deu_Latn", word): first for word, first, _ in FRIENDS},
    **{("eng_Latn", word): second for word, _, second in FRIENDS},
    **{("deu_Latn", one): said for one, _, said in SAME},
    **{("eng_Latn", other): said for _, other, said in SAME},
}


def knowing(*codes: str) -> ScriptedModel:
    """Return a model that knows the words of some languages, and takes others for those."""
    names = {"deu_Latn": "German", "eng_Latn": "English"}

    def likelihood(context: str, option: str) -> float:
        asked = context.rpartition("\n")[2]
        known = [code for code in codes if names[code] in asked] or list(codes)
        return float(
            any(
                (f"“{word}”" in asked or asked.startswith(f"{word} (")) and said == option.strip()
                for (code, word), said in MEANINGS.items()
                if code in known
            )
        )

    return ScriptedModel(likelihood=likelihood)


def test_questions_are_about_both_words_in_every_wording() -> None:
    questions = meaning_questions(ROWS, MEANINGS, shots=2)
    assert len(questions) == 2 * len(ROWS) * len(WORDINGS)
    assert Counter(questions["answer"]).keys() == {0, 1}
    for row in questions:
        word = row["word_language"], row["word"]
        assert row["options"][row["answer"]] == MEANINGS[word]
        *shown, asked = row["prompt"].split("\n")
        assert len(shown) == 2
        assert row["word"] in asked
        assert not any(MEANINGS[word] == line.split()[-1] for line in shown)
    wrong = {
        (row["word_language"], row["word"]): row["options"][1 - row["answer"]] for row in questions
    }
    assert wrong["deu_Latn", "gift"] == "present"
    assert wrong["eng_Latn", "gift"] == "poison"
    assert wrong["deu_Latn", "hund"] != "dog"


def test_no_shots() -> None:
    questions = meaning_questions(ROWS, MEANINGS, shots=0)
    assert all("\n" not in prompt for prompt in questions["prompt"])


def test_who_knows_both_languages_is_always_right() -> None:
    questions = meaning_questions(ROWS, MEANINGS, shots=1)
    known = meanings_known(knowing("deu_Latn", "eng_Latn"), questions)
    assert set(known.values()) == {1.0}


def test_who_reads_homographs_in_one_language_is_wrong_in_the_other() -> None:
    questions = meaning_questions(ROWS, MEANINGS, shots=1).filter(
        lambda row: row["type"] == FALSE_COGNATE
    )
    known = meanings_known(knowing("deu_Latn"), questions)
    assert {code: {known[code, word] for word, *_ in FRIENDS} for code in CODES.values()} == {
        "deu_Latn": {1.0},
        "eng_Latn": {0.0},
    }


def test_place_of_the_answer_says_nothing() -> None:
    many = Dataset.from_list(
        [
            CODES | {"id": f"{n}", "source_word": f"d{n}", "word": f"e{n}", "type": FALSE_COGNATE}
            for n in range(150)
        ]
    )
    said = {(code, f"{c}{n}"): f"{c} {n}" for n in range(150) for code, c in
            (("deu_Latn", "d"), ("eng_Latn", "e"))}  # fmt: skip
    found = [
        meaning_questions(many, said, shots=0, wordings=WORDINGS[:1], seed=seed) for seed in (0, 1)
    ]
    accuracies = shortcut_accuracies(*found, reads=["options"], answer="answer")
    assert abs(accuracies["options: position"] - 0.5) < 0.08


def test_tasks_agree_word_by_word() -> None:
    one = {("eng_Latn", f"w{n}"): float(n % 2) for n in range(40)}
    assert agreement(one, one).estimate == pytest.approx(1)
    assert agreement(one, {word: 1 - value for word, value in one.items()}).estimate == (
        pytest.approx(-1)
    )
    other = {word: float(n // 2 % 2) for n, word in enumerate(one)}
    found = agreement(one, other)
    assert found.estimate == pytest.approx(0)
    assert found.low < 0 < found.high
    assert agreement(one, dict.fromkeys(one, 1.0)).estimate == 0


def test_a_word_has_the_mean_of_its_pairs() -> None:
    known = pairs_known(ROWS, np.arange(6) < 3)
    assert known["deu_Latn", "gift"] == known["eng_Latn", "gift"] == 1
    assert known["deu_Latn", "baum"] == 0


def test_what_cannot_be_asked() -> None:
    with pytest.raises(GlotliftError, match="GL-PROBING-084"):
        meaning_questions(ROWS, {})
    with pytest.raises(GlotliftError, match="GL-PROBING-085"):
        meaning_questions(ROWS, MEANINGS, shots=20)
    with pytest.raises(GlotliftError, match="GL-PROBING-086"):
        agreement({}, {})
