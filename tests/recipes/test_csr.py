"""Code-switching restore: the stages differ in what is read first, and in nothing else."""

import json
from itertools import islice

import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.objectives.denoising import Denoising
from glotlift.recipes import small_restorers
from glotlift.recipes.csr import (
    AFTER,
    BITS,
    CHRF,
    DENOISE,
    IN_THE_WORLD,
    INDUCED,
    LATER,
    NONE,
    RECIPES,
    RESTORE,
    SHUFFLED,
    dictionaries,
    induced,
    stage_of,
)
from glotlift.recipes.small_restorers import (
    distance_ratios,
    monolingual,
    noised,
    rows_of,
    shared,
)
from glotlift.recipes.small_seq2seq import load
from glotlift.vocabulary.language_codes import language_codes

RECIPE = RECIPES[0]
TOY = IN_THE_WORLD | {
    "languages": ["eng_Latn", "spa_Latn"],
    "mono": {"text": "world", "rows": 60},
    "rows": 60, "held_out": 6, "pieces": 420, "width": 32, "layers": 1,
    "pretraining": 1500, "stage": 800, "finetuning": 1200,
}  # fmt: skip


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
    small_restorers.shared.cache_clear()
    yield run_recipe(RECIPE, Setting("world", TOY), tmp_path_factory.mktemp("csr"), seeds=[0])
    patch.undo()


def made():
    return shared(json.dumps(TOY, sort_keys=True))


def stage(name):
    state = load(made().folder)
    return state, stage_of(name, state, made(), TOY, 0)


def test_arms_differ_in_their_first_stage_alone():
    assert {tuple(arm.run.keywords) for arm in RECIPE.arms} == {("first",)}
    for setting in RECIPE.settings:
        assert json.loads(json.dumps(setting.values)) == setting.values


def test_all_arms_write_as_many_tokens_and_read_no_test_text(evidence):
    for arm in evidence["arms"]:
        assert arm["budget_spent"]["0"] == pytest.approx(2000, rel=0.01)
        assert arm["cost"]["test texts in training"] == 0
        assert set(arm["metrics"]) == {BITS, CHRF, AFTER, LATER}


def test_what_is_written_is_the_text_and_what_is_read_is_switched(evidence):
    (_, tokenizer), objective = stage(RESTORE)
    rows = rows_of(made().train)
    codes = set(language_codes(tokenizer).values())
    known = {text for texts in made().train.values() for text in texts}
    changed = 0
    for source, target in islice(noised(objective, rows, 0), 60):
        assert source[0] == target[0]
        assert source[0] in codes
        assert source[-1] == target[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(target[1:-1]).strip() in known
        changed += list(source) != list(target)
    assert 10 < changed < 60


def test_denoising_hides_what_restoring_replaces(evidence):
    (_, tokenizer), objective = stage(DENOISE)
    assert isinstance(objective, Denoising)
    pairs = list(islice(noised(objective, rows_of(made().train), 0), 20))
    assert all(source[0] == target[0] for source, target in pairs)
    assert all(tokenizer.mask_token_id in source for source, _ in pairs)


def test_a_shuffled_dictionary_has_the_same_words(evidence):
    true, mixed = stage(RESTORE)[1].entries, stage(SHUFFLED)[1].entries
    assert true.places == mixed.places
    assert sorted(true.translations) == sorted(mixed.translations)
    assert true.translations != mixed.translations


def test_an_induced_dictionary_has_words_of_the_text_alone(evidence):
    found = induced(made().train)
    said = {word for text in made().train["spa_Latn"] for word in text.replace(".", "").split()}
    assert all(len(best) == 3 for best in found["eng_Latn"].values())
    heard = {word for best in found["eng_Latn"].values() for word in best}
    assert len(heard - said) < len(heard) / 5
    assert INDUCED in {arm.name for arm in RECIPE.arms}


def test_the_pretrained_model_has_read_no_translations():
    texts = {code: monolingual(TOY, code, at)["id"] for at, code in enumerate(TOY["languages"])}
    assert not set(texts["eng_Latn"]) & set(texts["spa_Latn"])
    assert NONE in {arm.name for arm in RECIPE.arms}


def test_distances_are_shares_of_those_to_other_rows():
    rows = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    assert distance_ratios(rows, rows) == pytest.approx(np.zeros(5))
    near = rows + 0.1
    assert distance_ratios(rows, near) == pytest.approx(distance_ratios(7 * rows, 7 * near))
    turned = distance_ratios(rows, rows[[1, 2, 3, 4, 0]])
    assert turned.mean() > 0.9


def test_real_dictionaries_are_read_by_their_languages(tmp_path, monkeypatch):
    for name, word, translation in (("eng-swh", "dog", "mbwa"), ("swh-eng", "mbwa", "dog")):
        (tmp_path / f"{name}.tsv").write_text(f"{word}\t{translation}\n", encoding="utf-8")
    monkeypatch.setenv("GLOTLIFT_DATA", str(tmp_path))
    values = {"pair": ["eng_Latn", "swh_Latn"], "dictionary": "$GLOTLIFT_DATA/{}-{}.tsv"}
    assert dictionaries(values) == {
        "eng_Latn": {"dog": ("mbwa",)},
        "swh_Latn": {"mbwa": ("dog",)},
    }
