import json

import pytest
from transformers import PreTrainedTokenizerFast

from glotlift.commands.main import REFUSED, main
from glotlift.vocabulary.training import TrainConfig


@pytest.fixture
def place(tmp_path):
    lines = [f"A fine Day {number} and a fine night" for number in range(200)]
    (tmp_path / "english.txt").write_text("\n".join(lines))
    (tmp_path / "turkish.txt").write_text("güzel bir gün\ngüzel bir gece\n", encoding="utf-8")
    return tmp_path


def arguments(place, *more):
    return [
        "vocab", "train", "--text", f"eng_Latn={place / 'english.txt'}",
        "--text", f"tur_Latn={place / 'turkish.txt'}", "--size", "330",
        "--output", str(place / "out"), *more,
    ]  # fmt: skip


@pytest.mark.parametrize("variant", ["plain", "case", "arithmetic", "combined", "character"])
def test_every_variant_is_trained_and_loads(variant, place, capsys):
    assert main([*arguments(place, "--variant", variant), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["language"]: row["share"] for row in found["languages"]} == {
        "eng_Latn": 0.5,
        "tur_Latn": 0.5,
    }
    tokenizer = PreTrainedTokenizerFast.from_pretrained(place / "out")
    text = "Güzel GÜN 1234"
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False).input_ids) == text


def test_a_budget_is_kept_and_what_it_leaves_out_is_told(place, capsys):
    assert main(arguments(place, "--budget", "0.002")) == 0
    shown = capsys.readouterr().out
    assert "eng_Latn: 1," in shown
    assert "were drawn at random" in shown
    record = json.loads((place / "out" / "training.json").read_text())
    assert record["bytes_trained_on"] <= 2000
    assert all(row["bytes_held"] <= 2000 for row in record["languages"])


def test_the_policy_decides_the_shares(place, capsys):
    assert main([*arguments(place, "--policy", "natural"), "--json"]) == 0
    shares = [row["share"] for row in json.loads(capsys.readouterr().out)["languages"]]
    assert shares[0] > 0.9


def test_a_plan_changes_nothing(place, capsys):
    assert main([*arguments(place), "--plan", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["size"] == 330
    # About 2 GB of memory where every line is one long word.
    assert planned["budget_bytes"] == TrainConfig.model_fields["budget_bytes"].default == 20_000_000
    assert not (place / "out").exists()


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("GL-VOCABULARY-092", ["--policy", "fair"]),
        ("GL-CORPUS-034", ["--policy", "7"]),
        ("GL-VOCABULARY-085", ["--kind", "unigram", "--variant", "case"]),
        ("GL-VOCABULARY-003", ["--size", "100"]),
    ],
)
def test_senseless_requests_are_refused(code, more, place, capsys):
    assert main(arguments(place, *more)) == REFUSED
    assert capsys.readouterr().err.startswith(code)
    assert not (place / "out").exists()


def test_several_tokenizers_are_compared(place, capsys):
    for name in ("plain", "character"):
        assert main([*arguments(place, "--variant", name), "--output", str(place / name)]) == 0
    capsys.readouterr()
    text = ["--text", f"eng_Latn={place / 'english.txt'}"]
    assert main(["vocab", "report", str(place / "plain"), str(place / "character"), *text,
                 "--json"]) == 0  # fmt: skip
    plain, character = json.loads(capsys.readouterr().out)
    assert character["characters_per_token"] == 1
    assert plain["characters_per_token"] > 2
    assert plain["tokenizer"] == str(place / "plain")
