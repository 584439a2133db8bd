import gzip
import json

import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.berta_catalan import RECIPES
from glotlift.recipes.berta_encoder import (
    BITS,
    ENCODER,
    ONE,
    SEVERAL,
    THEN_ONE,
    UNTRAINED,
    material,
)
from glotlift.recipes.club_data import TASKS, pairs_of, real_task, treebank

TOY = dict(ENCODER.setting("world").values) | {
    "documents": {"cat_Latn": 40, "spa_Latn": 30},
    "held_out": 3,
    "task_rows": {"train": 8, "test": 6},
    "pieces": 300,
    "bytes": 4_000,
    "epochs": 1,
}


@pytest.fixture(scope="module")
def arms(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = tmp_path_factory.mktemp("berta")
        evidence = run_recipe(ENCODER, Setting("world", TOY), folder, seeds=[0])
        yield {arm["name"]: arm for arm in evidence["arms"]}


def test_it_is_a_part_of_berta():
    assert ENCODER in RECIPES
    for setting in ENCODER.settings:
        assert json.loads(json.dumps(setting.values)) == setting.values
        assert setting.values["language"] in setting.values["documents"]


@pytest.mark.slow
def test_arms_read_equal_bytes_and_no_test_document(arms):
    for arm in arms.values():
        assert arm["budget_spent"]["0"] == pytest.approx(4_000, rel=0.01)
        assert arm["cost"]["test documents in training"] == 0


@pytest.mark.slow
def test_vocabularies_are_equally_large(arms):
    assert len({arm["cost"]["parameters"] for arm in arms.values()}) == 1
    assert arms[ONE]["cost"]["pieces a word"] < arms[SEVERAL]["cost"]["pieces a word"]
    assert arms[SEVERAL]["cost"]["pieces a word"] == arms[THEN_ONE]["cost"]["pieces a word"]


@pytest.mark.slow
def test_every_arm_is_judged_by_every_task(arms):
    for arm in arms.values():
        assert set(arm["metrics"]) == {BITS, *TASKS}
    bits = {name: arm["metrics"][BITS]["mean"] for name, arm in arms.items()}
    assert bits[ONE] < bits[UNTRAINED]


def test_what_needs_no_encoder_is_known():
    controls = material(json.dumps(TOY, sort_keys=True)).controls
    assert set(controls) == set(TASKS)
    assert controls["entities"] == 0
    assert 0 < controls["parts of speech"] < 1


def test_likeness_is_the_share_of_contents_in_common():
    texts = [f"text {number}" for number in range(30)]
    contents = [{number % 5, 5 + number % 3, 10} for number in range(30)]
    pairs = pairs_of(texts, contents, 20)
    for row in pairs:
        one, other = (contents[int(row[side].split()[1])] for side in ("first", "second"))
        assert row["likeness"] == len(one & other) / len(one | other)
        assert row["first"] != row["second"]
    assert len(set(pairs["likeness"])) >= 3


def test_parts_of_speech_are_read_from_a_treebank(tmp_path):
    path = tmp_path / "x.train.conllu.gz"
    lines = [
        "# text = del mar.",
        "1-2\tdel\t_\t_\t_\t_\t_\t_\t_\t_",
        "1\tde\tde\tADP\t_\t_\t3\tcase\t_\t_",
        "2\tel\tel\tDET\t_\t_\t3\tdet\t_\t_",
        "3\tmar\tmar\tNOUN\t_\t_\t0\troot\t_\t_",
        "3.1\tno\tno\tX\t_\t_\t_\t_\t_\t_",
        "",
        "1\tSí\tsí\tINTJ\t_\t_\t0\troot\t_\t_",
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert list(treebank(path)) == [
        {
            "id": "x.train.conllu.gz/0",
            "tokens": ["de", "el", "mar"],
            "tags": ["ADP", "DET", "NOUN"],
        },
        {"id": "x.train.conllu.gz/1", "tokens": ["Sí"], "tags": ["INTJ"]},
    ]


def test_answers_stand_where_real_rows_say(glotlift_data):
    for split in ("train", "test"):
        rows = real_task("$GLOTLIFT_DATA/", "answers", "tur_Latn", split, 40)
        for row in rows:
            assert row["context"][row["start"] :].startswith(row["answer"])
    train, test = (
        set(real_task("$GLOTLIFT_DATA/", "answers", "tur_Latn", split, 2000)["id"])
        for split in ("train", "test")
    )
    assert not train & test
    assert len(train | test) == 1190


def test_real_tasks_have_tags_for_every_word(glotlift_data):
    for task in ("parts of speech", "entities"):
        rows = real_task("$GLOTLIFT_DATA/", task, "tur_Latn", "test", 20)
        assert len(rows) == 20
        assert all(len(row["tokens"]) == len(row["tags"]) for row in rows)
    alike = real_task("$GLOTLIFT_DATA/", "likeness", "tur_Latn", "test", 50)
    assert np.std(alike["likeness"]) > 0.1
