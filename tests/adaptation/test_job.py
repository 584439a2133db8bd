"""One real run, small, with every part: what it leaves, and what it does when it is asked again."""

import json
import math

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from adaptation.models import CHAT, GENERATION, save_model
from glotlift import AdaptConfig, adapt, plan
from glotlift.adaptation import job
from glotlift.adaptation.text import load_text
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError
from tiny import COMMON, made, tokenizer

KEYS = {
    "schema", "kind", "title", "created", "glotlift", "command", "model", "target", "kept",
    "languages", "tasks", "vocabulary", "cost", "tokens_seen", "curves", "samples", "corpus",
    "notes", "machine", "versions", "claims", "reproduce",
}  # fmt: skip


def settings(root):
    return {
        "model": str(root / "model"),
        "language": "hin_Deva",
        "text": "world:hin_Deva?rows=150",
        "keep": {"eng_Latn": "world:eng_Latn?rows=60"},
        "output": str(root / "run"),
        "budget": "60kB",
        "extension": {"pieces": 24, "max_changed": 1.0},
        "training": {"block": 64, "learning_rate": 5e-3, "evaluations": 2, "save_every": 10},
        "evaluation": {"documents": 400, "tasks": 12, "samples": 1},
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    path = tmp_path_factory.mktemp("job")
    save_model(path / "model")
    assert adapt(settings(path)) == path / "run"
    return path


@pytest.fixture(scope="module")
def evidence(root):
    return json.loads((root / "run" / "evidence.json").read_text())


def test_the_evidence_has_every_key_and_survives_json(evidence):
    assert evidence.keys() >= KEYS
    assert (evidence["schema"], evidence["kind"]) == (1, "adapt")
    text = json.dumps(evidence, allow_nan=False)
    assert json.loads(text) == evidence


def test_the_evidence_tells_what_is_in_the_files(evidence, root):
    model = evidence["model"]
    adapted = AutoModelForCausalLM.from_pretrained(root / "run" / "model")
    assert model["architecture"] == "LlamaForCausalLM"
    assert model["parameters_before"] == made("llama").num_parameters()
    assert model["parameters_after"] == adapted.num_parameters()
    assert (model["vocabulary_before"], model["vocabulary_after"]) == (320, 344)
    assert evidence["vocabulary"]["pieces_added"] == 24
    assert evidence["vocabulary"]["unreached"] == 0
    assert evidence["target"] == "hin_Deva"
    assert evidence["kept"] == ["eng_Latn"]
    roles = {row["language"]: row["role"] for row in evidence["languages"]}
    assert roles == {"hin_Deva": "target", "eng_Latn": "kept"}
    seen = {row["language"]: row for row in evidence["tokens_seen"]}
    assert sum(row["bytes"] for row in seen.values()) == pytest.approx(60_000, abs=12)
    assert sum(row["share"] for row in seen.values()) == pytest.approx(1)
    assert seen["eng_Latn"]["share"] == pytest.approx(0.2, abs=0.04)
    assert evidence["cost"]["tokens"] == sum(row["tokens"] for row in seen.values())
    stages = [row["name"] for row in evidence["cost"]["stages"]]
    assert {"text", "dial", "vocabulary", "before", "rows", "training", "after"} <= set(stages)
    assert {point["language"] for point in evidence["curves"]["validation"]} == set(roles)
    steps = [point["step"] for point in evidence["curves"]["train"]]
    assert steps == sorted(steps)
    assert {(row["task"], row["language"]) for row in evidence["tasks"]} == {
        (task, code) for task in ("facts", "cause") for code in roles
    }
    assert [claim["id"] for claim in evidence["claims"]] == ["gain-hin_Deva", "kept-eng_Latn"]


def test_the_adapted_model_has_learnt(evidence):
    target = next(row for row in evidence["languages"] if row["role"] == "target")
    assert target["after"] < target["before"] - 0.5
    assert target["change"]["high"] < 0
    assert evidence["claims"][0]["verdict"] == "CONFIRMED"


def test_the_model_loaded_with_plain_transformers_needs_the_bits_that_were_measured(evidence, root):
    """Loaded and measured without any of our code, document by document."""
    model = AutoModelForCausalLM.from_pretrained(root / "run" / "model").eval()
    pieces = AutoTokenizer.from_pretrained(root / "run" / "model")
    assert len(pieces) == model.config.vocab_size == 344
    corpus = load_text(root / "run" / "text")
    for row in evidence["languages"]:
        nats, size = 0.0, 0
        texts = corpus.texts("test", row["language"])
        assert row["documents"] == len(texts)
        for text in texts:
            ids = pieces(text, add_special_tokens=False)["input_ids"]
            assert len(ids) < 512, "choose shorter documents: this one is read in windows"
            whole = torch.tensor([[0, *ids]])
            with torch.no_grad():
                nats += model(input_ids=whole, labels=whole).loss.item() * len(ids)
            size += len(text.encode())
        assert nats / math.log(2) / size == pytest.approx(row["after"], rel=1e-4)


def test_chat_template_and_generation_configuration_are_kept(root):
    pieces = AutoTokenizer.from_pretrained(root / "run" / "model")
    assert pieces.chat_template == CHAT
    chat = [{"role": "user", "content": "नदी"}]
    assert pieces.apply_chat_template(chat, tokenize=False) == "<s>user: नदी</s>"
    assert pieces.special_tokens_map == tokenizer().special_tokens_map
    kept = GenerationConfig.from_pretrained(root / "run" / "model").to_dict()
    assert {name: kept[name] for name in {**GENERATION, **COMMON}} == {**GENERATION, **COMMON}


def test_old_text_still_decodes_and_new_pieces_are_used(root):
    before, after = tokenizer(), AutoTokenizer.from_pretrained(root / "run" / "model")
    corpus = load_text(root / "run" / "text")
    hindi = corpus.texts("test", "hin_Deva")
    counts = [sum(map(len, pieces(hindi)["input_ids"])) for pieces in (before, after)]
    assert counts[1] < 0.9 * counts[0]
    for text in hindi + corpus.texts("test", "eng_Latn"):
        assert after.decode(after(text, add_special_tokens=False)["input_ids"]) == text
    assert all(after.get_vocab()[piece] == number for piece, number in before.get_vocab().items())


def test_page_and_card_are_written(evidence, root):
    page = (root / "run" / "report.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert "Hindi" in page
    card = (root / "run" / "model" / "README.md").read_text(encoding="utf-8")
    header = yaml.safe_load(card.split("---")[1])
    assert set(header["language"]) >= {"hi", "en"}
    target = next(row for row in evidence["languages"] if row["role"] == "target")
    assert f"{target['after']:.3f}" in card


def test_nothing_temporary_is_left(root):
    names = {path.name for path in (root / "run").iterdir()} - {".lock"}
    assert not [name for name in names if name.startswith(".")]
    assert {"run.json", "events.jsonl", "evidence.json", "report.html", "model"} <= names


def test_asked_again_it_does_nothing(root, monkeypatch):
    def stamps():
        return {p: p.stat().st_mtime_ns for p in (root / "run").rglob("*") if p.name != ".lock"}

    before = stamps()
    monkeypatch.setattr(job, "carry_over", None)
    assert adapt(settings(root)) == root / "run"
    assert stamps() == before


def test_a_lost_evidence_file_is_made_again_from_the_stages(root, evidence):
    path = root / "run" / "evidence.json"
    path.unlink()
    adapt(settings(root))
    again = json.loads(path.read_text())
    for key in ("languages", "tasks", "vocabulary", "tokens_seen", "claims", "curves", "corpus"):
        assert again[key] == evidence[key], key


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 1}, "config.seed"),
        ({"budget": "70kB"}, "config.budget"),
        ({"keep": {}}, "config.keep"),
    ],
)
def test_another_question_in_the_same_folder_is_refused(root, changes, named):
    with pytest.raises(GlotliftError, match=rf"GL-RUN-001.*{named}"):
        adapt({**settings(root), **changes})


def test_another_model_in_the_same_place_is_refused(root):
    card = root / "model" / "README.md"
    card.write_text("another")
    try:
        with pytest.raises(GlotliftError, match=r"GL-RUN-001.*inputs"):
            adapt(settings(root))
    finally:
        card.unlink()


def test_the_command_that_is_told_is_the_same_run(evidence, root):
    written = yaml.safe_load(evidence["reproduce"]["config"])
    asked = load_config(AdaptConfig, {**written, "output": str(root / "run")})
    assert asked == load_config(AdaptConfig, settings(root))
    assert adapt(asked) == root / "run"  # and so it is done


def test_run_json_holds_what_was_asked_and_of_what(root):
    about = json.loads((root / "run" / "run.json").read_text())
    assert about["command"] == "adapt"
    assert about["seeds"] == [0]
    assert set(about["inputs"]) == {
        "world:hin_Deva?rows=150", "world:eng_Latn?rows=60", str(root / "model"),
    }  # fmt: skip
    assert {"torch", "transformers", "python"} <= about["versions"].keys()


@pytest.fixture(scope="module")
def planned(root, tmp_path_factory):
    output = tmp_path_factory.mktemp("planned") / "never"
    return plan({**settings(root), "output": str(output)}), output


def test_a_plan_writes_nothing_and_tells_what_the_run_then_does(planned, evidence):
    told, output = planned
    assert not output.exists()
    assert told["stages"] == ["text", "dial", "vocabulary", "before", "rows", "training", "after"]
    dial = {name: told[name] for name in evidence["dial"]}
    assert dial == evidence["dial"]
    assert told["tokens"] == pytest.approx(evidence["cost"]["tokens"], rel=0.5)
    assert told["seconds"] == pytest.approx(sum(told["seconds_by_stage"].values()), abs=0.5)
    assert told["peak_memory_bytes"] > 0


def test_a_plan_warns_of_little_text_and_of_nothing_kept(planned, root):
    told, _ = planned
    assert len(told["warnings"]) == 1
    assert "bytes of target text" in told["warnings"][0]
    bare = plan({**settings(root), "keep": {}, "output": str(root / "other")})
    assert any("forgetting is neither prevented nor measured" in line for line in bare["warnings"])
    assert bare["replay_share"] == 0


def test_without_an_extension_the_vocabulary_is_left_alone(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain")
    save_model(path / "model", "bert")
    asked = {
        **settings(path), "keep": {}, "budget": "20kB", "extension": {"pieces": 0},
        "text": "world:hin_Deva?rows=100",
        "training": {"block": 64, "delta": "low_rank", "rank": 2},
        "evaluation": {"documents": 4, "tasks": 0, "samples": 1},
    }  # fmt: skip
    run = adapt(asked)
    found = json.loads((run / "evidence.json").read_text())
    assert found["vocabulary"]["pieces_added"] == 0
    assert found["model"]["vocabulary_before"] == found["model"]["vocabulary_after"] == 320
    assert AutoTokenizer.from_pretrained(run / "model").get_vocab() == tokenizer().get_vocab()
    assert not (run / "rows").exists()
    assert found["samples"] == []  # a masked model does not write
    assert any("not measured" in note for note in found["notes"])


def test_several_seeds_are_trained_apart_and_judged_together(tmp_path_factory):
    path = tmp_path_factory.mktemp("seeds")
    save_model(path / "model")
    asked = {
        **settings(path), "seeds": 2, "budget": "20kB", "extension": {"pieces": 0}, "keep": {},
        "text": "world:hin_Deva?rows=100", "evaluation": {"documents": 6, "tasks": 0, "samples": 0},
    }  # fmt: skip
    run = adapt(asked)
    bits = [json.loads((run / name / "measurements.json").read_text())["bits"]["hin_Deva"]["bits"]
            for name in ("after", "after-1")]  # fmt: skip
    assert bits[0] != bits[1]
    found = json.loads((run / "evidence.json").read_text())
    assert json.loads((run / "run.json").read_text())["seeds"] == [0, 1]
    sizes = json.loads((run / "before" / "measurements.json").read_text())["bits"]["hin_Deva"][
        "bytes"
    ]
    mean = (sum(bits[0]) + sum(bits[1])) / 2 / sum(sizes)
    assert found["languages"][0]["after"] == pytest.approx(mean)
