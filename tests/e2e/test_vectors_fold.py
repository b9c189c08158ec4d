"""Records of an embeddings topic in any order, repeated and late, and what the vector store makes of them."""

import random

import pytest
from confluent_kafka import Producer

from harness.fake_model import vector_bytes, vector_of
from oracle.chroma import Chroma
from oracle.compare import snapshot
from oracle.compare_embeddings import IDENTITY, PLAIN, RecordCodec, record_key, sha256
from oracle.compare_vectors import active_generation, compare_chroma, compare_pgvector
from oracle.documents import SCOPE

SCOPES = [{"user_id": user, "agent_id": agent, "run_id": None, "conversation_id": None}
          for user in ("ada", "bo / %2F") for agent in (None, "helper")]


def identities(rng, count):
    kinds = [("memory", lambda n: f"00000000-0000-4000-8000-{n:012d}"), ("turn", lambda n: f"{n}/talk/ü %")]
    for number in range(count):
        kind, ref = rng.choice(kinds)
        yield (rng.choice(("default", "tenant-1")), rng.choice(("s", "a/b", "ü%")), kind, ref(number))


def records(rng, count, changes):
    """(key, value or None, source) of `changes` changes of `count` documents: their order is that of chance."""
    codec, places, made = RecordCodec(), list(identities(rng, count)), []
    for source in range(1, changes + 1):
        place = rng.choice(places)
        text = f"version {source}"
        record = {**dict.fromkeys(PLAIN), **dict(zip(IDENTITY, place, strict=True)), **rng.choice(SCOPES), "created_at": source * 7,
                  "text": text, "text_hash": sha256(text), "model": "fake", "query_prefix": "", "passage_prefix": "",
                  "dimensions": 16, "vector": vector_bytes(vector_of(text)), "metric": None, "metadata": None,
                  "source_sequence": source}
        made.append((place, None if rng.random() < 0.2 else record, source))
    expected = {}
    for place, record, _ in made:
        expected.pop(place, None)
        if record is not None:
            expected[place] = {**{name: record[name] for name in (*SCOPE, "created_at", "source_sequence")},
                               "embedding": vector_of(record["text"])}
    rng.shuffle(made)
    made += rng.sample(made, changes // 5)
    return [(record_key(place), codec.encode(record) if record else None, source) for place, record, source in made], expected


def produce(namespace, topic, messages):
    producer = Producer({"bootstrap.servers": namespace.brokers, "partitioner": "murmur2_random", "enable.idempotence": True})
    for key, value, source in messages:
        producer.produce(topic, key=key, value=value, headers=[("mneme-source", str(source).encode())])
    assert producer.flush(30) == 0


@pytest.mark.parametrize("store", ["pgvector", "chroma"])
def test_the_highest_source_counts_whatever_comes_first(request, namespace, worker, store):
    rng = random.Random(store)
    topic = f"{namespace.topic_prefix}embeddings.fake"
    env = {"MNEME_VECTOR_STORE": store, "EMBEDDING_MODEL": "fake", "MNEME_BATCH_MAX_EVENTS": "37"}
    chroma = None
    if store == "chroma":
        env["CHROMA_URL"] = request.getfixturevalue("chroma")
        chroma = Chroma(env["CHROMA_URL"])
    workers = [worker("vectors", env=env), worker("vectors", env=env)]
    messages, expected = records(rng, 60, 1000)
    produce(namespace, topic, messages)
    namespace.drain("vectors", topic=topic)
    with snapshot(namespace, "vectors") as connection:
        generation = active_generation(connection)
        found = (compare_chroma(chroma, generation["token"], expected) if chroma else
                 compare_pgvector(connection, generation["generation"], expected))
    assert not found, found[:10]
    assert [process.stop() for process in workers] == [0, 0]
    if chroma:
        chroma.delete(f"mneme-{generation['token']}-")
