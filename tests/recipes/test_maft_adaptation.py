import json

import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.maft import RECIPES
from glotlift.recipes.maft_adaptation import (
    ADAPTATION,
    APART,
    FAMILIAR,
    TOGETHER,
    UNMOVED,
    entity_rows,
    material,
)
from glotlift.recipes.small_encoders import masked_bits

TOY = dict(ADAPTATION.setting("world").values) | {
    "known": dict.fromkeys(("eng_Latn", "hin_Deva"), 12),
    "documents": dict.fromkeys(("swh_Latn", "tur_Latn"), 12),
    "languages": ["swh_Latn", "tur_Latn"],
    "held_out": 2,
    "entity_rows": {"train": 8, "test": 6},
    "topic_rows": {"train": 8, "test": 6},
    "pieces": 400,
    "steps": 2,
    "bytes_each": 2_000,
    "epochs": 1,
}


@pytest.fixture(scope="module")
def arms(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = tmp_path_factory.mktemp("maft")
        evidence = run_recipe(ADAPTATION, Setting("world", TOY), folder, seeds=[0])
        yield {arm["name"]: arm for arm in evidence["arms"]}


def test_it_is_a_part_of_maft():
    assert ADAPTATION in RECIPES
    for setting in ADAPTATION.settings:
        values = setting.values
        assert json.loads(json.dumps(values)) == values
        assert list(values["documents"]) == values["languages"]
        assert not set(values["documents"]) & set(values["known"])


@pytest.mark.slow
def test_arms_read_equal_bytes_and_no_test_document(arms):
    for arm in arms.values():
        assert arm["budget_spent"]["0"] == pytest.approx(4_000, rel=0.01)
        assert arm["cost"]["test documents in training"] == 0


@pytest.mark.slow
def test_a_model_for_each_takes_as_many_times_the_disk(arms):
    size = {name: arm["cost"]["megabytes of all models"] for name, arm in arms.items()}
    assert size[APART] == pytest.approx(2 * size[TOGETHER])
    assert size[FAMILIAR] == size[UNMOVED] == size[TOGETHER]


@pytest.mark.slow
def test_only_the_unadapted_encoder_stays_as_it_is(arms):
    bits = {name: arm["metrics"]["hidden words"]["mean"] for name, arm in arms.items()}
    assert len(set(bits.values())) == 4
    shared = material(json.dumps(TOY, sort_keys=True))
    model = load_model(find_model(str(shared.folder)))
    texts = [text for parts in shared.text.values() for text in parts["test"]["text"]]
    spent, lengths = masked_bits(model, shared.tokenizer, texts)
    assert bits[UNMOVED] == pytest.approx(spent.sum() / lengths.sum(), abs=1e-6)


@pytest.mark.slow
def test_rows_of_all_languages_count_alike(arms):
    found = arms[TOGETHER]
    by_language = [found["cost"][f"entities, {code}"] for code in TOY["languages"]]
    assert found["metrics"]["entities"]["mean"] == pytest.approx(np.mean(by_language))


def test_real_entities_are_read_by_macrolanguage(glotlift_data):
    rows = entity_rows("$GLOTLIFT_DATA/masakhaner2", "swh_Latn", "train", 3)
    assert len(rows) == 3
    assert all(len(row["tokens"]) == len(row["tags"]) for row in rows)
