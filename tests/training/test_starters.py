import json
from dataclasses import replace

import pytest
import transformers
from transformers import AutoTokenizer

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.training import starters
from glotlift.training.schooling import StarterSize
from glotlift.training.starters import (
    SCHOOLED,
    SIZES,
    choose_languages,
    folder_of,
    parse,
    starter,
    starter_address,
)

SMALL = StarterSize(width=32, layers=1, pieces=300, steps=3, documents=12, learning_rate=1e-3)


@pytest.fixture
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path))
    monkeypatch.setitem(SIZES, "tiny", SMALL)
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "auto", "architecture"),
    [
        ("decoder", "AutoModelForCausalLM", "LlamaForCausalLM"),
        ("encoder", "AutoModelForMaskedLM", "ModernBertForMaskedLM"),
        ("seq2seq", "AutoModelForSeq2SeqLM", "T5ForConditionalGeneration"),
    ],
)
def test_a_starter_loads_with_plain_transformers(small, kind, auto, architecture):
    path = starter(kind, "tiny")
    model = getattr(transformers, auto).from_pretrained(path)
    tokenizer = AutoTokenizer.from_pretrained(path)
    assert type(model).__name__ == architecture
    assert model.config.vocab_size == len(tokenizer)
    assert model.config.pad_token_id == tokenizer.pad_token_id
    assert (
        tokenizer.decode(tokenizer("Two fish swim.", add_special_tokens=False)["input_ids"])
        == "Two fish swim."
    )
    recipe = json.loads((path / "starter.json").read_text())
    assert (recipe["kind"], recipe["seed"], recipe["width"]) == (kind, 0, 32)
    assert recipe["languages"] == dict.fromkeys(sorted(SCHOOLED), "high")
    assert recipe["seconds"] > 0
    assert recipe["processor_seconds"] > 0
    assert [p.name for p in path.parent.iterdir() if not p.name.startswith(".")] == [path.name]


def test_a_starter_is_made_once(small, monkeypatch):
    first = starter_address("starter:decoder:tiny")
    monkeypatch.setattr(starters, "pretrain", None)  # another making would fail
    assert starter("decoder", "tiny") == first
    assert starter_address("starter:decoder:tiny") == first


def test_another_recipe_is_another_starter(small, monkeypatch):
    monkeypatch.setattr(starters, "pretrain", fake)
    paths = {
        starter("decoder", "tiny"),
        starter("decoder", "tiny", seed=1),
        starter("decoder", "tiny", ["eng_Latn"]),
        starter_address("starter:encoder:tiny"),
    }
    monkeypatch.setitem(SIZES, "tiny", replace(SMALL, steps=4))
    paths.add(starter("decoder", "tiny"))
    assert len(paths) == 5
    assert starter("decoder", "tiny", ["eng_Latn", "rus_Cyrl"]) == starter_address(
        "starter:decoder:tiny:eng_Latn+rus_Cyrl"
    )


class Saved:
    def save_pretrained(self, folder):
        (folder / "saved").write_text("")


def fake(*_, **__):
    return Saved(), Saved()


def test_a_starter_that_fails_half_way_is_not_there(small, monkeypatch):
    def torn(self, folder):
        (folder / "half").write_text("")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(starters, "pretrain", fake)
    with monkeypatch.context() as patch:
        patch.setattr(Saved, "save_pretrained", torn)
        with pytest.raises(OSError, match="No space"):
            starter("decoder", "tiny")
    assert not [p for p in (small / "starters").iterdir() if not p.name.startswith(".")]
    assert (starter("decoder", "tiny") / "saved").exists()


@pytest.mark.parametrize(
    "address",
    ["starter:", "starter:recoder", "starter:decoder:huge", "starter:decoder:tiny:all:again"],
)
def test_a_starter_that_does_not_exist_is_refused(small, address):
    with pytest.raises(GlotliftError, match=r"GL-TRAINING-010.*decoder, encoder, seq2seq"):
        starter_address(address)


def test_a_starter_of_a_language_outside_the_world_is_refused(small):
    with pytest.raises(GlotliftError, match="zzz_Latn"):
        starter_address("starter:decoder:tiny:zzz_Latn")


@pytest.mark.parametrize(
    ("text", "tiers"),
    [
        ("eng_Latn+hin_Deva=low", {"eng_Latn": "high", "hin_Deva": "low"}),
        ("hin_Deva=low+eng_Latn=high+tur_Latn=unseen", {"eng_Latn": "high", "hin_Deva": "low"}),
        ("all", dict.fromkeys(world.LANGUAGES, "high")),
        (
            "all-tur_Latn-hin_Deva",
            {code: "high" for code in world.LANGUAGES if code not in ("tur_Latn", "hin_Deva")},
        ),
    ],
)
def test_an_address_deals_tiers_and_leaves_languages_out(text, tiers):
    chosen = parse(f"starter:encoder:tiny:{text}")
    assert chosen == ("encoder", "tiny", tiers)
    assert list(chosen[2]) == sorted(tiers)  # one starter, however its languages are ordered


def test_languages_are_left_out_by_address_and_by_argument_alike(small, monkeypatch):
    monkeypatch.setattr(starters, "pretrain", fake)
    assert starter("decoder", "tiny", without=["tur_Latn"]) == starter_address(
        "starter:decoder:tiny:all-tur_Latn"
    )
    assert starter("decoder", "tiny", SCHOOLED, without=["rus_Cyrl"]) == starter(
        "decoder", "tiny", [code for code in SCHOOLED if code != "rus_Cyrl"]
    )


def test_a_tier_is_part_of_what_a_starter_is(small):
    folders = {folder_of("decoder", "tiny", {"hin_Deva": tier}) for tier in ("high", "low")}
    assert len(folders) == 2


@pytest.mark.parametrize(
    ("languages", "without", "code"),
    [
        ({"eng_Latn": "unseen"}, [], "GL-TRAINING-011"),
        (["eng_Latn"], ["eng_Latn"], "GL-TRAINING-011"),
        (["eng_Latn"], ["tur_Latn"], "GL-TRAINING-012"),
        (None, ["tur_Latin"], "GL-TRAINING-012"),
    ],
)
def test_languages_that_leave_nothing_or_are_not_in_are_refused(languages, without, code):
    with pytest.raises(GlotliftError, match=code):
        choose_languages(languages, without)


def test_a_tier_that_does_not_exist_is_refused(small):
    with pytest.raises(GlotliftError, match=r"GL-WORLD-013.*lov"):
        starter_address("starter:decoder:tiny:eng_Latn+hin_Deva=lov")
