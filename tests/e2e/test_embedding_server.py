"""The local embedding server as OpenAI's clients speak to it."""

import base64
import math
import struct

import pytest
import requests

MODELS = ("bge-small-en-v1.5", "all-minilm-l6-v2")


@pytest.fixture
def ask(embedding):
    def post(model=MODELS[1], **request):
        return requests.post(f"{embedding}/embeddings", json={"model": model, **request}, timeout=60)
    return post


def vectors(answer):
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert [entry["index"] for entry in data] == list(range(len(data)))
    return [entry["embedding"] for entry in data]


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other)) / math.dist(one, [0] * len(one)) / math.dist(other, [0] * len(other))


@pytest.mark.parametrize("model", MODELS)
def test_each_model_gives_unit_vectors_that_tell_what_is_near(ask, model):
    tea, coffee, motor = vectors(ask(model, input=["Ada drinks tea", "Ada likes a cup of tea", "The motor is broken"]))
    assert len(tea) == 384 and math.isclose(math.dist(tea, [0] * 384), 1, abs_tol=1e-5)
    assert cosine(tea, coffee) > cosine(tea, motor) + 0.2


def test_a_list_of_any_length_is_answered_in_its_order(ask):
    texts = [f"text number {n} " * (1 + n % 7) for n in range(150)]
    many = vectors(ask(input=texts))
    assert len(many) == len(texts)
    for n in (0, 77, 149):
        assert cosine(many[n], vectors(ask(input=texts[n]))[0]) > 0.99999


def test_base64_holds_the_same_floats(ask):
    plain, = vectors(ask(input="Ada"))
    packed, = vectors(ask(input="Ada", encoding_format="base64"))
    assert list(struct.unpack("<384f", base64.b64decode(packed))) == pytest.approx(plain, abs=1e-7)


@pytest.mark.parametrize("text", ["x" * 10_000, "茶を飲む", "🍵 чай Τσάι", "\t \n"])
def test_any_text_has_a_vector(ask, text):
    vector, = vectors(ask(input=text))
    assert all(map(math.isfinite, vector))


@pytest.mark.parametrize("request_, status, message", [
    ({"model": "gpt-9", "input": "a"}, 404, "there is no model 'gpt-9'"),
    ({"input": []}, 400, "input must be"),
    ({"input": ["a", ""]}, 400, "input must be"),
    ({"input": [[1, 2]]}, 400, "input must be"),
    ({"input": "a", "dimensions": 3}, 400, "384 dimensions, not 3"),
    ({"input": "a", "encoding_format": "hex"}, 400, "float or base64"),
])
def test_what_cannot_be_answered_is_refused_with_a_reason(ask, request_, status, message):
    answer = ask(**request_)
    assert answer.status_code == status and message in answer.json()["error"]["message"]


def test_a_request_whose_client_has_left_is_not_computed_to_its_end(embedding, ask, wait_until):
    def abandoned():
        return requests.get(f"{embedding.removesuffix('/v1')}/healthz", timeout=60).json()["abandoned"]

    before = abandoned()
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{embedding}/embeddings", json={"model": MODELS[0], "input": ["tea with milk " * 200] * 400}, timeout=1)
    wait_until(lambda: abandoned() > before, 60, "the request is dropped")
    assert len(vectors(ask(input="Ada drinks tea"))) == 1


def test_it_lists_its_models(embedding):
    listed = requests.get(f"{embedding}/models", timeout=10).json()["data"]
    assert {entry["id"] for entry in listed} == set(MODELS)
    assert requests.get(f"{embedding.removesuffix('/v1')}/healthz", timeout=10).json()["status"] == "ok"
