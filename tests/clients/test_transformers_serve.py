"""Text from a real server: `transformers serve` with a starter (needs transformers[serving])."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from glotlift.clients import LocalModel, Patience, ServerModel
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.runs.errors import GlotliftError
from glotlift.training.starters import starter

pytestmark = pytest.mark.slow
TRANSFORMERS = Path(sys.executable).with_name("transformers")
TEMPLATE = "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}"
PROMPTS = ["The ", "A cat", "El ", "The dog sees "]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a starter with a chat template that writes a message as it is."""
    path = tmp_path_factory.mktemp("starter")
    made = find_model(str(starter("decoder", "tiny")))
    tokenizer = load_tokenizer(made.folder)
    tokenizer.chat_template = TEMPLATE
    load_model(made).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def address(folder):
    """Yield the address of a server that has loaded the starter."""
    if subprocess.run(
        [TRANSFORMERS, "serve", "--help"], capture_output=True, check=False
    ).returncode:
        pytest.skip("pip install 'transformers[serving]' to run this")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [TRANSFORMERS, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen([*command, "--device", "cpu", "--dtype", "float32"]) as server:
        try:
            await_health(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(20)


def await_health(url, server):
    for _ in range(240):
        assert server.poll() is None, "the server ended"
        try:
            if httpx2.get(url).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.5)
    raise AssertionError("the server did not start")


def test_it_writes_what_the_model_writes(address, folder, tmp_path):
    files = find_model(str(folder))
    local = LocalModel(load_model(files), load_tokenizer(folder))
    answers = tmp_path / "answers.jsonl"
    patience = Patience(attempts=2, timeout=60, concurrency=2)
    client = ServerModel(address, str(folder), answers=answers, patience=patience)
    texts = client.generate(PROMPTS, max_new_tokens=8)
    assert texts == local.generate(PROMPTS, max_new_tokens=8)
    assert any(texts)
    assert client.usage.requests == len(PROMPTS)
    assert client.usage.completion_tokens > 0
    again = ServerModel(address, str(folder), answers=answers, patience=patience)
    assert again.generate(PROMPTS, max_new_tokens=8) == texts
    assert again.usage.requests == 0


def test_it_refuses_scores_and_vectors(address, folder):
    client = ServerModel(address, str(folder), patience=Patience(attempts=1, timeout=60))
    for call in (lambda: client.score(["The "], ["cat"]), lambda: client.encode(["The cat"])):
        with pytest.raises(GlotliftError) as error:
            call()
        assert error.value.code == "GL-CLIENT-014"
