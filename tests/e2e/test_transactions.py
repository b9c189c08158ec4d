"""A producer with transactions: their markers, and what they abort, take offsets and are no events."""

import uuid

import pytest
from confluent_kafka import Producer
from harness.program import Program
from oracle import compare, wire

PROJECTIONS = ("postgres", "search", "redis")


@pytest.fixture
def messages(make_namespace):
    """Encoded events of eight users, ready to be written to another topic with as many partitions."""
    source = make_namespace()
    Program(source.env).publish([
        {"type": "memory_created", "user_id": f"u{number % 8}",
         "payload": {"memory_type": "fact", "content": f"tea number {number}"}} for number in range(24)])
    return wire.read_topic(source)[0]


@pytest.fixture
def transact(namespace):
    """transact(messages, commit=…): one transaction."""
    producer = Producer({"bootstrap.servers": namespace.brokers, "transactional.id": f"t-{uuid.uuid4()}"})
    producer.init_transactions(60)

    def run(batch, commit=True):
        producer.begin_transaction()
        for message in batch:
            producer.produce(namespace.topic, value=message.value, key=message.key, partition=message.partition)
        assert producer.flush(60) == 0
        (producer.commit_transaction if commit else producer.abort_transaction)(60)

    return run


def lags(mneme):
    return {line["projection"]: line["lag"] for line in mneme("status", "--json", expect=0).json_lines if "projection" in line}


@pytest.mark.parametrize("order", ["committed", "aborted", "committed aborted", "aborted committed committed", "empty committed empty"])
def test_nothing_is_left_to_be_folded_behind_a_transaction(namespace, mneme, worker, drain, messages, transact, wait_until, order):
    started = {name: worker(name) for name in PROJECTIONS}
    step = 0
    for kind in order.split():
        step += kind != "empty"
        transact([] if kind == "empty" else messages[step - 1::3], commit=kind != "aborted")
    committed = 8 * order.split().count("committed")
    for name in PROJECTIONS:
        drain(name)
    assert {name: lag for name, lag in lags(mneme).items() if name in PROJECTIONS} == dict.fromkeys(PROJECTIONS, 0)
    for name, process in started.items():
        wait_until(lambda p=process: sum(value for key, value in p.metrics().items()
                                         if key.startswith("mneme_worker_lag_events")) == 0, message=f"{name} tells no lag")
    assert namespace.count("events") == committed
    compare.assert_equal_to_log(namespace)
    for name in PROJECTIONS:
        *_, verified = mneme("verify", name, "--json", expect=0).json_lines
        assert (verified["state"], verified["events"]) == ("equal", committed), name


def test_progress_behind_a_transaction_is_gone_on_from(namespace, mneme, worker, drain, messages, transact):
    """The topic is recognised by its last event, which is not the last offset, and another one is refused."""
    for number in range(3):
        transact(messages[number::3], commit=number != 1)
        process = worker()
        drain()
        assert process.stop() == 0
    assert namespace.count("events") == 16
    assert namespace.count("progress", "last_digest IS NULL AND next_offset > 0") == 0
    mneme("rebuild", "postgres", expect=0)
    process = worker()
    transact(messages[1::3])
    drain()
    assert process.stop() == 0
    compare.assert_equal_to_log(namespace)
    with namespace.connect() as connection:
        connection.execute("UPDATE progress SET last_digest = set_byte(last_digest, 0, get_byte(last_digest, 0) # 1)")
    refused = worker(wait=False)
    assert refused.wait_exit(60) == 6
    assert "the topic was deleted and made again" in refused.log
