"""The command line as a user meets it: help, settings, errors, output; what it asks is in test_cli_ask.py, what a
terminal shows in test_terminal.py."""

import json
import re
import signal
import subprocess

import pytest

from harness.namespace import with_database
from harness.program import BINARY, Program, clean_environment

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
    too_wide = [(path, line) for path, text in everything.items() for line in text.splitlines() if len(line) > 80]
    assert too_wide == []
    assert [path for path, text in everything.items() if re.search(r" +$", text, re.M)] == []


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
    assert "TIME 7d (ago; also s, m, h, w and 1d12h)" in text and "UTC if no zone is given." in text
    assert "EXPR COLUMN OPERATOR VALUE" in text
    text = " ".join(mneme_alone("memory", "add", "--help", expect=0).stdout.split())
    assert "EXPIRY 7d (from now;" in text


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
    (["memory", "list", "--all", "--cursor", "x"], "is not a cursor"),
    (["memory", "list", "--all", "--metadata", "{"], "--metadata was not taken: it is not JSON"),
    (["memory", "list", "--all", "--metadata", "[]"], "give a JSON object"),
    (["memory", "list", "--all", "--at-least", "7"], "is not a position"),
    (["memory", "get", "x"], "the memory id was not taken: 'x' is not a UUID; give 36 characters"),
    (["memory", "get"], "it needs ID"),
    (["memory", "add"], "no content is given"),
    (["memory", "add", "x", "--content", "{}"], "two contents are given"),
    (["memory", "add", "x", "--wait", "redis"], "give postgres"),
    (["memory", "add", "x", "--confidence", "2"], "a number from 0 to 1"),
    (["memory", "update", "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e"], "no field is given"),
    (["memory", "delete"], "no memory is named"),
    (["events", "--all", "--from", "3"], "versions are numbered within a stream"),
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
    ([], "it needs a subcommand"),
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
