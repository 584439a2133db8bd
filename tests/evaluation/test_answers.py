import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evaluation.answers import answer_scores, answer_words
from glotlift.runs.errors import GlotliftError

CODES = ("eng_Latn", "arb_Arab", "hin_Deva", "tha_Thai", "jpn_Jpan", "yor_Latn")


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        ("eng_Latn", "The theatre, an anthem!", ["theatre", "anthem"]),
        ("arb_Arab", "الكتاب، عالم", ["الكتاب", "عالم"]),  # MLQA's rule would leave كتاب and ع م
        ("fra_Latn", "A the an", ["a", "the", "an"]),
        ("yor_Latn", "Ó dé ilé.", ["ó", "dé", "ilé"]),
        ("tha_Thai", "วัน ดี", ["วั", "น", "ดี"]),
        ("jpn_Jpan", "東京、日本", ["東", "京", "日", "本"]),
        ("swh_Latn", "$5 + 3", ["5", "3"]),
    ],
)
def test_words_that_count(code, text, words):
    assert answer_words(text, code) == words


def test_the_best_reference_counts():
    exact, f1 = answer_scores(["red fox", "fox"], [["fox", "red fox"], ["red fox"]], "eng_Latn")
    assert exact.tolist() == [1, 0]
    assert f1.tolist() == [1, pytest.approx(2 / 3)]


def test_no_answer_is_right_where_none_is():
    exact, f1 = answer_scores(["", "a", "x"], [[""], [""], [""]], "eng_Latn")
    assert exact.tolist() == f1.tolist() == [1, 1, 0]


@given(st.sampled_from(CODES), st.text(max_size=30), st.text(max_size=30))
def test_f1_is_symmetric_and_one_for_itself(code, one, other):
    (left,), (right,) = (
        answer_scores([a], [[b]], code).f1 for a, b in ((one, other), (other, one))
    )
    assert left == right
    assert 0 <= left <= 1
    assert answer_scores([one], [[one]], code).exact[0] == 1


def test_refusals():
    for answers, references, code in (
        (["a"], [["a"], ["b"]], "GL-EVALUATION-005"),
        ([], [], "GL-EVALUATION-005"),
        (["a", "b"], [["a"], []], "GL-EVALUATION-050"),
    ):
        with pytest.raises(GlotliftError) as error:
            answer_scores(answers, references, "eng_Latn")
        assert error.value.code == code
