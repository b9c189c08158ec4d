"""`mneme rebuild postgres --user U`: one subject's rows made anew, everybody else's as they were."""

import pytest

from harness.load import Load
from harness.rebuild import scratch_schemas
from harness.waiting import wait_until
from oracle import assert_equal_to_log


@pytest.fixture
def filled(namespace, worker):
    worker()
    with Load(namespace, seed=31, count=3000, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="the load is made")
    namespace.drain()
    return namespace


def largest_users(namespace, count):
    return namespace.rows("SELECT tenant, user_id FROM memories WHERE user_id IS NOT NULL GROUP BY tenant, user_id "
                          "ORDER BY count(*) DESC, tenant, user_id LIMIT %s", count)


def test_damage_to_one_user_is_mended_and_workers_go_on(filled, mneme, worker):
    (tenant, user), = largest_users(filled, 1)
    streams = filled.count("streams")
    with filled.connect() as connection:
        changed = connection.execute("UPDATE memories SET version = version + 5 "
                                     "WHERE tenant = %s AND user_id = %s", (tenant, user)).rowcount
        connection.execute("DELETE FROM streams WHERE (tenant, stream_id) IN (SELECT tenant, stream_id FROM memories "
                           "WHERE tenant = %s AND user_id = %s)", (tenant, user))
    assert changed > 0 and filled.count("streams") < streams
    told = mneme("rebuild", "postgres", "--user", user, "--tenant", tenant, "--dry-run", "--json", expect=0).json_lines
    assert told[-1]["changes"] > changed
    assert filled.count("streams") < streams
    *tables, result = mneme("rebuild", "postgres", "--user", user, "--tenant", tenant, "--json", expect=0).json_lines
    assert result["state"] == "rebuilt" and result["changes"] == told[-1]["changes"]
    assert {line["table"] for line in tables if line["missing"] + line["extra"]} == {"memories", "streams"}
    with Load(filled, seed=31, count=3500, rate=1e9) as load:  # repeats and goes on with the same streams
        wait_until(lambda: load.sent >= load.count, message="more is made")
    filled.drain()
    assert_equal_to_log(filled)
    assert not scratch_schemas(filled)


def test_other_users_rows_are_not_touched(filled, mneme):
    first, second = largest_users(filled, 2)
    with filled.connect() as connection:
        for tenant, user in (first, second):
            connection.execute("UPDATE memories SET confidence = 0.123 WHERE tenant = %s AND user_id = %s", (tenant, user))
    streams = filled.rows("SELECT tenant, stream_id FROM events WHERE tenant = %s AND user_id = %s", *first)
    mneme("rebuild", "postgres", "--user", first[1], "--tenant", first[0], expect=0)
    left = filled.rows("SELECT tenant, stream_id FROM memories WHERE confidence = 0.123 AND tenant = %s AND user_id = %s",
                       *second)
    assert left and not set(left) & set(streams)
    assert not filled.rows("SELECT 1 FROM memories WHERE confidence = 0.123 AND tenant = %s AND user_id = %s", *first)


def test_a_ledger_that_is_wrong_asks_for_a_whole_rebuild(filled, mneme):
    (tenant, user), = largest_users(filled, 1)
    with filled.connect() as connection:
        connection.execute("UPDATE memories SET confidence = 0.123 WHERE tenant = %s AND user_id = %s", (tenant, user))
        connection.execute("UPDATE events SET actor = 'somebody' WHERE sequence_id = (SELECT min(sequence_id) FROM events "
                           "WHERE tenant = %s AND user_id = %s)", (tenant, user))
    refused = mneme("rebuild", "postgres", "--user", user, "--tenant", tenant, expect=6)
    assert "mneme rebuild postgres" in refused.stderr
    assert filled.count("memories", "confidence = 0.123") > 0


def test_a_subject_that_nobody_knows_is_not_found(filled, mneme):
    assert "--tenant" in mneme("rebuild", "postgres", "--user", "nobody-at-all", expect=5).stderr
    mneme("rebuild", "postgres", "--user", "a", "--agent", "b", expect=2)
