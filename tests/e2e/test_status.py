"""What the status says of every group, its progress, its tables and what is parked."""

import signal

import pytest

from harness.endpoint import Endpoint
from harness.terminal import Terminal
from oracle.chroma import Chroma


@pytest.fixture
def status(mneme):
    """The status as {kind of line: {name: line}}."""

    def ask(**options):
        lines = mneme("status", "--json", **{"expect": 0, **options}).json_lines
        return {
            "groups": {line["group"]: line for line in lines if "group" in line},
            "parked": [line for line in lines if "parked_event" in line],
            "tables": {(line["schema"], line["table"]): line for line in lines if "table" in line},
        }

    return ask


def publish(mneme, count):
    mneme.publish([{"type": "memory_created", "user_id": f"u{number}",
                    "payload": {"memory_type": "fact", "content": f"tea number {number}"}} for number in range(count)])


def test_each_group_has_a_line_also_before_it_began(namespace, mneme, status):
    publish(mneme, 5)
    groups = status()["groups"]
    for group in ("postgres", "search"):
        assert (groups[group]["topic"], groups[group]["lag"], groups[group]["events"]) == (namespace.topic, 5, 0)
        assert groups[group]["workers"] == 0 and groups[group]["is_worker_missing"] is True
    assert "Group search has no workers: start one with `mneme work search`." in mneme("status", expect=0).stdout


def test_a_group_that_lags_and_one_that_does_not(namespace, worker, mneme, status):
    worker()
    searching = worker("search")
    publish(mneme, 20)
    namespace.drain()
    namespace.drain("search")
    assert searching.stop() == 0
    publish(mneme, 7)
    namespace.drain()
    told = status()
    postgres, search = told["groups"]["postgres"], told["groups"]["search"]
    assert (postgres["lag"], postgres["events"], postgres["is_worker_missing"]) == (0, 27, False)
    assert (search["lag"], search["events"], search["is_worker_missing"]) == (7, 20, True)
    assert told["tables"]["mneme", "memories"]["rows"] == 27
    documents = told["tables"]["mneme_search", "documents"]
    assert (documents["rows"], documents["is_estimate"]) == (20, False) and documents["bytes"] > 0
    ledger = {name for schema, name in told["tables"] if schema == "mneme"}
    assert ledger == {name for name, in namespace.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'mneme'::regnamespace AND relkind IN ('r', 'p') "
        "AND NOT relispartition AND relname <> 'schema_migrations'")}
    shown = mneme("status", expect=0).stdout
    assert "memory_access" in ledger and "memory_access" not in shown  # it is empty
    assert "Group search" in shown


def test_redis_tells_of_itself_how_far_it_is(namespace, worker, mneme, status, wait_until):
    worker()
    worker("redis")
    publish(mneme, 9)
    told = wait_until(lambda: (group := status()["groups"]["redis"])["lag"] == 0 and group)
    assert (told["events"], told["workers"], told["is_worker_missing"]) == (9, 1, False)
    assert all(partition["owner"].startswith("mneme-redis ") for partition in told["partitions"])
    away = status(env={"REDIS_URL": "redis://127.0.0.1:1"})["groups"]
    assert away["redis"]["lag"] is None and away["redis"]["is_worker_missing"] is None
    assert away["postgres"]["lag"] == 0


def test_what_each_group_has_parked(namespace, worker, status):
    worker()
    worker("search")
    namespace.produce([{"key": b"default/u", "value": b"no event"}] * 2)
    namespace.drain()
    namespace.drain("search")
    told = status()
    assert [told["groups"][group]["parked"] for group in ("postgres", "search")] == [2, 2]
    assert sorted((line["projection"], line["waiting"]) for line in told["parked"]) == [
        ("postgres", 1), ("postgres", 1), ("search", 1), ("search", 1)]


def test_as_many_parked_keys_are_shown_as_the_limit_says(namespace, worker, mneme):
    worker()
    namespace.produce([{"key": f"default/u{number}".encode(), "value": b"no event"} for number in range(25)])
    namespace.drain()

    def parked(*options):
        return len([line for line in mneme("status", "--json", *options, expect=0).json_lines if "parked_event" in line])

    assert (parked(), parked("--limit", "3"), parked("--limit", "100")) == (20, 3, 25)
    assert "raise --limit to see more" in mneme("status", expect=0).stderr
    assert "--limit" not in mneme("status", "--limit", "25", expect=0).stderr
    mneme("status", "--limit", "0", expect=2)


def test_without_kafka_the_rest_is_told(namespace, worker, mneme, status):
    worker()
    worker("search")
    publish(mneme, 3)
    namespace.drain("search")
    told = status(env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, expect=3)
    search = told["groups"]["search"]
    assert search["events"] == 3 and search["lag"] is None and search["is_worker_missing"] is None


def test_what_embeds_is_told_by_the_model_that_answers(namespace, worker, mneme, status):
    publish(mneme, 4)
    assert status()["groups"]["embed"]["projection"] == "embed"
    with Endpoint() as endpoint:
        env = {"OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": "fake"}
        worker()
        namespace.drain()
        earlier = worker("embed", env=env | {"EMBEDDING_MODEL": "earlier"})
        namespace.drain("embed.earlier")
        assert earlier.stop() == 0
        assert status()["groups"]["embed"]["projection"] == "embed.earlier"
        publish(mneme, 2)
        namespace.drain()
        worker("embed", env=env)
        worker("vectors", env=env)
        namespace.drain("embed.fake")
        namespace.drain("vectors", topic=f"{namespace.topic_prefix}embeddings.fake")
        lines = mneme("status", "--json", expect=0).json_lines
    told = {line["projection"]: line for line in lines if "group" in line}
    assert sorted(told) == ["embed.fake", "postgres", "redis", "search", "vectors"]
    assert (told["embed.fake"]["lag"], told["embed.fake"]["is_worker_missing"]) == (0, False)
    assert (told["vectors"]["lag"], told["vectors"]["events"]) == (0, 6)
    (generation,) = [line for line in lines if "generation" in line]
    assert (generation["state"], generation["model"], generation["dimensions"]) == ("active", "fake", endpoint.dimensions)
    assert "fake" in mneme("status", expect=0).stdout


def test_the_services_are_on_the_screen_and_the_sizes_where_they_are_asked_for(namespace, worker, mneme):
    worker()
    publish(mneme, 3)
    namespace.drain()
    shown = mneme("status", expect=0).stdout
    services = {line.split()[0]: line.split()[1] for line in shown[shown.index("SERVICE"):].splitlines()[1:] if line}
    assert {name: services[name] for name in ("kafka", "postgres", "redis")} == dict.fromkeys(("kafka", "postgres", "redis"), "healthy")
    assert len(shown.splitlines()) < 24 and "SCHEMA" not in shown
    assert "memories" in mneme("status", "--tables", expect=0).stdout
    away = mneme("status", expect=3, env={"DATABASE_URL": "postgresql://127.0.0.1:1/mneme"})
    assert "kafka" in away.stdout and "unhealthy" in away.stdout and "127.0.0.1:1" in away.stderr


def test_one_projection_by_itself(namespace, worker, mneme):
    worker()
    worker("search")
    publish(mneme, 6)
    namespace.produce([{"key": b"default/u", "value": b"no event"}])
    namespace.drain()
    namespace.drain("search")
    shown = mneme("status", "search", expect=0).stdout
    assert "documents" in shown and "PARTITION" in shown and "memories" not in shown and "SERVICE" not in shown
    lines = mneme("status", "search", "--json", expect=0).json_lines
    assert [line["projection"] for line in lines if "group" in line] == ["search"]
    assert [line["projection"] for line in lines if "parked_event" in line] == ["search"]
    assert {line["schema"] for line in lines if "table" in line} == {"mneme_search"}
    slip = mneme("status", "serch", expect=2)
    assert "there is no projection 'serch'; did you mean 'search'?" in slip.stderr and slip.stdout == ""


def test_a_screen_that_is_watched_fits_the_terminal(namespace, worker, mneme, wait_until):
    worker()
    namespace.produce([{"key": f"default/u{number}".encode(), "value": b"no event"} for number in range(30)])
    namespace.drain()
    with Terminal(mneme, "status", "--watch", "--interval", "100", env=namespace.env, rows=12, columns=50) as terminal:
        wait_until(lambda: terminal.text.count("\033[2J") > 2, message="it is shown again")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.wait_exit() == 130
        pages = terminal.text.split("\033[2J")[1:]
    assert all(page.count("\n") <= 11 for page in pages[:-1]) and all("postgres" in page for page in pages[:-1])
    assert terminal.text.endswith("\033[?7h"), "the terminal is as it was"


@pytest.fixture
def health(mneme):
    """The last line: the health of the whole."""

    def ask(expect=0, env=None):
        return mneme("status", "--json", expect=expect, env=env or {}).json_lines[-1]

    return ask


def test_the_health_of_the_whole_comes_last(namespace, worker, health):
    worker()
    namespace.drain()
    told = health(env={"OPENAI_BASE_URL": None, "SCHEMA_REGISTRY_URL": None})
    assert {name: check["status"] for name, check in told["checks"].items()} == {
        "kafka": "healthy", "postgres": "healthy", "redis": "healthy", "vectors": "unused", "embedding": "unused",
        "registry": "unused"}
    assert all(check["detail"] and check["response_time_ms"] >= 0 for check in told["checks"].values())
    assert set(told["pool_stats"]) == {"size", "min_size", "max_size", "idle_size"}
    with namespace.connect() as connection:
        ((version,),) = connection.execute("SHOW server_version").fetchall()
    assert told["database_version"] == version
    assert told["active_connections"] >= 1 and told["response_time_ms"] > 0 and told["timestamp"].endswith("Z")
    assert told["measures"]["backlog"] == 0 and told["measures"]["lag_s"] == 0 and told["measures"]["errors_last_hour"] == 0
    assert 0 < told["measures"]["disk_percent"] <= 100 and 0 < told["measures"]["memory_percent"] <= 100
    # This machine's disk and memory may be full, which nothing here can help.
    critical = {alert["type"] for alert in told["alerts"] if alert["severity"] == "critical"}
    assert told["status"] == ("degraded" if critical else "healthy") and critical <= {"disk", "memory", "connections"}


AWAY = {
    "kafka": ({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, "unhealthy", 3),
    "postgres": ({"DATABASE_URL": "postgresql://127.0.0.1:1/mneme"}, "unhealthy", 3),
    "redis": ({"REDIS_URL": "redis://127.0.0.1:1"}, "degraded", 0),
    "embedding": ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "degraded", 0),
    "registry": ({"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}, "unhealthy", 0),
}


@pytest.mark.parametrize("service", AWAY)
def test_a_service_that_is_away_is_named_with_what_to_do(namespace, health, service):
    env, status, code = AWAY[service]
    told = health(code, {"OPENAI_BASE_URL": None, "SCHEMA_REGISTRY_URL": None, **env})
    assert told["status"] == status
    check = told["checks"][service]
    assert check["status"] == status and "127.0.0.1:1" in check["detail"]
    assert all(other["status"] in ("healthy", "unused") for name, other in told["checks"].items()
               if name not in (service, "vectors"))


def test_the_embedding_endpoint_says_where_it_answers(namespace, health):
    with Endpoint() as endpoint:
        told = health(env={"OPENAI_BASE_URL": endpoint.url})["checks"]["embedding"]
        assert (told["status"], told["detail"]) == ("healthy", f"{endpoint.url} answers")


def test_a_redis_that_nobody_asked_for_is_not_missed(namespace, health):
    told = health(env={"REDIS_URL": None})["checks"]["redis"]
    assert told["status"] in ("healthy", "unused")  # one may run at the default address


def test_a_database_without_tables_is_named_with_what_to_do(namespace, health):
    told = health(3, {"MNEME_PG_SCHEMA": "nobodys"})
    assert told["status"] == "unhealthy" and "mneme migrate" in told["checks"]["postgres"]["detail"]
    assert told["checks"]["kafka"]["status"] == "healthy"


def test_a_backlog_and_errors_raise_alerts(namespace, worker, mneme, health):
    publish(mneme, 1001)
    told = health()
    (backlog,) = [alert for alert in told["alerts"] if alert["type"] == "backlog"]
    assert (backlog["severity"], backlog["threshold"], backlog["current_value"]) == ("warning", 1000, 1001)
    assert backlog["timestamp"] == told["timestamp"] and told["measures"]["backlog_projection"] in backlog["message"]
    assert 0 <= told["measures"]["lag_s"] < 600
    worker()
    namespace.produce([{"key": f"default/u{number}".encode(), "value": b"no event"} for number in range(11)])
    namespace.drain()
    mneme.publish([{"type": "error_occurred", "user_id": "u", "payload": {"error_type": "test", "message": "it broke"}}])
    namespace.drain()
    told = health()
    (errors,) = [alert for alert in told["alerts"] if alert["type"] == "errors"]
    assert (errors["severity"], errors["threshold"], errors["current_value"]) == ("warning", 10, 12)


def test_vectors_are_looked_for_where_they_lie(namespace, worker, mneme, health, chroma):
    publish(mneme, 2)
    with Endpoint() as endpoint:
        env = {"OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": "fake", "MNEME_VECTOR_STORE": "chroma", "CHROMA_URL": chroma}
        worker()
        worker("embed", env=env)
        worker("vectors", env=env)
        namespace.drain("embed.fake")
        namespace.drain("vectors", topic=f"{namespace.topic_prefix}embeddings.fake")
        told = health(env=env)["checks"]["vectors"]
        assert told["status"] == "healthy" and told["detail"] == "chroma has the vectors of model fake"
        away = health(env=env | {"CHROMA_URL": "http://127.0.0.1:1"})
        assert away["status"] == "degraded" and "http://127.0.0.1:1" in away["checks"]["vectors"]["detail"]
        ((token,),) = namespace.rows("SELECT token FROM mneme_vectors.generations")
        Chroma(chroma).delete(f"mneme-{token}-")
