"""What every recipe promises, and every file of evidence: run over all that the catalogue holds."""

import json
from importlib import import_module

import pytest

from glotlift.recipes.catalogue import CATALOGUE, evidence
from recipes.made_up import held_and_broken, verdict

RECIPES = [
    recipe
    for entry in CATALOGUE
    if entry.runs_here
    for recipe in import_module(entry.module).RECIPES
]
CLAIMS = [(recipe, claim) for recipe in RECIPES for claim in recipe.claims]
RECORDS = [record for entry in CATALOGUE if entry.runs_here for record in evidence(entry.name)]
TOLD = ("id", "text", "metric", "arm", "versus", "kind", "margin", "unit")


def part(recipe):
    return f"{recipe.name}-{recipe.part}"


@pytest.mark.parametrize("recipe", RECIPES, ids=part)
def test_settings_are_json_and_called_world_and_real(recipe):
    assert recipe.settings[0].name == "world"
    assert {setting.name for setting in recipe.settings} <= {"world", "real"}
    for setting in recipe.settings:
        assert json.loads(json.dumps(setting.values)) == setting.values


@pytest.mark.parametrize(
    ("recipe", "claim"), CLAIMS, ids=[f"{part(r)}-{claim.id}" for r, claim in CLAIMS]
)
def test_every_claim_can_be_confirmed_and_contradicted(recipe, claim):
    held, broken = held_and_broken(claim)
    assert verdict(claim, held) == "CONFIRMED"
    assert verdict(claim, broken) == "CONTRADICTED"


@pytest.mark.parametrize("recipe", RECIPES, ids=part)
def test_every_claim_has_an_id_and_every_arm_is_claimed_about(recipe):
    ids = [claim.id for claim in recipe.claims]
    assert len(set(ids)) == len(ids)
    spoken = {claim.arm for claim in recipe.claims} | {claim.versus for claim in recipe.claims}
    assert len({arm.name for arm in recipe.arms} & spoken) >= 2 or len(recipe.arms) > 2


@pytest.mark.parametrize(
    "record", RECORDS, ids=lambda r: f"{r['recipe']}-{r['part']}-{r['setting']}"
)
def test_evidence_is_of_the_recipe_as_it_stands(record):
    (recipe,) = [r for r in RECIPES if (r.name, r.part) == (record["recipe"], record["part"])]
    assert record["values"] == recipe.setting(record["setting"]).values
    assert [arm["name"] for arm in record["arms"]] == [arm.name for arm in recipe.arms]
    assert record["budget"]["unit"] == recipe.budget_unit
    assert [{name: claim[name] for name in TOLD} for claim in record["claims"]] == [
        {name: getattr(claim, name) for name in TOLD} for claim in recipe.claims
    ]
