import pytest

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import audit, extend, segment, vocabulary_report

from .vocabulary_samples import KINDS, SOURCE, TELUGU, trained

TEXTS = {"eng_Latn": SOURCE[:50], "tel_Telu": TELUGU[:50], "jpn_Jpan": ["日本語です。"] * 20}


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_those_of_plain_encoding(kind):
    tokenizer = trained(kind)
    for row in vocabulary_report(tokenizer, TEXTS):
        texts = TEXTS[row["language"]]
        ids = [
            number
            for text in texts
            for number in tokenizer(text, add_special_tokens=False).input_ids
        ]
        assert row["tokens"] == len(ids)
        assert row["sentences"] == len(texts)
        assert row["bytes"] == sum(len(text.encode()) for text in texts)
        assert row["bytes_per_token"] == pytest.approx(row["bytes"] / len(ids))
        unknown = ids.count(tokenizer.unk_token_id) if tokenizer.unk_token else 0
        assert row["unknown_fraction"] == pytest.approx(unknown / len(ids))


def test_fertility_is_tokens_per_word_where_words_are_spaced():
    rows = {row["language"]: row for row in vocabulary_report(trained("bpe"), TEXTS)}
    english, japanese = rows["eng_Latn"], rows["jpn_Jpan"]
    assert english["words"] == sum(len(text.split()) for text in SOURCE[:50])
    assert english["fertility"] == pytest.approx(english["tokens"] / english["words"])
    assert japanese["words"] is None
    assert japanese["fertility"] is None


def test_byte_fallback_counts_pieces_that_hold_no_whole_character():
    for kind in ("bpe", "unigram"):
        rows = {row["language"]: row for row in vocabulary_report(trained(kind), TEXTS)}
        assert rows["eng_Latn"]["byte_fallback_fraction"] == 0
        assert rows["jpn_Jpan"]["byte_fallback_fraction"] > 0.8


def test_parity_compares_equal_numbers_of_sentences_only():
    rows = {
        row["language"]: row
        for row in vocabulary_report(trained("bpe"), TEXTS, parity_to="eng_Latn")
    }
    english, telugu = rows["eng_Latn"], rows["tel_Telu"]
    assert english["parity"] == 1.0
    assert telugu["parity"] == pytest.approx(telugu["tokens"] / english["tokens"])
    assert rows["jpn_Jpan"]["parity"] is None


def test_parity_to_a_language_without_text_is_refused():
    with pytest.raises(GlotliftError) as error:
        vocabulary_report(trained("bpe"), TEXTS, parity_to="fra_Latn")
    assert error.value.code == "GL-VOCABULARY-030"


def test_no_text_divides_by_nothing():
    (row,) = vocabulary_report(trained("bpe"), {"eng_Latn": []})
    assert row["tokens"] == 0
    assert row["fertility"] is None
    assert row["bytes_per_token"] is None


def test_an_unchanged_tokenizer_changes_no_sentence():
    (row,) = audit(trained("bpe"), trained("bpe"), {"source": SOURCE})
    assert (row["changed_sentences"], row["changed_fraction"]) == (0, 0.0)
    assert row["tokens_before"] == row["tokens_after"]


def test_audit_counts_the_sentences_that_differ():
    before = trained("bpe")
    after = extend(before, TELUGU, pieces=20).tokenizer(before)
    (row,) = audit(before, after, {"both": SOURCE[:30] + TELUGU[:10]})
    changed = [segment(before, x) != segment(after, x) for x in SOURCE[:30] + TELUGU[:10]]
    assert row["changed_sentences"] == sum(changed) >= 10
    assert row["changed_fraction"] == pytest.approx(sum(changed) / 40)
    assert row["tokens_after"] < row["tokens_before"]


def test_segments_are_readable_and_spell_the_text():
    text = "the ko తె"
    assert "".join(segment(trained("unigram"), "the ko")).replace("▁", " ").strip() == "the ko"
    pieces = segment(trained("bpe"), text)
    assert "".join(pieces[:2]).startswith("the▁")
    assert "\\xe0" in "".join(pieces)
