import gzip
import os
import re
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.mgpt import CHARACTER, CHARACTERS, DISTANCE, PLAIN, RECIPES, documents
from glotlift.recipes.small_decoders import Scored
from glotlift.recipes.tokenizer_measures import (
    ALL,
    CASED,
    CASELESS,
    bits_per_byte,
    characters_per_token,
    comes_back,
    distance,
    perplexities,
)
from glotlift.vocabulary import train_tokenizer
from glotlift.vocabulary.variants import UP, VARIANTS

from .made_up import write_mono

BY_BYTES, BY_STEPS = RECIPES
PER_TOKEN = "perplexity per token (no verdict)"
TOY = dict(BY_BYTES.setting("world").values) | {
    "cased": ["eng_Latn"],
    "caseless": ["hin_Deva"],
    "documents": 12,
    "held_out": 6,
    "pieces": 400,
    "bytes": 5_000,
    "steps": 3,
}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mgpt")
    return run_recipe(BY_BYTES, Setting("world", TOY), folder, seeds=[0])


@pytest.fixture(scope="module")
def character():
    return train_tokenizer(["abcd" * 9, "äöü ß"], size=300, variant="character")


def test_arms_differ_in_the_variant_alone():
    assert [arm.run.keywords for arm in BY_BYTES.arms] == [
        {"variant": name, "unit": "bytes"} for name in VARIANTS
    ]
    assert [arm.run.keywords for arm in BY_STEPS.arms] == [
        {"variant": name, "unit": "steps"} for name in (PLAIN, CHARACTER)
    ]
    assert len({arm.run.func for recipe in RECIPES for arm in recipe.arms}) == 1


def test_no_claim_rests_on_a_count_of_tokens():
    assert {claim.metric for recipe in RECIPES for claim in recipe.claims} <= {
        *(ALL, CASELESS, CHARACTERS, DISTANCE)
    }


def test_arms_read_equal_bytes_and_know_no_test_document(evidence):
    for arm in evidence["arms"]:
        assert arm["budget_spent"]["0"] == pytest.approx(5_000, rel=0.01)
        assert arm["cost"]["test documents in training"] == 0


def test_all_text_comes_back_from_every_arm(evidence):
    assert [arm["cost"]["texts that do not come back"] for arm in evidence["arms"]] == [0] * 5


def test_characters_are_one_to_a_token_and_win_by_the_token_alone(evidence):
    by_name = {arm["name"]: arm for arm in evidence["arms"]}
    plain, character = by_name[PLAIN], by_name[CHARACTER]
    assert character["metrics"][CHARACTERS]["mean"] == pytest.approx(1, abs=0.05)
    assert plain["metrics"][CHARACTERS]["mean"] > 1.2
    assert character["cost"]["tokens"] > plain["cost"]["tokens"]
    assert character["cost"][PER_TOKEN] < plain["cost"][PER_TOKEN]


def test_how_much_is_cut_unlike_plain_is_told(evidence):
    unlike = {a["name"]: a["cost"]["documents not cut as in plain"] for a in evidence["arms"]}
    assert unlike[PLAIN] == 0
    assert 0 < unlike["arithmetic"] < unlike["combined"] <= unlike[CHARACTER] == 12


def test_equal_steps_are_less_text_in_characters(tmp_path):
    spent = {}
    for arm in BY_STEPS.arms:
        (tmp_path / arm.name).mkdir()
        measured = arm.run(Setting("world", TOY), 0, tmp_path / arm.name)
        assert measured.budget == 3
        spent[arm.name] = measured.cost["epochs: eng_Latn"]
    assert spent[CHARACTER] < 0.8 * spent[PLAIN]


def test_the_same_sums_end_the_documents_of_every_language():
    english, hindi = (documents(code, 60, 0, "test")["text"] for code in ("eng_Latn", "hin_Deva"))
    sums = [re.sub(r"\D*?( \d+ .*)?", r"\1", text) for text in english]
    assert 10 < sum(map(bool, sums)) < 30
    for text, other in zip(hindi, sums, strict=True):
        assert text.endswith(other)
        assert any(map(str.isdigit, text)) == bool(other)
    one, _, other, _, total = next(filter(None, sums)).split()
    assert int(one) + int(other) == int(total)


def test_languages_count_alike_however_long_their_documents():
    ids = ["0", "1"]
    scored = {
        "eng_Latn": Scored(ids, np.array([10.0, 30.0]), np.array([10.0, 10.0])),
        "hin_Deva": Scored(ids, np.array([100.0, 100.0]), np.array([100.0, 300.0])),
    }
    found = bits_per_byte(scored, ["eng_Latn"])
    assert found[CASED].mean() == pytest.approx(40 / 20)
    assert found[CASELESS].mean() == pytest.approx(200 / 400)
    assert found[ALL].mean() == pytest.approx(1.25)


def test_distance_is_in_doublings_either_way(character):
    lines = {"eng_Latn": ["ab", "ab"], "deu_Latn": ["abcd", "ab"], "hin_Deva": ["a", "b"]}
    assert distance(character, lines).tolist() == [1.0, 0.5]
    rows = Dataset.from_dict({"text": ["abcd"]})
    assert characters_per_token(character, {"eng_Latn": rows}).tolist() == [1.0]


def test_perplexities_divide_by_what_they_name(character):
    rows = Dataset.from_dict({"text": ["abc", "d字"]})  # 字 is no piece: three bytes
    scored = {"eng_Latn": Scored(["0", "1"], np.array([6.0, 10.0]), np.array([3.0, 4.0]))}
    found = perplexities(scored, character, {"eng_Latn": rows})
    assert found["perplexity per character"] == pytest.approx(2 ** (16 / 5))
    assert found[PER_TOKEN] == pytest.approx(2 ** (16 / 7))


def test_what_does_not_come_back_is_found(character):
    marked = train_tokenizer(["The Cat"] * 3, size=400, variant="case")
    assert comes_back(marked, ["The Cat", f"{UP}x İz"]) == [True, True]
    assert comes_back(character, ["abc ab", "abc<|pad|>"]) == [True, False]


def test_the_real_setting_runs_on_files(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_DATA", str(tmp_path))
    write_mono(tmp_path, ["eng_Latn", "hin_Deva"], 60)
    values = TOY | {
        "text": "$GLOTLIFT_DATA/mono/{}.jsonl",
        "parallel": "$GLOTLIFT_DATA/{}.txt",
        "held_out": 3,
        "characters": 100,
        "lines": 2,
    }
    for code, words in {"eng_Latn": "one two", "hin_Deva": "एक दो"}.items():
        (tmp_path / f"{code}.txt").write_text(f"{words}\n" * 3, encoding="utf-8")
    (tmp_path / "work").mkdir()
    measured = BY_BYTES.arms[1].run(Setting("real", values), 0, tmp_path / "work")
    assert measured.budget == pytest.approx(5_000, rel=0.01)
    assert len(measured.scores[DISTANCE]) == 2
    assert len(measured.scores[ALL]) == 3
    assert measured.cost["bytes of text there are"] < 12 * (100 + 300)


@pytest.mark.skipif("GLOTLIFT_DATA" not in os.environ, reason="GLOTLIFT_DATA is not set")
@pytest.mark.parametrize("variant", VARIANTS)
def test_news_of_many_languages_comes_back(variant):
    paths = sorted((Path(os.environ["GLOTLIFT_DATA"]) / "ntrex").glob("*.txt.gz"))
    lines = "".join(gzip.decompress(path.read_bytes()).decode() for path in paths).split("\n")[::40]
    tokenizer = train_tokenizer(lines[::20], size=2000, variant=variant)
    assert len(lines) > 500
    assert all(comes_back(tokenizer, lines))
