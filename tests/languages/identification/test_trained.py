"""Training, rejection, saving: on the sample world's languages, which are ours to copy."""

import json
from pathlib import Path

import numpy as np
import pytest

from glotlift import world
from glotlift.languages.identification import (
    Guess,
    TrainedIdentifier,
    combine,
    load_identifier,
    train_identifier,
)
from glotlift.languages.identification.calibration import (
    calibrate,
    expected_calibration_error,
    softmax,
)
from glotlift.languages.identification.features import ROWS, STARTS, grams
from glotlift.languages.identification.job import TrainIdentifierConfig, train_from_config
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError

CODES = world.LANGUAGES[:6]


@pytest.fixture(scope="module")
def texts() -> dict[str, list[str]]:
    return {code: list(world.documents(code, 120, seed=3, sentences=3)["text"]) for code in CODES}


@pytest.fixture(scope="module")
def trained(texts: dict[str, list[str]]) -> TrainedIdentifier:
    return train_identifier({code: own[:90] for code, own in texts.items()})


def test_new_texts_are_named(trained: TrainedIdentifier, texts: dict[str, list[str]]) -> None:
    for code, own in texts.items():
        named = [guess.language for guess in trained.identify(own[90:])]
        assert named.count(code) >= 0.9 * len(named), (code, named)


def test_a_language_left_out_is_rejected(texts: dict[str, list[str]]) -> None:
    rest = {code: own for code, own in texts.items() if code != CODES[-1]}
    named = [g.language for g in train_identifier(rest).identify(texts[CODES[-1]])]
    assert named.count("und") >= 0.8 * len(named), named


def test_texts_without_letters_have_no_language(trained: TrainedIdentifier) -> None:
    nothing = Guess("und", 0.0)
    assert trained.identify(["", "12 34 !!", "\n\n", "\ud800"]) == [nothing] * 4
    assert trained.identify([]) == []


def test_batches_do_not_matter(trained: TrainedIdentifier, texts: dict[str, list[str]]) -> None:
    every = [text for own in texts.values() for text in own[:20]]
    together = trained.identify(every)
    for text, guess in zip(every, together, strict=True):
        alone = trained.identify([text])[0]
        assert alone.language == guess.language
        assert alone.confidence == pytest.approx(guess.confidence, abs=1e-4)


def test_capitals_do_not_matter(trained: TrainedIdentifier, texts: dict[str, list[str]]) -> None:
    latin = next(own for code, own in texts.items() if code.endswith("Latn"))
    small = [text for text in latin[:20] if text.upper().lower() == text.lower()]
    assert small
    assert trained.identify(small) == trained.identify([text.upper() for text in small])


def test_saved_and_loaded_it_answers_the_same(
    trained: TrainedIdentifier, texts: dict[str, list[str]], tmp_path: Path
) -> None:
    loaded = load_identifier(trained.save(tmp_path / "mine"))
    every = [own[95] for own in texts.values()]
    for before, after in zip(trained.identify(every), loaded.identify(every), strict=True):
        assert before.language == after.language
        assert before.confidence == pytest.approx(after.confidence, abs=0.01)
    json.loads((tmp_path / "mine" / "identifier.json").read_text("utf-8"))
    assert {p.suffix for p in (tmp_path / "mine").iterdir()} == {".json", ".safetensors"}


def test_training_is_deterministic(texts: dict[str, list[str]]) -> None:
    small = {code: own[:30] for code, own in texts.items()}
    one, two = train_identifier(small), train_identifier(dict(reversed(small.items())))
    assert np.array_equal(one.table, two.table)
    assert one.calibration.to_json() == two.calibration.to_json()


def test_the_report_tells_all(trained: TrainedIdentifier) -> None:
    report = trained.report
    assert report["accuracy"] > 0.9
    assert report["rejected_when_left_out"] > 0.7
    assert report["expected_calibration_error"] < 0.1
    assert set(report["by_language"]) == set(CODES)
    assert report["by_length"]
    json.dumps(report)


def test_too_little_is_refused(texts: dict[str, list[str]]) -> None:
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-022"):
        train_identifier({CODES[0]: texts[CODES[0]]})
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-023"):
        train_identifier({CODES[0]: texts[CODES[0]], CODES[1]: ["a few words"]})


def test_what_is_no_identifier_is_refused(tmp_path: Path, trained: TrainedIdentifier) -> None:
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-021"):
        load_identifier(tmp_path)
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-026"):
        load_identifier(tmp_path / "nothing")
    trained.save(tmp_path / "cut")
    (tmp_path / "cut" / "identifier.safetensors").write_bytes(b"cut")
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-021"):
        load_identifier(tmp_path / "cut")


def test_the_job_writes_and_reports(texts: dict[str, list[str]], tmp_path: Path) -> None:
    values = {"samples": {code: code for code in CODES}, "output": str(tmp_path / "mine")}
    config = load_config(TrainIdentifierConfig, values, ["most_characters=20000"])
    report = train_from_config(config, lambda address, code: texts[address])
    assert json.loads((tmp_path / "mine" / "report.json").read_text("utf-8")) == report
    assert report["languages"] == len(CODES)
    assert load_identifier(tmp_path / "mine").languages == tuple(sorted(CODES))


class Fixed:
    """An identifier that always answers the same."""

    def __init__(self, answer: str, languages: tuple[str, ...]) -> None:
        self.name, self.languages, self._answer = "fixed", languages, answer

    def identify(self, texts: list[str]) -> list[Guess]:
        return [Guess(self._answer, 0.7) for _ in texts]


@pytest.mark.parametrize(
    ("wide", "own", "expected"),
    [
        ("eng_Latn", "pcm_Latn", "pcm_Latn"),  # the wide one cannot know pcm
        ("eng_Latn", "und", "eng_Latn"),
        ("und", "fra_Latn", "fra_Latn"),
        ("eng_Latn", "fra_Latn", "eng_Latn"),  # the wide one knows both
        ("und", "und", "und"),
    ],
)
def test_combined_the_trained_is_believed_where_it_alone_knows(
    wide: str, own: str, expected: str
) -> None:
    both = combine(Fixed(wide, ("eng_Latn", "fra_Latn")), Fixed(own, ("fra_Latn", "pcm_Latn")))
    assert [g.language for g in both.identify(["a", "b"])] == [expected] * 2
    assert both.languages == ("eng_Latn", "fra_Latn", "pcm_Latn")


def test_nothing_is_not_combined() -> None:
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-025"):
        combine()


def test_grams_stay_within_words_and_texts() -> None:
    def rows(*texts: str) -> list[tuple[int, int]]:
        return [
            (int(row), int(text))
            for found, owner in grams(texts)
            for row, text in zip(found, owner, strict=True)
        ]

    assert sorted(rows("ab cd")) == sorted({*rows("ab"), *rows("cd")} | set(rows("ab cd")))
    apart = rows("ab", "xyz")
    assert [r for r, text in apart if text == 0] == [r for r, _ in rows("ab")]
    assert [r for r, text in apart if text == 1] == [r for r, _ in rows("xyz")]
    assert rows("Ab, 12 CD!") == rows("ab cd ")
    assert all(0 <= r < STARTS[-1] + ROWS[-1] for r, _ in apart)


def test_calibration_finds_the_weights_that_made_the_data() -> None:
    draws = np.random.default_rng(0)
    n, languages = 6_000, 4
    means = draws.normal(size=(n, 4, languages)).astype(np.float32)
    counts = np.full((n, 4), 64)
    truth = np.array(
        [
            draws.choice(languages, p=p)
            for p in softmax(2.0 * means[:, 3].astype(np.float64) + 0.5 * means[:, 1])
        ]
    )
    found = calibrate(means, counts, truth)
    weights = np.exp(found.weights)
    assert weights[3] == pytest.approx(2.0, abs=0.2)
    assert weights[1] == pytest.approx(0.5, abs=0.1)
    assert weights[0] < 0.25
    chances = found.probabilities(means, counts)
    right = chances.argmax(1) == truth
    assert expected_calibration_error(chances.max(1), right) < 0.03


def test_the_calibration_error_of_certain_lies_is_one() -> None:
    wrong = np.zeros(10, bool)
    assert expected_calibration_error(np.ones(10), wrong) == 1
    assert expected_calibration_error(np.ones(10), ~wrong) == 0
