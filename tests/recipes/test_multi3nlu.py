import json

import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.intent_rows import glossed, lexicon, of_xsid, requests
from glotlift.recipes.multi3nlu import (
    ENGLISH,
    EXACT,
    F1,
    FREQUENT,
    OWN,
    RECIPES,
    SHUFFLED,
    SLOTS,
    WORLD,
    mixed,
    shuffled,
    word_by_word,
)

(RECIPE,) = RECIPES
TOY = WORLD | {
    "rows": {"train": 18, "test": 8},
    "languages": ["spa_Latn", "hin_Deva"],
    "pairs": [60],
    "width": 8,
    "learning": {"steps": 8, "batch": 16, "rate": 0.01},
}
VALUES = json.dumps(TOY, sort_keys=True)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("multi3nlu")
    return run_recipe(RECIPE, Setting("world", TOY), folder, seeds=[0])


def test_requests_are_parallel_and_never_both_learnt_and_tested():
    known = requests(VALUES)
    for split, count in TOY["rows"].items():
        rows = known[split]
        ids = [[row.id for row in rows[code]] for code in ("eng_Latn", "spa_Latn", "hin_Deva")]
        assert ids[0] == ids[1] == ids[2]
        assert len(ids[0]) == count
        assert [r.intents for r in rows["eng_Latn"]] == [r.intents for r in rows["hin_Deva"]]
    train, test = ({row.id for row in known[split]["eng_Latn"]} for split in TOY["rows"])
    assert not train & test


def test_lessons_differ_in_their_language_alone():
    known = requests(VALUES)
    parts = mixed(VALUES, known, "spa_Latn")
    assert [code for code, _ in parts] == ["eng_Latn", "spa_Latn", "hin_Deva"]
    assert len({row.id for _, rows in parts for row in rows}) == TOY["rows"]["train"]
    ((code, rows),) = word_by_word(VALUES, known, "spa_Latn")
    assert code == "spa_Latn"
    changed = sum(
        a.tokens != b.tokens for a, b in zip(rows, known["train"]["eng_Latn"], strict=True)
    )
    assert changed > len(rows) / 2
    ((_, wrong),) = shuffled(VALUES, known, "spa_Latn")
    right = known["train"]["spa_Latn"]
    assert sorted(map(sorted, (r.intents for r in wrong))) == sorted(
        map(sorted, (r.intents for r in right))
    )
    assert any(a.intents != b.intents for a, b in zip(wrong, right, strict=True))


def test_words_that_the_lexicon_lacks_stay():
    row = requests(VALUES)["train"]["eng_Latn"][0]
    (same,) = glossed([row], {})
    (first,) = glossed([row], {row.tokens[0].casefold(): "palabra"})
    assert same.tokens == row.tokens
    assert first.tokens[0] == "palabra"
    assert lexicon(VALUES, "spa_Latn")


def test_two_requests_of_xsid_are_said_together(tmp_path):
    import gzip

    lines = [
        {"text": w, "intent": f"do/{w}", "tokens": [w], "slots": [f"B-{w}"]}
        for w in ("a", "b", "c")
    ]
    with gzip.open(tmp_path / "de.test.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    rows = of_xsid(str(tmp_path), "deu_Latn", "test")
    assert [row.tokens for row in rows] == [["a", "b"], ["b", "c"], ["c", "a"]]
    assert rows[2].intents == {"do/c", "do/a"}
    assert rows[1].tags == ["B-b", "B-c"]


def test_every_arm_learns_from_as_many_requests(evidence):
    arms = {arm["name"]: arm for arm in evidence["arms"]}
    assert {one["budget_spent"]["0"] for one in arms.values()} == {18}
    assert evidence["rows"][F1]["count"] == 2 * 8
    for name in (OWN, ENGLISH):
        assert all(0 <= arms[name]["metrics"][metric]["mean"] <= 1 for metric in (F1, EXACT, SLOTS))
    assert arms[FREQUENT]["metrics"][SLOTS]["mean"] == 0
    assert arms[OWN]["metrics"][F1]["mean"] > arms[SHUFFLED]["metrics"][F1]["mean"]
    assert np.isfinite([claim["estimate"] for claim in evidence["claims"]]).all()
