"""An OpenAI-compatible embedding endpoint whose vectors can be foretold, and which misbehaves on request."""

import base64
import contextlib
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.fake_model import DIMENSIONS, vector_bytes, vector_of

NAN = [float("nan")]
# Answers of status 200 that are none: what becomes of the right list of vectors.
SPOILT = {
    "wrong_dimension": lambda vectors: [vector[:-1] for vector in vectors],
    "mixed_dimension": lambda vectors: [*vectors[:-1], vectors[-1] * 2],
    "nan": lambda vectors: [*vectors[:-1], NAN + vectors[-1][1:]],
    "zero": lambda vectors: [[0.0] * len(vector) for vector in vectors],
    "null": lambda vectors: [None for _ in vectors],
    "too_few": lambda vectors: vectors[:-1],
    "too_many": lambda vectors: [*vectors, vectors[0]],
    "none": lambda vectors: [],
}
# Answers that are no list of vectors at all: status, content type, and the body made of the right one.
STRANGE = {
    "html": (200, "text/html", lambda body: b"<html><body>It works!</body></html>"),
    "cut_json": (200, "application/json", lambda body: body[:len(body) // 2]),
    "empty": (200, "application/json", lambda body: b""),
    "other_json": (200, "application/json", lambda body: b'{"data": {"embedding": "later"}}'),
    "error_500": (500, "application/json", lambda body: b'{"error": {"message": "the model fell over"}}'),
    "error_503": (503, "text/html", lambda body: b"<h1>Service Unavailable</h1>"),
    "busy_429": (429, "application/json", lambda body: b'{"error": {"message": "slow down"}}'),
}
# What endpoints say to a text that is too long: status and body.
TOO_LONG = {
    "openai": (400, {"error": {"message": "This model's maximum context length is 8192 tokens, however you requested 9000 "
                                          "tokens", "type": "invalid_request_error", "param": None,
                               "code": "context_length_exceeded"}}),
    "tei": (413, {"error": "Input validation error: `inputs` must have less than 512 tokens. Given: 900",
                  "error_type": "Validation"}),
    "fastapi": (422, {"detail": [{"type": "string_too_long", "loc": ["body", "input", 0], "msg": "at most 2000"}]}),
    "llama.cpp": (500, {"error": {"code": 500, "type": "server_error",
                                  "message": "input is too large to process. increase the physical batch size"}}),
    "ollama": (500, {"error": "the input length exceeds the context length"}),
    "plain": (400, "Bad Request"),
}
MODES = ("answer", "slow", "hang", "hang_up", *SPOILT, *STRANGE)


class Endpoint:
    """Use as a context; `set` one of MODES. `slow` answers after `delay` seconds; `hang` reads the request and says
    nothing until the mode changes; `hang_up` closes the connection in the middle of an answer.

    `answered` counts how often each (model, text) got a right answer, `asked` how many requests came."""

    def __init__(self, dimensions=DIMENSIONS):
        self.dimensions = dimensions
        self.mode = "answer"
        self.delay = 0.0
        self.asked = 0
        self.answered = Counter()
        self.refused = ()  # texts with one of these in them are refused with 400
        self.most_chars = None  # longer texts are refused, as one of TOO_LONG says it
        self.too_long = "openai"
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = self._server.server_address
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.address[1]}/v1"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.set("answer")
        self._server.shutdown()
        self._server.server_close()

    def set(self, mode, delay=0.0):
        assert mode in MODES, mode
        with self._changed:
            self.mode, self.delay = mode, delay
            self._changed.notify_all()

    def vector(self, text, model="fake"):
        """The right answer."""
        return vector_of(text, model, self.dimensions)

    # --- one request ---

    def _answer(self, question):
        """(status, content type, body, bytes of it that are sent)."""
        model, texts = question["model"], question["input"]
        texts = [texts] if isinstance(texts, str) else texts
        with self._changed:
            self.asked += 1
            if self.mode == "slow":
                self._changed.wait_for(lambda: self.mode != "slow", self.delay)
            self._changed.wait_for(lambda: self.mode != "hang")
            mode = self.mode
        if any(part in text for part in self.refused for text in texts):
            body = b'{"error": {"message": "this text is refused"}}'
            return 400, "application/json", body, len(body)
        if self.most_chars is not None and any(len(text) > self.most_chars for text in texts):
            status, body = TOO_LONG[self.too_long]
            body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            return status, "application/json", body, len(body)
        vectors = [self.vector(text, model) for text in texts]
        body = self._body(model, SPOILT.get(mode, list)(vectors), question.get("encoding_format"))
        status, kind, change = STRANGE.get(mode, (200, "application/json", bytes))
        body = change(body)
        if mode in ("answer", "slow"):
            with self._changed:
                self.answered.update((model, text) for text in texts)
        return status, kind, body, len(body) // 2 if mode == "hang_up" else len(body)

    @staticmethod
    def _body(model, vectors, encoding):
        def coded(vector):
            return base64.b64encode(vector_bytes(vector)).decode() if encoding == "base64" and vector else vector

        data = [{"object": "embedding", "index": index, "embedding": coded(vector)} for index, vector in enumerate(vectors)]
        return json.dumps({"object": "list", "model": model, "data": data}).encode()

    def _handler(self):
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                with contextlib.suppress(OSError):
                    question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                    status, kind, body, sent = endpoint._answer(question)
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    if status == 429:
                        self.send_header("Retry-After", "1")
                    self.end_headers()
                    self.wfile.write(body[:sent])
                    if sent < len(body):
                        self.close_connection = True

            def do_GET(self):
                body = b'{"object": "list", "data": []}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Says nothing."""

        return Handler
