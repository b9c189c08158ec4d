"""Parked events that will never be applied: dropped in every projection or in one, for good, and what waited behind them is
applied in its order."""

import re

import pytest

from e2e.test_redrive import LONG, SHORT, created, is_whole, of, text, updated
from harness.terminal import on_terminal
from oracle import assert_equal_to_log
from oracle.find import assert_searchable


@pytest.fixture
def parked(namespace, worker):
    """ada's events, all of which but the first a worker with a small limit has parked. It goes on, and takes nothing
    longer, nor does whoever tries again."""
    namespace.worker = worker(env=SHORT)
    positions = namespace.produce(of("ada"))
    namespace.drain()
    assert namespace.count("parked_events") == 4
    return positions


def lines_of(done):
    return [(line["projection"], line["outcome"]) for line in done.json_lines[:-1]]


def test_what_waited_behind_it_is_applied(namespace, mneme, parked):
    done = mneme("dead-letters", "drop", text(parked[1]), "--yes", "--reason", "too long", "--json", expect=0)
    dropped, *applied, last = done.json_lines
    assert "content" in dropped.pop("reason")
    assert dropped == {"position": text(parked[1]), "projection": "postgres", "outcome": "dropped", "was_dropped": False}
    assert [line["position"] for line in applied] == [text(position) for position in parked[2:]]
    assert last == {"dropped": 1, "applied": 3, "parked": 0}
    is_whole(namespace, mneme)


def test_what_fails_behind_it_stays_parked(namespace, mneme, parked, drain):
    namespace.produce([updated("ada", LONG, 1), updated("ada", "last", 1)])
    drain()
    done = mneme("dead-letters", "drop", text(parked[1]), "--yes", env=SHORT, expect=1)
    assert done.stdout.endswith("behind it: applied 3, still parked 2\n") and "stays parked by postgres" in done.stderr
    (head,) = mneme("dead-letters", "list", "--json", expect=0).json_lines
    mneme("dead-letters", "drop", head["position"], "--yes", env=SHORT, expect=0)
    is_whole(namespace, mneme)


def test_drop_is_for_good(namespace, mneme, parked, worker, drain):
    done = mneme("dead-letters", "drop", text(parked[1]), "--yes", expect=0)
    assert done.stdout == f"{text(parked[1])} is dropped in postgres\nof the events behind it: applied 3, still parked 0\n"
    is_whole(namespace, mneme)
    # Neither what is read later nor a rebuild without the limit brings it back.
    namespace.produce([updated("ada", "behind it", 1)])
    drain()
    is_whole(namespace, mneme)
    assert namespace.value("SELECT content->>'text' FROM memories WHERE stream_id = 'ada'") == "behind it"
    namespace.worker.stop()
    mneme("rebuild", "postgres", expect=0)
    is_whole(namespace, mneme)
    mneme("rebuild", "postgres", "--user", "ada", expect=0)
    is_whole(namespace, mneme)
    done = mneme("dead-letters", "drop", text(parked[1]), expect=0)  # asks nothing, since nothing is to be dropped
    assert done.stdout == f"{text(parked[1])} was already dropped in postgres\nof the events behind it: applied 0, still parked 0\n"
    assert mneme("dead-letters", "redrive", "--all", expect=0).stdout == "applied 0, still parked 0\n"


def test_who_asks_is_told(namespace, mneme, parked):
    place = text(parked[1])
    mneme("dead-letters", "drop", place, "--yes", "--reason", "nobody needs it", expect=0)
    assert mneme("dead-letters", "list", "--all", expect=0).stdout == ""
    (line,) = mneme("dead-letters", "list", "--dropped", "--user", "ada", "--json", expect=0).json_lines
    assert (line["position"], line["projection"], line["note"]) == (place, "postgres", "nobody needs it")
    assert "content" in line["reason"] and line["dropped_at"]
    table = mneme("dead-letters", "list", "--dropped", expect=0).stdout
    assert "DROPPED IN" in table and "nobody needs it" in table
    shown = mneme("dead-letters", "show", place, expect=0).stdout
    assert re.search(r"^dropped in +postgres$", shown, re.M) and "nobody needs it" in shown and LONG in shown
    assert mneme("dead-letters", "show", place, "--json", expect=0).json_lines[0]["event"]["payload"]["content"]
    # Nobody waits for it: neither a read that needs it nor the status.
    done = mneme("memory", "list", "--user", "ada", "--at-least", place, expect=0)
    assert "stale" not in done.stderr
    assert all(line["parked"] == 0 for line in mneme("status", "--json", expect=0).json_lines if "parked" in line)
    mneme("audit", "verify", expect=0)


def test_one_in_the_middle_leaves_the_others_where_they_are(namespace, mneme, parked):
    done = mneme("dead-letters", "drop", text(parked[2]), "--yes", expect=0)
    assert done.stdout.endswith("behind it: applied 0, still parked 0\n")
    assert namespace.rows("SELECT kafka_offset, blocked_by FROM parked_events ORDER BY 1") == [
        (parked[index][1], parked[1][1]) for index in (1, 3, 4)]
    mneme("dead-letters", "redrive", "--all", expect=0)
    is_whole(namespace, mneme)


def test_nothing_without_consent(namespace, mneme, parked):
    done = mneme("dead-letters", "drop", text(parked[1]), expect=6)
    assert "nothing was dropped" in done.stderr and "--yes" in done.stderr and namespace.count("parked_events") == 4
    assert namespace.count("dropped_events") == 0
    assert "nothing is parked at" in mneme("dead-letters", "drop", text(parked[0]), "--yes", expect=5).stderr


def test_it_asks_on_a_terminal(namespace, parked):
    shown, code = on_terminal(namespace.env, "dead-letters", "drop", text(parked[1]), stdin=b"n\n")
    assert code == 6 and "you did not agree" in shown and namespace.count("dropped_events") == 0
    shown, code = on_terminal(namespace.env, "dead-letters", "drop", text(parked[1]), stdin=b"y\n")
    assert code == 0 and f"Drop {text(parked[1])} of key default/ada in postgres? It will never be applied; 3 behind it" in shown
    assert namespace.count("dropped_events") == 1


@pytest.mark.parametrize("arguments", [[], ["ada"], ["3:17", "--projection", "redis"], ["3:17", "--projection", "embed.small"],
                                       ["3:17", "--projection", "ledger"]])
def test_wrong_usage_is_refused(mneme, arguments):
    assert "mneme:" in mneme("dead-letters", "drop", "--yes", *arguments, expect=2).stderr


def test_what_is_no_event_can_be_dropped_everywhere(namespace, mneme, worker, drain):
    worker()
    worker("search")
    ((partition, offset), _) = namespace.produce([{"key": b"default/ada", "value": b"no event"}, created("ada")])
    drain()
    drain("search")
    done = mneme("dead-letters", "drop", f"{partition}:{offset}", "--yes", "--json", expect=0)
    assert lines_of(done) == [("postgres", "dropped"), ("search", "dropped")]
    is_whole(namespace, mneme)
    assert_searchable(namespace, assert_equal_to_log(namespace))
    for projection in ("postgres", "search"):
        mneme("rebuild", projection, expect=0)
        mneme("verify", projection, expect=0)
    assert_searchable(namespace, assert_equal_to_log(namespace))


def test_a_projection_that_comes_later_passes_over_it(namespace, mneme, parked, worker, drain):
    """Full text meets it only when the ledger has dropped it: bytes that are no event, and an event beyond a limit."""
    (noise,) = namespace.produce([{"key": b"default/ada", "value": b"no event"}])
    namespace.drain()
    mneme("dead-letters", "drop", text(noise), "--yes", expect=0)
    mneme("dead-letters", "drop", text(parked[1]), "--yes", expect=0)
    worker("search")
    worker("redis")
    drain("search")
    drain("redis")
    assert_searchable(namespace, assert_equal_to_log(namespace))
    mneme("verify", "search", expect=0)
    mneme("verify", "redis", expect=0)


def test_the_running_ones_follow(namespace, mneme, parked, worker, drain):
    worker("search", env=SHORT)
    worker("redis", env=SHORT)
    drain("search")
    done = mneme("dead-letters", "drop", text(parked[1]), "--yes", "--json", expect=0)
    assert lines_of(done) == ([(group, "dropped") for group in ("postgres", "search")]
                              + [(group, "applied") for group in ("postgres", "search") for _ in range(3)])
    namespace.produce([updated("ada", "and last", 1)])
    for group in ("postgres", "search", "redis"):
        drain(group)
    is_whole(namespace, mneme)
    assert_searchable(namespace, assert_equal_to_log(namespace))
    mneme("verify", "search", expect=0)
    mneme("verify", "redis", expect=0)


def refuse_in_search(namespace, word):
    """Full text refuses every document with the word."""
    with namespace.connect() as connection:
        connection.execute(f"""
            CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF new.text LIKE '%{word}%' THEN RAISE 'no such word' USING ERRCODE = 'data_exception'; END IF;
                RETURN new;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON mneme_search.documents FOR EACH ROW EXECUTE FUNCTION public.refuse()""")


def test_in_full_shownalone(namespace, mneme, worker, drain):
    worker()
    worker("search")
    namespace.produce([created("bob", "tea")])
    drain()
    drain("search")
    refuse_in_search(namespace, "ugly")
    positions = namespace.produce([created("ada", "ugly", 1), created("ada", "fine", 2)])
    drain()
    drain("search")
    place = text(positions[0])
    lines = mneme("dead-letters", "list", "--json", expect=0).json_lines
    assert [(line["projection"], line["position"]) for line in lines] == [("search", place)]
    assert "nothing is parked" in mneme("dead-letters", "drop", place, "--projection", "postgres", "--yes", expect=5).stderr
    assert lines_of(mneme("dead-letters", "drop", place, "--yes", "--json", expect=0)) == [("search", "dropped")]
    fold = assert_equal_to_log(namespace)  # the ledger keeps it
    assert fold.dropped_apart["search"] and len(fold.documents.live) == 3
    assert_searchable(namespace, fold)
    mneme("rebuild", "search", expect=0)  # which makes tables that refuse nothing
    mneme("verify", "search", expect=0)
    assert_searchable(namespace, assert_equal_to_log(namespace))


def test_another_event_at_its_place_is_applied(namespace, mneme, parked):
    """What was said of an event is not said of one of a topic that was made again, which lies where it lay."""
    mneme("dead-letters", "drop", text(parked[1]), "--yes", expect=0)
    namespace.worker.stop()
    with namespace.connect() as connection:
        connection.execute("UPDATE dropped_events SET value = 'another'")
    mneme("rebuild", "postgres", expect=0)
    assert namespace.count("dropped_events") == 0
    is_whole(namespace, mneme)
    assert namespace.count("memories") == 2


def test_a_rebuild_at_work_is_waited_for_by_hand(namespace, mneme, parked):
    with namespace.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended('mneme rebuild mneme', 0))")
        done = mneme("dead-letters", "drop", text(parked[1]), "--yes", expect=4)
        assert "rebuild" in done.stderr and namespace.count("dropped_events") == 0
    mneme("dead-letters", "drop", text(parked[1]), "--yes", expect=0)
    is_whole(namespace, mneme)
