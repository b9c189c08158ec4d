"""How large an event may be: one limit, told when it is published, within which every projection has room for its own."""

import json

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from harness.endpoint import Endpoint
from harness.program import Program
from harness.waiting import wait_until
from oracle.wire import read_topic

LIMIT = 982_952  # of a topic with Kafka's own limit: 1,048,588 less 100 for a batch and 64 KiB for projections

USUAL = {"MNEME_CONTENT_MAX_CHARS": "100000"}


@pytest.fixture
def env(namespace):
    with Endpoint() as fake:
        yield {"OPENAI_BASE_URL": fake.url, "EMBEDDING_MODEL": "fake", "MNEME_CONTENT_MAX_CHARS": "1000000"}


@pytest.fixture
def mneme(namespace, env):
    return Program(namespace.env | env)


def drain(namespace):
    for projection in ("postgres", "embed.fake"):
        namespace.drain(projection)


def texts_of(namespace):
    messages = read_topic(namespace, namespace.topic_prefix + "embeddings.fake")[0]
    return [len(message.value) for message in messages if message.value]


def remember(mneme, text, **options):
    return mneme("publish", "-", input=json.dumps({"type": "memory_created", "user_id": "ada", "payload": {
        "memory_type": "fact", "content": text}}) + "\n", **options)


def set_most_bytes(namespace, topic, most):
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
        ConfigEntry("max.message.bytes", str(most), incremental_operation=AlterConfigOpType.SET)])
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(30)


def test_the_largest_event_that_is_accepted_is_folded_by_all_and_a_larger_one_is_refused(namespace, mneme, worker, env):
    for group in ("postgres", "search", "embed"):
        worker(group, env=env)
    refused = remember(mneme, "word " * 199_999, expect=1)
    assert f"at most {LIMIT} fit into topic {namespace.topic}" in refused.stderr
    assert "max.message.bytes is 1048588" in refused.stderr and "make it smaller" in refused.stderr
    remember(mneme, "word " * (LIMIT // 5 - 100), expect=0)
    remember(mneme, "the next one", expect=0)
    drain(namespace)
    namespace.drain("search")
    assert sorted(size > 900_000 for size in texts_of(namespace)) == [False, True]
    for schema in ("mneme", "mneme_search", "mneme_embed"):
        assert namespace.value(f"SELECT count(*) FROM {schema}.parked_events") == 0, schema


def test_an_embeddings_topic_that_is_too_small_is_told_and_mended_as_it_is_told(namespace, mneme, worker, env):
    topic = namespace.topic_prefix + "embeddings.fake"
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    for future in admin.create_topics([NewTopic(topic, namespace.partitions, 1, config={
            "cleanup.policy": "compact", "max.message.bytes": "20000"})]).values():
        future.result(30)
    worker("postgres", env=env)
    embed = worker("embed", env=env)
    done = mneme("topics", "check", env=USUAL, expect=6)
    assert f"topic {topic} does not fit: max.message.bytes is 20000, not 1048588 or more" in done.stderr
    remember(mneme, "word " * 10_000, expect=0)
    remember(mneme, "the next one", expect=0)
    assert embed.wait_exit() != 0
    assert "max.message.bytes is 20000; raise it to 16777216" in embed.log
    set_most_bytes(namespace, topic, 16777216)
    mneme("topics", "check", env=USUAL, expect=0)
    worker("embed", env=env)
    drain(namespace)
    wait_until(lambda: len(texts_of(namespace)) == 2, message="both are embedded")
    assert namespace.value("SELECT count(*) FROM mneme_embed.parked_events") == 0
