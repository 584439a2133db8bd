"""A small server that speaks the OpenAI protocol, and misbehaves where it is told to."""

import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOWNESS = 1.2  # seconds, far more than a test's patience


class Speaker:
    """What a server says. `fault` names a fault for (prompt, attempt), or nothing.

    `asked` counts requests by prompt, `answered` those that were answered whole.
    """

    def __init__(self, *, chat=None, text=None, echo=None, vector=None, fault=None):
        self.makers = {
            "/v1/chat/completions": chat and (lambda body: self.chat(body, chat)),
            "/v1/completions": (text or echo) and (lambda body: self.completion(body, text, echo)),
            "/v1/embeddings": vector and (lambda body: self.embedding(body, vector)),
        }
        self.fault = fault or (lambda prompt, attempt: None)
        self.asked, self.answered = Counter(), Counter()
        self.bodies, self.headers = [], []
        self.dies_after = None
        self.lock = threading.Lock()

    def chat(self, body, reply):
        text = reply(body["messages"][-1]["content"])
        message = {"role": "assistant", "content": text}
        return {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage(text)}

    def completion(self, body, text, echo):
        if body.get("echo"):
            return {"choices": [echo(body["prompt"])]}
        written = text(body["prompt"])
        return {"choices": [{"text": written}], "usage": usage(written)}

    def embedding(self, body, vector):
        return {"data": [{"embedding": vector(body["input"]), "index": 0}]}


def usage(text):
    return {"prompt_tokens": 10, "completion_tokens": len(text)}


def prompt_of(body):
    return body.get("prompt") or body.get("input") or body["messages"][-1]["content"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        speaker = self.server.speaker
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = prompt_of(body)
        with speaker.lock:
            speaker.asked[prompt] += 1
            attempt = speaker.asked[prompt]
            speaker.bodies.append(body)
            speaker.headers.append(dict(self.headers))
            dead = speaker.dies_after is not None and speaker.answered.total() >= speaker.dies_after
        fault = "drop" if dead else speaker.fault(prompt, attempt)
        make = speaker.makers.get(self.path)
        if fault:
            getattr(self, fault.replace(" ", "_"))(lambda: json.dumps(make(body)).encode())
        elif make is None:
            self.send(404, b'{"error": {"message": "no such route"}}')
        else:
            content = json.dumps(make(body)).encode()
            with speaker.lock:
                speaker.answered[prompt] += 1
            self.send(200, content)

    def send(self, status, content, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def drop(self, _):
        self.close_connection = True

    def drop_half_way(self, make):
        content = make()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.close_connection = True

    def answer_slowly(self, _):
        self.server.release.wait(SLOWNESS)
        self.close_connection = True

    def drip(self, make):
        content = make()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        end = time.monotonic() + SLOWNESS
        try:
            while time.monotonic() < end and not self.server.release.wait(0.05):
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            pass
        self.close_connection = True

    def malformed(self, _):
        self.send(200, b'<html>{"choices": [}')

    def truncated(self, make):
        self.send(200, make()[:-9])

    def wrong_shape(self, _):
        self.send(200, b'{"choices": [], "data": 3}')

    def rate_limit(self, _):
        self.send(429, b'{"error": {"message": "slow down"}}', Retry_After="0.02")

    def rate_limit_long(self, _):
        self.send(429, b"{}", Retry_After="3600")

    def fail(self, _):
        self.send(503, b'{"error": {"message": "overloaded"}}')

    def refuse(self, _):
        self.send(400, b'{"error": {"message": "the prompt is too long"}}')

    def refuse_logprobs(self, _):
        self.send(422, b'{"detail": "unsupported fields: logprobs, echo"}')

    def lock_out(self, _):
        self.send(401, b'{"error": "no key"}')


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


@contextmanager
def serving(speaker):
    """Yield the address of a server that lives as long as the block."""
    server = Server(("127.0.0.1", 0), Handler)
    server.speaker, server.release = speaker, threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
