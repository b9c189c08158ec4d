"""The saved progress belongs to one log: another one under the same name is never folded as if it were that one."""

import pytest
from confluent_kafka import admin
from harness.waiting import wait_until

REBUILD = "mneme rebuild postgres"


def notes(count, user="anna"):
    return [{"type": "custom", "user_id": user, "payload": {"type": "note", "json": {"number": number}}}
            for number in range(count)]


def client_of(namespace):
    return admin.AdminClient({"bootstrap.servers": namespace.brokers})


def recreate(namespace, mneme):
    client = client_of(namespace)
    client.delete_topics([namespace.topic])[namespace.topic].result()
    wait_until(lambda: namespace.topic not in client.list_topics(timeout=10).topics, message="the topic is gone")
    mneme("topics", "create", expect=0)
    namespace.end_offsets()


def ledger(namespace):
    return namespace.rows("SELECT * FROM events ORDER BY sequence_id")


def refuses(process, *words):
    assert process.wait_exit(40) == 6, process.log[-3000:]
    for word in words:
        assert word in process.log, f"{word!r} is not said\n{process.log[-2000:]}"


@pytest.mark.parametrize("count", [3, 20, 50], ids=["fewer", "as_many", "more"])
def test_a_topic_that_was_made_anew_is_refused(namespace, mneme, worker, drain, count):
    mneme.publish(notes(20))
    process = worker()
    drain()
    assert process.stop() == 0
    before = ledger(namespace)
    recreate(namespace, mneme)
    mneme.publish(notes(count))
    refuses(worker(wait=False), namespace.topic, REBUILD)
    assert ledger(namespace) == before and len(before) == 20


@pytest.mark.parametrize("count", [3, 20, 50], ids=["fewer", "as_many", "more"])
def test_a_topic_that_is_made_anew_under_a_worker_is_refused(namespace, mneme, worker, drain, count):
    mneme.publish(notes(20))
    process = worker()
    drain()
    before = ledger(namespace)
    recreate(namespace, mneme)
    mneme.publish(notes(count))
    refuses(process, namespace.topic, REBUILD)
    assert ledger(namespace) == before


def test_the_same_topic_is_recognised(namespace, mneme, worker, drain):
    """Also by a worker that finds nothing new, and where each batch is one event."""
    mneme.publish(notes(20))
    for total in (20, 20, 30):
        process = worker(env={"MNEME_BATCH_MAX_EVENTS": "1"})
        if total > 20:
            mneme.publish(notes(total - 20))
        drain()
        assert process.stop() == 0
        assert namespace.count("events") == total
    assert namespace.count("progress", "last_digest IS NULL AND next_offset > 0") == 0
