"""Slow embeddings and what comes before they are done."""

import pytest

from harness.finding import Finding
from harness.scenario import Ground
from harness.waiting import wait_until


@pytest.fixture
def finding(namespace, stack, worker, mneme):
    with Finding(Ground(namespace, stack, worker, mneme, 1), ("postgres", "embed", "vectors")) as made:
        yield made


def memory(number, **payload):
    return {"memory_id": f"00000000-0000-4000-8000-{number:012d}", **payload}


def test_a_delete_that_overtakes_a_slow_embedding_stays(finding, mneme):
    """The worker that embeds is stopped with its request on the way; its heir embeds, updates and deletes; and then the
    first one gets its answers."""
    finding.endpoint.set("hang")
    workers = [finding.worker("postgres"), finding.worker("vectors")]
    slow = finding.worker("embed")
    mneme.publish([{"type": "memory_created", "user_id": "ada",
                    "payload": memory(number, memory_type="fact", content=f"tea {number}")} for number in range(20)])
    finding.wait_asked(0)
    slow.pause()
    finding.endpoint.set("answer")
    heir = finding.worker("embed")
    finding.drain()
    mneme.publish([{"type": "memory_deleted", "user_id": "ada", "payload": memory(number)} for number in range(0, 20, 2)])
    mneme.publish([{"type": "memory_updated", "user_id": "ada", "payload": memory(number, content="milk")}
                   for number in range(1, 20, 4)])
    finding.drain()
    slow.resume()
    slow.wait_ready()
    mneme.publish([{"type": "memory_deleted", "user_id": "ada", "payload": memory(19)}])
    finding.drain()
    fold = finding.assert_equal()
    assert len(fold.documents.live) == 9
    assert [process.stop() for process in (slow, heir, *workers)] == [0] * 4


def test_full_text_goes_on_while_nothing_is_embedded(namespace, stack, worker, mneme):
    """And what was missed is embedded when the endpoint is back, each text once."""
    with Finding(Ground(namespace, stack, worker, mneme, 1)) as finding:
        finding.endpoint_proxy.set("refuse")
        workers = finding.workers()
        mneme.publish([{"type": "memory_created", "user_id": f"u{number % 3}",
                        "payload": {"memory_type": "fact", "content": f"tea {number % 7}"}} for number in range(50)])
        finding.drain("postgres", "search")
        assert workers["embed"].is_running and not finding.endpoint.answered
        wait_until(lambda: "http" in workers["embed"].log.lower(), message="the worker tells whom it waits for")
        finding.endpoint_proxy.set("pass")
        finding.drain()
        finding.assert_equal()
        finding.assert_embedded_once()
        assert len(finding.endpoint.answered) == 7
        assert [process.stop() for process in workers.values()] == [0] * 4
