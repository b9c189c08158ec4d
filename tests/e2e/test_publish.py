"""mneme publish as a long-running neighbour of other programs: order, slow and endless input, interruption, verdicts,
and brokers that fail in the middle."""

import json
import os
import re
import select
import signal
import subprocess
import threading
import time

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from harness.program import BINARY, clean_environment
from harness.waiting import PATIENCE, wait_until
from oracle.encode import Encoder


def custom(number, user="ada", **fields):
    return json.dumps({"type": "custom", "user_id": user, "payload": {"type": "t", "json": number}, **fields}) + "\n"


class Running:
    """A `mneme publish` that lines are fed to one by one."""

    def __init__(self, namespace, *options, env=None):
        self.process = subprocess.Popen(
            [BINARY, "publish", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_environment(namespace.env, env))
        self.pending = b""

    def feed(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def receipt(self, timeout=PATIENCE):
        """The next line of stdout."""
        until = time.monotonic() + timeout
        while b"\n" not in self.pending:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))
            assert ready, "no receipt came in time"
            read = os.read(self.process.stdout.fileno(), 65536)
            assert read, f"it ended: {self.process.stderr.read().decode()}"
            self.pending += read
        line, _, self.pending = self.pending.partition(b"\n")
        return json.loads(line)

    def end(self, timeout=PATIENCE):
        """Closes the input; what was printed since, and the errors."""
        out, err = self.process.communicate(timeout=timeout)
        lines = (self.pending + out).decode().splitlines()
        return self.process.returncode, [json.loads(line) for line in lines], err.decode()

    def rss_kb(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.fixture
def running(namespace):
    started = []

    def start(*options, env=None, namespace=namespace):
        started.append(Running(namespace, *options, env=env))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


# --- order, slow input, long input ---


def test_receipts_come_in_the_order_of_the_input_and_errors_name_lines(mneme):
    users = [f"user-{i % 37}" for i in range(5000)]
    lines = [custom(i, user) for i, user in enumerate(users)]
    for bad in (10, 20, 21, 4999):
        lines[bad] = "nonsense\n"
    done = mneme("publish", input="".join(lines), expect=1)
    assert [receipt["stream_id"] for receipt in done.json_lines] == [
        user for i, user in enumerate(users) if i not in (10, 20, 21, 4999)]
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == [
        "line 11 was not published", "lines 21 to 22 were not published", "line 5000 was not published"]
    by_partition = {}
    for receipt in done.json_lines:
        partition, offset = map(int, receipt["position"].split(":"))
        assert by_partition.get(partition, -1) < offset
        by_partition[partition] = offset


def test_each_line_is_answered_while_the_input_stays_open(running):
    publisher = running()
    for i in range(3):
        publisher.feed(custom(i, f"user-{i}"))
        assert publisher.receipt()["stream_id"] == f"user-{i}"
    publisher.feed("nonsense\n" + custom(4, "last"))
    assert publisher.receipt()["stream_id"] == "last"
    code, rest, err = publisher.end()
    assert (code, rest) == (1, []) and "line 4 was not published" in err


def test_half_a_line_is_waited_for(running):
    publisher = running()
    text = custom(1)
    publisher.feed(text[:20])
    publisher.feed(text[20:])
    assert publisher.receipt()["stream_id"] == "ada"
    publisher.feed(text.rstrip("\n"))
    code, rest, _ = publisher.end()
    assert (code, len(rest)) == (0, 1)


def test_a_file_is_read_and_dash_is_the_standard_input(mneme, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text(custom(1) + custom(2))
    assert len(mneme("publish", path, expect=0).json_lines) == 2
    assert len(mneme("publish", "-", input=custom(3), expect=0).json_lines) == 1


def test_a_folder_and_two_files_are_refused(mneme, tmp_path):
    done = mneme("publish", tmp_path, expect=1)
    assert "cannot read" in done.stderr
    mneme("publish", "a", "b", expect=2)


def test_a_line_of_many_megabytes_is_refused_by_number_in_bounded_memory(running):
    publisher = running()
    publisher.feed(custom(1))
    publisher.receipt()
    before = publisher.rss_kb()
    for _ in range(64):
        publisher.feed("x" * 1_000_000)
    publisher.feed("\n" + custom(3, "after"))
    assert publisher.receipt()["stream_id"] == "after"
    assert publisher.rss_kb() < before + 40_000
    code, _, err = publisher.end()
    assert code == 1 and "line 2 was not published" in err and "4 MiB" in err


def test_an_endless_input_takes_a_bounded_amount_of_memory(running):
    publisher = running()
    drained = threading.Thread(target=lambda: [publisher.receipt() for _ in range(200_000)])
    drained.start()
    highest = 0
    block = "".join(custom(i, f"user-{i % 100}") for i in range(1000))
    for _ in range(200):
        publisher.feed(block)
        highest = max(highest, publisher.rss_kb())
    drained.join(60)
    assert not drained.is_alive()
    assert highest < 120_000, f"{highest} KB"
    assert publisher.end()[:2] == (0, [])


def test_output_that_nobody_reads_any_more_ends_it(running):
    publisher = running()
    publisher.feed(custom(1))
    publisher.receipt()
    publisher.process.stdout.close()

    def is_over():
        try:
            publisher.feed(custom(2))
        except BrokenPipeError:
            return True
        return publisher.process.poll() is not None

    wait_until(is_over, message="it ends although the input stays open")
    publisher.process.stdin = None
    assert publisher.process.wait(30) == 1
    assert "publishing stopped after line" in publisher.process.stderr.read().decode()


def test_the_tenant_of_the_command_line_is_that_of_lines_without_one(mneme, namespace, worker, drain):
    mneme("publish", "--tenant", "acme", input=custom(1) + custom(2, tenant="other"), expect=0)
    worker()
    drain()
    assert namespace.rows("SELECT tenant, payload ->> 'json' FROM events ORDER BY 1") == [
        ("acme", "1"), ("other", "2")]


# --- interruption ---


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_reading_and_waits_for_what_is_under_way(running, number):
    publisher = running(env={"MNEME_PUBLISH_LINGER_MS": "1000"})
    publisher.feed("".join(custom(i) for i in range(500)))
    # Until all lines are read and taken: the pipe is empty, and the program waits for more.
    wait_until(lambda: unread(publisher.process.stdin) == 0 and is_asleep(publisher.process), message="the lines are read")
    publisher.process.send_signal(number)
    code, receipts, err = publisher.end()
    assert code == 130, err
    assert len(receipts) == 500


def is_asleep(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def unread(pipe):
    import array
    import fcntl
    import termios
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


# --- verdicts ---


def memory(identifier, version=None, **fields):
    return json.dumps({"type": "memory_updated", "user_id": "ada", **fields,
                       "payload": {"memory_id": identifier, "content": "x", "expected_memory_version": version}}) + "\n"


def test_each_verdict_is_told_with_the_version_that_was_found(running, worker, mneme):
    worker()
    lines = [
        custom(1, expected_version=0), custom(2), custom(3, expected_version=0), custom(4, expected_version=2),
        custom(5, idempotency_key="k"), custom(5, idempotency_key="k"),
        memory("0190a5a0-0000-7000-8000-00000000dead"),
    ]
    done = mneme("publish", "--wait", "postgres", input="".join(lines), expect=4)
    assert [(receipt["verdict"], receipt["actual_version"]) for receipt in done.json_lines][:6] == [
        ("accepted", 1), ("accepted", 2), ("rejected", 2), ("accepted", 3), ("accepted", 4), ("duplicate", 4)]
    assert done.json_lines[6]["verdict"] == "not_found"
    mneme("publish", "--wait", "postgres", input=custom(6), expect=0)


def test_verdicts_come_one_by_one_while_the_input_stays_open(running, worker):
    worker()
    publisher = running("--wait", "postgres")
    for version in range(1, 4):
        publisher.feed(custom(version))
        assert publisher.receipt()["actual_version"] == version
    assert publisher.end()[0] == 0


def test_many_lines_wait_for_their_verdicts_together(mneme, worker):
    worker()
    # Each by itself would take longer than the program is waited for.
    done = mneme("publish", "--wait", "postgres", input="".join(custom(i, f"u{i}") for i in range(20_000)), expect=0)
    assert {receipt["verdict"] for receipt in done.json_lines} == {"accepted"}
    assert len(done.json_lines) == 20_000


def test_without_a_worker_the_wait_ends_within_its_bound(mneme):
    done = mneme("publish", "--wait", "postgres", "--wait-timeout", "500", input=custom(1), expect=3)
    (receipt,) = done.json_lines
    assert receipt["position"] and receipt["verdict"] is None
    assert "line 1 was published" in done.stderr and "mneme work postgres" in done.stderr


def test_a_parked_event_is_told_with_its_reason(mneme, worker, namespace):
    """Behind an event that can never be applied, later events of its key are parked; behind what is none, they are not."""
    worker()
    (receipt,) = mneme("publish", "--wait", "postgres", input=custom(1), expect=0).json_lines
    partition = int(receipt["position"].split(":")[0])
    namespace.produce([{"key": b"default/ada", "value": b"no event", "partition": partition}])
    (receipt,) = mneme("publish", "--wait", "postgres", input=custom(2), expect=0).json_lines
    assert receipt["verdict"] == "accepted"
    refused = {"memory_id": "0190a5a0-0000-7000-8000-000000000001", "memory_type": "guess", "content": "x"}
    namespace.produce([Encoder().message({"type": "memory_created", "user_id": "ada", "payload": refused})])
    (receipt,) = mneme("publish", "--wait", "postgres", input=custom(2), expect=1).json_lines
    assert receipt["verdict"] == "parked" and receipt["reason"]


def test_a_database_without_tables_is_told_before_anything_is_published(make_namespace):
    from harness.program import Program
    namespace = make_namespace(migrate=False)
    program = Program(namespace.env)
    program("topics", "create", expect=0)
    done = program("publish", "--wait", "postgres", input=custom(1))
    assert done.returncode != 0 and done.stdout == "" and "migrate" in done.stderr
    assert sum(namespace.end_offsets().values()) == 0


def test_only_the_projection_that_judges_can_be_waited_for(mneme):
    assert "--wait postgres" in mneme("publish", "--wait", "redis", input=custom(1), expect=2).stderr


# --- the topic ---


def set_topic(namespace, **settings):
    resource = ConfigResource(ResourceType.TOPIC, namespace.topic, incremental_configs=[
        ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()])
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(15)


def test_a_topic_of_small_messages_takes_many_small_events(mneme, namespace):
    set_topic(namespace, max_message_bytes="2000")
    done = mneme("publish", input="".join(custom(i) for i in range(2000)) + custom("x" * 3000) + custom(1), expect=1)
    assert len(done.json_lines) == 2001
    assert "line 2001 was not published" in done.stderr and "max.message.bytes" in done.stderr


def test_a_topic_of_large_messages_takes_a_large_event(mneme, namespace):
    set_topic(namespace, max_message_bytes="4000000")
    mneme("publish", input=custom(os.urandom(1_500_000).hex()), expect=0)


def test_topics_create_is_idempotent_and_check_tells_what_does_not_fit(mneme, namespace):
    (made,) = mneme("topics", "create", "--json", expect=0).json_lines
    assert made["fits"] and not made["created"]
    (facts,) = mneme("topics", "check", "--json", expect=0).json_lines
    assert {fact["name"]: fact["actual"] for fact in facts["settings"]} == {
        "partitions": str(namespace.partitions), "replication": "1", "message.timestamp.type": "LogAppendTime",
        "retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete", "max.message.bytes": "1048588"}
    done = mneme("topics", "create", "--partitions", str(namespace.partitions + 1), expect=6)
    assert "partitions" in done.stderr and "MNEME_TOPIC_PARTITIONS" in done.stderr
    set_topic(namespace, retention_ms="86400000", message_timestamp_type="CreateTime")
    done = mneme("topics", "check", "--json", expect=6)
    (facts,) = done.json_lines
    assert [fact["name"] for fact in facts["settings"] if not fact["fits"]] == [
        "message.timestamp.type", "retention.ms"]
    set_topic(namespace, retention_ms="-1", message_timestamp_type="LogAppendTime", max_message_bytes="50000")
    done = mneme("topics", "check", env={"MNEME_CONTENT_MAX_CHARS": "100000"}, expect=6)
    assert "max.message.bytes is 50000, not 112500 or more" in done.stderr
    mneme("topics", "check", env={"MNEME_TOPIC_PREFIX": "none."}, expect=5)
    mneme("topics", "check", env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, expect=3)


# --- credentials, and brokers that go in the middle ---


def sasl(stack, password=None):
    return {
        "KAFKA_BOOTSTRAP_SERVERS": stack.env["MNEME_STACK_SASL_BOOTSTRAP_SERVERS"],
        "MNEME_KAFKA_SECURITY_PROTOCOL": "sasl_plaintext",
        "MNEME_KAFKA_SASL_USERNAME": stack.env["MNEME_STACK_SASL_USER"],
        "MNEME_KAFKA_SASL_PASSWORD": password or stack.env["MNEME_STACK_SASL_PASSWORD"],
    }


def test_credentials_are_used_and_wrong_ones_are_told_at_once(mneme, stack):
    assert len(mneme("publish", input=custom(1), env=sasl(stack), expect=0).json_lines) == 1
    # The time-out is longer than the program is waited for.
    done = mneme("publish", input=custom(1), env={**sasl(stack, "sesame-wrong"), "MNEME_PUBLISH_TIMEOUT_MS": "600000"},
                 expect=3)
    assert "uthentication" in done.stderr and "password" in done.stderr
    assert "sesame-wrong" not in done.stderr + done.stdout


def test_a_topic_that_is_deleted_in_the_middle_is_told(running, namespace):
    publisher = running(env={"MNEME_PUBLISH_TIMEOUT_MS": "5000"})
    publisher.feed(custom(1))
    publisher.receipt()
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    for future in admin.delete_topics([namespace.topic]).values():
        future.result(15)
    publisher.feed(custom(2))
    code, receipts, err = publisher.end()
    assert code in (3, 5) and receipts == [], err
    assert "line 2 was not" in err and "mneme topics" in err


# One stack for these tests, one after the other: xdist keeps a group in one process.
OWN_STACK = pytest.mark.xdist_group("own_stack")


@pytest.fixture
def own_namespace(make_namespace, private_stack):
    return make_namespace(stack=private_stack)


@OWN_STACK
def test_brokers_that_go_in_the_middle_lose_nothing_that_was_acknowledged(running, own_namespace, private_stack):
    publisher = running(env={"MNEME_PUBLISH_TIMEOUT_MS": "60000"}, namespace=own_namespace)
    publisher.feed("".join(custom(i) for i in range(1000)))
    first = [publisher.receipt() for _ in range(1000)]
    private_stack.kill("kafka")
    publisher.feed("".join(custom(i) for i in range(1000, 3000)))
    private_stack.start("kafka")
    rest = [publisher.receipt(60) for _ in range(2000)]
    assert publisher.end()[0] == 0
    positions = [receipt["position"] for receipt in first + rest]
    assert len(set(positions)) == 3000
    assert sum(own_namespace.end_offsets().values()) == 3000, "an event is there twice"


def named_lines(err):
    """The numbers of the lines that messages name; how many share a message is a matter of time."""
    found = re.findall(r"lines? (\d+)(?: to (\d+))? (?:was|were) not published", err)
    return [number for first, last in found for number in range(int(first), int(last or first) + 1)]


@OWN_STACK
def test_brokers_that_stay_away_fail_the_lines_with_the_reason(running, own_namespace, private_stack):
    publisher = running(env={"MNEME_PUBLISH_TIMEOUT_MS": "3000"}, namespace=own_namespace)
    publisher.feed(custom(1))
    publisher.receipt()
    private_stack.stop("kafka")
    publisher.feed("".join(custom(i) for i in range(2, 102)))
    code, receipts, err = publisher.end()
    private_stack.start("kafka")
    assert (code, receipts) == (3, [])
    assert named_lines(err) == list(range(2, 102)) and "Connection refused" in err, err


@OWN_STACK
def test_a_queue_that_stays_full_holds_its_bound(running, own_namespace, private_stack):
    """The input goes on, the brokers do not: memory stays where it is."""
    publisher = running(env={"MNEME_PUBLISH_TIMEOUT_MS": "600000", "MNEME_PUBLISH_QUEUE_KB": "1024"},
                        namespace=own_namespace)
    publisher.feed(custom(1))
    publisher.receipt()
    private_stack.pause("kafka")
    text = "".join(custom("x" * 900, f"user-{i}") for i in range(200))
    feeder = threading.Thread(target=lambda: [publisher.feed(text) for _ in range(200)])
    feeder.start()
    highest = 0
    until = time.monotonic() + 3
    while time.monotonic() < until:
        highest = max(highest, publisher.rss_kb())
    assert feeder.is_alive(), "forty megabytes went into a queue of one"
    private_stack.resume("kafka")
    for _ in range(200 * 200):
        publisher.receipt(60)
    feeder.join(60)
    assert highest < 60_000, f"{highest} KB"
    assert publisher.end()[0] == 0
