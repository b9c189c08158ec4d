"""A worker that starts while a service is away waits for it; one whose settings are wrong ends with the reason."""

from urllib.parse import urlsplit

import pytest
from harness.namespace import with_database
from harness.program import Program
from harness.proxy import Proxy

EAGER = {"MNEME_RETRY_MAX_MS": "300", "MNEME_PG_CONNECT_TIMEOUT_MS": "5000"}

# What is away: the setting that leads there, the projection, and how the log says it.
AWAY = {
    "postgres": ("DATABASE_URL", "postgres", "cannot connect to Postgres"),
    "postgres_of_search": ("DATABASE_URL", "search", "cannot connect to Postgres"),
    "postgres_of_embed": ("DATABASE_URL", "embed", "cannot connect to Postgres"),
    "postgres_of_vectors": ("DATABASE_URL", "vectors", "cannot connect to Postgres"),
    "postgres_of_redis": ("DATABASE_URL", "redis", "cannot connect to Postgres"),
    "kafka": ("KAFKA_BOOTSTRAP_SERVERS", "postgres", "cannot read topic"),
    "redis": ("REDIS_URL", "redis", "Redis"),
    "embedding": ("OPENAI_BASE_URL", "embed", "embedding"),
    "chroma": ("CHROMA_URL", "vectors", "Chroma"),
    "registry": ("SCHEMA_REGISTRY_URL", "postgres", "registry"),
}


def address(url):
    parts = urlsplit(url if "://" in url else f"//{url}")
    return parts.hostname, parts.port


def start_away(worker, wait_until, projection, env, words):
    """A worker that says what it waits for, and is alive."""
    process = worker(projection, env=env, wait=False)
    wait_until(lambda: words.lower() in process.log.lower() or not process.is_running, message=lambda: f"the worker says what it waits for\n{process.log[-3000:]}")
    assert process.is_running, process.log[-3000:]
    return process


@pytest.fixture
def events(namespace, mneme, worker, drain):
    """Something to fold, in the ledger and embedded already."""
    for name in ("postgres", "embed"):
        worker(name)
    mneme.publish([{"type": "memory_created", "user_id": f"u{number}",
                    "payload": {"memory_type": "fact", "content": f"tea number {number}"}} for number in range(4)])
    drain()


@pytest.mark.parametrize("service", AWAY)
def test_a_service_that_is_away_is_waited_for(request, namespace, worker, drain, wait_until, service):
    setting, projection, words = AWAY[service]
    for needed in {"embedding": ["embedding"], "chroma": ["chroma", "embedding"], "registry": ["registry"],
                   "postgres_of_vectors": ["embedding"], "postgres_of_embed": ["embedding"]}.get(service, []):
        request.getfixturevalue(needed)
    env = dict(namespace.env)
    if service == "registry":
        env["SCHEMA_REGISTRY_URL"] = namespace.stack.registry_url
    if service == "chroma":
        env["MNEME_VECTOR_STORE"] = "chroma"
    with Proxy(address(env[setting])) as proxy:
        proxy.set("refuse")
        env[setting] = proxy.url(env[setting]) if "://" in env[setting] else f"127.0.0.1:{proxy.port}"
        if service == "registry":  # asked for by the first event that names a schema of it
            Program({**namespace.env, "SCHEMA_REGISTRY_URL": namespace.stack.registry_url}).publish(
                [{"type": "custom", "user_id": "u", "payload": {"type": "note", "json": 1}}])
        elif service in ("embedding", "chroma"):
            request.getfixturevalue("events")
        asked_to_stop = start_away(worker, wait_until, projection, {**env, **EAGER}, words)
        assert asked_to_stop.stop(timeout=60) == 0, asked_to_stop.log[-3000:]
        waiting = start_away(worker, wait_until, projection, {**env, **EAGER}, words)
        proxy.set("pass")
        waiting.wait_ready(timeout=90)
        if service in ("postgres", "kafka", "registry"):
            drain()
        assert waiting.stop(timeout=60) == 0


@pytest.mark.parametrize("change, code, words", [
    ({"DATABASE_URL": lambda url: url.replace("mneme:", "mneme:wrong", 1)}, 3, "password"),
    ({"DATABASE_URL": lambda url: with_database(url, "no_such_database")}, 5, "create the database"),
    ({"DATABASE_URL": lambda url: url.replace("127.0.0.1:", "127.0.0.1:port", 1)}, 2, "DATABASE_URL"),
    ({"MNEME_PG_SCHEMA": lambda name: name + "_not_migrated"}, None, "mneme migrate"),
    ({"MNEME_TOPIC_PREFIX": lambda name: name + "none."}, 5, "mneme topics create"),
], ids=["password", "database", "url", "migration", "topic"])
def test_wrong_settings_end_the_worker_with_the_reason(namespace, worker, change, code, words):
    env = {name: make(namespace.env[name]) for name, make in change.items()}
    refused = worker(env=env, wait=False)
    ended = refused.wait_exit(60)
    assert words in refused.log, refused.log[-3000:]
    assert ended == code if code is not None else ended not in (0, 130), refused.log[-3000:]


def test_a_wrong_redis_url_ends_the_worker(namespace, worker):
    refused = worker("redis", env={"REDIS_URL": "redis://127.0.0.1:port/0"}, wait=False)
    assert refused.wait_exit(60) == 2
    assert "REDIS_URL" in refused.log
