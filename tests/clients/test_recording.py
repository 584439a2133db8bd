import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from glotlift.clients import LocalModel, RecordedModel, ScriptedModel, client_for
from glotlift.runs.errors import GlotliftError
from serving import Speaker, serving

CONTEXTS = ["the cat", "the cat", "a", "the cat"]
TEXTS = [" sees", " a dog", " bird", " sees"]


class Counting:
    """A client that counts what it is asked."""

    def __init__(self, client):
        self.client, self.asked = client, []

    def generate(self, prompts, **settings):
        self.asked += prompts
        return self.client.generate(prompts, **settings)

    def score(self, contexts, continuations):
        self.asked += zip(contexts, continuations, strict=True)
        return self.client.score(contexts, continuations)

    def encode(self, texts, **settings):
        self.asked += texts
        return self.client.encode(texts, **settings)


def calls(client):
    scores = client.score(CONTEXTS, TEXTS)
    return [
        client.generate(["the cat", "a", "the cat"], max_new_tokens=4),
        scores.log_probabilities.tolist(),
        scores.tokens.tolist(),
        client.encode(["the cat", "a"]).tolist(),
        client.encode(["the cat", "a"], layer=1).tolist(),
    ]


def code(call):
    with pytest.raises(GlotliftError) as error:
        call()
    return error.value.code


def test_every_call_is_replayed(tiny, tmp_path):
    path = tmp_path / "recording.jsonl"
    plain = LocalModel(*tiny("causal"))
    counting = Counting(plain)
    assert calls(RecordedModel(path, counting, name="m")) == calls(plain)
    first = len(counting.asked)
    assert calls(RecordedModel(path, counting, name="m")) == calls(plain)
    assert len(counting.asked) == first
    replay = client_for(f"replay:{path}#m")
    assert calls(replay) == calls(plain)
    for other in (
        lambda: replay.generate(["b"], max_new_tokens=4),
        lambda: replay.generate(["a"], max_new_tokens=5),
        lambda: replay.generate(["a"], max_new_tokens=4, stop=["."]),
        lambda: replay.score(["a"], [" dog"]),
        lambda: replay.encode(["a"], layer=0),
        lambda: client_for(f"replay:{path}").generate(["a"], max_new_tokens=4),
    ):
        assert code(other) == "GL-CLIENT-015"


def test_only_what_is_missing_is_asked(tmp_path):
    counting = Counting(ScriptedModel(reply=str.upper))
    path = tmp_path / "recording.jsonl"
    RecordedModel(path, counting).generate(["a", "b"], max_new_tokens=9)
    texts = RecordedModel(path, counting).generate(["c", "b", "c", "a"], max_new_tokens=9)
    assert texts == ["C", "B", "C", "A"]
    assert counting.asked[2:] == ["c"]


def test_what_was_answered_before_a_failure_is_kept(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules["glotlift.clients.recording"].AT_ONCE, "generate", 2)

    def reply(prompt):
        if prompt == "d":
            raise RuntimeError
        return prompt.upper()

    path = tmp_path / "recording.jsonl"
    with pytest.raises(RuntimeError):
        RecordedModel(path, ScriptedModel(reply=reply)).generate(list("abcd"), max_new_tokens=1)
    assert RecordedModel(path).generate(["a", "b"], max_new_tokens=1) == ["A", "B"]


def test_addresses(tiny, tmp_path, monkeypatch):
    model, tokenizer = tiny("causal")
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    local = client_for(str(tmp_path / "model"), batch_tokens=64)
    assert local.batch_tokens == 64
    plain = LocalModel(model, tokenizer).score(CONTEXTS, TEXTS).log_probabilities
    assert local.score(CONTEXTS, TEXTS).log_probabilities == pytest.approx(plain)
    monkeypatch.setenv("GLOTLIFT_API_KEY", "k")
    speaker = Speaker(chat=str.upper)
    with serving(speaker) as url:
        recorded = client_for(f"{url}#m", recording=tmp_path / "run" / "answers.jsonl")
        assert recorded.generate(["a"], max_new_tokens=1) == ["A"]
    assert speaker.headers[0]["Authorization"] == "Bearer k"
    names = ["answers-server.jsonl", "answers.jsonl"]
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == names
    assert code(lambda: client_for("http://127.0.0.1:8000/v1")) == "GL-CLIENT-017"
    assert code(lambda: client_for("no such model")) == "GL-MODEL-001"


def test_answers_written_by_hand(tmp_path):
    path = tmp_path / "answers.json"
    told = {"replies": {"a": "b"}, "likelihoods": {"a": {"b": -1}}, "vectors": {"a": [1, 2]}}
    path.write_text(json.dumps(told))
    client = client_for(f"scripted:{path}")
    assert client.generate(["a"], max_new_tokens=9) == ["b"]
    assert client.score(["a"], ["b"]).log_probabilities.tolist() == [-1]
    assert client.encode(["a"]).tolist() == [[1, 2]]
    assert code(lambda: client.generate(["c"], max_new_tokens=9)) == "GL-CLIENT-020"
    assert code(lambda: client.score(["a"], ["c"])) == "GL-CLIENT-020"
    path.write_text("[1]")
    assert code(lambda: client_for(f"scripted:{path}")) == "GL-CLIENT-020"
    path.write_text('{"replies": {"a": "b"}}')
    assert code(lambda: client_for(f"scripted:{path}").encode(["a"])) == "GL-CLIENT-006"


class Engine:
    """Stands in for vllm.LLM: the same answers, made by a local model."""

    local = None

    def __init__(self, model, **settings):
        self.model, self.settings = model, settings

    def generate(self, prompts, sampling, use_tqdm):
        if sampling.get("prompt_logprobs") is None:
            texts = self.local.generate(
                prompts, max_new_tokens=sampling["max_tokens"], stop=sampling["stop"]
            )
            return [SimpleNamespace(outputs=[SimpleNamespace(text=text)]) for text in texts]
        return [self.read(prompt["prompt_token_ids"]) for prompt in prompts]

    def read(self, ids):
        import torch

        with torch.inference_mode():
            logs = self.local.model(torch.tensor([ids])).logits[0].log_softmax(-1)
        told = [
            {ids[at]: SimpleNamespace(logprob=float(logs[at - 1, ids[at]]))}
            for at in range(1, len(ids))
        ]
        return SimpleNamespace(prompt_logprobs=[None, *told])


def test_vllm_is_asked_in_its_own_terms(tiny, tmp_path, monkeypatch):
    """Only what glotlift sends and reads: vLLM itself does not run in the tests."""
    model, tokenizer = tiny("causal")
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    monkeypatch.setitem(sys.modules, "vllm", None)
    assert code(lambda: client_for(f"vllm:{tmp_path}")) == "GL-CLIENT-016"
    monkeypatch.setattr(Engine, "local", LocalModel(model, tokenizer))
    fake = SimpleNamespace(LLM=Engine, SamplingParams=dict)
    monkeypatch.setitem(sys.modules, "vllm", fake)
    client = client_for(f"vllm:{tmp_path}", seed=1)
    assert client.engine.settings == {"seed": 1}
    local = Engine.local
    asked = {"max_new_tokens": 5, "stop": ["x"]}
    assert client.generate(["a"], **asked) == local.generate(["a"], **asked)
    scores, expected = client.score(CONTEXTS, TEXTS), local.score(CONTEXTS, TEXTS)
    assert np.array_equal(scores.tokens, expected.tokens)
    assert scores.log_probabilities == pytest.approx(expected.log_probabilities, abs=1e-4)
    assert code(lambda: client.encode(["a"])) == "GL-CLIENT-042"
