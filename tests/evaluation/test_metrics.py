import unicodedata

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF

from glotlift.evaluation.metrics import (
    bleu,
    bleu_tokenizer,
    chrf,
    chrf_rows,
    exact_match,
    installed,
)
from glotlift.runs.errors import GlotliftError

WRITTEN = ["the cat sat on a mat", "a dog barked"]
REFERENCE = ["the cat sat on the mat", "the dog barked loudly"]


def test_chrf_is_recorded_and_agrees_with_sacrebleu() -> None:
    figure = chrf(WRITTEN, REFERENCE)
    assert figure.score == pytest.approx(57.497976679587225, abs=1e-9)
    direct = CHRF(word_order=2).corpus_score(WRITTEN, [REFERENCE]).score
    assert figure.score == pytest.approx(direct, abs=1e-9)
    assert "nw:2" in figure.signature  # chrF++, not chrF
    assert figure.score != pytest.approx(CHRF().corpus_score(WRITTEN, [REFERENCE]).score)


def test_rows_of_chrf_are_recorded() -> None:
    assert chrf_rows(WRITTEN, REFERENCE) == pytest.approx(
        [67.4443505016402, 45.686151808909614], abs=1e-9
    )


def test_bleu_is_recorded_and_agrees_with_sacrebleu() -> None:
    figure = bleu(WRITTEN, REFERENCE, "eng_Latn")
    assert figure.score == pytest.approx(44.15034607719596, abs=1e-9)
    assert figure.score == pytest.approx(BLEU().corpus_score(WRITTEN, [REFERENCE]).score, abs=1e-9)
    assert "tok:13a" in figure.signature


@pytest.mark.parametrize(
    ("code", "written", "reference", "score", "tokenizer"),
    [
        (
            "zho_Hans",
            "今天天气很好,我们去公园",
            "今天天气很好,我们去了公园",
            79.78973106703806,
            "zh",
        ),
        ("hin_Deva", "वह घर गया।", "वह घर चला गया।", 35.1862973998119, "intl"),
    ],
)
def test_bleu_knows_words_where_13a_sees_none(
    code: str, written: str, reference: str, score: float, tokenizer: str
) -> None:
    figure = bleu([written], [reference], code)
    assert figure.score == pytest.approx(score, abs=1e-9)
    assert f"tok:{tokenizer}" in figure.signature
    assert BLEU(tokenize="13a").corpus_score([written], [[reference]]).score == 0


@pytest.mark.parametrize(
    "code",
    [
        "zho_Hans",
        "zho_Hant",
        "yue_Hant",
        "jpn_Jpan",
        "tha_Thai",
        "khm_Khmr",
        "mya_Mymr",
        "lao_Laoo",
        "bod_Tibt",
    ],
)
def test_unspaced_scripts_never_get_13a(code: str) -> None:
    assert bleu_tokenizer(code) in {"zh", "char", "ja-mecab"}


def test_tokenizers_of_spaced_languages() -> None:
    assert bleu_tokenizer("yor_Latn") == "13a"
    assert bleu_tokenizer("rus_Cyrl") == "intl"
    assert bleu_tokenizer("kor_Hang") in {"intl", "ko-mecab"}


@pytest.mark.skipif(installed("MeCab", "ipadic"), reason="MeCab is installed")
def test_japanese_without_mecab_is_scored_by_character() -> None:
    assert bleu_tokenizer("jpn_Jpan") == "char"


def test_same_text_scores_a_hundred_and_another_next_to_nothing() -> None:
    assert chrf(REFERENCE, REFERENCE).score == pytest.approx(100)
    assert chrf(["zzz"], ["the cat"]).score == 0


def test_exact_match_looks_past_form_and_white_space() -> None:
    written = [unicodedata.normalize("NFD", "é  a "), "b"]
    assert np.array_equal(exact_match(written, ["é a", "B"]), [1.0, 0.0])


@pytest.mark.parametrize("sides", [([], []), (["a"], ["a", "b"])])
def test_texts_that_do_not_pair_are_refused(sides: tuple[list[str], list[str]]) -> None:
    for metric in (chrf, chrf_rows, exact_match):
        with pytest.raises(GlotliftError) as error:
            metric(*sides)
        assert error.value.code == "GL-EVALUATION-005"
