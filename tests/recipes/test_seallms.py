import json

import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.models.loading import find_model, load_model
from glotlift.probing.neurons import neuron_count
from glotlift.recipes.language_neurons import material, own_neurons
from glotlift.recipes.seallms import (
    EXCESS,
    FULL,
    HARM,
    LORA,
    OTHERS,
    OWN,
    RANDOM,
    RECIPES,
    SILENCE,
    TARGET,
    TUNING,
)

TOY = dict(TUNING.setting("world").values) | {
    "steps": 3,
    "kept": {
        code: f"world:{code}?rows=40&sentences=2" for code in ("eng_Latn", "rus_Cyrl", "hin_Deva")
    },
    "first": {"hin_Deva": 15},
    "documents": 4,
    "probed": 6,
    "longest": 24,
    "most": 0.3,
    "agreement": 0.5,
    "tokens": 3000,
}
VALUES = json.dumps(TOY, sort_keys=True)


@pytest.fixture(scope="module", autouse=True)
def evidence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seallms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(folder / "cache"))
        yield {
            recipe.part: {
                arm["name"]: arm
                for arm in run_recipe(recipe, Setting("world", TOY), folder, seeds=[0])["arms"]
            }
            for recipe in RECIPES
        }


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.part)
def test_the_settings_are_json_and_targets_are_known_languages(recipe):
    for setting in recipe.settings:
        assert json.loads(json.dumps(setting.values)) == setting.values
        assert set(setting.values["first"]) < set(setting.values["kept"])


def test_arms_differ_in_one_thing():
    assert [set(arm.run.keywords) for arm in TUNING.arms] == [{"moving"}] * 4
    assert [set(arm.run.keywords) for arm in SILENCE.arms] == [{"chosen"}] * 2


def test_neurons_belong_to_one_language_and_are_not_found_on_what_is_measured():
    own = own_neurons(VALUES, 0)
    taken = [
        (name, number) for sets in own.values() for name, ids in sets.items() for number in ids
    ]
    assert len(taken) == len(set(taken)) > 0
    for parts in material(VALUES).known.values():
        assert not set(parts["train"]["id"]) & set(parts["test"]["id"])


def test_new_text_was_not_read_before_and_is_not_held_out():
    shared = material(VALUES)
    for code, rows in shared.more.items():
        known = shared.known[code]
        assert len(rows) == 25
        assert not set(rows["text"]) & {*known["train"]["text"], *known["test"]["text"]}


def test_the_control_silences_as_many_neurons_and_others(evidence):
    own, drawn = (evidence["silence"][name] for name in (OWN, RANDOM))
    assert own["budget_spent"] == drawn["budget_spent"]
    assert own["budget_spent"]["0"] == sum(map(neuron_count, own_neurons(VALUES, 0).values()))
    assert own["metrics"][HARM]["mean"] != drawn["metrics"][HARM]["mean"]
    assert EXCESS in own["metrics"]


def test_arms_read_equally_much_and_move_as_much_as_they_say(evidence):
    tuned = evidence["tuning"]
    assert len({arm["budget_spent"]["0"] for arm in tuned.values()}) == 1
    weights = {name: arm["cost"]["weights that move"] for name, arm in tuned.items()}
    assert weights[OWN] == weights[RANDOM] < weights[FULL]
    folder = material(VALUES).folder
    assert weights[FULL] == load_model(find_model(str(folder))).num_parameters()
    assert weights[LORA] < weights[FULL] / 10
    for arm in tuned.values():
        assert arm["cost"]["test documents in training"] == 0
        assert arm["metrics"][TARGET]["mean"] != 0
        assert arm["metrics"][OTHERS]["mean"] != 0
