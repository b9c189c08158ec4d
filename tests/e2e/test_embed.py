"""The projection embed: texts in, records with vectors out, on a topic of the model; each text is embedded once."""

import hashlib
import io
import json
import struct

import fastavro
import pytest

from harness.endpoint import TOO_LONG, Endpoint
from harness.fake_model import DIMENSIONS, vector_bytes, vector_of
from harness.program import Program
from harness.stack import ROOT
from harness.waiting import wait_until
from oracle.parts import parts_of, vectors_of
from oracle.wire import fingerprint, read_topic

SCHEMA = json.loads((ROOT / "schemas" / "avsc" / "mneme.embedding.v2.avsc").read_text(encoding="utf-8"))
PARSED = fastavro.parse_schema(json.loads(json.dumps(SCHEMA).replace('"logicalType"', '"was"')))
EAGER = {"MNEME_RETRY_INITIAL_MS": "20", "MNEME_RETRY_MAX_MS": "200", "MNEME_EMBEDDING_TIMEOUT_MS": "1000",
         "MNEME_EMBEDDING_TRIES": "2", "MNEME_EMBEDDING_BREAKER_OPEN_MS": "100"}
MEMORY = "0190a5a0-0000-7000-8000-00000000000{}"


def decode(value):
    assert value[:10] == b"\xc3\x01" + fingerprint(SCHEMA)
    return fastavro.schemaless_reader(io.BytesIO(value[10:]), PARSED)


class Ground:
    """A namespace with an endpoint that can be foretold, a ledger and a worker of embed."""

    def __init__(self, namespace, endpoint, worker, env):
        self.namespace, self.endpoint, self.env = namespace, endpoint, env
        self.mneme = Program(namespace.env | env)
        self.topic = namespace.topic_prefix + "embeddings.fake"
        self.start = lambda group="embed", wait=True, **more: worker(group, env=env | more, wait=wait)
        self.ledger = self.start("postgres")
        self.worker = self.start()

    def publish(self, *events, drain=True):
        self.mneme.publish(events)
        if drain:
            self.drain()

    def drain(self, projection="embed.fake"):
        self.namespace.drain("postgres")
        self.namespace.drain(projection)

    def messages(self, topic=None):
        return read_topic(self.namespace, topic or self.topic)[0]

    def records(self, topic=None):
        """{key: record or None} after the last message of each key."""
        return {message.key.decode(): message.value and decode(message.value) for message in self.messages(topic)}

    def sequence(self, kind):
        return self.namespace.value("SELECT max(sequence_id) FROM events WHERE event_type = %s", kind)


@pytest.fixture
def endpoint():
    with Endpoint() as fake:
        yield fake


@pytest.fixture
def ground(namespace, endpoint, worker):
    return Ground(namespace, endpoint, worker, EAGER | {"OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": "fake"})


def memory(number, text, kind="memory_created", **fields):
    payload = {"memory_id": MEMORY.format(number), "content": text}
    if kind == "memory_created":
        payload["memory_type"] = "fact"
    return {"type": kind, "user_id": "ada", "payload": payload, **fields}


def forget(number):
    return {"type": "memory_deleted", "user_id": "ada", "payload": {"memory_id": MEMORY.format(number)}}


def turn(text, **payload):
    return {"type": "conversation_turn", "user_id": "ada", "agent_id": "bot",
            "payload": {"conversation_id": "a/b %", "role": "user", "content": text, **payload}}


def test_a_memory_and_a_turn_become_records_with_all_that_is_known_of_them(ground):
    ground.publish(memory(1, "Ada likes tea", run_id="r1", occurred_at="2026-01-02T03:04:05Z"),
                   {"type": "conversation_created", "user_id": "ada", "payload": {"conversation_id": "a/b %"}},
                   turn("Tea, please.", speaker="Ada", metadata={"channel": "web"}))
    records = ground.records()
    assert set(records) == {f"memory/{MEMORY.format(1)}/default/ada", "turn/0%2Fa%2Fb %25/default/ada"}
    assert records[f"memory/{MEMORY.format(1)}/default/ada"] == {
        "tenant": "default", "stream_id": "ada", "kind": "memory", "ref": MEMORY.format(1), "user_id": "ada",
        "agent_id": None, "run_id": "r1", "conversation_id": None, "position": None, "speaker": None,
        "created_at": 1767323045000000, "text": "Ada likes tea",
        "text_hash": hashlib.sha256(b"Ada likes tea").digest(), "model": "fake", "query_prefix": "",
        "passage_prefix": "", "dimensions": DIMENSIONS, "vector": vector_bytes(vector_of("Ada likes tea")),
        "metric": None, "metadata": None, "source_sequence": ground.sequence("memory_created"), "part_vectors": b"",
    }
    said = records["turn/0%2Fa%2Fb %25/default/ada"]
    assert said["text"] == "Ada: Tea, please." and said["ref"] == "0/a/b %" and said["position"] == 0
    assert (said["speaker"], json.loads(said["metadata"])) == ("Ada", {"channel": "web"})
    assert said["source_sequence"] == ground.sequence("conversation_turn")
    for message in ground.messages():
        assert int(dict(message.headers)["mneme-source"]) == decode(message.value)["source_sequence"]


def test_a_thousand_updates_of_one_document_are_one_request_for_the_last(ground):
    ground.worker.stop()
    ground.publish(memory(1, "version 0"), *(memory(1, f"version {n}", "memory_updated") for n in range(1, 1001)),
                   drain=False)
    ground.namespace.drain("postgres")
    ground.start()
    ground.drain()
    assert ground.records()[f"memory/{MEMORY.format(1)}/default/ada"]["text"] == "version 1000"
    # One batch may end within them.
    assert sum(ground.endpoint.answered.values()) <= 3 and ground.endpoint.answered["fake", "version 1000"] == 1


def test_no_text_is_embedded_twice_whoever_has_it_and_however_often_it_comes_back(ground):
    ground.publish(memory(1, "the same"), memory(2, "the same"), memory(3, "another"))
    ground.publish(memory(1, "another", "memory_updated"))
    ground.publish(memory(1, "the same", "memory_updated"), {**memory(1, "the same"), "user_id": "bob"})
    ground.worker.kill()
    ground.start()
    ground.publish(memory(4, "the same"))
    assert ground.endpoint.answered == {("fake", "the same"): 1, ("fake", "another"): 1}
    records = ground.records()
    assert [records[f"memory/{MEMORY.format(n)}/default/ada"]["text"] for n in (1, 2, 3, 4)] == \
        ["the same", "the same", "another", "the same"]


def test_what_is_deleted_or_becomes_blank_is_taken_back(ground):
    created = {"type": "conversation_created", "user_id": "ada", "payload": {"conversation_id": "a/b %"}}
    ended = {"type": "conversation_deleted", "user_id": "ada", "payload": {"conversation_id": "a/b %"}}
    ground.publish(memory(1, "one"), memory(2, "two"), memory(3, "three"), created, turn("said"))
    ground.publish(forget(1), memory(2, {"note": None}, "memory_updated"), ended)
    key = "memory/{}/default/ada".format
    assert {name: record and record["text"] for name, record in ground.records().items()} == {
        key(MEMORY.format(1)): None, key(MEMORY.format(2)): None, key(MEMORY.format(3)): "three",
        "turn/0%2Fa%2Fb %25/default/ada": None}
    sources = [int(dict(message.headers)["mneme-source"]) for message in ground.messages() if message.value is None]
    assert sorted(sources) == sorted(
        ground.sequence(kind) for kind in ("memory_deleted", "memory_updated", "conversation_deleted"))
    ground.publish(memory(1, "never was", "memory_updated"), forget(2), created, turn("said again"))
    assert ground.records()["turn/0%2Fa%2Fb %25/default/ada"]["text"] == "User: said again"
    assert ground.namespace.value("SELECT count(*) FROM mneme_embed.documents") == 2


def test_what_the_ledger_rejects_is_not_embedded(ground):
    ground.publish(memory(1, "first"), memory(1, "again"), {**memory(2, "late"), "expected_version": 7},
                   memory(3, "nobody", "memory_updated"))
    assert [record["text"] for record in ground.records().values()] == ["first"]
    assert set(ground.endpoint.answered) == {("fake", "first")}


@pytest.mark.parametrize("mode", ["wrong_dimension", "nan", "zero", "too_few", "html", "cut_json", "empty", "error_500",
                                  "busy_429", "hang_up", "hang"])
def test_an_endpoint_that_fails_is_waited_for_and_nothing_is_lost(ground, mode):
    ground.publish(memory(1, "before"))
    ground.endpoint.set(mode)
    asked = ground.endpoint.asked
    ground.publish(memory(2, "meanwhile"), drain=False)
    ground.namespace.drain("postgres")  # the other groups go on
    wait_until(lambda: ground.endpoint.asked > asked + 1, message="it is tried again")
    assert len(ground.records()) == 1
    assert ground.worker.is_running
    ground.endpoint.set("answer")
    ground.drain()
    assert {record["text"] for record in ground.records().values()} == {"before", "meanwhile"}


def test_a_delete_that_overtakes_a_slow_embedding_stays_deleted(ground):
    ground.endpoint.set("hang")
    ground.publish(memory(1, "slow"), drain=False)
    wait_until(lambda: ground.endpoint.asked > 0, message="it is being embedded")
    ground.publish(forget(1), drain=False)
    ground.namespace.drain("postgres")
    ground.endpoint.set("answer")
    ground.drain()
    assert ground.records().get(f"memory/{MEMORY.format(1)}/default/ada") is None
    assert ground.namespace.value("SELECT count(*) FROM mneme_embed.documents") == 0


def refused(ground):
    return {ref: (parts, reason) for ref, parts, reason in ground.namespace.rows(
        "SELECT ref, parts, refused FROM mneme_embed.documents WHERE refused IS NOT NULL")}


def status_of(ground, projection="embed.fake"):
    return next(line for line in ground.mneme("status", "--json", expect=0).json_lines
                if line.get("projection") == projection)


@pytest.mark.parametrize("too_long", sorted(TOO_LONG))
def test_a_text_that_is_too_long_is_embedded_in_parts_and_blocks_nobody(ground, too_long):
    ground.endpoint.most_chars, ground.endpoint.too_long = 200, too_long
    long = " ".join(f"Sentence number {n} is here." for n in range(180))
    ground.publish(memory(1, "a short one"), memory(2, long), memory(3, "the next one"))
    ground.publish(memory(4, "the last one"))
    records = {record["ref"]: record for record in ground.records().values()}
    assert [records[MEMORY.format(n)]["text"] for n in (1, 2, 3, 4)] == ["a short one", long, "the next one", "the last one"]
    parts = [text for _, text in ground.endpoint.answered if text in long]
    assert all(0 < len(text) <= 200 for text in parts)
    assert {word for text in parts for word in text.split()} == set(long.split()), "the end of it as well"
    assert not refused(ground) and status_of(ground)["refused"] == 0
    assert status_of(ground)["parked"] == 0


def part_vectors(record):
    size = 4 * record["dimensions"]
    return [record["part_vectors"][at:at + size] for at in range(0, len(record["part_vectors"]), size)]


def restart(ground, **env):
    ground.worker.stop()
    ground.worker = ground.start(**env)


def test_a_long_text_has_a_vector_for_each_part_until_it_is_short_again(ground):
    restart(ground, MNEME_EMBEDDING_PART_BYTES="100")
    long = " ".join(f"Sentence number {n} is here." for n in range(60))
    ground.publish(memory(1, long), memory(2, "short"))
    records = {record["ref"]: record for record in ground.records().values()}
    parts = parts_of(long, 100)
    assert len(parts) > 10 and all(part.endswith(".") for part in parts)
    assert {text for _, text in ground.endpoint.answered} == {*parts, "short"}
    mean, vectors = vectors_of(long, 100, vector_of)
    assert part_vectors(records[MEMORY.format(1)]) == list(map(vector_bytes, vectors)) == \
        [vector_bytes(vector_of(part)) for part in parts]
    assert records[MEMORY.format(1)]["vector"] == vector_bytes(mean)
    assert records[MEMORY.format(2)]["part_vectors"] == b"" and len(ground.messages()) == 2, "one record a document"
    assert ground.namespace.value("SELECT parts FROM mneme_embed.documents WHERE ref = %s", MEMORY.format(1)) == len(parts)
    ground.publish(memory(1, parts[3] + " " + parts[4], "memory_updated"))
    assert len(part_vectors(ground.records()[f"memory/{MEMORY.format(1)}/default/ada"])) == 2
    ground.publish(memory(1, parts[5], "memory_updated"))
    record = ground.records()[f"memory/{MEMORY.format(1)}/default/ada"]
    assert (record["part_vectors"], record["vector"]) == (b"", vector_bytes(vector_of(parts[5])))
    assert all(count == 1 for (_, text), count in ground.endpoint.answered.items() if text in parts), "known parts are not asked"


def test_of_too_many_parts_neighbours_share_a_vector(ground):
    restart(ground, MNEME_EMBEDDING_PART_BYTES="30")
    long = " ".join(f"Sentence number {n} is here." for n in range(400))
    ground.publish(memory(1, long))
    (record,) = ground.records().values()
    mean, vectors = vectors_of(long, 30, vector_of)
    assert len(vectors) == 256 < len(parts_of(long, 30))
    assert part_vectors(record) == list(map(vector_bytes, vectors)) and record["vector"] == vector_bytes(mean)


def test_a_record_has_as_many_vectors_as_the_topic_takes(ground):
    from confluent_kafka.admin import (  # pylint: disable=import-outside-toplevel
        AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource)

    ground.publish(memory(1, "before"))
    admin = AdminClient({"bootstrap.servers": ground.namespace.brokers})
    entry = ConfigEntry("max.message.bytes", "5000", incremental_operation=AlterConfigOpType.SET)
    for future in admin.incremental_alter_configs([ConfigResource("TOPIC", ground.topic, incremental_configs=[entry])]).values():
        future.result(10)
    restart(ground, MNEME_EMBEDDING_PART_BYTES="30")
    long = " ".join(f"Sentence number {n} is here." for n in range(80))
    ground.publish(memory(2, long))
    record = ground.records()[f"memory/{MEMORY.format(2)}/default/ada"]
    assert record["text"] == long and len(parts_of(long, 30)) * 64 + len(long) > 5000
    assert 2 <= len(part_vectors(record)) < len(parts_of(long, 30))
    assert len(record["part_vectors"]) + len(long) < 5000 and ground.worker.is_running


def test_texts_beside_one_that_is_refused_are_embedded_with_the_same_request(ground):
    ground.endpoint.most_chars = 300
    ground.endpoint.set("hang")
    texts = [f"text number {n}" for n in range(40)] + ["word " * 100]
    ground.publish(memory(9, "first"), drain=False)
    wait_until(lambda: ground.endpoint.asked > 0, message="the worker is busy")
    ground.mneme.publish([{**memory(1, text), "user_id": f"user-{n}"} for n, text in enumerate(texts)])
    ground.endpoint.set("answer")
    ground.drain()
    assert {record["text"] for record in ground.records().values()} == {"first", *texts}
    assert ground.endpoint.asked < 40, "halves, not one by one"


def test_a_part_that_is_refused_is_left_out_and_told(ground):
    ground.endpoint.refused = ("forbidden",)
    good = " ".join(f"Sentence number {n} is here." for n in range(30))
    ground.publish(memory(1, "before"), memory(2, good + " Then forbidden words. " + good), memory(3, "forbidden"),
                   memory(4, "after"))
    ground.publish(memory(5, "later"))
    assert sorted(record["ref"][-1] for record in ground.records().values() if record) == ["1", "2", "4", "5"]
    assert ground.records()[f"memory/{MEMORY.format(3)}/default/ada"] is None
    told = refused(ground)
    assert set(told) == {MEMORY.format(2), MEMORY.format(3)}
    assert told[MEMORY.format(3)][0] == 0 and told[MEMORY.format(2)][0] > 1
    assert all("this text is refused" in reason for _, reason in told.values())
    assert status_of(ground)["refused"] == 2 and status_of(ground)["parked"] == 0
    assert "the endpoint refused the text of 2 documents" in ground.mneme("status", expect=0).stdout
    assert "a text has no vector" in ground.worker.log and "a part of a text has no vector" in ground.worker.log
    ground.publish(memory(3, "allowed", "memory_updated"), forget(2))
    assert ground.records()[f"memory/{MEMORY.format(3)}/default/ada"]["text"] == "allowed"
    assert ground.records()[f"memory/{MEMORY.format(2)}/default/ada"] is None and not refused(ground)


def test_a_text_that_becomes_one_that_is_refused_loses_its_vector(ground):
    ground.endpoint.refused = ("forbidden",)
    ground.publish(memory(1, "allowed"))
    ground.publish(memory(1, "forbidden", "memory_updated"))
    assert ground.records()[f"memory/{MEMORY.format(1)}/default/ada"] is None
    assert set(refused(ground)) == {MEMORY.format(1)}


def test_vectors_that_a_caller_brings_go_the_same_way(ground):
    def vector(kind, **payload):
        return {"type": kind, "user_id": "ada", "agent_id": "bot", "payload": {"vector_id": "a/1", **payload}}

    ground.publish(vector("vector_indexed", vector=[1, 2]), vector("vector_indexed", vector=[0.5, -1, 3], metric="dot",
                                                                   collection="pictures", metadata={"page": 1}),
                   vector("vector_indexed", vector=[0.5, 0.25]))
    records = ground.records()
    kept = records["vector/a%2F1%2Fpictures/default/ada"]
    assert struct.unpack("<3f", kept["vector"]) == (0.5, -1, 3) and kept["dimensions"] == 3
    assert (kept["ref"], kept["metric"], json.loads(kept["metadata"])) == ("a/1/pictures", "dot", {"page": 1})
    assert (kept["user_id"], kept["agent_id"], kept["text"], kept["model"]) == ("ada", "bot", "", "")
    assert kept["text_hash"] == hashlib.sha256(b"").digest()
    assert struct.unpack("<2f", records["vector/a%2F1%2Fdefault/default/ada"]["vector"]) == (0.5, 0.25)
    ground.publish(vector("vector_deleted"))
    assert ground.records()["vector/a%2F1%2Fdefault/default/ada"] is None
    assert not ground.endpoint.answered
    refused = ground.mneme("publish", "-", input=json.dumps(vector("vector_indexed", vector=[1], collection="a/b")) + "\n"
                           + json.dumps(vector("vector_indexed", vector=[1e39])) + "\n"
                           + json.dumps(vector("vector_indexed", vector=[])) + "\n", expect=1)
    assert 'holds a "/"' in refused.stderr and "finite" in refused.stderr and "not a vector" in refused.stderr


def activate(ground, model):
    """As when other vectors have taken the place of those that answered."""
    with ground.namespace.connect("vectors") as connection:
        connection.execute("UPDATE generations SET state = 'retired' WHERE state = 'active'")
        connection.execute(
            "INSERT INTO generations (state, store, model, metric, dimensions, passage_prefix, topic) "
            "VALUES ('active', 'pgvector', %s, 'cosine', %s, 'p: ', %s)",
            (model, DIMENSIONS, f"{ground.namespace.topic_prefix}embeddings.{model}"))


def test_a_worker_follows_the_model_whose_vectors_answer(ground):
    ground.publish(memory(1, "before"))
    activate(ground, "other")
    ground.publish(memory(2, "after"), drain=False)
    ground.drain("embed.other")
    records = ground.records(ground.namespace.topic_prefix + "embeddings.other")
    assert {record["text"] for record in records.values()} == {"before", "after"}
    for record in records.values():
        assert (record["model"], record["passage_prefix"]) == ("other", "p: ")
        assert record["vector"] == vector_bytes(vector_of("p: " + record["text"], "other"))
    assert ground.worker.is_running
    assert "after" not in {record["text"] for record in ground.records().values()}
    ground.worker.stop()
    pinned = ground.start(MNEME_EMBEDDING_MODEL_PINNED="true")
    ground.drain()
    assert {record["text"] for record in ground.records().values()} == {"before", "after"}
    assert pinned.is_running


def test_an_endpoint_that_refuses_every_text_stops_the_worker_with_advice(ground):
    ground.endpoint.refused = ("",)
    ground.publish(memory(1, "any"), drain=False)
    assert ground.worker.wait_exit() != 0
    assert "every text is refused" in ground.worker.log and "EMBEDDING_MODEL" in ground.worker.log
    assert ground.namespace.value("SELECT count(*) FROM mneme_embed.parked_events") == 0


def test_workers_share_the_partitions_and_a_killed_one_is_replaced(ground):
    ground.start()
    texts = [f"text number {n}" for n in range(300)]
    events = [{**memory(1, text), "user_id": f"user-{n}"} for n, text in enumerate(texts)]
    ground.publish(*events[:150], drain=False)
    ground.worker.kill()
    ground.publish(*events[150:])
    assert {record["text"] for record in ground.records().values()} == set(texts)


def test_the_topic_is_compacted_and_has_the_partitions_of_events(ground):
    from confluent_kafka.admin import AdminClient, ConfigResource  # pylint: disable=import-outside-toplevel

    ground.publish(memory(1, "one"))
    admin = AdminClient({"bootstrap.servers": ground.namespace.brokers})
    assert len(admin.list_topics(ground.topic, timeout=10).topics[ground.topic].partitions) == ground.namespace.partitions
    (future,) = admin.describe_configs([ConfigResource("TOPIC", ground.topic)]).values()
    settings = future.result(10)
    assert settings["cleanup.policy"].value == "compact" and settings["retention.ms"].value == "-1"


def test_a_topic_that_is_gone_is_not_made_again_as_if_it_were_the_one_that_was(ground):
    from confluent_kafka.admin import AdminClient  # pylint: disable=import-outside-toplevel

    ground.publish(memory(1, "one"))
    assert ground.worker.stop() == 0
    admin = AdminClient({"bootstrap.servers": ground.namespace.brokers})
    admin.delete_topics([ground.topic])[ground.topic].result()
    wait_until(lambda: ground.topic not in admin.list_topics(timeout=10).topics, message="the topic is gone")
    refused = ground.start(wait=False)
    assert refused.wait_exit(60) == 6 and "run `mneme rebuild embed`" in refused.log, refused.log[-2000:]
    assert ground.topic not in admin.list_topics(timeout=10).topics
    outcome = ground.mneme("rebuild", "embed", "--json", expect=0).json_lines[-1]  # there are no vectors yet
    assert (outcome["state"], outcome["vectors"]) == ("rebuilt", 1)
    ground.start()
    ground.publish(memory(2, "two"))
    assert {record["text"] for record in ground.records(outcome["topic"]).values()} == {"one", "two"}
