"""Twenty faults of each kind: an evaluation finishes or stops with a code, and loses nothing."""

import pytest

from glotlift.clients import Patience, ServerModel
from glotlift.runs.errors import GlotliftError
from serving import Speaker, serving

FAULTS = 20
PROMPTS = [f"question {number}" for number in range(40)]
STRUCK = PROMPTS[1::2]
CODES = {
    "drop": "GL-CLIENT-007",
    "drop half way": "GL-CLIENT-007",
    "answer slowly": "GL-CLIENT-008",
    "drip": "GL-CLIENT-008",
    "rate limit": "GL-CLIENT-009",
    "malformed": "GL-CLIENT-010",
    "truncated": "GL-CLIENT-010",
    "wrong shape": "GL-CLIENT-010",
    "fail": "GL-CLIENT-012",
}
SLOW = {"answer slowly", "drip"}


def patience(attempts, kind=""):
    timeout = 0.3 if kind in SLOW else 10
    return Patience(attempts=attempts, timeout=timeout, first_pause=0.001, concurrency=8)


def ask(url, path, **settings):
    client = ServerModel(url, "m", answers=path, patience=patience(**settings))
    return client, client.generate(PROMPTS, max_new_tokens=99)


def strikes(kind):
    """Return what strikes the first attempt of twenty prompts."""
    return lambda prompt, attempt: kind if attempt == 1 and prompt in STRUCK else None


def test_twenty_prompts_are_struck():
    assert len(STRUCK) == FAULTS


@pytest.mark.parametrize("kind", CODES)
def test_a_patient_client_finishes(kind, tmp_path):
    speaker = Speaker(chat=str.upper, fault=strikes(kind))
    with serving(speaker) as url:
        client, texts = ask(url, tmp_path / "answers.jsonl", attempts=4, kind=kind)
    assert texts == [prompt.upper() for prompt in PROMPTS]
    assert set(speaker.answered) == set(PROMPTS)
    assert client.usage.retries >= FAULTS
    assert client.usage.requests == len(PROMPTS)
    if kind not in SLOW:  # an answer may be late on a busy machine, and is then asked for again
        assert speaker.asked.total() == len(PROMPTS) + FAULTS


@pytest.mark.parametrize("kind", CODES)
def test_an_impatient_client_stops_with_a_code_and_a_rerun_asks_for_the_rest(kind, tmp_path):
    path = tmp_path / "answers.jsonl"
    speaker = Speaker(chat=str.upper, fault=strikes(kind))
    with serving(speaker) as url:
        for _ in range(FAULTS + 1):  # each run meets at least one more fault
            try:
                client, texts = ask(url, path, attempts=1, kind=kind)
                break
            except GlotliftError as error:
                assert error.code == CODES[kind]  # noqa: PT017
    assert texts == [prompt.upper() for prompt in PROMPTS]
    if kind not in SLOW:
        assert set(speaker.answered.values()) == {1}  # nothing that was answered is asked again
        assert speaker.asked.total() == len(PROMPTS) + FAULTS
    assert client.usage.requests + client.usage.remembered == len(PROMPTS)


def test_a_server_that_dies_half_way(tmp_path):
    path = tmp_path / "answers.jsonl"
    speaker = Speaker(chat=str.upper)
    speaker.dies_after = FAULTS
    with serving(speaker) as url, pytest.raises(GlotliftError) as error:
        ask(url, path, attempts=2)
    assert error.value.code == "GL-CLIENT-007"
    finished = speaker.answered.total()
    assert finished >= FAULTS
    with pytest.raises(GlotliftError) as error:  # nobody listens there now
        ask(url, path, attempts=2)
    assert error.value.code == "GL-CLIENT-007"
    again = Speaker(chat=str.upper)
    with serving(again) as url:
        client, texts = ask(url, path, attempts=1)
    assert texts == [prompt.upper() for prompt in PROMPTS]
    assert client.usage.remembered == finished
    assert set(again.asked) == set(PROMPTS) - set(speaker.answered)


def test_a_wait_that_is_too_long_is_not_waited(tmp_path):
    speaker = Speaker(chat=str.upper, fault=lambda *_: "rate limit long")
    with serving(speaker) as url, pytest.raises(GlotliftError) as error:
        ask(url, tmp_path / "answers.jsonl", attempts=9)
    assert error.value.code == "GL-CLIENT-009"
    assert "3600 s" in str(error.value)
