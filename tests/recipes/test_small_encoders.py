import gzip
import json

import numpy as np
import pytest
import torch

from glotlift.corpus import natural, read
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.recipes.hidden_words import hidden_spans, inside, parts_of, words_of
from glotlift.recipes.small_encoders import (
    base_encoder,
    continue_masked,
    encoder_tokenizer,
    fine_tune_classifier,
    logits,
    masked_bits,
    sentence_vectors,
    topic_rows,
)
from glotlift.training.schedule import Budget

VALUES = {"size": "tiny", "pieces": 500, "steps": 3}
TEXTS = ["The cat sleeps.", "On Sunday, Diego feeds the small cat in the garden.", "Rain falls."]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def sources():
    return {code: read(f"world:{code}?rows=40", language=code) for code in ("eng_Latn", "tur_Latn")}


@pytest.fixture(scope="module")
def encoder(cache, sources):
    folder = base_encoder(VALUES, 0, sources)
    return load_model(find_model(str(folder))), load_tokenizer(folder)


def test_a_base_is_made_once_for_all_that_decides_it(encoder, sources):
    same = base_encoder(VALUES, 0, sources)
    assert same == base_encoder(VALUES, 0, sources, encoder_tokenizer(VALUES, sources))
    assert same != base_encoder(VALUES, 1, sources)
    assert same != base_encoder(VALUES | {"pieces": 480}, 0, sources)
    assert same != base_encoder(VALUES, 0, {"eng_Latn": sources["eng_Latn"]})


def test_without_byte_fallback_strange_letters_are_unknown(cache, sources):
    plain = encoder_tokenizer(VALUES | {"byte_fallback": False}, sources)
    assert plain.unk_token_id in plain("ጎ")["input_ids"]
    assert plain.unk_token_id not in encoder_tokenizer(VALUES, sources)("ጎ")["input_ids"]


def test_hidden_words_are_those_of_the_text_alone():
    assert hidden_spans(TEXTS[1], 0) == hidden_spans(TEXTS[1], 0)
    assert len({str(hidden_spans(TEXTS[1], seed)) for seed in range(9)}) > 1
    assert len(hidden_spans(TEXTS[0], 0)) == 1
    long = " ".join(["word"] * 100)
    assert len(hidden_spans(long, 0)) == 15


def test_long_texts_are_read_in_parts_that_lose_no_word():
    text = " ".join(str(number) for number in range(300))
    parts = parts_of(text)
    assert " ".join(parts) == text
    assert max(map(len, parts)) <= 200
    assert parts_of("") == []


def test_a_run_without_spaces_is_cut_into_slices():
    assert words_of("一" * 22) == [(at, min(at + 4, 22)) for at in range(0, 22, 4)]
    assert words_of("short run") == [(0, 5), (6, 9)]


def test_a_token_counts_by_its_share_inside():
    assert inside([(0, 0), (0, 4), (4, 8), (8, 9)], [(0, 4), (6, 8)]).tolist() == [0, 1, 0.5, 0]


def test_masked_bits_are_those_of_the_hidden_pieces_given_the_rest(encoder):
    model, tokenizer = encoder
    bits, lengths = masked_bits(model, tokenizer, TEXTS)
    text = TEXTS[0]
    ((start, end),) = hidden_spans(text, 0)
    assert lengths[0] == len(text[start:end].encode())
    encoding = tokenizer(text, return_offsets_mapping=True)
    ids = torch.tensor([encoding["input_ids"]])
    hidden = torch.from_numpy(inside(encoding["offset_mapping"], [(start, end)]) > 0)[None]
    with torch.no_grad():
        shown = ids.masked_fill(hidden, tokenizer.mask_token_id)
        logs = model(input_ids=shown).logits.log_softmax(-1)
    expected = -logs.gather(-1, ids[..., None])[..., 0][hidden].sum() / np.log(2)
    assert bits[0] == pytest.approx(float(expected), rel=1e-4)
    assert masked_bits(model, tokenizer, TEXTS[::-1])[0][::-1] == pytest.approx(bits, rel=1e-4)


def test_two_tokenizers_are_asked_for_the_same_bytes(encoder, sources):
    model, tokenizer = encoder
    other = base_encoder(VALUES | {"pieces": 480}, 0, sources)
    asked = masked_bits(load_model(find_model(str(other))), load_tokenizer(other), TEXTS)[1]
    assert asked.tolist() == masked_bits(model, tokenizer, TEXTS)[1].tolist()


def test_continuing_reads_what_the_budget_says(encoder, sources, tmp_path):
    model, tokenizer = load_model(find_model(str(base_encoder(VALUES, 0, sources)))), encoder[1]
    before = model.get_input_embeddings().weight.detach().clone()
    trained = continue_masked(
        model,
        tokenizer,
        sources,
        natural,
        budget=Budget(4000, "bytes"),
        rate=1e-3,
        seed=0,
        folder=tmp_path / "work",
    )
    assert trained.plan.total_bytes == pytest.approx(4000, rel=0.01)
    assert not torch.equal(before, trained.model.get_input_embeddings().weight)
    assert not (tmp_path / "work").exists()


def test_a_classifier_learns_its_rows_and_leaves_the_encoder_alone(encoder):
    model, tokenizer = encoder
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    texts, labels = ["The cat sleeps."] * 16 + ["Rain falls."] * 16, [0] * 16 + [1] * 16
    settings = {"classes": 3, "epochs": 12, "rate": 3e-3, "seed": 0}
    tuned = fine_tune_classifier(model, tokenizer, texts, labels, **settings)
    found = logits(tuned, tokenizer, texts)
    assert found.shape == (32, 3)
    assert found.argmax(1).tolist() == labels
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    again = fine_tune_classifier(model, tokenizer, texts, labels, **settings)
    assert logits(again, tokenizer, texts) == pytest.approx(found)


def test_sentence_vectors_are_means_over_content(encoder):
    model, tokenizer = encoder
    vectors = sentence_vectors(model, tokenizer, TEXTS)
    ids = torch.tensor([tokenizer(TEXTS[1])["input_ids"]])
    with torch.no_grad():
        states = model.base_model(ids, output_hidden_states=True).hidden_states[-1][0, 1:-1]
    assert vectors.shape == (3, 64)
    assert vectors[1] == pytest.approx(states.mean(0).numpy(), abs=1e-4)


def test_topics_of_the_world_share_ids_and_labels():
    values = {"topics": "world", "languages": ["tur_Latn", "hin_Deva"]}
    topics = topic_rows(values | {"topic_rows": {"train": 30, "test": 20}})
    turkish, hindi = topics.rows["tur_Latn"], topics.rows["hin_Deva"]
    for split in ("train", "test"):
        assert turkish[split]["id"] == hindi[split]["id"]
        assert turkish[split]["label"] == hindi[split]["label"]
    assert max(turkish["train"]["label"]) < len(topics.classes)
    assert not set(turkish["train"]["text"]) & set(turkish["test"]["text"])


def test_real_topics_are_read_by_id_and_may_lack_a_split(tmp_path):
    rows = [{"id": 12, "label": "travel", "text": "b"}, {"id": 3, "label": "health", "text": "a"}]
    lines = "\n".join(map(json.dumps, rows))
    (tmp_path / "eng_Latn").mkdir()
    (tmp_path / "tam_Taml").mkdir()
    (tmp_path / "eng_Latn" / "train.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "tam_Taml" / "test.jsonl").write_text(lines)
    values = {"topics": str(tmp_path), "languages": ["eng_Latn", "tam_Taml"]}
    topics = topic_rows(values | {"topic_rows": {"train": 9, "test": 1}})
    assert topics.classes == ("health", "travel")
    assert topics.rows["eng_Latn"]["train"]["id"] == ["3", "12"]
    assert topics.rows["eng_Latn"]["train"]["label"] == [0, 1]
    assert list(topics.rows["tam_Taml"]) == ["test"]
    assert topics.rows["tam_Taml"]["test"]["text"] == ["a"]
