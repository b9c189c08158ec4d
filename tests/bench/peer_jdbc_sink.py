"""How many rows a second one worker writes, against Kafka Connect with the Debezium JDBC sink beside it.

usage: ops/bench peer-jdbc-sink [-- [--events N] [--runs N] [--unnest]]

Both drain the same memories from the same broker, as Avro in Confluent framing by the same registry, into the same
Postgres, one process each, in turns. Ours reads events and writes the ledger, the memories and the streams; the peer
reads flat records of six fields and upserts them into one table with a key and no other index. The peer is tuned:
batches of 5,000, inserts that the driver rewrites into one statement (with --unnest, arrays instead). The time runs
from the first rows that can be seen to the last, so that the start of a JVM does not count. ours and limit are rows a
second in all tables; events_ratio compares what was read from the log."""

import argparse
import io
import itertools
import json
import random
import signal
import subprocess
import time
import uuid
from urllib.parse import urlsplit

import fastavro
import requests
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from harness.bench import bench_namespace, cpu_seconds, median, peak_rss_mb, print_result, server_cpu_seconds, tell
from harness.program import Program
from harness.stack import ROOT
from harness.waiting import wait_until
from harness.worker import Worker, die_with_parent, free_port
from oracle.encode import uuid7

PARTITIONS, USERS = 8, 5000
WORDS = "window seat morning train coffee without sugar garden sister Friday invoice river walks remember".split()
SCHEMA = {"type": "record", "name": "Memory", "namespace": "peer", "fields": [
    {"name": "id", "type": "string"}, {"name": "user_id", "type": "string"}, {"name": "memory_type", "type": "string"},
    {"name": "content", "type": "string"}, {"name": "importance", "type": "double"},
    {"name": "created_at", "type": "long"}]}
TABLE = """CREATE TABLE public.peer (id text PRIMARY KEY, user_id text, memory_type text, content text,
           importance double precision, created_at bigint)"""


def memories(count):
    """Records of about 300 bytes."""
    rng = random.Random(1)
    texts = [" ".join(rng.choices(WORDS, k=30)) for _ in range(2000)]
    for number in range(count):
        yield {"id": str(uuid7(1_790_000_000_000 + number // 50, rng.getrandbits(80))),
               "user_id": f"user-{rng.randrange(USERS):05}", "memory_type": "fact", "content": rng.choice(texts),
               "importance": rng.random(), "created_at": 1_790_000_000_000_000 + number}


# --- the two backlogs ---


def publish_ours(namespace, count):
    """By the product's own publisher."""
    publisher = Program(namespace.env).start("publish", "-", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    for memory in memories(count):
        payload = {"memory_id": memory["id"], "memory_type": memory["memory_type"], "content": memory["content"],
                   "importance": memory["importance"]}
        publisher.stdin.write(json.dumps({"type": "memory_created", "user_id": memory["user_id"], "payload": payload}) + "\n")
    publisher.stdin.close()
    assert publisher.wait() == 0


def register(namespace, topic):
    """The schema's id in the registry."""
    answer = requests.post(f"{namespace.stack.registry_url}/subjects/{topic}-value/versions",
                           json={"schema": json.dumps(SCHEMA)}, timeout=30)
    answer.raise_for_status()
    return answer.json()["id"]


def publish_peers(namespace, topic, count):
    """Gives the last id of each partition and the bytes of a record."""
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result()
    header = b"\0" + register(namespace, topic).to_bytes(4, "big")
    schema = fastavro.parse_schema(SCHEMA)
    producer = Producer({"bootstrap.servers": namespace.brokers, "acks": "all", "enable.idempotence": True, "linger.ms": 5,
                         "compression.type": "lz4", "queue.buffering.max.messages": 1_000_000})
    last, size = {}, 0
    for memory, partition in zip(memories(count), itertools.cycle(range(PARTITIONS))):
        value = io.BytesIO()
        value.write(header)
        fastavro.schemaless_writer(value, schema, memory)
        producer.produce(topic, value.getvalue(), memory["user_id"], partition)
        producer.poll(0)
        last[partition] = memory["id"]
        size += value.tell()
    assert producer.flush(60) == 0
    return list(last.values()), size // count


# --- the two sinks ---


def measure(namespace, pid, has_begun, has_ended):
    """Seconds from the first rows to the last, processor time and memory."""
    server_before = server_cpu_seconds(namespace)
    wait_until(has_begun, 300, "the first rows", interval=0.01)
    started = time.monotonic()
    wait_until(has_ended, 1200, "the last rows", interval=0.02)
    return {"seconds": time.monotonic() - started, "cpu_s": cpu_seconds(pid), "peak_rss_mb": peak_rss_mb(pid),
            "server_cpu_s": server_cpu_seconds(namespace) - server_before}


def run_ours(namespace, number, count):
    schema = f"ours_{number}"
    env = {**namespace.env, "MNEME_PG_SCHEMA": schema}
    Program(env)("migrate", expect=0)
    with namespace.connect() as connection:
        def folded():
            return connection.execute(f"SELECT coalesce(sum(next_offset), 0) FROM {schema}.progress").fetchone()[0]

        worker = Worker(namespace, number, env=env)
        result = measure(namespace, worker.pid, folded, lambda: folded() >= count)
        assert worker.stop() == 0, worker.log[-3000:]
        tables = [name for name, in connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE' "
            "AND NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = format('%%I.%%I', table_schema, table_name)::regclass)",
            (schema,))]
        rows = {name: connection.execute(f"SELECT count(*) FROM {schema}.{name}").fetchone()[0] for name in tables}
        assert rows["events"] == rows["memories"] == count, rows
        connection.execute(f"DROP SCHEMA {schema} CASCADE")
    result["rows"] = sum(kept for name, kept in rows.items() if name in ("events", "memories", "streams"))
    return result


def write_properties(path, properties):
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    return path


def start_connect(namespace, home, topic, number, with_arrays):
    url = urlsplit(namespace.database_url)
    registry = namespace.stack.registry_url.replace("/apis/ccompat/v7", "/apis/registry/v2")
    worker = write_properties(namespace.folder / "connect.properties", {
        "bootstrap.servers": namespace.brokers, "plugin.path": home / "plugins",
        "listeners": f"http://127.0.0.1:{free_port(namespace.run_folder)}",
        "offset.storage.file.filename": namespace.folder / "offsets", "offset.flush.interval.ms": 10000,
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "io.apicurio.registry.utils.converter.AvroConverter",
        "value.converter.apicurio.registry.url": registry, "value.converter.apicurio.registry.as-confluent": "true",
        "value.converter.apicurio.registry.use-id": "contentId",
        "consumer.max.poll.records": 5000, "consumer.max.partition.fetch.bytes": 4194304,
        "consumer.auto.offset.reset": "earliest"})
    sink = write_properties(namespace.folder / "sink.properties", {
        "name": f"{namespace.name}-{number}", "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "tasks.max": 1, "topics": topic, "collection.name.format": "peer", "schema.evolution": "none",
        "connection.url": f"jdbc:postgresql://{url.hostname}:{url.port}{url.path}?reWriteBatchedInserts=true&currentSchema=public",
        "connection.username": url.username, "connection.password": url.password,
        "insert.mode": "upsert", "primary.key.mode": "record_value", "primary.key.fields": "id",
        "dialect.postgres.unnest.insert.enabled": str(with_arrays).lower(), "batch.size": 5000})
    log = open(namespace.folder / "connect.log", "wb")
    return subprocess.Popen(
        ["java", "-Xms512m", "-Xmx1g", "-XX:+UseG1GC", "-cp", f"{home}/libs/*",
         "org.apache.kafka.connect.cli.ConnectStandalone", worker, sink],
        stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)


def run_peer(namespace, home, topic, number, count, last, with_arrays):
    with namespace.connect() as connection:
        connection.execute(TABLE)
        connect = start_connect(namespace, home, topic, number, with_arrays)

        def check():
            if connect.poll() is not None:
                raise AssertionError((namespace.folder / "connect.log").read_text()[-3000:])

        def has_begun():
            check()
            return connection.execute("SELECT 1 FROM public.peer LIMIT 1").fetchone()

        def has_ended():
            check()
            return connection.execute("SELECT count(*) FROM public.peer WHERE id = ANY(%s)", (last,)).fetchone()[0] == len(last)

        try:
            result = measure(namespace, connect.pid, has_begun, has_ended)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(namespace.folder / 'connect.log').read_text()[-6000:]}") from None
        finally:
            connect.send_signal(signal.SIGTERM)
            connect.wait(30)
        assert connection.execute("SELECT count(*) FROM public.peer").fetchone()[0] == count
        connection.execute("DROP TABLE public.peer")
    result["rows"] = count
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--unnest", action="store_true", help="the peer inserts from arrays")
    arguments = parser.parse_args()
    fetched = subprocess.run([ROOT / "ops" / "lib" / "fetch_connect.sh"], stdout=subprocess.PIPE, text=True, check=True)
    home = ROOT / fetched.stdout.strip()
    with bench_namespace(partitions=PARTITIONS, use_registry=True) as namespace:
        topic = f"{namespace.topic_prefix}peer-{uuid.uuid4().hex[:6]}"
        last, size = publish_peers(namespace, topic, arguments.events)
        publish_ours(namespace, arguments.events)
        tell(f"published {arguments.events} memories of {size} bytes for each")
        runs = {"ours": [], "peer": []}
        for number in range(arguments.runs):
            runs["ours"].append(run_ours(namespace, number, arguments.events))
            runs["peer"].append(run_peer(namespace, home, topic, number, arguments.events, last, arguments.unnest))
            for name, results in runs.items():
                tell(f"run {number + 1}, {name}: " + ", ".join(f"{key} {value:.1f}" for key, value in results[-1].items()))
    rates = {name: [result["rows"] / result["seconds"] for result in results] for name, results in runs.items()}
    events = {name: arguments.events / median([result["seconds"] for result in results], 3) for name, results in runs.items()}
    ours, peer = median(rates["ours"]), median(rates["peer"])
    facts = {f"{name}_{key}": median([result[key] for result in results], 1)
             for name, results in runs.items() for key in ("cpu_s", "server_cpu_s", "peak_rss_mb")}
    print_result(bench="peer-jdbc-sink", ours=ours, limit=peer, ratio=round(ours / peer, 3), unit="rows/s",
                 events=arguments.events, record_bytes=size, ours_events=round(events["ours"]),
                 events_ratio=round(events["ours"] / events["peer"], 3), **facts,
                 runs=[[round(a), round(b)] for a, b in zip(rates["ours"], rates["peer"], strict=True)])


if __name__ == "__main__":
    main()
