"""Parked events that can be applied after all: each once, in order, with the rows that the log gives, whoever works
meanwhile and whoever is killed."""

import contextlib
import random
import signal
import uuid

import pytest

from oracle import assert_equal_to_log
from oracle.encode import Encoder

ENCODER = Encoder()
SHORT = {"MNEME_CONTENT_MAX_CHARS": "30"}  # a worker that refuses what is longer


def created(user="ada", content="tea", number=1):
    return ENCODER.message({"type": "memory_created", "user_id": user,
                            "payload": {"memory_id": str(uuid.UUID(int=(0x0190A5A0 << 96) | (7 << 76) | (8 << 60) | number)),
                                        "memory_type": "fact", "content": content}})


def updated(user="ada", content="coffee", number=1):
    return ENCODER.message({"type": "memory_updated", "user_id": user,
                            "payload": {"memory_id": str(uuid.UUID(int=(0x0190A5A0 << 96) | (7 << 76) | (8 << 60) | number)),
                                        "content": content}})


LONG = "a text of more than thirty characters, which a small limit refuses"


def of(user):
    """One user's events: a first that is applied, one that is refused, and three behind it, one of them of no effect."""
    return [created(user, "first", 1), created(user, LONG, 2), updated(user, "changed", 1), updated(user, "of nothing", 9),
            updated(user, "a change of the long one", 2)]


def text(position):
    return f"{position[0]}:{position[1]}"


def is_whole(namespace, mneme):
    """The rows are those of the log, nothing is parked, and the chain is whole."""
    fold = assert_equal_to_log(namespace)
    assert not fold.parked_events and namespace.count("parked_events") == 0
    mneme("audit", "verify", expect=0)
    mneme("verify", "postgres", expect=0)


@pytest.fixture
def parked(namespace, worker):
    """Events of ada and bob among each other, which a worker with a small limit has parked from the second on; and of
    eve, who has none of those. The worker goes on."""
    ada, bob = of("ada"), of("bob")
    namespace.worker = worker(env=SHORT)
    positions = namespace.produce([message for pair in zip(ada, bob, strict=True) for message in (*pair, created("eve", number=3))])
    namespace.drain()
    assert namespace.count("parked_events") == 8
    return positions


@pytest.mark.parametrize("is_working", [False, True])
def test_what_can_be_applied_now_is_applied_in_its_place(namespace, mneme, parked, is_working, drain):
    if not is_working:
        assert namespace.worker.stop() == 0
    done = mneme("dead-letters", "redrive", "--all", "--json", expect=0).json_lines
    assert done[-1] == {"applied": 8, "parked": 0} and {line["outcome"] for line in done[:-1]} == {"applied"}
    is_whole(namespace, mneme)
    namespace.produce([updated("ada", "behind it", 2), created("eve", number=4)])
    if not is_working:
        return
    drain()
    is_whole(namespace, mneme)
    assert namespace.value("SELECT content->>'text' FROM memories WHERE stream_id = 'ada' AND version = 3") == "behind it"


def test_one_key_or_one_position(namespace, mneme, parked):
    assert mneme("dead-letters", "redrive", text(parked[3]), expect=0).stdout == "applied 4, still parked 0\n"
    assert namespace.rows("SELECT DISTINCT key FROM parked_events") == [(b"default/bob",)]
    # One that waits stands for its key.
    assert mneme("dead-letters", "redrive", text(parked[13]), expect=0).stdout == "applied 4, still parked 0\n"
    is_whole(namespace, mneme)
    assert "nothing is parked at" in mneme("dead-letters", "redrive", "default/ada", expect=5).stderr
    assert mneme("dead-letters", "redrive", "--all", expect=0).stdout == "applied 0, still parked 0\n"


def test_what_fails_again_stays_with_what_is_behind_it(namespace, mneme, parked, drain):
    done = mneme("dead-letters", "redrive", "default/ada", env=SHORT, expect=1)
    assert done.stdout == "applied 0, still parked 4\n" and "content" in done.stderr
    assert namespace.rows("SELECT kafka_offset, blocked_by FROM parked_events WHERE key = 'default/ada' ORDER BY 1") == [
        (parked[index][1], parked[3][1]) for index in (3, 6, 9, 12)]
    # What was long before is shorter than the limit now, the change behind it longer.
    namespace.produce([updated("ada", LONG + LONG, 1), updated("ada", "last", 1)])
    drain()
    done = mneme("dead-letters", "redrive", "default/ada", env={"MNEME_CONTENT_MAX_CHARS": str(len(LONG))}, expect=1)
    assert done.stdout == "applied 4, still parked 2\n"
    heads = mneme("dead-letters", "list", "--user", "ada", "--json", expect=0).json_lines
    assert [(head["behind"], "content" in head["reason"]) for head in heads] == [(1, True)]
    mneme("dead-letters", "redrive", "--all", expect=0)
    is_whole(namespace, mneme)


def test_what_is_no_event_stays(namespace, mneme, worker):
    worker()
    namespace.produce([{"key": b"default/ada", "value": b"no event"}, created("ada")])
    namespace.drain()
    done = mneme("dead-letters", "redrive", "--all", expect=1)
    assert "not an event" in done.stderr and namespace.count("parked_events") == 1
    mneme("audit", "verify", expect=0)


@pytest.mark.parametrize("arguments", [[], ["ada"], ["3:17", "--all"], ["--all", "--projection", "vectors"],
                                       ["--all", "--projection", "redis"], ["--all", "--projection", "ledger"]])
def test_wrong_usage_is_refused(mneme, arguments):
    assert "mneme:" in mneme("dead-letters", "redrive", *arguments, expect=2).stderr


def test_full_text_follows(namespace, mneme, worker, parked, drain):
    worker("search")
    drain("search")
    assert mneme("search", "characters", "--user", "ada", "--json", expect=0).json_lines[-1].get("stale")
    with namespace.connect("search") as connection:
        assert connection.execute("SELECT count(*) FROM parked_events").fetchone() == (8,)
    # What comes while the ledger has them already and full text has not waits there, too.
    mneme("dead-letters", "redrive", "--all", "--projection", "postgres", expect=0)
    namespace.produce([updated("ada", "the very last of it", 2)])
    drain()
    drain("search")
    with namespace.connect("search") as connection:
        assert connection.execute("SELECT count(*) FROM parked_events").fetchone() == (9,)
    done = mneme("dead-letters", "redrive", "--all", "--json", expect=0).json_lines
    assert done[-1] == {"applied": 9, "parked": 0} and {line["projection"] for line in done[:-1]} == {"search"}
    is_whole(namespace, mneme)
    mneme("verify", "search", expect=0)
    assert len(mneme("search", "last", "--user", "ada", "--json", expect=0).json_lines) == 1


def test_redis_follows(namespace, mneme, worker, parked, drain, wait_until):
    worker("redis")
    drain("redis")
    mneme("dead-letters", "redrive", "--all", expect=0)
    wait_until(lambda: namespace.count("redis_rewinds") == 0, message="the worker of group redis has gone back")
    drain("redis")
    mneme("verify", "redis", expect=0)


@pytest.mark.timeout(300)
def test_killed_at_any_moment_each_is_applied_once(namespace, mneme, worker):
    """Many keys, with a worker that takes the partitions back all the time, and a redrive that is killed again and again."""
    users = [f"user-{number}" for number in range(150)]
    first = worker(env=SHORT)
    namespace.produce([message for user in users for message in of(user)])
    namespace.drain()
    left = namespace.count("parked_events")
    assert left == 4 * len(users)
    first.stop()
    worker()
    for attempt in range(200):
        process = mneme.start("dead-letters", "redrive", "--all")
        namespace.produce([created(random.choice(users), "between", 1000 + attempt)])
        with contextlib.suppress(Exception):
            process.wait(random.uniform(0.05, 0.4) + attempt / 20)
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = namespace.count("parked_events")
        if now == 0:
            break
    mneme("dead-letters", "redrive", "--all", expect=0)
    namespace.drain()
    is_whole(namespace, mneme)
