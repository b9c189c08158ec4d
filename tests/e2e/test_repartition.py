"""`mneme topics repartition`: the whole log in a topic of another number of partitions, killed on its way, and the tables
made from it."""

import signal
import subprocess

from confluent_kafka.admin import AdminClient, NewPartitions

from harness.load import Load
from harness.program import Program
from harness.waiting import wait_until
from oracle import assert_equal_to_log
from oracle.wire import read_topic

KEY_OF_LEDGER = "SELECT tenant, stream_id, event_id, verdict::text, version, payload::text, recorded_at FROM events"


def fill(namespace, count, seed):
    with Load(namespace, seed=seed, count=count, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="the load is made")


def by_key(messages, ordered):
    """{key: its values and times} in that order."""
    keys = {}
    for message in sorted(messages, key=ordered):
        keys.setdefault(message.key, []).append((message.value, message.timestamp_ms))
    return keys


def add_partitions(namespace, count):
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    admin.create_partitions([NewPartitions(namespace.topic, count)])[namespace.topic].result()
    wait_until(lambda: len(namespace.end_offsets()) == count, message="the partitions are added")
    namespace.env["MNEME_TOPIC_PARTITIONS"] = str(count)


def follow(namespace, prefix, partitions):
    """The namespace is that of the new topic from now on."""
    namespace.topic_prefix, namespace.topic, namespace.partitions = prefix, prefix + "events", partitions
    namespace.env.update(MNEME_TOPIC_PREFIX=prefix, MNEME_TOPIC_PARTITIONS=str(partitions))


def test_a_log_is_copied_whole_though_killed_and_the_tables_follow(namespace, worker):
    group = worker()
    fill(namespace, 3000, seed=41)
    namespace.drain()
    assert group.stop() == 0
    before = sorted(map(repr, namespace.rows(KEY_OF_LEDGER)))
    add_partitions(namespace, 7)
    mneme, prefix = Program(namespace.env), namespace.topic_prefix + "b."
    copy = ("topics", "repartition", "--to", prefix, "--partitions", "5")
    assert "mneme topics repartition" in mneme("rebuild", "postgres", expect=6).stderr

    process = mneme.start(*copy, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    topics = AdminClient({"bootstrap.servers": namespace.brokers})
    wait_until(lambda: prefix + "events" in topics.list_topics(timeout=15).topics, message="the topic is made", interval=0.002)
    wait_until(lambda: process.poll() is not None or sum(namespace.end_offsets(prefix + "events").values()) > 0, message="something is copied", interval=0.002)
    process.send_signal(signal.SIGKILL)
    process.wait(30)

    (copied,) = mneme(*copy, "--json", expect=0).json_lines
    assert copied["state"] == "copied" and copied["events"] == sum(namespace.end_offsets().values())
    (again,) = mneme(*copy, "--json", expect=0).json_lines
    assert again["copied"] == 0 and again["events"] == copied["events"]
    fill(namespace, 500, seed=42)  # to seven partitions
    (last,) = mneme(*copy, "--finish", "--json", expect=0).json_lines
    assert last["state"] == "finished" and last["copied"] == last["events"] - copied["events"] > 0

    (source, _), (target, _) = read_topic(namespace), read_topic(namespace, prefix + "events")
    assert len(target) == last["events"] and {message.partition for message in target} <= set(range(5))
    assert by_key(target, lambda m: m.position) == by_key(source, lambda m: (m.timestamp_ms, *m.position))
    assert "is not an unfinished copy" in mneme(*copy, expect=6).stderr

    follow(namespace, prefix, 5)
    assert mneme("topics", "check", env=namespace.env, expect=0).stdout
    mneme = Program(namespace.env)
    early = worker(wait=False)
    assert early.wait_exit(60) == 6 and "mneme rebuild postgres" in early.log
    mneme("rebuild", "postgres", expect=0)
    assert_equal_to_log(namespace)
    after = set(map(repr, namespace.rows(KEY_OF_LEDGER)))
    assert after.issuperset(before), "the events that were folded have other verdicts, versions or times"
    assert mneme("audit", "verify", "--json", expect=0).json_lines[-1]["state"] == "whole"
    worker()
    fill(namespace, 200, seed=43)
    namespace.drain()
    assert_equal_to_log(namespace)


def test_what_is_no_copy_is_not_written_to(namespace, mneme):
    fill(namespace, 200, seed=44)
    assert "into itself" in mneme("topics", "repartition", "--to", namespace.topic_prefix, "--partitions", "5",
                                  expect=2).stderr
    mneme("topics", "repartition", "--partitions", "5", expect=2)
    prefix = namespace.topic_prefix + "c."
    copy = ("topics", "repartition", "--to", prefix, "--partitions")
    other = {"MNEME_TOPIC_PREFIX": prefix}
    mneme("topics", "create", env=other, expect=0)
    assert "is not an unfinished copy" in mneme(*copy, str(namespace.partitions + 1), expect=6).stderr
    mneme("memory", "add", "mine", "--user", "ada", env=other, expect=0)
    assert "is not an unfinished copy" in mneme(*copy, str(namespace.partitions), expect=6).stderr
    assert sum(namespace.end_offsets(prefix + "events").values()) == 1
