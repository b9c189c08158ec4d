"""mneme doctor: one line for each check, with what to change; it changes nothing, and ends when everything is away."""

import time

import psycopg
import pytest
from psycopg import sql

from harness.endpoint import Endpoint
from harness.namespace import with_database
from harness.proxy import Proxy

PLAIN = {"OPENAI_BASE_URL": None, "SCHEMA_REGISTRY_URL": None}
AWAY = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "DATABASE_URL": "postgresql://127.0.0.1:1/mneme",
        "REDIS_URL": "redis://127.0.0.1:1", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
        "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}


@pytest.fixture
def doctor(mneme):
    """The findings of a run as {check: [finding]}, with how many there are of each state under None."""

    def ask(*options, expect=0, env=None):
        *findings, counts = mneme("doctor", "--json", *options, env={**PLAIN, **(env or {})}, expect=expect).json_lines
        found = {None: counts}
        for finding in findings:
            assert set(finding) == {"check", "state", "detail", "advice"} and finding["detail"]
            assert (finding["advice"] is None) or finding["state"] != "ok", finding
            found.setdefault(finding["check"], []).append(finding)
        states = [finding["state"] for finding in findings]
        assert counts == {state: states.count(state) for state in ("ok", "warning", "failed")}
        return found

    return ask


def test_all_is_well(namespace, doctor):
    with Endpoint() as endpoint:
        found = doctor(env={"OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": "fake"})
    for check in ("kafka", "postgres", "redis", "vectors", "embedding", "registry", "settings", "librdkafka version",
                  "kafka brokers", f"topic {namespace.topic}", "kafka permissions", "kafka clock", "postgres version",
                  "pgvector version", "postgres clock", "schema mneme", "schema mneme_search", "schema mneme_embed",
                  "schema mneme_vectors", "redis version", "redis clock", "redis permissions", "embedding model"):
        assert [finding["state"] for finding in found[check]] == ["ok"], found[check]
    assert found[None]["failed"] == 0
    assert found["embedding model"][0]["detail"] == f"fake, {endpoint.dimensions} dimensions"


def test_a_person_gets_a_line_for_each_check(namespace, mneme):
    done = mneme("doctor", env=PLAIN, expect=0)
    *lines, empty, sum_up = done.stdout.splitlines()
    assert all(line.startswith(("ok       ", "warning  ")) for line in lines) and empty == "" and done.stderr == ""
    assert sum_up.endswith(" 0 failed") and f"{sum(line.startswith('ok') for line in lines)} ok, " in sum_up


def test_when_everything_is_away_each_service_is_named_with_what_to_do(namespace, doctor):
    found = doctor(env=AWAY, expect=3)
    for check in ("kafka", "postgres", "redis", "embedding", "registry"):
        (finding,) = found[check]
        assert finding["state"] == "failed" and "127.0.0.1:1" in finding["detail"] and finding["advice"], finding
    assert "settings" in found and "state folder" in found


def test_services_that_accept_and_say_nothing_do_not_hold_it_up(namespace, doctor):
    """Each is waited for 3 s; a time-out of a minute in the settings does not count."""
    brokers = namespace.brokers.split(":")
    with Proxy((brokers[0], int(brokers[1]))) as proxy:
        proxy.set("stall")
        here = f"127.0.0.1:{proxy.port}"
        env = {"KAFKA_BOOTSTRAP_SERVERS": here, "DATABASE_URL": f"postgresql://{here}/mneme", "REDIS_URL": f"redis://{here}",
               "OPENAI_BASE_URL": f"http://{here}/v1", "SCHEMA_REGISTRY_URL": f"http://{here}",
               "MNEME_PG_CONNECT_TIMEOUT_MS": "60000", "MNEME_REDIS_TIMEOUT_MS": "60000", "MNEME_REGISTRY_TIMEOUT_MS": "60000"}
        begun = time.monotonic()
        found = doctor(env=env, expect=3)
        assert time.monotonic() - begun < 50
    assert [found[check][0]["state"] for check in ("kafka", "postgres", "redis", "embedding", "registry")] == ["failed"] * 5


def test_a_file_with_several_mistakes_is_told_all_of_them(namespace, doctor, tmp_path):
    file = tmp_path / "mneme.conf"
    file.write_text("topic_prefx = a.\npg_pool_min = many\nsearch_schema = mneme\n")
    found = doctor("--config", file, expect=3)
    told = [finding["detail"] for finding in found["settings"] if finding["state"] == "failed"]
    assert len(told) == 3
    assert 'line 1' in told[0] and "topic_prefx" in told[0]
    assert "line 2" in told[1] and "MNEME_PG_POOL_MIN" in told[1]
    assert told[2] == "projections postgres and search have the same schema, mneme"
    assert found["kafka"][0]["state"] == "ok"  # the rest is checked all the same


def test_a_file_that_cannot_be_read_ends_the_checks(namespace, doctor, tmp_path):
    found = doctor("--config", tmp_path / "none", expect=3)
    assert set(found) == {None, "settings"} and "No such file" in found["settings"][0]["detail"]


@pytest.mark.parametrize("env, detail, state", [
    ({"MNEME_RETRY_INITIAL_MS": "5000", "MNEME_RETRY_MAX_MS": "100"},
     "MNEME_RETRY_INITIAL_MS is 5000, which is more than MNEME_RETRY_MAX_MS (100)", "warning"),
    ({"MNEME_KAFKA_SASL_USERNAME": "ada"}, 'MNEME_KAFKA_SASL_USERNAME has no effect: MNEME_KAFKA_SECURITY_PROTOCOL is "plaintext"',
     "warning"),
    ({"MNEME_KAFKA_SECURITY_PROTOCOL": "sasl_plaintext"}, "requires a login, but none is set", "failed"),
    ({"MNEME_VECTOR_STORE": "chroma", "CHROMA_URL": None}, "CHROMA_URL is not set", "warning"),
    ({"MNEME_KAFKA_OPTIONS": "linger.mss=5"}, "linger.mss", "failed"),
    ({"MNEME_RECALL_WEIGHTS": "nonsense=1"}, "nonsense", "failed"),
    ({"MNEME_TOPIC_PREFX": "a."}, "there is no variable MNEME_TOPIC_PREFX", "warning"),
    ({"MNEME_MEMORY_LIST_TYP": "fact"}, "there is no variable MNEME_MEMORY_LIST_TYP", "warning"),
])
def test_settings_that_do_not_go_together_are_told(namespace, mneme, env, detail, state):
    *findings, _ = mneme("doctor", "--json", env={**PLAIN, **env}).json_lines
    told = [finding for finding in findings if finding["check"] == "settings" and detail in finding["detail"]]
    assert [finding["state"] for finding in told] == [state] and told[0]["advice"], findings[:5]


def test_a_property_that_has_no_effect_is_a_warning(namespace, doctor):
    (finding,) = doctor(env={"MNEME_KAFKA_OPTIONS": "queue.buffering.max.ms=7"})["kafka client"]
    assert finding["state"] == "warning" and "queue.buffering.max.ms" in finding["detail"]


def test_a_topic_that_is_not_there_or_not_as_it_should_be(namespace, doctor):
    (finding,) = doctor(env={"MNEME_TOPIC_PREFIX": "nothing-here."}, expect=3)["topics"]
    assert finding["state"] == "failed" and "mneme topics create" in finding["advice"]
    (finding,) = doctor(env={"MNEME_TOPIC_PARTITIONS": "5"}, expect=3)[f"topic {namespace.topic}"]
    assert finding["detail"] == "partitions is 4, and should be 5" and "MNEME_TOPIC_PARTITIONS" in finding["advice"]


def test_tables_that_are_not_migrated(make_namespace, doctor, namespace):
    found = doctor(env={"MNEME_PG_SCHEMA": "not_there"}, expect=3)
    assert found["schema not_there"][0] == {"check": "schema not_there", "state": "warning", "detail": "it does not exist",
                                            "advice": "run `mneme migrate`"}
    with namespace.connect() as connection:
        connection.execute("DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)")
    (finding,) = doctor(expect=3)["schema mneme"]
    assert finding["state"] == "failed" and finding["advice"] == "run `mneme migrate`"


def test_rights_to_tables_and_who_owns_them(namespace, doctor):
    role = namespace.name + "_reader"
    url = with_database(namespace.stack.env["DATABASE_URL"], namespace.database)
    with psycopg.connect(url, autocommit=True) as owner:
        name = sql.Identifier(role)
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(name))
        try:
            owner.execute(sql.SQL("GRANT USAGE ON SCHEMA mneme TO {}").format(name))
            owner.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA mneme TO {}").format(name))
            owner.execute(sql.SQL("REVOKE DELETE ON mneme.memories FROM {}").format(name))
            host = url.split("@")[1]
            found = doctor(env={"DATABASE_URL": f"postgresql://{role}:secret@{host}"}, expect=3)
        finally:
            owner.execute(sql.SQL("DROP OWNED BY {0}").format(name))
            owner.execute(sql.SQL("DROP ROLE {}").format(name))
    states = {finding["detail"]: finding["state"] for finding in found["schema mneme"]}
    assert states[f"{role} may not read and write memories"] == "failed"
    assert any("neither migrate nor rebuild it" in detail and state == "warning" for detail, state in states.items())
    (vectors,) = found["pgvector version"]
    assert vectors["state"] == "warning" and "CREATE EXTENSION" in vectors["advice"]


def test_it_changes_nothing(namespace, mneme, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    before = namespace.end_offsets()
    mneme("doctor", env={**PLAIN, "XDG_STATE_HOME": None, "HOME": str(home)}, expect=0)
    assert list(home.iterdir()) == [] and namespace.end_offsets() == before
