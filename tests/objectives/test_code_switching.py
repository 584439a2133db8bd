"""Restoring switched text: which words are replaced, by what, and that the target is the text."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from datasets import Dataset

from glotlift.objectives.code_switching import ENTRIES, CodeSwitchingRestore
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.named import objective_named
from glotlift.objectives.packing import columns
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import add_language_codes, apply_edit
from tiny import model_of, tokenizer

ROWS = {
    "text": [
        "The heron waits; the Heron sleeps, heronlike.",
        "river river river river river river river river river river",
        "La garza espera.",
        "",
    ],
    "language": ["eng_Latn", "eng_Latn", "spa_Latn", "eng_Latn"],
}
LEXICON = {
    "eng_Latn": {"heron": ("garza", "airón", "martinete", "zancuda"), "river": ("río",)},
    "spa_Latn": {"garza": ("heron",), "river": ("wrong",)},
}


@cache
def coded():
    return add_language_codes(tokenizer(), ["eng_Latn", "spa_Latn"])


def restore(kind="bart", **settings):
    model = apply_edit(model_of(kind), coded())
    return model, objective_named(
        "restore", model, coded().tokenizer(tokenizer()), **{"lexicon": LEXICON, **settings}
    )


def pieces(objective):
    flat, offsets = columns(objective.prepare(Dataset.from_dict(ROWS)), objective.columns)
    return [flat[a:b] for a, b in pairwise(offsets)]


def read(objective, ids):
    return objective.tokenizer.decode(ids, skip_special_tokens=True)


def test_words_of_the_dictionary_of_their_language_have_entries_and_parts_of_words_do_not():
    _, objective = restore()
    rows = pieces(objective)
    place = 1 + objective.columns.index(ENTRIES)
    switched = [read(objective, piece[piece[:, place] >= 0, 0]) for piece in rows]
    assert switched[0] == " heron Heron"
    assert switched[1] == ROWS["text"][1]
    assert switched[2] == " garza"


def test_all_is_switched_where_all_is_asked_and_words_keep_their_form():
    _, objective = restore(fraction=1.0, mean_span=0)
    seen = set()
    for seed in range(40):
        made = objective.example(pieces(objective)[0], np.random.default_rng(seed))
        assert read(objective, made.target) == ROWS["text"][0]
        source = read(objective, made.source)
        first, second = source.split(";")[0].split()[1], source.split()[4]
        assert {first, second.lower()} <= {"garza", "airón", "martinete"}
        assert second.istitle()
        assert source.endswith(" sleeps, heronlike.")
        seen.add(first)
    assert seen == {"garza", "airón", "martinete"}  # the best three; the fourth is not among them


def test_a_third_of_the_words_is_switched_in_spans_or_one_by_one():
    for mean_span in (0, 3.5):
        _, objective = restore(mean_span=mean_span)
        piece = pieces(objective)[1]
        counts, runs = [], []
        for seed in range(400):
            made = objective.example(piece, np.random.default_rng(seed))
            switched = np.array([word == "río" for word in read(objective, made.source).split()])
            counts.append(switched.sum())
            runs.append(1 + (switched[1:] & ~switched[:-1]).sum() - (not switched[0]))
        if mean_span:
            assert max(counts) == 4
            assert 2 < np.mean(counts) < 4  # spans overlap and run over the end
            assert np.mean(runs) < 1.7
        else:
            assert set(counts) == {4}  # 0.35 of 10, rounded up
            assert np.mean(runs) > 2


def test_both_sides_begin_with_the_language_code_which_is_never_switched():
    _, objective = restore(fraction=1.0)
    codes = objective.tokenizer.convert_tokens_to_ids(["eng_Latn", "spa_Latn"])
    for piece, code in zip(pieces(objective)[:3], [codes[0], codes[0], codes[1]], strict=True):
        made = objective.example(piece, np.random.default_rng(0))
        assert made.source[0] == made.target[0] == code
        assert made.whole


@pytest.mark.parametrize("kind", ["bart", "t5", "llama"])
def test_the_batch_is_a_function_of_the_seed_and_the_loss_a_sum(kind):
    model, objective = restore(kind)
    blocks = [[piece] for piece in pieces(objective)] + [[]]
    seeds = [1, 2, 3, 4, 5]
    one, same = (objective.collate(blocks, seeds) for _ in "ab")
    other = objective.collate(blocks, [6, 7, 8, 9, 10])
    assert all(torch.equal(one[name], same[name]) for name in one)
    width = min(one["input_ids"].shape[1], other["input_ids"].shape[1])
    assert not torch.equal(one["input_ids"][:, :width], other["input_ids"][:, :width])
    total, logs = objective.loss(model, one)
    assert total.item() == pytest.approx(logs["each"].sum().item(), rel=1e-5)
    labels = one["labels"][1]
    expected = [objective.tokenizer.convert_tokens_to_ids("eng_Latn")]
    expected += objective.tokenizer(ROWS["text"][1])["input_ids"]
    end = objective.tokenizer.eos_token_id
    assert labels[labels != IGNORED].tolist() == [*expected, end]
    empty, _ = objective.loss(model, objective.collate([[]], [1]))
    assert empty.item() == 0


def test_rows_without_a_language_are_looked_up_everywhere():
    objective = objective_named("restore", model_of("bart"), tokenizer(), lexicon=LEXICON)
    rows = Dataset.from_dict({"text": ["La garza espera", "The heron"]})
    features = objective.prepare(rows)
    assert [max(numbers) >= 0 for numbers in features[ENTRIES]] == [True, True]


def test_dictionaries_may_be_files(tmp_path):
    path = tmp_path / "eng-spa.tsv"
    path.write_text("river\trío\n", encoding="utf-8")
    _, objective = restore(lexicon={"eng_Latn": str(path)}, fraction=1.0, mean_span=0)
    made = objective.example(pieces(objective)[1], np.random.default_rng(0))
    assert read(objective, made.source) == " ".join(["río"] * 10)


@pytest.mark.parametrize(
    "lexicon", ["here", "world:eng_Latn", {}, {"eng_Latn": {}}, {"eng_Latn": {"river": ()}}]
)
def test_nothing_to_switch_is_refused(lexicon):
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-050"):
        restore(lexicon=lexicon)


def test_the_world_has_dictionaries_of_two_languages():
    _, objective = restore(lexicon="world:spa_Latn-eng_Latn", fraction=1.0, mean_span=0)
    rows = Dataset.from_dict({"text": ["Un gato duerme."], "language": ["spa_Latn"]})
    flat, _ = columns(objective.prepare(rows), objective.columns)
    assert read(objective, objective.example(flat, np.random.default_rng(0)).source) == (
        "Un cat duerme."
    )


def test_a_masked_model_is_refused():
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-041"):
        CodeSwitchingRestore.for_model(model_of("bert"), tokenizer(), lexicon=LEXICON)
