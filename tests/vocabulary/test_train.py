import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from glotlift.corpus import Mixture, equal_bytes, natural
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import DECODER, ENCODER, SEQ2SEQ, segment, train_tokenizer
from glotlift.vocabulary.sampling import mixture_texts, sample_texts

from .vocabulary_samples import KINDS, SOURCE, TELUGU, trained


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_come_first_and_size_is_kept(kind):
    tokenizer = trained(kind)
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    assert sorted(tokenizer.all_special_ids) == list(range(len(tokenizer.all_special_ids)))
    assert len(tokenizer) <= {"bpe": 340, "unigram": 420, "wordpiece": 120}[kind]


@pytest.mark.parametrize(
    ("roles", "kind", "first", "last"),
    [
        (DECODER, "bpe", "<|begin_of_text|>", None),
        (SEQ2SEQ, "unigram", None, "</s>"),
        (ENCODER, "unigram", "<s>", "</s>"),
        (None, "wordpiece", "[CLS]", "[SEP]"),
    ],
)
def test_a_text_is_framed_as_its_convention_says(roles, kind, first, last, tmp_path):
    size = {"bpe": 300, "unigram": 400, "wordpiece": 100}[kind]
    train_tokenizer(SOURCE, kind=kind, size=size, special_tokens=roles).save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    pieces = tokenizer.convert_ids_to_tokens(tokenizer(SOURCE[0]).input_ids)
    special = set(tokenizer.all_special_tokens)
    assert [piece for piece in pieces if piece in special] == [x for x in (first, last) if x]
    assert first in (None, pieces[0])
    assert last in (None, pieces[-1])


@given(st.text(max_size=80))
def test_byte_level_bpe_is_lossless(text):
    tokenizer = trained("bpe")
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False).input_ids) == text


@given(st.text(max_size=40))
def test_byte_fallback_leaves_nothing_unknown(text):
    tokenizer = trained("unigram")
    assert tokenizer.unk_token_id not in tokenizer(text.replace("<unk>", "")).input_ids


def test_unigram_gives_spaces_and_unknown_letters_back():
    tokenizer = trained("unigram")
    text = f"{SOURCE[0]} {TELUGU[0]}"
    decoded = tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True)
    assert decoded == text


def test_indic_words_are_not_cut_at_their_vowel_signs():
    tokenizer = train_tokenizer(TELUGU, kind="bpe", size=900)
    word = max(" ".join(TELUGU).replace(".", "").split(), key=TELUGU[0].count)
    assert segment(tokenizer, f" {word}") == [f"▁{word}"]


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("GL-VOCABULARY-002", {"kind": "characters", "size": 300}),
        ("GL-VOCABULARY-003", {"kind": "bpe", "size": 200}),
        ("GL-VOCABULARY-003", {"kind": "unigram", "size": 256}),
        ("GL-VOCABULARY-005", {"kind": "unigram", "size": 400, "special_tokens": DECODER}),
    ],
)
def test_senseless_requests_are_coded_errors(code, call):
    with pytest.raises(GlotliftError) as error:
        train_tokenizer(SOURCE, **call)
    assert error.value.code == code


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_a_coded_error(kind):
    with pytest.raises(GlotliftError) as error:
        train_tokenizer(["", "  "], kind=kind, size=400)
    assert error.value.code == "GL-VOCABULARY-004"


def mixture(policy):
    sources = {"eng_Latn": SOURCE * 4, "tel_Telu": TELUGU[:40]}
    return Mixture(
        {
            code: Dataset.from_dict({"id": list(map(str, range(len(texts)))), "text": texts})
            for code, texts in sources.items()
        },
        policy,
    )


def script_bytes(texts):
    found = [len(text.encode()) for text in texts if "\u0c00" <= max(text) <= "\u0c7f"]
    return sum(found)


def test_a_mixture_is_read_by_its_shares_of_bytes():
    texts = list(mixture_texts(mixture(equal_bytes), 60_000))
    size = sum(len(text.encode()) for text in texts)
    assert 59_000 < size <= 60_000
    assert script_bytes(texts) / size == pytest.approx(0.5, abs=0.05)


def test_a_balanced_tokenizer_serves_the_small_language_better():
    def tokens(policy):
        tokenizer = train_tokenizer(mixture(policy), size=420)
        return sum(map(len, tokenizer(TELUGU[40:80]).input_ids))

    assert tokens(equal_bytes) < 0.9 * tokens(natural)


def test_without_a_budget_a_mixture_gives_as_many_bytes_as_it_holds():
    made = mixture(natural)
    size = sum(len(text.encode()) for text in mixture_texts(made))
    assert size == pytest.approx(sum(made.sizes.values()), rel=0.01)


@given(st.lists(st.text(max_size=20), max_size=60), st.integers(1, 200), st.integers(0, 5))
def test_a_sample_keeps_to_its_budget_order_and_counts(texts, budget, seed):
    found = sample_texts(iter(texts), budget, seed=seed)
    sizes = [len(text.encode()) for text in texts]
    assert found.bytes_read == sum(sizes)
    assert found.bytes_kept == sum(len(text.encode()) for text in found.texts) <= budget
    left = iter(texts)
    assert all(text in left for text in found.texts)
    if sum(sizes) <= budget:
        assert found.texts == texts


def test_a_sample_is_of_the_whole_stream():
    texts = [f"{number:06d}" for number in range(20_000)]
    found = sample_texts(iter(texts), 6 * 2_000, seed=3)
    assert len(found.texts) == 2_000
    assert 9_500 < sum(map(int, found.texts)) / 2_000 < 10_500
    assert sample_texts(texts, 6 * 2_000, seed=4).texts != found.texts


def test_a_budget_limits_what_is_learnt():
    texts = ["zyx zyx zyx"] * 50 + SOURCE
    whole = train_tokenizer(texts, size=600)
    small = train_tokenizer(texts, size=600, budget_bytes=300)
    assert len(small) < len(whole)


@pytest.mark.parametrize("budget", [0, -5])
def test_a_budget_of_nothing_is_a_coded_error(budget):
    with pytest.raises(GlotliftError) as error:
        train_tokenizer(SOURCE, size=400, budget_bytes=budget)
    assert error.value.code == "GL-VOCABULARY-086"
