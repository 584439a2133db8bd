import json

import numpy as np
import pytest
import torch

from glotlift.evidence import Setting, run_recipe
from glotlift.models.factorised import KINDS, factorise
from glotlift.objectives.choice import objective_for
from glotlift.objectives.cross_entropy import language_model_loss
from glotlift.objectives.masked import MaskedLanguageModelling
from glotlift.recipes.ofa import (
    AREA,
    EARLY,
    END,
    FOCUS,
    HALF,
    MEAN,
    OFA,
    QUARTER,
    RANDOM,
    RECIPES,
    SHUFFLED,
    START,
    Divided,
    begin,
    measures,
    over_languages,
    shuffled,
)
from glotlift.recipes.ofa_start import (
    among,
    in_another_case,
    merged_vectors,
    starting_point,
    text_of,
)
from glotlift.vocabulary import Ofa, copy_rows, learn_dictionary, train_tokenizer
from glotlift.vocabulary.neighbours import nearest_rows
from glotlift.vocabulary.ofa import factorised
from glotlift.vocabulary.replacement import replace_tokenizer

(RECIPE,) = RECIPES
TOY = dict(RECIPE.setting("world").values) | {
    "text": "world:{}?rows=20&sentences=4",
    "parallel": "world:{}?rows=150&sentences=1",
    "held_out": "world:{}?rows=8&sentences=1&split=test",
    "new": ["hin_Deva", "tur_Latn"],
    "pieces": 500,
    "new_pieces": 900,
    "bases": 1,
    "steps": 3,
    "vectors": 20,
    "bytes": 4_000,
    "points": [1, 2],
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def evidence(cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ofa")
    found = run_recipe(RECIPE, Setting("world", TOY), folder, seeds=[0])
    return {arm["name"]: arm for arm in found["arms"]}


@pytest.fixture(scope="module")
def start(cache):
    return starting_point(json.dumps(TOY, sort_keys=True), 0)


@pytest.fixture(scope="module")
def text(cache):
    return text_of(json.dumps(TOY, sort_keys=True))


def rows_of(model):
    embedding = model.get_input_embeddings()
    return embedding.rows() if hasattr(embedding, "rows") else embedding.weight


def test_arms_differ_in_their_rows_alone():
    assert all(set(arm.run.keywords) == {"rows"} for arm in RECIPE.arms)
    assert len({str(arm.run.keywords["rows"]) for arm in RECIPE.arms}) == len(RECIPE.arms)


def test_measures_are_taken_along_the_way():
    bits = {0: np.array([4.0, 2.0]), 10: np.array([2.0, 2.0]), 40: np.array([1.0, 0.0])}
    found = measures(bits)
    assert found[START].tolist() == [4.0, 2.0]
    assert found[EARLY].tolist() == [2.0, 2.0]
    assert found[END].tolist() == [1.0, 0.0]
    assert found[AREA].tolist() == pytest.approx([(30 + 45) / 40, (20 + 30) / 40])


def test_languages_count_alike_however_long_their_words():
    ones = np.ones(2)
    found = over_languages({"deu_Latn": (2 * ones, ones), "hin_Deva": (6 * ones, 6 * ones)})
    assert found.tolist() == [1.5, 1.5]


def test_arms_read_equal_bytes_in_as_many_steps(evidence):
    assert len({arm["budget_spent"]["0"] for arm in evidence.values()}) == 1
    assert len({arm["cost"]["steps"] for arm in evidence.values()}) == 1


def test_no_held_out_row_is_trained_on_or_aligned(evidence, text):
    assert all(arm["cost"]["test rows in training"] == 0 for arm in evidence.values())
    parallel = {row for rows in text.parallel.values() for row in rows}
    assert not parallel & {row for rows in text.held_out.values() for row in rows}


def test_every_piece_is_copied_mixed_or_left_to_chance(evidence):
    cost = evidence[OFA]["cost"]
    kinds = ("copied", "copied from another case", "with vectors", "without")
    assert sum(cost[f"pieces {kind}"] for kind in kinds) == TOY["new_pieces"]
    assert cost["share of held-out tokens that are new"] > 0.2


def test_narrow_arms_have_fewer_parameters_and_the_others_as_many(evidence):
    sizes = {name: arm["cost"]["parameters"] for name, arm in evidence.items()}
    assert sizes[QUARTER] < sizes[HALF] < sizes[OFA]
    assert sizes[RANDOM] == sizes[MEAN] == sizes[FOCUS] == sizes[SHUFFLED] == sizes[OFA]
    embeddings = evidence[HALF]["cost"]["parameters of embeddings"]
    assert embeddings == TOY["new_pieces"] * 32 + 32 * 64


def test_mixed_rows_are_shorter_than_copied_and_random_ones_are_not(evidence):
    norms = {name: arm["cost"]["norm of other rows"] for name, arm in evidence.items()}
    assert norms[OFA] < norms[RANDOM]
    assert evidence[OFA]["cost"]["norm of copied rows"] == pytest.approx(
        evidence[RANDOM]["cost"]["norm of copied rows"]
    )


def test_copied_rows_are_exact_and_the_random_arm_copies_the_same(start):
    first = start.edit.added_ids.start
    wise, drawn = (rows_of(begin(start, rows, 0)) for rows in (Ofa(), copy_rows))
    assert torch.equal(wise[:first], drawn[:first])
    same = torch.tensor([bool(ids) for ids in start.aids["sources"]])
    assert same.any()
    assert torch.equal(wise[first:][same], drawn[first:][same])
    assert not torch.equal(wise[first:][~same], drawn[first:][~same])


def test_weights_of_neighbours_sum_to_one():
    keys, queries = torch.randn(30, 5), torch.randn(4, 5)
    assert nearest_rows(torch.ones(30, 3), keys, queries) == pytest.approx(torch.ones(4, 3))


def test_fewer_primitives_restore_rows_less_well():
    rows = torch.randn(50, 12, generator=torch.Generator().manual_seed(0))
    errors = []
    for rank in (3, 6, 12):
        coordinates, primitives = factorised(rows, rank, balanced=True)
        errors.append(float((coordinates @ primitives - rows).norm()))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-4


def test_shuffling_deals_the_same_mixtures_to_other_pieces(start):
    old = torch.randn(start.edit.old_size, 8)
    aids = start.aids | {"seed": 0, "role": "input", "sources": [()] * len(start.edit.added)}
    one, other = Ofa()(start.edit, old, aids), shuffled(start.edit, old, aids)
    assert not torch.equal(one, other)
    first = start.edit.added_ids.start
    known = start.aids["new_vectors"][first:].ne(0).any(1)
    left, right = (rows[first:][known].sum(1).sort().values for rows in (one, other))
    assert torch.allclose(left, right, atol=1e-4)


def test_the_head_of_a_narrow_model_learns_through_both_uses(start):
    model = begin(start, Divided(2), 0)
    primitives = model.get_input_embeddings().primitives
    inputs = {"input_ids": torch.arange(8, 16)[None]}
    states = model.model(**inputs).last_hidden_state
    (through_input,) = torch.autograd.grad(states.sum(), primitives)
    (through_head,) = torch.autograd.grad(model.decoder(states.detach()).square().sum(), primitives)
    assert through_input.abs().sum() > 0
    assert through_head.abs().sum() > 0


def test_a_narrow_model_hides_words_in_training_as_the_others_do(start):
    narrow, wide = (begin(start, rows, 0) for rows in (Divided(2), Ofa()))
    objectives = [objective_for(model, start.tokenizer) for model in (narrow, wide)]
    assert all(isinstance(found, MaskedLanguageModelling) for found in objectives)
    assert objectives[0].packs(narrow) == objectives[1].packs(wide)


def test_at_full_width_the_narrow_form_is_the_plain_model(start):
    wide = begin(start, copy_rows, 0)
    coordinates, primitives = factorised(wide.get_input_embeddings().weight, 64)
    narrow = factorise(wide, coordinates, primitives, wide.decoder.bias)
    ids = torch.arange(8, 20)[None]
    labels = ids.clone()
    losses = [
        language_model_loss(model.eval(), {"input_ids": ids}, labels)[0].item()
        for model in (wide, narrow)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert type(narrow) in KINDS.values()


def test_pieces_in_another_case_name_the_old_piece():
    old = train_tokenizer(["the house the house"] * 9, kind="bpe", size=290)
    new = train_tokenizer(["The House The House"] * 9, kind="bpe", size=290)
    edit = replace_tokenizer(old, new)
    found = dict(zip(edit.added, in_another_case(edit, old, new), strict=True))
    vocabulary = old.get_vocab()
    assert found["The"] == (vocabulary["the"],)
    assert found["ĠHouse"] == (vocabulary["Ġhouse"],)


def test_translations_are_near_in_vectors_from_shuffled_rows(text):
    words = merged_vectors(text.parallel, 20)
    place = {word: number for number, word in enumerate(words.words)}
    unit = words.rows / np.linalg.norm(words.rows, axis=1, keepdims=True)
    sentences = zip(text.parallel["tur_Latn"], text.parallel["eng_Latn"], strict=True)
    pairs = learn_dictionary(sentences, least=4, strength=0.8)
    near = [unit[place[a]] @ unit[place[b]] for a, b in pairs if a != b]
    assert len(near) > 3
    assert np.mean(near) > np.mean(unit @ unit.T) + 0.3


def test_only_words_of_the_source_text_are_keys(text):
    words = merged_vectors(text.parallel, 20)
    source = among(words, text.parallel["eng_Latn"])
    assert 0 < len(source.words) < len(words.words)
    assert not any("\u0900" <= word[0] <= "\u097f" for word in source.words)
    assert source.rows.shape == (len(source.words), 20)
