from pathlib import Path

import pytest
import yaml

from glotlift.adaptation.config import AdaptConfig, parse_budget
from glotlift.runs.config import load_config

LEAST = {"model": "m", "language": "yo", "text": "a.txt"}


def test_the_least_configuration():
    config = load_config(AdaptConfig, LEAST)
    assert (config.language, config.text, config.keep) == ("yor_Latn", ["a.txt"], {})
    assert config.languages == ["yor_Latn"]
    assert config.seed_list == (0,)


@pytest.mark.parametrize("tag", ["yo", "yor", "yor_Latn", "yo-Latn"])
def test_every_code_of_a_language_is_the_same_configuration(tag):
    assert load_config(AdaptConfig, {**LEAST, "language": tag}) == load_config(AdaptConfig, LEAST)


def test_kept_languages_are_written_alike_too():
    config = load_config(AdaptConfig, {**LEAST, "keep": {"en": "e.txt", "fra": ["f", "g"]}})
    assert config.keep == {"eng_Latn": ["e.txt"], "fra_Latn": ["f", "g"]}
    assert config.languages == ["yor_Latn", "eng_Latn", "fra_Latn"]


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("90s", 90, "seconds"),
        ("10m", 600, "seconds"),
        ("2h", 7200, "seconds"),
        ("1.5 h", 5400, "seconds"),
        ("500kB", 500_000, "bytes"),
        ("40MB", 40_000_000, "bytes"),
        ("0.5GB", 500_000_000, "bytes"),
    ],
)
def test_the_dial_reads_time_and_bytes(text, amount, unit):
    assert parse_budget(text) == (amount, unit)


def test_the_default_folder_follows_the_configuration_but_not_the_output():
    one = load_config(AdaptConfig, LEAST)
    assert one.folder.parent == Path("runs")
    assert one.folder.name.startswith("adapt-yor_Latn-")
    assert load_config(AdaptConfig, {**LEAST, "seed": 1}).folder != one.folder
    assert load_config(AdaptConfig, LEAST, ["seed=0"]).folder == one.folder
    assert load_config(AdaptConfig, {**LEAST, "output": "~/x"}).folder == Path.home() / "x"


def test_a_micro_batch_is_never_larger_than_a_step():
    config = load_config(AdaptConfig, {**LEAST, "training": {"blocks_per_step": 4}})
    assert config.training.micro_blocks == 4


def test_several_seeds_follow_the_first():
    assert load_config(AdaptConfig, {**LEAST, "seed": 5, "seeds": 3}).seed_list == (5, 6, 7)


def test_a_configuration_survives_yaml(tmp_path):
    config = load_config(
        AdaptConfig,
        {**LEAST, "keep": {"en": "e"}, "budget": "3m", "replay": 0.2, "extension": {"pieces": 7}},
    )
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(config.model_dump(mode="json")))
    assert load_config(AdaptConfig, path) == config


def test_overrides_reach_nested_keys():
    config = load_config(
        AdaptConfig,
        LEAST,
        ["training.learning_rate=1e-4", "extension.pieces=auto", "keep.eng_Latn=e"],
    )
    assert config.training.learning_rate == 1e-4
    assert config.extension.pieces == "auto"
    assert config.keep == {"eng_Latn": ["e"]}


def test_every_key_is_described():
    for model in (AdaptConfig, *[f.annotation for f in AdaptConfig.model_fields.values()]):
        fields = getattr(model, "model_fields", {})
        for name, field in fields.items():
            if name not in ("extension", "training", "evaluation"):
                assert field.description, f"{model.__name__}.{name}"
