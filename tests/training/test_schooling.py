import pytest

from glotlift import world
from glotlift.objectives.choice import objective_for
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.training.schooling import (
    TRANSLATION,
    StarterSize,
    ask,
    build,
    make_tokenizer,
    pair_features,
    pretrain,
    school,
)
from glotlift.training.starters import KINDS, SIZES

SHAPE = StarterSize(width=32, layers=1, pieces=500, steps=3, documents=40, learning_rate=1e-3)
TIERS = {"deu_Latn": "high", "eng_Latn": "high", "hin_Deva": "middle"}


@pytest.fixture(scope="module")
def lessons():
    return school("seq2seq", SHAPE, TIERS, 0)


@pytest.fixture(scope="module")
def tokenizer(lessons):
    return make_tokenizer("seq2seq", SHAPE, lessons)


def test_only_what_writes_is_taught_to_translate():
    assert list(school("decoder", SHAPE, TIERS, 0)) == list(TIERS)
    assert list(school("seq2seq", SHAPE, {"eng_Latn": "high"}, 0)) == ["eng_Latn"]


def test_a_tier_has_its_share_of_documents_and_of_translations(lessons):
    assert {name: len(rows) for name, rows in lessons.items() if name in TIERS} == {
        "deu_Latn": 40,
        "eng_Latn": 40,
        "hin_Deva": 4,
    }
    pairs = lessons[TRANSLATION]
    counts = {}
    for pair in zip(pairs["source_language"], pairs["language"], strict=True):
        counts[pair] = counts.get(pair, 0) + 1
    copies = {code: counts.pop((code, code)) for code in TIERS}
    assert copies == {"deu_Latn": 40, "eng_Latn": 40, "hin_Deva": 4}
    assert len(counts) == 6
    assert {counts[pair] for pair in counts if "hin_Deva" in pair} == {2}
    assert {counts[pair] for pair in counts if "hin_Deva" not in pair} == {20}


def test_translations_say_the_same_and_ask_for_their_language(lessons):
    pairs = lessons[TRANSLATION]
    row = pairs[len(pairs) - 1]
    number = int(row["id"].rsplit("/", 1)[1])
    said = {
        code: world.parallel([code], 1, start=number)["text"][0]
        for code in (row["source_language"], row["language"])
    }
    assert row["text"] == said[row["language"]]
    assert row["source_text"] == ask(row["language"], said[row["source_language"]])
    assert all("/train/" in name for name in pairs["id"])


def test_prefix_modelling_reads_the_source_and_writes_the_translation(lessons, tokenizer):
    pairs, features = pair_features(tokenizer, lessons[TRANSLATION])
    assert len(pairs) == len(features) > 0.8 * len(lessons[TRANSLATION])
    objective = objective_for(build("seq2seq", SHAPE, tokenizer), tokenizer)
    end = tokenizer.eos_token_id
    for row in range(len(pairs)):
        batch = objective.collate([[features[row]["input_ids"]]], [0])
        read = batch["input_ids"][0][batch["attention_mask"][0].bool()].tolist()
        assert read == tokenizer(pairs[row]["source_text"])["input_ids"]
        written = batch["labels"][0][batch["labels"][0] != IGNORED].tolist()
        wanted = tokenizer(pairs[row]["text"])["input_ids"]
        assert written[: len(wanted)] == wanted
        assert set(written[len(wanted) :]) <= {end}
        assert features[row]["bytes"] == len(pairs[row]["text"].encode())


def test_a_few_steps_of_schooling_change_the_model(lessons, tmp_path):
    model, tokenizer = pretrain("seq2seq", SHAPE, lessons, tmp_path / "model")
    assert model.config.vocab_size == len(tokenizer)
    again, _ = pretrain("seq2seq", SHAPE, lessons, tmp_path / "model")
    other, _ = pretrain("seq2seq", SHAPE, lessons, tmp_path / "model", seed=1)
    weights = [dict(one.named_parameters())["shared.weight"] for one in (model, again, other)]
    assert weights[0].equal(weights[1])
    assert not weights[0].equal(weights[2])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("size", "least", "most"), [("tiny", 1e5, 3e5), ("small", 1e6, 3e6)])
def test_a_size_keeps_its_promise(kind, size, least, most):
    shape = SIZES[size]
    tokenizer = make_tokenizer(kind, shape, {"eng_Latn": world.documents("eng_Latn", 100)})
    missing = shape.pieces - len(tokenizer)  # a hundred documents do not fill a vocabulary
    parameters = sum(weights.numel() for weights in build(kind, shape, tokenizer).parameters())
    assert least < parameters + missing * shape.width < most
