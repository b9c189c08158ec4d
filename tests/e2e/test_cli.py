"""The command line as a user meets it: help, settings, errors, output; what it asks is in test_cli_ask.py."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import unicodedata

import pytest

from harness.namespace import with_database
from harness.program import BINARY, Program, clean_environment
from harness.waiting import wait_until

mneme_alone = Program({})

COMMANDS = [
    ("publish",), ("import",), ("work",), ("memory",), ("memory", "add"), ("memory", "get"), ("memory", "list"),
    ("memory", "update"), ("memory", "delete"), ("memory", "history"), ("conversation",), ("conversation", "list"),
    ("conversation", "show"), ("events",), ("status",), ("migrate",), ("topics",), ("config",), ("version",),
    ("completion",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command):
    text = mneme_alone(*command, "--help", expect=0).stdout
    assert text.startswith(f"Usage: mneme {' '.join(command)} ")
    assert "\nExamples\n" in text or "\nCommands\n" in text
    assert "\033" not in text, "no colours where there is no terminal"
    assert mneme_alone("help", *command, expect=0).stdout == text


def paths(*path):
    """The words of every command, groups too, with its help."""
    text = mneme_alone(*path, "--help", expect=0).stdout
    yield path, text
    found = re.search(r"\nCommands\n(.*?)(\n\n|$)", text, re.S)
    for name in re.findall(r"^  ([a-z-]+) ", found[1], re.M) if found else []:
        yield from paths(*path, name)


def test_the_help_of_every_command_fits_80_columns():
    everything = dict(paths())
    assert len(everything) > 75
    too_wide = [(path, line) for path, text in everything.items() for line in text.splitlines() if width(line) > 80]
    assert too_wide == []
    assert [path for path, text in everything.items() if re.search(r" +$", text, re.M)] == []


def test_help_fits_a_narrow_terminal_too():
    text, code = on_terminal({}, "memory", "list", "--help", columns=60)
    assert code == 0
    prose = text[:text.index("Examples")]
    assert max(map(width, prose.splitlines())) <= 60


def test_examples_can_be_pasted():
    """Where a line of an example was too long, it goes on behind a backslash, and never within quotes."""
    for path, text in paths():
        examples = text.partition("\nExamples\n")[2].replace("\033[0m", "")
        checked = subprocess.run(["bash", "-n"], input=examples, capture_output=True, text=True, timeout=30, check=False)
        assert (checked.returncode, checked.stderr) == (0, ""), (path, examples)


def test_help_explains_the_words_that_stand_for_values():
    text = " ".join(mneme_alone("memory", "list", "--help", expect=0).stdout.split())
    assert "--type TYPE,… Any of these types." in text
    assert "TYPE fact, analysis," in text and "rule, entity or relationship." in text
    assert "TIME 7d (ago; also s, m, h, w and 1d12h)" in text and "Without a zone it is UTC." in text
    assert "EXPR COLUMN OPERATOR VALUE" in text
    text = " ".join(mneme_alone("memory", "add", "--help", expect=0).stdout.split())
    assert "EXPIRY 7d (from now on;" in text


def test_what_looks_mistyped_in_an_open_set_is_pointed_out():
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:1/x"}
    result = mneme_alone("events", "--all", "--type", "memry_created,order_placed", env=nowhere, expect=3)
    assert "mneme: note: --type 'memry_created' is not a known event type; did you mean 'memory_created'?" in result.stderr
    assert "order_placed" not in result.stderr, "a type of one's own"
    assert "note:" not in mneme_alone("events", "--all", "--type", "memory_created", env=nowhere, expect=3).stderr


def test_the_help_of_the_whole_program_lists_commands_and_exit_codes():
    text = mneme_alone("--help", expect=0).stdout
    for command in COMMANDS:
        assert f"\n  {command[0]} " in text
    for code in ("0 done", "2 wrong usage", "3 a service", "4 conflict", "5 not found", "6 refused", "130 interrupted"):
        assert code in " ".join(text.split())


@pytest.mark.parametrize("arguments, said", [
    (["memroy", "list"], "did you mean 'memory'?"),
    (["memory", "list", "--usr", "ada"], "did you mean --user?"),
    (["memory", "list", "--all", "--limit", "none"], "--limit was not taken"),
    (["memory", "list", "--all", "--limit", "1000000"], "from 1 to 10000"),
    (["memory", "list", "--all", "--cursor", "x"], "is no cursor"),
    (["memory", "list", "--all", "--metadata", "{"], "--metadata was not taken: it is not JSON"),
    (["memory", "list", "--all", "--metadata", "[]"], "give a JSON object"),
    (["memory", "list", "--all", "--at-least", "7"], "is not a position"),
    (["memory", "get", "x"], "the memory id was not taken: 'x' is not a UUID; give 36 characters"),
    (["memory", "get"], "it needs ID"),
    (["memory", "add"], "there is no content"),
    (["memory", "add", "x", "--content", "{}"], "there are two contents"),
    (["memory", "add", "x", "--wait", "redis"], "give postgres"),
    (["memory", "add", "x", "--confidence", "2"], "a number from 0 to 1"),
    (["memory", "update", "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e"], "no field is given"),
    (["memory", "delete"], "no memory is named"),
    (["events", "--all", "--from", "3"], "versions count within one stream"),
    (["events", "--all", "--since", "soon"], "is not a time; give 7d (ago), yesterday, 2026-11-30"),
    (["completion", "powershell"], "choose one of bash, zsh or fish"),
    (["memory", "list", "--all", "--type", "fackt"], "--type was not taken: there is no memory type 'fackt'; did you mean 'fact'?"),
    (["memory", "list", "--all", "--type", "fact,insigt"], "there is no memory type 'insigt'; did you mean 'insight'?"),
    (["memory", "add", "x", "--type", "opinion"], "there is no memory type 'opinion'; choose one of fact, analysis"),
    (["memory", "add", "x", "--term", "shortterm"], "did you mean 'short_term'?"),
    (["recall", "tea", "--all", "--type", "decison"], "did you mean 'decision'?"),
    (["search", "tea", "--all", "--type", "decison"], "did you mean 'decision'?"),
    (["stats", "--type", "decison"], "did you mean 'decision'?"),
    (["timeline", "--all", "--type", "turns"], "there is no kind of entry 'turns'; did you mean 'turn'?"),
    (["events", "--all", "--verdict", "acepted"], "there is no verdict 'acepted'; did you mean 'accepted'?"),
    (["operations", "--verdict", "maybe"], "choose one of accepted, rejected, duplicate, not_found or exists"),
    (["agent", "decisions", "--all", "--urgency", "hihg"], "there is no urgency 'hihg'; did you mean 'high'?"),
    (["agent", "hypotheses", "--all", "--valid", "yes"], "choose one of true or false"),
    (["knowledge", "list", "--all", "--status", "validate"], "did you mean 'validated'?"),
    (["work", "postgrs"], "there is no projection 'postgrs'; did you mean 'postgres'?"),
    (["rebuild", "graph"], "there is no projection 'graph'; choose one of postgres, search, embed, vectors or redis"),
    (["dead-letters", "list", "--projection", "serch"], "did you mean 'search'?"),
    (["import", "chatgtp", "x.json"], "there is no format 'chatgtp'; did you mean 'chatgpt'?"),
    ([], "it needs a command"),
])
def test_wrong_usage_ends_with_2_and_says_what_to_do(arguments, said):
    result = mneme_alone(*arguments, expect=2)
    assert result.stdout == ""
    assert result.stderr.startswith("mneme: ") and result.stderr.count("\n") == 1
    assert said in result.stderr


def setting(name, *options, env=None):
    (row,) = mneme_alone("config", name, "--json", *options, env=env, expect=0).json_lines
    return row["value"], row["source"]


def test_an_option_comes_before_the_environment_before_the_file_before_the_default(tmp_path):
    file = tmp_path / "mneme.conf"
    file.write_text("# ours\ntenant = from-file\n")
    assert setting("MNEME_TENANT") == ("default", "default")
    assert setting("MNEME_TENANT", "--config", file) == ("from-file", "file")
    assert setting("MNEME_TENANT", env={"MNEME_CONFIG": file}) == ("from-file", "file")
    assert setting("MNEME_TENANT", "--config", file, env={"MNEME_TENANT": "from-env"}) == ("from-env", "environment")
    assert setting("MNEME_TENANT", "--config", file, "--tenant", "ours",
                   env={"MNEME_TENANT": "from-env"}) == ("ours", "option")


def test_secrets_are_never_shown():
    env = {"MNEME_KAFKA_SASL_PASSWORD": "hunter2", "DATABASE_URL": "postgresql://ada:hunter2@127.0.0.1:1/x"}
    for options in ([], ["--json"]):
        result = mneme_alone("config", *options, env=env, expect=0)
        assert "hunter2" not in result.stdout + result.stderr
        assert "127.0.0.1:1/x" in result.stdout
    failed = mneme_alone("memory", "list", "--all", env=env, expect=3)
    assert "hunter2" not in failed.stderr


def test_a_wrong_setting_is_named_with_its_source():
    result = mneme_alone("config", env={"MNEME_TOPIC_PARTITIONS": "many"}, expect=2)
    assert "MNEME_TOPIC_PARTITIONS" in result.stderr and "many" in result.stderr


def test_an_unknown_setting_is_not_found():
    assert "did you mean LOG_LEVEL" in mneme_alone("config", "LOG_LEVL", expect=5).stderr


def test_versions_are_told():
    (version,) = mneme_alone("version", "--json", expect=0).json_lines
    assert version["libraries"]["librdkafka"][0].isdigit()
    assert version["event_schema"] >= 1 and version["migration"] >= 3
    assert mneme_alone("--version", expect=0).stdout.startswith(f"mneme {version['version']} ")


# --- completion ---


@pytest.fixture
def completion(tmp_path):
    file = tmp_path / "completion.bash"
    file.write_text(mneme_alone("completion", "bash", expect=0).stdout)
    return file


MEMORY_VERBS = ["add", "get", "list", "hot", "update", "delete", "history", "access", "promote", "prioritize", "archive",
                "set-retention", "apply-retention"]


def complete(file, *words):
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mneme; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", file, "mneme", *words], capture_output=True, text=True,
                          timeout=30, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_values(completion):
    subprocess.run(["bash", "-n", completion], check=True, timeout=30)
    assert complete(completion, "mem") == ["memory"]
    assert complete(completion, "memory", "") == MEMORY_VERBS
    assert complete(completion, "--json", "memory", "up") == ["update"]
    assert complete(completion, "memory", "list", "--inc") == ["--include-expired", "--include-archived"]
    assert complete(completion, "memory", "add", "x", "--term", "") == ["short_term", "long_term"]
    assert complete(completion, "completion", "b") == ["bash"]
    assert complete(completion, "memory", "add", "--user", "") == []
    assert complete(completion, "lock", "run", "nightly", "--", "--tt") == []


PROJECTIONS = ["postgres", "search", "embed", "vectors", "redis"]

# The words before the cursor, and what may follow them.
VALUES = [
    (["memory", "list", "--type", "in"], ["insight"]),
    (["memory", "list", "-t", "in"], ["insight"]),
    (["memory", "list", "--type", "fact,in"], ["fact,insight"]),
    (["memory", "list", "--type", "fact,insight,ru"], ["fact,insight,rule"]),
    (["recall", "tea", "--metric", ""], ["cosine", "euclidean", "dot"]),
    (["events", "--type", "memory_cr"], ["memory_created"]),
    (["operations", "--verdict", "accepted,ex"], ["accepted,exists"]),
    (["timeline", "--type", "tu"], ["turn"]),
    (["knowledge", "list", "--status", "val"], ["validated"]),
    (["dead-letters", "list", "--projection", "em"], ["embed"]),
    (["rebuild", "re"], ["redis"]),
    (["import", "chat"], ["chatgpt"]),
    (["config", "MNEME_RECALL_W"], ["MNEME_RECALL_WEIGHTS"]),
    (["working", "turn", "x", "--role", "as"], ["assistant"]),
    (["completion", ""], ["bash", "zsh", "fish"]),
]


@pytest.mark.parametrize("words, expected", VALUES, ids=lambda value: " ".join(value))
def test_bash_completes_values(completion, words, expected):
    assert complete(completion, *words) == expected


def test_bash_completes_what_stands_behind_an_equals_sign(completion):
    """bash makes three words of --type=in."""
    assert complete(completion, "memory", "list", "--type", "=", "in") == ["insight"]
    assert "fact" in complete(completion, "memory", "list", "--type", "=")


def test_bash_offers_files_only_where_one_may_stand(completion, tmp_path, monkeypatch):
    (tmp_path / "events.jsonl").touch()
    monkeypatch.chdir(tmp_path)
    assert complete(completion, "publish", "ev") == ["events.jsonl"]
    assert complete(completion, "import", "jsonl", "ev") == ["events.jsonl"]
    assert complete(completion, "memory", "list", "--config", "ev") == ["events.jsonl"]
    assert complete(completion, "lock", "run", "nightly", "--", "ev") == ["events.jsonl"]
    assert complete(completion, "memory", "get", "ev") == []
    assert complete(completion, "memory", "list", "--user", "ev") == []
    assert set(PROJECTIONS) <= set(complete(completion, "work", ""))
    assert "events.jsonl" not in complete(completion, "work", "")


def test_bash_itself_takes_the_script(completion):
    """Through bash's own machinery: what compgen gives for the line."""
    script = 'source "$1"; complete -p mneme'
    done = subprocess.run(["bash", "-c", script, "bash", completion], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "complete -F _mneme mneme"


def test_fish_finds_the_same_words(tmp_path):
    file = tmp_path / "mneme.fish"
    file.write_text(mneme_alone("completion", "fish", expect=0).stdout)
    subprocess.run(["fish", "-n", file], check=True, timeout=60)

    def complete_in_fish(line):
        done = subprocess.run(["fish", "--no-config", "-c", 'source $argv[1]; complete -C "$argv[2]"', file, line],
                              capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path,
                              env={**clean_environment(), "HOME": str(tmp_path)})
        assert done.stderr == ""
        return [candidate.split("\t")[0] for candidate in done.stdout.splitlines()]

    assert sorted(complete_in_fish("mneme memory ")) == sorted(MEMORY_VERBS)
    assert complete_in_fish("mneme memory list --type fact,in") == ["fact,insight"]
    assert complete_in_fish("mneme memory list --type=in") == ["--type=insight"]
    assert complete_in_fish("mneme dead-letters list -p em") == ["embed"]
    assert complete_in_fish("mneme memory get ") == []
    assert set(PROJECTIONS) <= set(complete_in_fish("mneme work "))
    assert "--include-expired" in complete_in_fish("mneme memory list --inc")
    (tmp_path / "events.jsonl").touch()
    assert complete_in_fish("mneme publish ev") == ["events.jsonl"]


def test_zsh_finds_the_same_words(tmp_path):
    file = tmp_path / "_mneme"
    file.write_text(mneme_alone("completion", "zsh", expect=0).stdout)
    subprocess.run(["zsh", "-n", file], check=True, timeout=30)
    script = ("compdef() { :; }; compset() { :; }; compadd() { shift; print -l -- $@; }; source $1; shift; "
              "words=($@) CURRENT=$#; _mneme")

    def complete_in_zsh(*words):
        done = subprocess.run(["zsh", "-fc", script, "zsh", file, "mneme", *words], capture_output=True, text=True,
                              timeout=30, check=True)
        assert done.stderr == ""
        return done.stdout.split()

    assert complete_in_zsh("memory", "") == MEMORY_VERBS
    assert "--include-expired" in complete_in_zsh("memory", "list", "--")
    assert complete_in_zsh("memory", "add", "x", "--term", "") == ["short_term", "long_term"]
    assert "insight" in complete_in_zsh("memory", "list", "--type", "fact,")
    assert "insight" in complete_in_zsh("memory", "list", "--type=")
    assert set(PROJECTIONS) <= set(complete_in_zsh("work", ""))


# --- output ---


def test_a_closed_pipe_ends_quietly():
    script = f'set -o pipefail; {BINARY} events --json --limit 10 --help | true; {BINARY} config --json | head -c 1'
    done = subprocess.run(["bash", "-c", script], env=clean_environment(), capture_output=True, text=True, timeout=30,
                          check=True)
    assert done.stdout == "{"
    assert done.stderr == ""


def test_output_that_cannot_be_written_is_told():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BINARY, "config"], env=clean_environment(), stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=30, check=False)
    assert done.returncode == 1
    assert "the output was not written: No space left on device" in done.stderr


def on_terminal(env, *arguments, columns=60, stdin=b""):
    """What the program prints when everything is a terminal of so many columns; and its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        env = {**clean_environment(env), "TERM": "xterm"}
        os.execve(BINARY, [BINARY, *arguments], env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.write(terminal, stdin)
    text = b""
    while select.select([terminal], [], [], 60)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        text += part
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return text.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def test_headings_are_bold_on_a_terminal_unless_no_color_is_set():
    text, code = on_terminal({}, "memory", "--help")
    assert code == 0 and "\033[1mExamples\033[0m" in text
    text, code = on_terminal({"NO_COLOR": "1"}, "memory", "--help")
    assert code == 0 and "\033" not in text


# --- services ---


@pytest.mark.parametrize("command", [
    ["memory", "list", "--all"], ["memory", "get", "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e"], ["conversation", "list", "--all"],
    ["events", "--all"], ["status"],
], ids=" ".join)
def test_without_postgres_it_says_what_to_do(command):
    result = mneme_alone(*command, env={"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, expect=3)
    assert result.stderr.startswith("mneme: ")
    assert "DATABASE_URL" in result.stderr and "ops/stack up" in result.stderr


def test_without_kafka_publishing_says_what_to_do():
    result = mneme_alone("memory", "add", "x", "--user", "ada", env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, expect=3)
    assert "KAFKA_BOOTSTRAP_SERVERS" in result.stderr
    assert all(line.startswith("mneme: ") for line in result.stderr.splitlines()), "no line of the client's own"
    assert not re.search(r"rdkafka|%\d\||FAIL|\[thrd", result.stderr)


def test_codes_of_services_stay_in_the_log(namespace, mneme):
    nowhere = {"DATABASE_URL": with_database(namespace.env["DATABASE_URL"], "nowhere")}
    result = mneme("memory", "list", "--all", env=nowhere, expect=5)
    assert 'database "nowhere" does not exist; create the database, or correct DATABASE_URL' in result.stderr
    assert "SQLSTATE" not in result.stderr and "3D000" not in result.stderr
    told = mneme("memory", "list", "--all", env={**nowhere, "LOG_LEVEL": "debug", "MNEME_LOG_FORMAT": "logfmt"}, expect=5)
    assert "sqlstate=3D000" in told.stderr


def test_without_tables_it_names_migrate(make_namespace):
    mneme = Program(make_namespace(migrate=False).env)
    for command in (["memory", "list", "--all"], ["conversation", "show", "x"], ["events", "--all"], ["status"]):
        assert "run mneme migrate" in mneme(*command, expect=3).stderr


def test_watching_ends_with_130_when_interrupted(namespace, mneme):
    process = mneme.start("status", "--watch", "--interval", "100", "--json", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert json.loads(process.stdout.readline())["projection"] == "postgres"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == ""


def test_tables_fit_the_terminal(namespace, mneme, worker, drain):
    worker()
    for text in ("a very long text " * 20, "日本語のとても長いテキスト" * 10, "e\u0301" * 200, "line\nfeed\t\x1b[2Jand more"):
        mneme("memory", "add", text, "--user", "ada", expect=0)
    drain()
    for columns in (60, 100):
        text, code = on_terminal(namespace.env, "memory", "list", "--all", columns=columns)
        assert code == 0
        lines = text.splitlines()
        assert len(lines) == 5
        assert max(map(width, lines)) <= columns
        assert "\033" not in text
    assert "x1b[2J" in text
    text, code = on_terminal(namespace.env, "memory", "list", "--user", "nobody")
    assert (text, code) == ("mneme: no memory matches\n", 0)


@pytest.fixture
def some_memories(namespace, mneme, worker, drain):
    """Ids of a few memories: two of one millisecond, others apart, one of no time."""
    worker()
    ids = ["018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e", "018f0f5e-7a5b-7cd2-8a1b-0c4d5e2f6a1b", "018f0f61-0001-7000-8000-000000000001",
           "c0ffee00-1234-4abc-8def-0123456789ab"]
    mneme.publish([{"type": "memory_created", "user_id": "ada", "occurred_at": f"2026-01-02T03:04:0{number}Z",
                    "payload": {"memory_id": memory, "memory_type": "fact", "content": f"tea number {number} " + "and so on " * 20}}
                   for number, memory in enumerate(ids)])
    drain()
    return ids


def test_a_list_leaves_room_for_its_text(namespace, some_memories):
    text, code = on_terminal(namespace.env, "memory", "list", "--user", "ada", columns=80)
    lines = text.splitlines()
    assert code == 0 and max(map(width, lines)) <= 80
    assert lines[0].split() == ["ID", "SUBJECT", "TYPE", "CREATED", "CONTENT"]
    assert 80 - lines[0].index("CONTENT") >= 25, lines[0]
    assert [line.split()[0] for line in lines[1:]] == [memory[:17] for memory in reversed(some_memories)], "what tells them apart"
    assert "2026-01-02 03:04  tea number" in text, "to the minute"


def test_a_wide_list_has_whole_values_and_wraps_the_text(namespace, some_memories):
    text, code = on_terminal(namespace.env, "memory", "list", "--user", "ada", "--wide", columns=120)
    assert code == 0 and max(map(width, text.splitlines())) <= 120
    for memory in some_memories:
        assert memory in text
    assert "2026-01-02 03:04:03" in text and "…" not in text
    assert " ".join(text.split()).count("and so on") >= 70, "all of it is there"


def test_columns_are_chosen(namespace, mneme, some_memories):
    text, code = on_terminal(namespace.env, "memory", "list", "--user", "ada", "--columns", "content,id", columns=80)
    assert code == 0 and text.splitlines()[0].split() == ["CONTENT", "ID"]
    chosen = mneme("memory", "list", "--user", "ada", "--columns", "id,confidence,created_at", expect=0).stdout.splitlines()
    assert chosen[0].split() == ["ID", "CONFIDENCE", "CREATED_AT"]
    assert chosen[1].split()[0] == some_memories[-1], "whole where output is piped"
    error = mneme("memory", "list", "--user", "ada", "--columns", "id,contnt", expect=2)
    assert error.stdout == "" and "there is no column 'contnt'; did you mean 'content'?" in error.stderr
    assert "there is no column" in mneme("events", "--all", "--columns", "who", expect=2).stderr
    with_json = mneme("memory", "list", "--user", "ada", "--columns", "id", "--json", expect=0).json_lines[0]
    assert set(with_json) > {"id", "content", "confidence"}, "JSON lines have all"


def test_one_memory_is_wrapped_beside_its_labels(namespace, mneme, some_memories):
    text, code = on_terminal(namespace.env, "memory", "get", some_memories[0], columns=60)
    lines = text.splitlines()
    assert code == 0 and max(map(width, lines)) <= 60
    at = lines[0].index(some_memories[0])
    labelled = [line for line in lines if line[0] != " "]
    assert all(line[at - 2:at] == "  " and line[at] != " " for line in labelled), "values stand in one column"
    wrapped = [line for line in lines if line[0] == " "]
    assert wrapped and all(line[:at].isspace() and line[at] != " " for line in wrapped)
    assert " ".join(text.split()).count("and so on") == 20
    piped = mneme("memory", "get", some_memories[0], expect=0).stdout
    assert "and so on " * 20 in piped, "not wrapped where it is piped"


def test_no_text_turns_or_hides_another(namespace, mneme, worker, drain):
    worker()
    mneme("memory", "add", "pay \u202e001\u202c to \u2066bob\u2069 \u200f\x9b", "--user", "ada", expect=0)
    drain()
    shown, _ = on_terminal(namespace.env, "memory", "list", "--all", columns=100)
    for text in (shown, mneme("memory", "list", "--all", expect=0).stdout):
        assert "pay \\u202e001\\u202c to \\u2066bob\\u2069 \\u200f\\x9b" in text
    error = mneme("memory", "list", "--user", "ada", "--type", "\x1b[31m\u202e", expect=2).stderr
    assert "[31m\\u202e" in error and "\x1b" not in error and "\u202e" not in error


def test_deleting_all_asks_on_a_terminal(namespace, mneme, worker, drain):
    worker()
    mneme("memory", "add", "tea", "--user", "ada", expect=0)
    drain()
    text, code = on_terminal(namespace.env, "memory", "delete", "--all", "--user", "ada", stdin=b"n\n")
    assert code == 6 and "Delete all memories of this scope?" in text
    text, code = on_terminal(namespace.env, "memory", "delete", "--all", "--user", "ada", stdin=b"y\n")
    assert code == 0 and "1 memories deleted" in text
    wait_until(lambda: namespace.value("SELECT is_deleted FROM memories"), message="the memory is deleted")


DESTROYING = [
    ["memory", "delete", "--all", "--user", "ada"], ["conversation", "delete", "chat-1"],
    ["memory", "archive", "--user", "ada"], ["memory", "set-retention", "--user", "ada", "--max-age-days", "1"],
    ["working", "clear", "--user", "ada", "--conversation", "chat-1"],
    ["context", "clear", "--user", "ada", "--conversation", "chat-1"],
]


def test_without_a_terminal_only_yes_destroys(namespace, mneme, worker, drain):
    worker()
    mneme.publish([{"type": "memory_created", "user_id": "ada", "payload": {"memory_type": "fact", "content": "tea"}},
                   {"type": "conversation_turn", "user_id": "ada", "conversation_id": "chat-1",
                    "payload": {"conversation_id": "chat-1", "role": "user", "content": "hi"}}])
    drain()
    before = sum(namespace.end_offsets().values())
    for arguments in DESTROYING:
        for answer in ("", "y\n"):  # a pipe cannot agree, whatever it says
            done = mneme(*arguments, input=answer, expect=6)
            assert "give --yes" in done.stderr and done.stdout == "", done
    assert sum(namespace.end_offsets().values()) == before
    for arguments in DESTROYING:
        mneme(*arguments, "--yes", expect=0)
    drain()
    assert namespace.value("SELECT count(*) FROM memories WHERE NOT is_deleted") == 0
    assert namespace.value("SELECT count(*) FROM conversations WHERE NOT is_deleted") == 0


def test_a_working_memory_is_cleared_when_the_terminal_agrees(namespace, mneme):
    clear = ["working", "clear", "--user", "ada", "--conversation", "chat-1"]
    text, code = on_terminal(namespace.env, *clear, stdin=b"no\n")
    assert code == 6 and "nothing was cleared: you did not agree" in text
    assert sum(namespace.end_offsets().values()) == 0
    text, code = on_terminal(namespace.env, *clear, stdin=b"y\n")
    assert code == 0 and sum(namespace.end_offsets().values()) == 1
