import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import torch

from glotlift.clients import LocalModel, Patience, ServerModel
from glotlift.clients.transport import seconds_to_wait
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Encoder, Generator, Scorer
from serving import Speaker, serving

QUICK = Patience(attempts=3, timeout=10, first_pause=0.001, concurrency=4)
CONTEXTS = ["the cat sees", "the cat sees", "a dog", "наша", "наша", "今天"]
TEXTS = [" a dog", " the bird and", " sees", " кошка", "х", "天气很好"]


def echoing(model, tokenizer, *, start):
    """Return what a server echoes; `start` counts the start token's letters, as vLLM does."""

    def echo(prompt):
        ids = tokenizer(prompt)["input_ids"]
        with torch.inference_mode():
            logs = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
        values = [None, *(float(logs[at, ids[at + 1]]) for at in range(len(ids) - 1))]
        # A letter of several bytes belongs to the token that completes it.
        ends = [len(tokenizer.decode(ids[1 : at + 1]).rstrip("�")) for at in range(len(ids))]
        tokens = [prompt[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        starts = [0, *ends[:-1]]
        if start:
            tokens[0] = "<s>"
            starts = [0, *(end + len("<s>") for end in ends[:-1])]
        else:
            tokens, starts, values = tokens[1:], starts[1:], values[1:]
        logprobs = {"tokens": tokens, "text_offset": starts, "token_logprobs": values}
        return {"text": prompt, "logprobs": logprobs}

    return echo


def refusal(call):
    with pytest.raises(GlotliftError) as error:
        call()
    return error.value.code


@pytest.mark.parametrize("start", [True, False])
def test_scores_over_the_protocol_are_those_of_the_model(tiny, start):
    model, tokenizer = tiny("causal")
    local = LocalModel(model, tokenizer).score(CONTEXTS, TEXTS)
    with serving(Speaker(echo=echoing(model, tokenizer, start=start))) as url:
        scores = ServerModel(url, "m", patience=QUICK).score(CONTEXTS, TEXTS)
    assert scores.tokens.tolist() == local.tokens.tolist()
    assert scores.log_probabilities == pytest.approx(local.log_probabilities, abs=1e-4)


def test_text_and_vectors_over_the_protocol_are_those_of_the_model(tiny):
    local = LocalModel(*tiny("causal"))
    speaker = Speaker(
        text=lambda prompt: local.generate([prompt], max_new_tokens=6)[0],
        vector=lambda text: local.encode([text])[0].tolist(),
    )
    prompts = CONTEXTS[:4]
    with serving(speaker) as url:
        client = ServerModel(url, "m", chat=False, patience=QUICK)
        assert client.generate(prompts, max_new_tokens=6) == local.generate(
            prompts, max_new_tokens=6
        )
        assert client.encode(prompts) == pytest.approx(local.encode(prompts), abs=1e-5)
        assert isinstance(client, Generator)
        assert isinstance(client, Scorer)
        assert isinstance(client, Encoder)
        assert client.generate([], max_new_tokens=1) == []


def test_what_is_asked(tmp_path):
    speaker = Speaker(chat=lambda prompt: "one. two; three")
    with serving(speaker) as url:
        client = ServerModel(
            url, "name", key="secret", system="Be brief.", settings={"seed": 3}, prices=(2, 4),
            answers=tmp_path / "answers.jsonl", patience=QUICK,
        )  # fmt: skip
        stop = ["1", "2", "3", "4", ";"]
        assert client.generate(["hello", "hello"], max_new_tokens=7, stop=stop) == ["one. two"] * 2
    (body,) = speaker.bodies
    assert body == {
        "model": "name", "max_tokens": 7, "temperature": 0, "stop": stop[:4], "seed": 3,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "hello"},
        ],
    }  # fmt: skip
    assert speaker.headers[0]["Authorization"] == "Bearer secret"
    assert "secret" not in (tmp_path / "answers.jsonl").read_text()
    usage = client.usage
    assert (usage.requests, usage.prompt_tokens, usage.completion_tokens) == (1, 10, 15)
    assert usage.cost == pytest.approx((10 * 2 + 15 * 4) / 1e6)


def test_answers_are_remembered_by_model_prompt_and_settings(tmp_path):
    path = tmp_path / "answers.jsonl"
    speaker = Speaker(chat=str.upper)
    with serving(speaker) as url:

        def ask(prompt, model="m", tokens=5, **settings):
            client = ServerModel(url, model, answers=path, patience=QUICK, **settings)
            client.generate([prompt], max_new_tokens=tokens)
            return client.usage.requests

        assert [ask("a"), ask("a")] == [1, 0]
        assert ask("b") == ask("a", model="n") == ask("a", tokens=6) == 1
        assert ask("a", settings={"seed": 1}) == ask("a", system="x") == 1
        assert ask("a") == 0


def test_what_a_server_cannot_do_is_refused():
    plain = {"text": "no echo", "logprobs": None}
    silent = Speaker(echo=lambda prompt: plain)
    with serving(silent) as url:
        client = ServerModel(url, "m", patience=QUICK)
        assert refusal(lambda: client.score(["a"], ["b"])) == "GL-CLIENT-014"
        assert refusal(lambda: client.encode(["a"])) == "GL-CLIENT-014"
        assert refusal(lambda: client.generate(["a"], max_new_tokens=1)) == "GL-CLIENT-014"
        assert refusal(lambda: client.score(["a"], ["b", "c"])) == "GL-CLIENT-005"
    faults = {"refuse logprobs": "014", "refuse": "011", "lock out": "013"}
    for fault, code in faults.items():
        speaker = Speaker(echo=lambda prompt: plain, fault=lambda *_, fault=fault: fault)
        with serving(speaker) as url:
            client = ServerModel(url, "m", patience=QUICK)
            assert refusal(lambda client=client: client.score(["a"], ["b"])) == f"GL-CLIENT-{code}"
        assert speaker.asked["ab"] == 1  # asking again would not help


def test_a_server_that_fails_over_what_it_lacks_is_refused_too():
    def text(prompt):
        return "b"

    speaker = Speaker(text=text, fault=lambda prompt, _: "fail" if prompt == "xy" else None)
    speaker.completion = lambda body, *_: {"choices": [{"text": "b", "logprobs": None}]}
    with serving(speaker) as url:
        client = ServerModel(url, "m", patience=QUICK)
        assert refusal(lambda: client.score(["x"], ["y"])) == "GL-CLIENT-014"
    able = {"tokens": ["a"], "text_offset": [0], "token_logprobs": [None]}
    speaker.completion = lambda body, *_: {"choices": [{"text": "a", "logprobs": able}]}
    with serving(speaker) as url:
        client = ServerModel(url, "m", patience=QUICK)
        assert refusal(lambda: client.score(["x"], ["y"])) == "GL-CLIENT-012"


def test_a_text_without_a_scored_first_token_is_refused(tiny):
    model, tokenizer = tiny("causal")
    first = {"tokens": ["ab"], "text_offset": [0], "token_logprobs": [None]}
    with serving(Speaker(echo=lambda text: {"text": text, "logprobs": first})) as url:
        client = ServerModel(url, "m", patience=QUICK)
        assert refusal(lambda: client.score([""], ["ab"])) == "GL-CLIENT-021"
    with serving(Speaker(echo=echoing(model, tokenizer, start=True))) as url:
        client = ServerModel(url, "m", patience=QUICK)
        scores = client.score(["", "a"], ["the cat", " dog"])
        assert refusal(lambda: client.score(["a"], [""])) == "GL-CLIENT-004"
    local = LocalModel(model, tokenizer).score(["", "a"], ["the cat", " dog"])
    assert scores.log_probabilities == pytest.approx(local.log_probabilities, abs=1e-4)


def test_the_rate_is_kept():
    speaker = Speaker(chat=str.upper)
    with serving(speaker) as url:
        patience = Patience(concurrency=8, per_second=50)
        began = time.monotonic()
        ServerModel(url, "m", patience=patience).generate(list("abcdefghijk"), max_new_tokens=1)
        assert time.monotonic() - began >= 10 / 50


def test_how_long_to_wait():
    assert seconds_to_wait("2.5") == 2.5
    assert seconds_to_wait("-3") == 0
    assert seconds_to_wait("soon") is None
    assert seconds_to_wait("nan") is None
    assert seconds_to_wait("") is None
    later = datetime.now(UTC) + timedelta(seconds=30)
    assert 28 < seconds_to_wait(format_datetime(later, usegmt=True)) <= 30
