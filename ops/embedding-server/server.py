"""An OpenAI-compatible /v1/embeddings over local models, for machines without an account at a provider.

  server.py --models FOLDER [--host 127.0.0.1] [--port 8080] [--threads 0] [--batch 32]

FOLDER contains what ops/embedding-server/fetch fetches. A request may have any number of texts: it is split into
runs, shortest texts first, since the longest text decides what a run costs. A run has at most --batch texts and, unless
it is a single text, RUN_TOKENS tokens. Requests take turns run by run, so that a question does not wait for a bulk
load, and a request whose client has left gets no more runs.
"""

import argparse
import asyncio
import base64
import concurrent.futures

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from models import TABLE, Damaged, Models

MAX_BODY_BYTES = 32 << 20
# With padding. More in a run makes none of them faster on a CPU, and other requests wait longer.
RUN_TOKENS = 2048
# Clients' pooled connections must survive the pauses between batches.
KEEP_ALIVE_SECONDS = 120


class Refused(Exception):
    """A request that cannot be answered: HTTP status, and the sentence."""

    def __init__(self, status, message, code=None):
        super().__init__(message)
        self.status, self.code = status, code


def answer(body, status=200):
    return Response(orjson.dumps(body), status, media_type="application/json")


def refusal(error):
    return answer({"error": {"message": str(error), "type": "invalid_request_error" if error.status < 500
                             else "server_error", "param": None, "code": error.code}}, error.status)


def parse(body):
    """Model name, texts and encoding of a request."""
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"the body is not valid JSON: {error}") from error
    if not isinstance(request, dict):
        raise Refused(400, "the body is not a JSON object")
    name, texts = request.get("model"), request.get("input")
    if name not in TABLE:
        raise Refused(404, f"there is no model {name!r}; choose from: {', '.join(TABLE)}", "model_not_found")
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise Refused(400, "input must be a text or a list of texts, none of them empty")
    dimensions = request.get("dimensions") or TABLE[name]["dimensions"]
    if dimensions != TABLE[name]["dimensions"]:
        raise Refused(400, f"{name} has {TABLE[name]['dimensions']} dimensions, not {dimensions}")
    encoding = request.get("encoding_format", "float")
    if encoding not in ("float", "base64"):
        raise Refused(400, "encoding_format must be float or base64")
    return name, texts, encoding


class ClientLeft(Exception):
    """Nobody waits for the answer any more, usually since the client's time-out is over."""


def split_into_runs(lengths, batch):
    """Lists of indexes of texts, given each text's number of tokens."""
    run = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if run and (len(run) == batch or (len(run) + 1) * lengths[index] > RUN_TOKENS):
            yield run
            run = []
        run.append(index)
    yield run


class Server:
    """The routes; a single thread does all the computing."""

    def __init__(self, models, batch):
        self.models, self.batch = models, batch
        self.thread = concurrent.futures.ThreadPoolExecutor(1)
        self.abandoned = 0  # requests whose client left before the answer

    async def compute(self, function, *arguments):
        return await asyncio.get_running_loop().run_in_executor(self.thread, function, *arguments)

    async def embed(self, request, name, texts):
        """The vectors in the order of the texts, and the number of their tokens."""
        model = await self.compute(self.models.get, name)
        tokens = await self.compute(model.tokens, texts)
        vectors = [None] * len(texts)
        for indexes in split_into_runs(list(map(len, tokens)), self.batch):
            if await request.is_disconnected():
                raise ClientLeft
            for index, vector in zip(indexes, await self.compute(model.embed, [tokens[i] for i in indexes])):
                vectors[index] = vector
        return vectors, sum(map(len, tokens))

    async def embeddings(self, request):
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_BODY_BYTES:
                return refusal(Refused(413, f"the body is longer than {MAX_BODY_BYTES} bytes"))
        try:
            name, texts, encoding = parse(bytes(body))
            vectors, tokens = await self.embed(request, name, texts)
        except ClientLeft:
            self.abandoned += 1
            return Response(status_code=499)  # as proxies log it; nobody reads it
        except Refused as error:
            return refusal(error)
        except Damaged as error:
            return refusal(Refused(500, str(error)))
        form = (lambda v: base64.b64encode(v.tobytes()).decode()) if encoding == "base64" else (lambda v: v.tolist())
        data = [{"object": "embedding", "index": index, "embedding": form(vector)}
                for index, vector in enumerate(vectors)]
        return answer({"object": "list", "data": data, "model": name,
                       "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})

    async def list_models(self, _request):
        return answer({"object": "list", "data": [{"id": name, "object": "model", "created": 0, "owned_by": "local"}
                                                  for name in TABLE]})

    async def health(self, _request):
        return answer({"status": "ok", "loaded": sorted(self.models.loaded), "abandoned": self.abandoned})


def main():
    options = argparse.ArgumentParser(description="OpenAI-compatible embeddings from local models")
    options.add_argument("--models", required=True, help="folder with the models' files")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=8080)
    options.add_argument("--threads", type=int, default=0, help="threads for one run of a model; 0: one for each core")
    options.add_argument("--batch", type=int, default=32, help="maximum number of texts in one run of a model")
    given = options.parse_args()
    server = Server(Models(given.models, given.threads), given.batch)
    routes = [Route("/v1/embeddings", server.embeddings, methods=["POST"]),
              Route("/v1/models", server.list_models), Route("/healthz", server.health)]
    uvicorn.run(Starlette(routes=routes), host=given.host, port=given.port, access_log=False, log_level="warning",
                timeout_keep_alive=KEEP_ALIVE_SECONDS, timeout_graceful_shutdown=5)


if __name__ == "__main__":
    main()
