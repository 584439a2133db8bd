import json

import pytest

from glotlift.evidence import run_recipe
from glotlift.recipes import paired_encoders, romanised_text
from glotlift.recipes.muril import BOTH, RECIPES, SHUFFLED, SINGLES
from glotlift.recipes.paired_encoders import SINGLE, TRANSLATED, TRANSLITERATED, by_rows, material

from .paired import romanised, toy

(RECIPE,) = RECIPES
TOY = toy(RECIPE)


@pytest.fixture(scope="module", autouse=True)
def quick_romaniser(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        for module in (paired_encoders, romanised_text):
            patch.setattr(module, "cached_romaniser", lambda: romanised)
        yield


@pytest.fixture(scope="module")
def arms(quick_romaniser, tmp_path_factory):
    evidence = run_recipe(RECIPE, TOY, tmp_path_factory.mktemp("muril"), seeds=[0])
    return {arm["name"]: arm for arm in evidence["arms"]}


def test_arms_differ_in_the_pairs_they_read():
    settings = {arm.name: arm.run.keywords for arm in RECIPE.arms}
    assert settings[SINGLES] == {"pairs": (), "shuffle": False}
    assert settings[BOTH] == {"pairs": (TRANSLATED, TRANSLITERATED), "shuffle": False}
    assert settings[SHUFFLED] == settings[BOTH] | {"shuffle": True}


def test_every_arm_takes_the_same_steps(arms):
    assert all(arm["budget_spent"]["0"] == 2 for arm in arms.values())


def test_sources_have_their_share_of_rows_however_long_they_are():
    rows = material(json.dumps(dict(TOY.values), sort_keys=True))
    sources = {name: rows[f"{name} rus_Cyrl"] for name in (SINGLE, TRANSLATED)}
    from glotlift.corpus import Mixture

    mixture = Mixture(sources, by_rows(sources, {SINGLE: 0.25, TRANSLATED: 0.75}), seed=1)
    drawn, _ = mixture.items(0, 4096)
    assert (drawn == 0).mean() == pytest.approx(0.25, abs=0.01)


def test_pairs_are_of_held_in_sentences():
    rows = material(json.dumps(dict(TOY.values), sort_keys=True))
    tests = romanised_text.tested(json.dumps(dict(TOY.values), sort_keys=True))
    seen = {text for each in rows.values() for text in each["text"]}
    assert not seen & set(tests.native["rus_Cyrl"])
    assert not seen & set(tests.roman["rus_Cyrl"])
    pairs = rows[f"{TRANSLITERATED} rus_Cyrl"]
    assert pairs["text"] == romanised(pairs["source_text"])
