"""What files and streams may look like: gzip is inflated, a byte order mark is passed over, and what is not a text is refused
with a word on what to do."""

import bz2
import gzip
import io
import json
import lzma
import os
import re
import tarfile
import zipfile

import pytest

from harness.stack import ROOT
from harness.waiting import wait_until

DATA = ROOT / "tests" / "data"
SAMPLES = [("locomo", DATA / "sample-conversation.json"), ("legacy-json", DATA / "legacy" / "list.json"),
           ("chatgpt", DATA / "chats" / "chatgpt.json"), ("claude", DATA / "chats" / "claude.json"),
           ("turns", DATA / "chats" / "turns.jsonl"), ("jsonl", None)]
MARK = b"\xef\xbb\xbf"


def event(number):
    return json.dumps({"type": "custom", "user_id": "ada", "payload": {"type": "t", "json": number}})


LINES = "".join(event(i) + "\n" for i in range(50)).encode()


def sample_of(path):
    return LINES if path is None else path.read_bytes()


def zipped(data):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("memories.json", data)
    return archive.getvalue()


def tarred(data):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as file:
        member = tarfile.TarInfo("memories.json")
        member.size = len(data)
        file.addfile(member, io.BytesIO(data))
    return archive.getvalue()


SHAPES = {
    "gzip": lambda data: gzip.compress(data),
    "mark": lambda data: MARK + data,
    "gzip of mark": lambda data: gzip.compress(MARK + data),
    "gzip in members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]) + bytes(512),
}


@pytest.fixture
def imported(quiet_topic, tmp_path):
    def run(form, path, *options, expect=0):
        done = quiet_topic.mneme("import", form, path, "--user", "ada", "--json", "--dry-run", *options, expect=expect)
        return done

    return run


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("form", "path"), SAMPLES, ids=[form for form, _ in SAMPLES])
def test_every_format_is_read_as_it_comes(imported, tmp_path, form, path, shape):
    data = sample_of(path)
    name = "lines.jsonl" if path is None else path.name
    (tmp_path / name).write_bytes(data)
    (tmp_path / f"{name}.gz").write_bytes(SHAPES[shape](data))
    plain, other = (imported(form, file).json_lines[-1] for file in (tmp_path / name, tmp_path / f"{name}.gz"))
    assert plain["events"] == other["events"] > 0 and plain["warnings"] == other["warnings"]


REFUSED = {
    "zip": (zipped, "it is a zip archive; unpack it (unzip FILE) and use the folder or the files"),
    "tar.gz": (tarred, "it is a tar archive; unpack it (tar -xf FILE)"),
    "xz": (lzma.compress, "it is compressed with xz; decompress it (xz -d FILE), or compress it with gzip"),
    "bzip2": (bz2.compress, "it is compressed with bzip2; decompress it (bunzip2 FILE)"),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), "it is UTF-16; save it as UTF-8"),
    "gzip cut short": (lambda data: gzip.compress(data)[:-9], "its gzip data ends too early at byte"),
    "gzip with a wrong byte": (lambda data: gzip.compress(data)[:40] + b"\xff" * 8 + gzip.compress(data)[48:],
                               "its gzip data is damaged at byte"),
    "gzip and more": (lambda data: gzip.compress(data) + b"more", "there is extra data after its gzip data"),
    "gzip twice": (lambda data: gzip.compress(gzip.compress(data)), "it was compressed twice; decompress it once"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("form", ["locomo", "legacy-json", "chatgpt", "jsonl"])
def test_what_is_no_text_is_refused_with_a_word_on_what_to_do(quiet_topic, tmp_path, form, what):
    make, words = REFUSED[what]
    path = tmp_path / "memories.json"
    path.write_bytes(make(LINES))
    done = quiet_topic.mneme("import", form, path, "--user", "ada", expect=1)
    assert done.stderr.startswith(f"mneme: {path} was not imported: ") and words in done.stderr, done
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert sum(quiet_topic.end_offsets().values()) == 0


def test_no_room_to_inflate_is_told(quiet_topic, tmp_path):
    path = tmp_path / "lines.jsonl.gz"
    path.write_bytes(gzip.compress(LINES))
    done = quiet_topic.mneme("import", "jsonl", path, env={"TMPDIR": tmp_path / "missing"}, expect=3)
    assert "cannot create a temporary file to decompress it" in done.stderr and "set TMPDIR" in done.stderr
    left = set(os.listdir(tmp_path))
    quiet_topic.mneme("import", "jsonl", path, "--dry-run", env={"TMPDIR": tmp_path}, expect=0)
    assert set(os.listdir(tmp_path)) == left  # what was inflated leaves no file behind


def test_names_of_compressed_files_say_as_much_as_others(namespace, mneme, worker, drain, tmp_path):
    folder = tmp_path / "memories"
    folder.mkdir()
    user = "2f7b1d0a-3c4e-4f50-8a61-9b7c8d0e1f22"
    for name in ("crm-bot.json", f"neuroscientist_{user}.json"):
        (folder / f"{name}.gz").write_bytes(gzip.compress(json.dumps([{"content": f"of {name}"}]).encode()))
    mneme("import", "legacy-json", folder, env={"MNEME_STATE_DIR": tmp_path / "marks"}, expect=0)
    worker()
    drain()
    assert namespace.rows("SELECT agent_id, user_id, metadata ->> 'source_file' FROM memories ORDER BY 1") == [
        ("crm-bot", None, str(folder / "crm-bot.json.gz")),
        ("neuroscientist", user, str(folder / f"neuroscientist_{user}.json.gz"))]


# --- streams ---


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", ["stdin", "file"])
def test_publish_reads_what_import_reads(mneme, tmp_path, shape, way):
    path = tmp_path / "events"
    path.write_bytes(SHAPES[shape](LINES))
    done = (mneme("publish", "-", input=path.read_bytes(), expect=0) if way == "stdin"
            else mneme("publish", path, expect=0))
    assert len(done.json_lines) == 50 and done.stderr == ""


def test_lines_before_damage_are_published_and_told(mneme, namespace):
    lines = "".join(event(f"{i} {os.urandom(300).hex()}") + "\n" for i in range(200)).encode()
    data = gzip.compress(lines)
    done = mneme("publish", "-", input=data[:len(data) // 2], expect=1)
    receipts = done.json_lines
    assert 0 < len(receipts) < 200 and sum(namespace.end_offsets().values()) == len(receipts)
    assert re.fullmatch(r"mneme: cannot read the input: its gzip data ends too early at byte \d+; compress it again, or use "
                        r"it uncompressed\n", done.stderr), done


def test_an_archive_on_standard_input_is_refused(quiet_topic):
    done = quiet_topic.mneme("publish", "-", input=zipped(LINES), expect=1)
    assert "cannot read the input: it is a zip archive; unpack it" in done.stderr and done.stdout == ""
    assert sum(quiet_topic.end_offsets().values()) == 0


def test_a_stream_is_inflated_while_it_comes(mneme, namespace):
    """A receipt comes before the end of the data does."""
    process = mneme.start("publish", "-", stdin=-1, stdout=-1, stderr=-1)
    member = gzip.compress(LINES)
    process.stdin.write(member)
    process.stdin.flush()
    wait_until(lambda: sum(namespace.end_offsets().values()) == 50, message="the first member is published")
    output, errors = process.communicate(member, timeout=60)
    assert (process.returncode, errors) == (0, b"") and output.count(b"\n") == 100


def test_a_mark_is_no_part_of_what_was_said(namespace, mneme, worker, drain):
    mneme("memory", "add", "-", "--user", "ada", input=MARK + "tea".encode(), expect=0)
    mneme("working", "turn", "-", "--user", "ada", "--conversation", "c", input=MARK + "hello".encode(), expect=0)
    worker()
    drain()
    assert namespace.value("SELECT content ->> 'text' FROM memories") == "tea"
    assert namespace.value("SELECT content FROM conversation_turns") == "hello"


def test_settings_may_begin_with_a_mark(mneme, tmp_path):
    path = tmp_path / "mneme.conf"
    path.write_bytes(MARK + b"redis_prefix = marked:\n")
    shown = mneme("config", "--config", path, "--json", env={"MNEME_REDIS_PREFIX": None}, expect=0).stdout
    assert "marked:" in shown
