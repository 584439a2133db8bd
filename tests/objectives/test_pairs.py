from itertools import pairwise

import pytest
from datasets import Dataset

from glotlift import world
from glotlift.objectives.masked import MaskedLanguageModelling
from glotlift.objectives.packing import columns
from glotlift.objectives.pairs import SIDES, pair_features, transliterated
from tiny import tokenizer

START, END = tokenizer().bos_token_id, tokenizer().eos_token_id
PAIRS = world.tasks.translation("eng_Latn", "rus_Cyrl", 4, split="train")


def encoded(text):
    return tokenizer()(text, add_special_tokens=False)["input_ids"]


def labelled_pairs(rows=4):
    english, russian = (world.labelled(code, rows) for code in ("eng_Latn", "rus_Cyrl"))
    wanted = ["language", "text", "tokens", "pos"]
    sources = english.select_columns(wanted).rename_columns({n: f"source_{n}" for n in wanted})
    fields = {**sources.to_dict(), **russian.select_columns(wanted).to_dict()}
    return Dataset.from_dict(fields)


@pytest.mark.parametrize("skip", [0, 1])
def test_a_pair_is_its_source_then_its_text(skip):
    masked = MaskedLanguageModelling(tokenizer())
    features = pair_features(masked.prepare, PAIRS, (), skip=skip)
    assert features.column_names == ["input_ids", "bytes", SIDES]
    for row, pair in zip(features, PAIRS, strict=True):
        source = [START, *encoded(pair["source_text"]), END]
        text = [START, *encoded(pair["text"]), END][skip:]
        assert row["input_ids"] == source + text
        assert row[SIDES] == [0] * len(source) + [1] * len(text)
        assert row["bytes"] == len((pair["source_text"] + pair["text"]).encode())


def test_single_texts_stand_beside_pairs_and_by_themselves():
    masked = MaskedLanguageModelling(tokenizer())
    alone = PAIRS.remove_columns("source_text")
    half = Dataset.from_list([{**row, "source_text": None} if i % 2 else row for i, row in
                              enumerate(PAIRS)])  # fmt: skip
    plain, single, mixed = (
        masked.prepare(alone),
        pair_features(masked.prepare, alone, ()),
        pair_features(masked.prepare, half, ()),
    )
    assert single["input_ids"] == plain["input_ids"]
    assert single["bytes"] == plain["bytes"]
    assert not any(any(sides) for sides in single[SIDES])
    assert [max(sides) for sides in mixed[SIDES]] == [1, 0, 1, 0]
    assert mixed[1]["input_ids"] == plain[1]["input_ids"]
    assert mixed[0]["input_ids"][-len(plain[0]["input_ids"]) :] == plain[0]["input_ids"]


def test_words_of_the_two_sides_have_numbers_of_their_own_and_labels_stay_with_them():
    masked = MaskedLanguageModelling(tokenizer(), masker="entities")
    pairs = labelled_pairs()
    features = pair_features(masked.prepare, pairs, masked.columns, skip=1)
    flat, offsets = columns(features, (*masked.columns, SIDES))
    words, tags = (1 + masked.columns.index(name) for name in masked.columns)
    for (start, stop), pair in zip(pairwise(offsets), pairs, strict=True):
        piece = flat[start:stop]
        sides = [piece[piece[:, -1] == side] for side in range(2)]
        numbers = [set(side[side[:, words] >= 0, words].tolist()) for side in sides]
        assert not numbers[0] & numbers[1]
        for side, name in zip(sides, ("source_", ""), strict=True):
            alone = {key: [pair[f"{name}{key}"]] for key in ("language", "text", "tokens", "pos")}
            expected = columns(masked.prepare(Dataset.from_dict(alone)), masked.columns)[0]
            expected = expected[len(expected) - len(side) :]
            assert side[:, 0].tolist() == expected[:, 0].tolist()
            assert side[:, tags].tolist() == expected[:, tags].tolist()


@pytest.mark.slow
def test_a_text_is_paired_with_its_latin_form():
    native = world.parallel(["rus_Cyrl", "ell_Grek"], 3)
    pairs = transliterated(native)
    latin = world.parallel(["rus_Latn", "ell_Latn"], 3)
    assert pairs["text"] == latin["text"]
    assert pairs["language"] == ["rus_Latn", "ell_Latn"] * 3
    assert pairs["source_text"] == native["text"]
    assert pairs["source_language"] == native["language"]
    assert pairs["id"] == native["id"]


def test_another_hand_may_have_written_the_latin_form():
    rows = Dataset.from_dict({"language": ["hin_Deva"], "text": ["नदी"], "romanised": ["nadee"]})
    (pair,) = transliterated(rows)
    assert (pair["source_text"], pair["text"]) == ("नदी", "nadee")
    (pair,) = transliterated(
        rows.remove_columns("romanised"), lambda texts, code: [f"{code}!" for _ in texts]
    )
    assert pair["text"] == "hin_Deva!"


def test_no_rows_are_no_features():
    masked = MaskedLanguageModelling(tokenizer())
    features = pair_features(masked.prepare, PAIRS.select([]), ())
    assert len(features) == 0
