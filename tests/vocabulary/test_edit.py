from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import VocabularyEdit, extend, load_edit
from glotlift.vocabulary.edit import map_of, runs_of

from .vocabulary_samples import KINDS, MIXED, trained


def small(**changes):
    values = {
        "kind": "bpe",
        "old_to_new": np.arange(3),
        "added": ("ab", "abc"),
        "parts": ((0, 1), (0, 1, 2)),
        "counts": (0, 2),
        "merges": (("a", "b"), ("ab", "c")),
    }
    return VocabularyEdit(**(values | changes))


@pytest.mark.parametrize("kind", KINDS)
def test_saved_edit_comes_back(kind, tmp_path):
    edit = extend(trained(kind), MIXED, pieces=30)
    edit.save(tmp_path / "edit.json")
    again = load_edit(tmp_path / "edit.json")
    assert again == edit
    assert hash(again) == hash(edit)
    text = MIXED[0]
    assert again.tokenizer(trained(kind))(text) == edit.tokenizer(trained(kind))(text)


@given(st.lists(st.booleans(), max_size=30), st.randoms(use_true_random=False))
def test_an_id_map_survives_as_runs(kept, draw):
    places = list(range(sum(kept)))
    draw.shuffle(places)
    order = iter(places)
    old_to_new = np.asarray([next(order) if keep else -1 for keep in kept], dtype=np.int64)
    assert (map_of(len(kept), runs_of(old_to_new)) == old_to_new).all()


def test_an_identity_is_one_run():
    assert runs_of(np.arange(250_000)) == [[0, 0, 250_000]]


def test_sizes_and_ids():
    edit = small()
    assert (edit.old_size, edit.new_size, list(edit.added_ids)) == (3, 5, [3, 4])


def test_a_piece_with_no_occurrence_is_a_step_or_unreached():
    assert small().steps == ("ab",)
    assert small().unreached == ()
    assert small(counts=(1, 0)).unreached == ("abc",)
    assert small(counts=(0, 0)).unreached == ("ab", "abc")


def test_dropping_a_piece_drops_what_is_built_on_it():
    assert small().without({"ab"}).added == ()
    fewer = small().without({"abc"})
    assert (fewer.added, fewer.merges) == (("ab",), (("a", "b"),))


def test_editing_leaves_the_old_tokenizer_alone():
    before = trained("bpe").backend_tokenizer.to_str()
    extend(trained("bpe"), MIXED, pieces=5).tokenizer(trained("bpe"))
    assert trained("bpe").backend_tokenizer.to_str() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "wordlevel"},
        {"old_to_new": np.asarray([0, 0, 1])},
        {"old_to_new": np.asarray([0, -2, 1])},
        {"added": ("ab", "ab")},
        {"added": ("ab", "")},
        {"parts": ((0, 1),)},
        {"parts": ((0, 1), (0, 3))},
        {"counts": (1,)},
        {"merges": (("a", "b"),) * 3},
        {"scores": (-1.0, -2.0)},
        {"kind": "unigram", "merges": ()},
        {"kind": "unigram", "merges": (), "scores": (-1.0, float("nan"))},
        {"kind": "wordpiece"},
    ],
    ids=str,
)
def test_an_edit_that_contradicts_itself_is_refused(changes):
    with pytest.raises(GlotliftError) as error:
        small(**changes)
    assert error.value.code == "GL-VOCABULARY-012"


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 99}', "[1]", '{"schema": 1, "kind": 3}'])
def test_a_file_that_holds_no_edit_is_refused(text, tmp_path):
    path = tmp_path / "edit.json"
    path.write_text(text)
    with pytest.raises(GlotliftError) as error:
        load_edit(path)
    assert error.value.code == "GL-VOCABULARY-011"
    assert str(path) in str(error.value)


def test_an_edit_is_refused_by_a_tokenizer_that_has_its_pieces():
    edit = extend(trained("bpe"), MIXED, pieces=5)
    after = edit.tokenizer(trained("bpe"))
    again = replace(edit, old_to_new=np.arange(edit.new_size))
    with pytest.raises(GlotliftError) as error:
        again.tokenizer(after)
    assert error.value.code == "GL-VOCABULARY-010"
