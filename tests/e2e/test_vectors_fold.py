"""Records of an embeddings topic in any order, repeated and late, of one part and of several, by both versions of their
schema; and what the vector store makes of them."""

import random

import pytest
from confluent_kafka import Producer

from harness.fake_model import vector_bytes, vector_of
from harness.program import Program
from harness.waiting import wait_until
from oracle.chroma import Chroma
from oracle.compare import snapshot
from oracle.compare_embeddings import IDENTITY, PLAIN, RecordCodec, record_key, sha256
from oracle.compare_vectors import YEARS, active_generation, compare_chroma, compare_pgvector, fits
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
    former, codec, places, made = RecordCodec(1), RecordCodec(), list(identities(rng, count)), []
    for source in range(1, changes + 1):
        place = rng.choice(places)
        text = f"version {source}"
        parts = [vector_of(f"{text}, part {part}") for part in range(rng.randint(2, 9))] if rng.random() < 0.5 else []
        record = {**dict.fromkeys(PLAIN), **dict(zip(IDENTITY, place, strict=True)), **rng.choice(SCOPES), "created_at": source * 7,
                  "text": text, "text_hash": sha256(text), "model": "fake", "query_prefix": "", "passage_prefix": "",
                  "dimensions": 16, "vector": vector_bytes(vector_of(text)), "metric": None, "metadata": None,
                  "source_sequence": source, "part_vectors": b"".join(map(vector_bytes, parts))}
        made.append((place, None if rng.random() < 0.2 else record, parts or [vector_of(text)], source))
    last = {place: (record, vectors) for place, record, vectors, _ in made}
    expected = {(*place, part): {**{name: record[name] for name in (*SCOPE, "created_at", "source_sequence")}, "embedding": vector}
                for place, (record, vectors) in last.items() if record for part, vector in enumerate(vectors)}
    rng.shuffle(made)
    made += rng.sample(made, changes // 5)

    def encode(record):
        return (codec if record["part_vectors"] or rng.random() < 0.5 else former).encode(record) if record else None

    return [(record_key(place), encode(record), source) for place, record, _, source in made], expected


def produce(namespace, topic, messages):
    producer = Producer({"bootstrap.servers": namespace.brokers, "partitioner": "murmur2_random", "enable.idempotence": True})
    for key, value, source in messages:
        producer.produce(topic, key=key, value=value, headers=[("mneme-source", str(source).encode())])
    assert producer.flush(30) == 0


class Ground:
    """A worker of vectors alone: the test writes the records itself."""

    def __init__(self, request, namespace, worker, store):
        self.namespace, self.topic = namespace, f"{namespace.topic_prefix}embeddings.fake"
        self.env = {"MNEME_VECTOR_STORE": store, "EMBEDDING_MODEL": "fake"}
        self.chroma = None
        if store == "chroma":
            self.env["CHROMA_URL"] = request.getfixturevalue("chroma")
            self.chroma = Chroma(self.env["CHROMA_URL"])
        self.mneme = Program(namespace.env | self.env)
        self.worker = worker("vectors", env=self.env)
        self.codec = RecordCodec()

    def message(self, number, value=None, **fields):
        """(key, value, source) of one document, and its place."""
        place = ("default", "s", "memory", f"00000000-0000-4000-8000-{number:012d}")
        record = {**dict.fromkeys(PLAIN), **dict(zip(IDENTITY, place, strict=True)), **SCOPES[0], "created_at": number,
                  "text": f"text {number}", "text_hash": sha256(f"text {number}"), "model": "fake", "query_prefix": "",
                  "passage_prefix": "", "dimensions": 16, "vector": vector_bytes(vector_of(f"text {number}")), "metric": None,
                  "metadata": None, "source_sequence": number, "part_vectors": b"", **fields}
        return place, record, (record_key(place), value or self.codec.encode(record), number)

    def differences(self, records):
        """Between the store and these {place: record}."""
        expected = {(*place, 0): {**{name: record[name] for name in (*SCOPE, "created_at", "source_sequence")},
                                 "embedding": vector_of(record["text"])} for place, record in records.items()}
        with snapshot(self.namespace, "vectors") as connection:
            generation = active_generation(connection)
            return (compare_chroma(self.chroma, generation["token"], expected) if self.chroma else
                    compare_pgvector(connection, generation["generation"], expected))

    def verified(self):
        return self.mneme("verify", "vectors", "--json").json_lines[-1]["state"]


@pytest.fixture(params=["pgvector", "chroma"])
def ground(request, namespace, worker):
    return Ground(request, namespace, worker, request.param)


TIMES = {1: YEARS[0], 2: YEARS[0] - 1, 3: YEARS[1], 4: YEARS[1] + 1, 5: 148108 * 31_556_952_000_000 - 62_167_219_200_000_000, 6: -2**63, 7: 2**63 - 1,
         8: 0}


def test_a_time_outside_of_the_years_1_to_9999_is_parked_by_whoever_reads(ground):
    made = [ground.message(number, created_at=time) for number, time in TIMES.items()]
    produce(ground.namespace, ground.topic, [message for _, _, message in made])
    ground.namespace.drain("vectors", topic=ground.topic)
    kept = {place: record for place, record, _ in made if fits(record)}
    assert len(kept) == 3

    def is_right():
        assert not ground.differences(kept)
        assert ground.verified() == "equal"
        parked = ground.namespace.rows("SELECT reason FROM mneme_vectors.parked_events")
        assert len(parked) == len(TIMES) - len(kept) and all("years 1 to 9999" in reason for reason, in parked)

    is_right()
    ground.mneme("rebuild", "vectors", expect=0)
    is_right()


def test_a_record_of_an_unknown_schema_is_waited_before_and_others_go_on(ground):
    unknown = b"\xc3\x01" + b"\0" * 8 + b"of tomorrow"
    made = [ground.message(number) for number in range(40)]
    produce(ground.namespace, ground.topic, [message for _, _, message in made[:20]])
    ground.namespace.drain("vectors", topic=ground.topic)
    _, _, strange = ground.message(99, unknown)
    produce(ground.namespace, ground.topic, [strange])
    produce(ground.namespace, ground.topic, [message for _, _, message in made[20:]])

    def waits():
        return [line for line in ground.mneme("status", "--json", expect=0).json_lines if "waits_at" in line]

    wait_until(waits, message="somebody waits")
    (wait,) = waits()
    assert (wait["projection"], wait["topic"]) == ("vectors", ground.topic)
    others = {partition: end for partition, end in ground.namespace.end_offsets(ground.topic).items()
              if partition != wait["partition"]}
    wait_until(lambda: all(ground.namespace.progress("vectors", ground.topic).get(p, 0) >= end for p, end in others.items()), message="the others go on")
    assert ground.worker.is_running
    position = f"{wait['partition']}:{wait['kafka_offset']}"
    told = f"dead-letters park {position}"
    assert told in ground.mneme("status", expect=0).stdout
    assert ground.namespace.progress("vectors", ground.topic)[wait["partition"]] <= wait["kafka_offset"]
    refused = ground.mneme("rebuild", "vectors")
    assert refused.returncode != 0 and told in refused.stderr
    assert ground.mneme("dead-letters", "park", position, "--json", expect=0).json_lines[-1]["topic"] == ground.topic
    ground.namespace.drain("vectors", topic=ground.topic)
    kept = {place: record for place, record, _ in made}
    assert not ground.differences(kept) and ground.worker.is_running
    assert ground.verified() == "equal"
    ground.mneme("rebuild", "vectors", expect=0)
    assert not ground.differences(kept)


def test_names_of_collections_are_chosen(namespace, worker, mneme, chroma):
    topic = f"{namespace.topic_prefix}embeddings.fake"
    env = {"MNEME_VECTOR_STORE": "chroma", "EMBEDDING_MODEL": "fake", "CHROMA_URL": chroma, "MNEME_CHROMA_COLLECTION": "bots.v-1"}
    worker("vectors", env=env)
    messages, _ = records(random.Random("names"), 5, 20)
    produce(namespace, topic, messages)
    namespace.drain("vectors", topic=topic)
    with snapshot(namespace, "vectors") as connection:
        token = active_generation(connection)["token"]
    names = [name for name in Chroma(chroma).collections() if token in name]
    assert names and all(name.startswith(f"bots.v-1-{token}-") for name in names)
    for name in ("", "-bots", "bots/1", "b" * 41):
        refused = mneme("verify", "vectors", expect=2, env=env | {"MNEME_CHROMA_COLLECTION": name})
        assert "MNEME_CHROMA_COLLECTION" in refused.stderr
    Chroma(chroma).delete(f"bots.v-1-{token}-")


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
