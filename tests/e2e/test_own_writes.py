"""Reading one's own writes: --at-least with positions, and with the word last."""

import json
from concurrent.futures import ThreadPoolExecutor


def memory(user, number=0):
    return {"type": "memory_created", "user_id": user, "payload": {"memory_type": "fact", "content": f"number {number}"}}


def noted(namespace):
    """What the state file says: {partition: offset}."""
    (path,) = (path for path in (namespace.folder / "state" / "mneme").glob("last-write-*") if not path.suffix)
    heading, *lines = path.read_text().splitlines()
    assert heading == f"{namespace.brokers} {namespace.topic}"
    return {int(partition): int(offset) for partition, offset in (line.split(":") for line in lines)}


def highest(receipts):
    ends = {}
    for receipt in receipts:
        partition, offset = map(int, receipt["position"].split(":"))
        ends[partition] = max(offset, ends.get(partition, -1))
    return ends


def test_every_way_of_writing_is_noted(namespace, mneme, tmp_path):
    receipts = mneme.publish([memory(f"user-{number}") for number in range(40)])
    assert noted(namespace) == highest(receipts)
    added = mneme("memory", "add", "tea", "--user", "user-1", "--json", expect=0).json_lines
    assert noted(namespace) == highest(receipts + added)
    lines = tmp_path / "more.jsonl"
    lines.write_text("".join(json.dumps(memory(f"user-{number}") | {"idempotency_key": str(number)}) + "\n"
                             for number in range(40)))
    mneme("import", "jsonl", lines, expect=0)
    assert sum(offset + 1 for offset in noted(namespace).values()) == 81


def test_last_waits_for_all_that_was_written(namespace, mneme, worker):
    mneme.publish([memory(f"user-{number}") for number in range(40)])
    early = mneme("memory", "list", "--user", "user-1", "--at-least", "last", "--wait-timeout", "100", expect=3)
    assert "not in the tables yet" in early.stderr and early.stdout == ""
    worker()
    for number in range(40, 50):
        mneme.publish([memory(f"user-{number}")])
        assert len(mneme("memory", "list", "--user", f"user-{number}", "--at-least", "last", "--json",
                         expect=0).json_lines) == 1
    added = mneme("memory", "add", "tea", "--user", "zoe", "--json", expect=0).json_lines[0]
    (line,) = mneme("events", "--stream", "zoe", "--at-least", "last", "--json", expect=0).json_lines
    assert line["position"] == added["position"]


def test_several_positions_are_waited_for(namespace, mneme, worker):
    receipts = mneme.publish([memory(f"user-{number}") for number in range(40)])
    text = ",".join(f"{partition}:{offset}" for partition, offset in highest(receipts).items())
    assert "," in text
    mneme("events", "--all", "--at-least", text, "--wait-timeout", "100", expect=3)
    worker()
    assert len(mneme("events", "--all", "--at-least", text, "--json", expect=0).json_lines) == 40
    done = mneme("events", "--all", "--at-least", text + ",latest", expect=2)
    assert "--at-least" in done.stderr and "latest" in done.stderr


def test_nothing_written_yet_is_told(mneme):
    done = mneme("events", "--all", "--at-least", "last", expect=5)
    assert "there is no last write" in done.stderr and done.stdout == ""


def test_another_log_has_other_writes(namespace, mneme, make_namespace):
    mneme.publish([memory("ada")])
    done = mneme("events", "--all", "--at-least", "last", env={"MNEME_TOPIC_PREFIX": "other."}, expect=5)
    assert "other.events" in done.stderr


def test_writers_side_by_side_lose_no_note(namespace, mneme):
    with ThreadPoolExecutor(6) as pool:
        receipts = sum(pool.map(lambda number: mneme.publish([memory(f"user-{number}-{i}") for i in range(5)]),
                                range(12)), [])
    assert noted(namespace) == highest(receipts)


def test_a_write_counts_where_it_cannot_be_noted(namespace, mneme, tmp_path):
    (tmp_path / "file").write_text("")
    done = mneme("memory", "add", "tea", "--user", "ada", env={"XDG_STATE_HOME": str(tmp_path / "file")}, expect=0)
    assert "--at-least last" in done.stderr
    assert sum(namespace.end_offsets().values()) == 1
