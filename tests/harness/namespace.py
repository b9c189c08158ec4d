"""A namespace for one test: a database, topics and keys of its own on shared services."""

import hashlib
import uuid
from datetime import datetime, timezone
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from psycopg import sql

from harness.program import Program
from harness.stack import ROOT
from harness.waiting import wait_until

SCHEMA = "mneme"
# Where each projection that has tables keeps its rows.
SCHEMAS = {folder.name: SCHEMA if folder.name == "postgres" else f"{SCHEMA}_{folder.name}"
           for folder in sorted((ROOT / "sql" / "migrations").iterdir()) if folder.is_dir()}
NO_LEADER_YET = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE,
                 KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION)


def with_database(url, name):
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path="/" + name))


def template_name(env):
    """Of the database that those of tests are copied from: another one for other migrations or names of schemas, and for
    another month, since the ledger's months are made ahead."""
    schemas = sorted((name, value) for name, value in env.items() if name.endswith("_SCHEMA"))
    digest = hashlib.sha256(repr((f"{datetime.now(timezone.utc):%Y-%m}", schemas)).encode())
    for path in (ROOT / "consumers" / "projections.c", *sorted((ROOT / "sql" / "migrations").rglob("*.sql"))):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return "mneme_template_" + digest.hexdigest()[:16]


def redis_client(urls):
    """A client of the server, or of the cluster, of a REDIS_URL."""
    url, *more = urls.split(",")
    return (redis.RedisCluster if more else redis.Redis).from_url(
        url, decode_responses=True, encoding_errors="surrogateescape")  # digests are no text


class Namespace:
    """`env` is the environment that makes the programs use it. Made by `create`, removed by `drop`."""

    def __init__(self, stack, run_folder, folder, partitions=4, use_registry=False, env=None):
        self.stack = stack
        self.run_folder = run_folder
        self.folder = folder
        self.partitions = partitions
        self.name = "t" + uuid.uuid4().hex[:12]
        self.database = "mneme_" + self.name
        self.topic_prefix = self.name + "."
        self.redis_prefix = self.name + ":"
        self.topic = self.topic_prefix + "events"
        self.brokers = stack.env["KAFKA_BOOTSTRAP_SERVERS"]
        self.database_url = with_database(stack.env["DATABASE_URL"], self.database)
        self.env = {
            **stack.env,
            "DATABASE_URL": self.database_url,
            "MNEME_PG_SCHEMA": SCHEMA,
            "MNEME_TOPIC_PREFIX": self.topic_prefix,
            "MNEME_TOPIC_PARTITIONS": str(partitions),
            "MNEME_REDIS_PREFIX": self.redis_prefix,
            "XDG_STATE_HOME": str(folder / "state"),
            **(env or {}),
        }
        if use_registry:
            self.env["SCHEMA_REGISTRY_URL"] = stack.registry_url

    def create(self, migrate=True):
        """Makes the database and, by the product's own commands, its tables and topics. The tables are made once for
        all tests on these services, and copied."""
        with self._server() as server:
            if migrate:
                self._copy_template(server)
            else:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))
        if migrate:
            Program(self.env)("topics", "create", expect=0)
        return self

    def drop(self):
        with self._server() as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.database)))
        admin = AdminClient({"bootstrap.servers": self.brokers})
        topics = [name for name in admin.list_topics(timeout=15).topics if name.startswith(self.topic_prefix)]
        if topics:
            for future in admin.delete_topics(topics, operation_timeout=15).values():
                future.result()
        store = redis.Redis.from_url(self.stack.env["REDIS_URL"])
        keys = list(store.scan_iter(self.redis_prefix + "*"))
        if keys:
            store.delete(*keys)
        store.close()

    def _server(self):
        return psycopg.connect(self.stack.env["DATABASE_URL"], autocommit=True, connect_timeout=15)

    def _copy_template(self, server):
        """One process makes the template, the others wait for it. What nobody may connect to any more is complete."""
        name = template_name(self.env)
        template = sql.Identifier(name)
        server.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
        complete = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s AND NOT datallowconn)"
        if not server.execute(complete, [name]).fetchone()[0]:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(template))
            server.execute(sql.SQL("CREATE DATABASE {}").format(template))
            url = with_database(self.stack.env["DATABASE_URL"], name)
            Program({**self.env, "DATABASE_URL": url})("migrate", expect=0)
            server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(template))
        server.execute("SELECT pg_advisory_unlock_all()")
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(self.database), template))

    # --- Postgres ---

    def connect(self, projection="postgres", **options):
        """A connection whose search path is the schema of that projection."""
        return psycopg.connect(self.database_url, autocommit=True, connect_timeout=15,
                               options=f"-c search_path={SCHEMAS[projection]},public -c timezone=UTC", **options)

    def rows(self, query, *parameters):
        """All rows of a query, as tuples."""
        with self.connect() as connection:
            return connection.execute(query, parameters).fetchall()

    def value(self, query, *parameters):
        """The first column of the only row."""
        ((value, *_),) = self.rows(query, *parameters)
        return value

    def count(self, table, where="true"):
        return self.value(f"SELECT count(*) FROM {table} WHERE {where}")

    # --- Kafka ---

    def consumer(self, **settings):
        return Consumer({"bootstrap.servers": self.brokers, "group.id": self.name + "-look",
                         "enable.auto.commit": False, "auto.offset.reset": "earliest", **settings})

    def end_offsets(self, topic=None):
        """{partition: the offset behind the last message}, of the events unless another topic is named. Waits for the
        leaders of a topic that was just made."""
        consumer = self.consumer()
        topic = topic or self.topic

        def ask():
            partitions = consumer.list_topics(topic, timeout=15).topics[topic].partitions
            try:
                return {partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=15)[1]
                        for partition in partitions}
            except KafkaException as error:
                if not error.args[0].retriable() and error.args[0].code() not in NO_LEADER_YET:
                    raise
                return None

        try:
            return wait_until(ask, message=f"{topic} has leaders")
        finally:
            consumer.close()

    def produce(self, messages, topic=None):
        """Puts raw messages on the events topic or another: dictionaries with value and optional key, partition. Gives
        the positions (partition, offset) in the same order."""
        positions = [None] * len(messages)
        errors = []

        def delivered(index):
            def note(error, message):
                if error:
                    errors.append(error)
                else:
                    positions[index] = (message.partition(), message.offset())
            return note

        producer = Producer({"bootstrap.servers": self.brokers, "partitioner": "murmur2_random", "acks": "all",
                             "enable.idempotence": True, "message.max.bytes": 20_000_000,
                             "queue.buffering.max.messages": 1_000_000})
        for index, message in enumerate(messages):
            producer.produce(topic or self.topic, on_delivery=delivered(index), **message)
        left = producer.flush(30)
        assert not left and not errors, f"{left} messages were not delivered: {errors[:3]}"
        return positions

    def progress(self, projection="postgres", topic=None):
        """{partition: next offset} as the projection has saved it; it may be of something, as in "embed.MODEL"."""
        if projection == "redis":
            return self._redis_progress()
        schema = sql.Identifier(SCHEMAS[projection.partition(".")[0]])
        with self.connect() as connection:
            return dict(connection.execute(
                sql.SQL("SELECT partition, next_offset FROM {}.progress WHERE projection = %s AND topic = %s").format(schema),
                (projection, topic or self.topic)).fetchall())

    def _redis_progress(self):
        """Of the space that is read."""
        client = redis_client(self.env["REDIS_URL"])
        try:
            spaces = {partition: client.get(f"{self.redis_prefix}{{{partition}}}:space") for partition in range(self.partitions)}
            return {partition: int(client.hget(f"{self.redis_prefix}{space}:{{{partition}}}:progress", "next_offset") or 0)
                    for partition, space in spaces.items() if space}
        finally:
            client.close()

    def drain(self, projection="postgres", timeout=60, topic=None):
        """Waits until the projection has folded everything that is on the topic when the call begins. A service
        that does not answer is waited for."""
        ends, state = {}, {}

        def is_drained():
            try:
                if not ends:
                    ends.update(self.end_offsets(topic))
                state.update(self.progress(projection, topic))
            except (psycopg.OperationalError, redis.RedisError, KafkaException) as error:
                state["error"] = str(error)
                return False
            return all(state.get(partition, 0) >= end for partition, end in ends.items())

        wait_until(is_drained, timeout, lambda: f"{projection} reaches the log's end {ends}, it is at {state}")
