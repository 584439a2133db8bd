import gzip
import json

import pytest

from glotlift import world
from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.lem import ENTITIES, RANDOM, RECIPES, REST, SHUFFLED, WHOLE
from glotlift.recipes.tagged_pairs import learnt, tagged

from .paired import toy

(RECIPE,) = RECIPES
# Pairs enough that the share of hidden pieces, 0.15, is counted closely.
TOY = toy(RECIPE, stages={"masked": 1, "tlm": 1}, pivot="eng_Latn", pairs=200)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def arms(cache, tmp_path_factory):
    evidence = run_recipe(RECIPE, TOY, tmp_path_factory.mktemp("lem"), seeds=[0])
    return {arm["name"]: arm for arm in evidence["arms"]}


def test_arms_differ_in_what_is_hidden():
    settings = {arm.name: arm.run.keywords for arm in RECIPE.arms}
    assert {name: set(given) for name, given in settings.items() if name != SHUFFLED} == {
        name: {"masker"} for name in (RANDOM, ENTITIES, WHOLE, REST)
    }
    assert settings[SHUFFLED] == settings[ENTITIES] | {"shuffle": True}


def test_every_arm_takes_both_stages_and_hides_as_much(arms):
    assert all(arm["budget_spent"]["0"] == 2 for arm in arms.values())
    for objective in ("masked", "tlm"):
        shares = [arm["cost"][f"pieces hidden, {objective}"] for arm in arms.values()]
        assert min(shares) > 0.08
        assert max(shares) < 0.22


def test_pairs_carry_the_labels_of_both_sides_and_are_not_tested():
    shared = tagged(json.dumps(dict(TOY.values), sort_keys=True))
    pairs = shared.pairs["rus_Cyrl"]
    for row in pairs.select(range(5)):
        assert len(row["tokens"]) == len(row["pos"])
        assert len(row["source_tokens"]) == len(row["source_pos"])
    assert not set(pairs["text"]) & set(shared.tests["eng_Latn"])
    assert shared.tagger() is None


def write_real(folder):
    """Write lines and treebanks as the real setting reads them."""
    for code in ("spa_Latn", "tur_Latn", "eng_Latn"):
        rows = world.labelled(code, 40)
        lines = list(dict.fromkeys(rows["text"]))
        (folder / f"{code}.txt").write_text("\n".join(lines), encoding="utf-8")
        for part, chosen in (("train", range(30)), ("dev", range(30, 40))):
            blocks = [
                "\n".join(
                    f"{at + 1}\t{token}\t_\t{tag}" + "\t_" * 6
                    for at, (token, tag) in enumerate(zip(row["tokens"], row["pos"], strict=True))
                )
                for row in rows.select(chosen)
            ]
            with gzip.open(folder / f"{code[:3]}.{part}.conllu.gz", "wt", encoding="utf-8") as file:
                file.write("\n\n".join(blocks))


def test_real_rows_are_labelled_by_what_treebanks_teach(tmp_path):
    write_real(tmp_path)
    values = dict(TOY.values) | {
        "parallel": f"{tmp_path}/{{}}.txt",
        "treebanks": f"{tmp_path}/{{}}.{{}}.conllu.gz",
        "romanised": ["spa_Latn"],
        "pivot": "tur_Latn",
        "items": 5,
        "pairs": 20,
    }
    shared = tagged(json.dumps(values, sort_keys=True))
    assert set(shared.right) == {"spa_Latn", "tur_Latn"}
    assert min(shared.right.values()) > 0.7
    pair = shared.pairs["spa_Latn"][0]
    (labels,) = shared.tagger()([pair["source_text"]], ["spa_Latn"])
    words = [pair["source_text"][start:end] for start, end, _ in labels]
    assert "".join(words) == pair["source_text"].replace(" ", "")
    assert {"NOUN", "PROPN"} & {tag for _, _, tag in labels}
    assert not set(shared.pairs["spa_Latn"]["text"]) & set(shared.tests["tur_Latn"])
    assert learnt(values, ["tur_Latn"])[1]["tur_Latn"] == shared.right["tur_Latn"]
    assert isinstance(RECIPE.setting("real"), Setting)
