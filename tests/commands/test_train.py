"""The command line of `glotlift train`; what it does is tested beside the function."""

import json
from pathlib import Path

import pytest
import yaml

from glotlift.commands.main import REFUSED, main
from glotlift.runs.config import load_config
from glotlift.training.run_config import TrainConfig

EXAMPLE = Path(__file__).parents[2] / "examples" / "train.yaml"


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "run.yaml"
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
             "num_attention_heads": 2, "max_position_embeddings": 64}  # fmt: skip
    values = {
        "architecture": {"model_type": "llama", "config": small, "pieces": 320},
        "sources": {"eng_Latn": "world:eng_Latn?rows=40&sentences=1"},
        "settings": {"block": 48, "blocks_per_step": 2, "micro_blocks": 2},
        "stages": {"only": {"budget": "3 steps"}},
    }
    path.write_text(yaml.safe_dump(values))
    return path


def test_a_run_prints_what_was_read_and_where_the_model_is(written, tmp_path, capsys):
    output = tmp_path / "run"
    asked = ["train", str(written), "stages.only.budget=2 steps", "--output", str(output)]
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert "only: 2 steps" in shown
    assert f"model: {output / 'model'}" in shown
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == str(output / "model")
    assert told["stages"]["only"]["read"][0]["language"] == "eng_Latn"
    assert main(["runs", "list", str(tmp_path), "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["command"], listed["state"]) == ("train", "finished")


def test_a_plan_prints_steps_tokens_epochs_and_touches_nothing(written, tmp_path, capsys):
    output = tmp_path / "run"
    asked = ["train", str(written), "--plan", f"output={output}"]
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("steps", "tokens", "epochs", "seconds", "memory"))
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stages"][0]["steps"] == 3
    assert not output.exists()


def test_a_wrong_key_is_refused_with_the_nearest(written, capsys):
    assert main(["train", str(written), "stages.only.bugdet=3 steps"]) == REFUSED
    told = capsys.readouterr().err
    assert "GL-CONFIG-005" in told
    assert "'budget'" in told


def test_the_example_is_a_configuration():
    config = load_config(TrainConfig, EXAMPLE)
    assert list(config.stages) == ["broad", "weak", "tuning"]
    assert config.stages["weak"].settings.learning_rate == 1.2e-3
    assert config.stages["tuning"].settings.learning_rate == 2e-3
