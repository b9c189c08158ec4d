"""The endpoint's answers, right and wrong."""

import base64
import math
import struct
import threading

import pytest
import requests

from harness.endpoint import MODES, SPOILT, STRANGE, Endpoint


@pytest.fixture
def endpoint():
    with Endpoint() as made:
        yield made


def ask(endpoint, *texts, timeout=5, **fields):
    return requests.post(endpoint.url + "/embeddings", json={"model": "fake", "input": list(texts), **fields}, timeout=timeout)


def vectors(answer):
    return [one["embedding"] for one in answer.json()["data"]]


def test_equal_texts_have_equal_vectors_of_length_one(endpoint):
    first, second, third = vectors(ask(endpoint, "tea", "milk", "tea"))
    assert first == third != second and len(first) == endpoint.dimensions
    assert math.isclose(math.hypot(*first), 1, rel_tol=1e-6)
    assert first == endpoint.vector("tea") != endpoint.vector("tea", "other")
    assert endpoint.answered["fake", "tea"] == 2 and endpoint.asked == 1


def test_vectors_can_be_had_as_bytes(endpoint):
    (coded,) = vectors(ask(endpoint, "tea", encoding_format="base64"))
    assert list(struct.unpack(f"<{endpoint.dimensions}f", base64.b64decode(coded))) == endpoint.vector("tea")


@pytest.mark.parametrize("mode", sorted({*SPOILT, *STRANGE}))
@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_nonsense_is_never_the_right_answer(endpoint, mode, encoding):
    right = ask(endpoint, "tea", "milk", encoding_format=encoding)
    endpoint.answered.clear()
    endpoint.set(mode)
    answer = ask(endpoint, "tea", "milk", encoding_format=encoding)
    assert (answer.status_code, answer.content) != (200, right.content) and not endpoint.answered
    endpoint.set("answer")
    assert ask(endpoint, "tea", "milk", encoding_format=encoding).content == right.content


def test_it_hangs_up_and_it_hangs(endpoint):
    endpoint.set("hang_up")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(endpoint, "tea")
    endpoint.set("hang")
    with pytest.raises(requests.Timeout):
        ask(endpoint, "tea", timeout=0.2)
    threading.Timer(0.2, endpoint.set, ("answer",)).start()
    assert ask(endpoint, "tea").ok
    assert set(MODES) >= {"answer", "slow", "hang", "hang_up"}


def test_it_refuses_single_texts(endpoint):
    endpoint.refused = ("poison",)
    assert ask(endpoint, "tea", "poisoned").status_code == 400
    assert ask(endpoint, "tea").ok
