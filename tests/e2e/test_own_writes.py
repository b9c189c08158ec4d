"""Reading one's own writes: --at-least with positions, and with the word last."""

import json
import os
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
    done = mneme("memory", "add", "tea", "--user", "ada", env={"MNEME_STATE_DIR": str(tmp_path / "file" / "state")}, expect=0)
    assert "--at-least last" in done.stderr
    assert sum(namespace.end_offsets().values()) == 1


def test_without_a_home_writes_are_noted_in_a_temporary_folder(namespace, mneme, tmp_path):
    (tmp_path / "temporary").mkdir()
    homeless = {"HOME": None, "XDG_STATE_HOME": None, "TMPDIR": str(tmp_path / "temporary")}
    first = mneme("memory", "add", "tea", "--user", "ada", env=homeless, expect=0)
    again = mneme("memory", "add", "tea", "--user", "ada", env=homeless, expect=0)
    assert "temporary folder" in first.stderr and str(tmp_path / "temporary") in first.stderr and again.stderr == ""
    (folder,) = (tmp_path / "temporary").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700 and any(folder.iterdir())


# --- without --at-least: reads wait a moment by themselves ---

PATIENT = {"MNEME_READ_OWN_WRITES_MS": "60000"}
AT_ONCE = {"MNEME_READ_OWN_WRITES_MS": "0"}


def texts(done):
    return [row["content"]["text"] for row in done.json_lines]


def test_reads_wait_for_own_writes_by_themselves(namespace, mneme, worker):
    mneme("memory", "add", "early", "--user", "ada", expect=0)
    slow = mneme("memory", "list", "--user", "ada", "--json", env={"MNEME_READ_OWN_WRITES_MS": "1"}, expect=0)
    assert slow.stdout == "" and "not in the tables yet after 1 ms" in slow.stderr
    assert mneme("memory", "list", "--user", "ada", "--json", env=AT_ONCE, expect=0).stderr == ""
    worker()
    for number in range(10):
        (added,) = mneme("memory", "add", f"n{number}", "--user", "ada", "--json", expect=0).json_lines
        done = mneme("memory", "list", "--user", "ada", "--json", env=PATIENT, expect=0)
        assert texts(done)[0] == f"n{number}" and done.stderr == ""
        mneme("memory", "update", added["memory_id"], f"m{number}", "--user", "ada", expect=0)
        assert texts(mneme("memory", "get", added["memory_id"], "--json", env=PATIENT, expect=0)) == [f"m{number}"]
        (goal,) = mneme("working", "goal", f"g{number}", "--user", "ada", "--conversation", "c", "--json", expect=0).json_lines
        (shown,) = mneme("working", "show", "--user", "ada", "--conversation", "c", "--json", env=PATIENT, expect=0).json_lines
        assert shown["goal"] == f"g{number}" and goal["stream_id"] == "ada"


def test_what_does_not_come_is_told_and_not_waited_for_by_those_who_insist(mneme):
    """No worker: a read answers without the write, and an explicit position stays a demand."""
    brief = {"MNEME_READ_OWN_WRITES_MS": "100"}
    mneme("memory", "add", "tea", "--user", "ada", expect=0)
    for read in (["memory", "list", "--user", "ada"], ["timeline", "--user", "ada"], ["events", "--stream", "ada"],
                 ["working", "show", "--user", "ada", "--conversation", "c"]):
        done = mneme(*read, "--json", env=brief, expect=0)
        assert done.stderr.count("not in the tables yet after 100 ms") == 1, done
        mneme(*read, "--at-least", "last", "--wait-timeout", "100", env=brief, expect=3)
    assert mneme("memory", "list", "--user", "ada", "--as-of", "2020-01-01", env=brief, expect=0).stderr.count("after") == 0


def test_a_write_of_long_ago_is_not_waited_for(namespace, mneme):
    mneme("memory", "add", "tea", "--user", "ada", expect=0)
    (path,) = (path for path in (namespace.folder / "state" / "mneme").glob("last-write-*") if not path.suffix)
    os.utime(path, (path.stat().st_mtime - 120,) * 2)
    assert "after" not in mneme("memory", "list", "--user", "ada", expect=0).stderr


def test_search_waits_for_full_text_where_it_is_kept(namespace, mneme, worker):
    worker()
    mneme("memory", "add", "green tea", "--user", "ada", expect=0)
    namespace.drain()
    assert "full text" not in mneme("memory", "list", "--user", "ada", env=PATIENT, expect=0).stderr
    reader = worker("search")
    namespace.drain("search")
    for number in range(5):
        mneme("memory", "add", f"tea number{number}", "--user", "ada", expect=0)
        found = mneme("search", f"number{number}", "--user", "ada", "--json", env=PATIENT, expect=0)
        assert len(found.json_lines) == 1 and found.stderr == ""
    assert reader.stop() == 0
    mneme("memory", "add", "late tea", "--user", "ada", expect=0)
    late = mneme("search", "late", "--user", "ada", "--json", env={"MNEME_READ_OWN_WRITES_MS": "200"}, expect=0)
    assert late.stdout == "" and "not in full text yet" in late.stderr


def test_what_was_found_to_be_there_is_not_looked_for_again(namespace, mneme, worker):
    worker()
    mneme("memory", "add", "tea", "--user", "ada", expect=0)
    mneme("memory", "list", "--user", "ada", env=PATIENT, expect=0)
    (held,) = (namespace.folder / "state" / "mneme").glob("last-write-*.held")
    before = held.read_text()
    assert before.split()[1] == "1"
    with namespace.connect() as connection:  # whoever looked again would now wait in vain
        connection.execute("UPDATE progress SET next_offset = 0")
    assert mneme("memory", "list", "--user", "ada", env=PATIENT, expect=0).stderr == ""
    assert held.read_text() == before


def test_an_access_is_no_write_to_wait_for(namespace, mneme, worker):
    worker()
    worker("search")
    mneme("memory", "add", "tea", "--user", "ada", expect=0)
    namespace.drain("search")
    before = noted(namespace)
    assert mneme("recall", "tea", "--user", "ada", "--no-vectors", env=PATIENT, expect=0).stdout
    assert noted(namespace) == before
