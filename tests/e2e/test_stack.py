"""ops/stack as a user meets it. Every test has a data folder of its own; most need Redis only, which starts
in no time."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import psycopg
import pytest
import redis
from confluent_kafka.admin import AdminClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENT_SETTINGS = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "REDIS_URL", "SCHEMA_REGISTRY_URL", "OPENAI_BASE_URL",
                   "EMBEDDING_MODEL", "CHROMA_URL")


class Stack:
    """A stack in a folder; `run` calls ops/stack and returns the finished process."""

    def __init__(self, folder, ops=ROOT / "ops"):
        self.folder, self.ops = folder, ops
        self.environment = {name: value for name, value in os.environ.items() if name not in CLIENT_SETTINGS}
        self.environment["MNEME_STACK_DIR"] = str(folder)

    def run(self, *arguments, check=True, timeout=240):
        done = subprocess.run([self.ops / "stack", *arguments], env=self.environment, capture_output=True,
                              text=True, timeout=timeout, stdin=subprocess.DEVNULL)
        if check:
            assert done.returncode == 0, done.stderr
        return done

    def env(self):
        lines = self.run("env").stdout.splitlines()
        shell = "\n".join(lines) + "\nenv -0"
        output = subprocess.run(["bash", "-c", shell], env={"PATH": os.environ["PATH"]}, capture_output=True,
                                text=True, check=True).stdout
        return dict(entry.split("=", 1) for entry in output.split("\0") if entry)

    def states(self):
        output = self.run("status", "--json", check=False).stdout
        return {line["service"]: line for line in map(json.loads, output.splitlines())}

    def redis(self):
        return redis.Redis.from_url(self.env()["REDIS_URL"])

    def pid_file(self, service):
        return self.folder / service / "pid"

    def pid(self, service):
        return int(self.pid_file(service).read_text().split()[0])


@pytest.fixture
def make_stack(tmp_path):
    made = []

    def make(name="stack"):
        made.append(Stack(tmp_path / name))
        return made[-1]

    yield make
    for stack in made:
        for service in ("embedding", "kafka", "postgres", "redis"):
            stack.run("resume", service, check=False)
        stack.run("reset", "--all", check=False)


@pytest.fixture
def stack(make_stack):
    return make_stack()


def test_two_stacks_run_side_by_side_and_serve_their_own_data(make_stack):
    stacks = [make_stack("one"), make_stack("two")]
    for number, stack in enumerate(stacks):
        stack.run("up")
        stack.redis().set("who", number)
        with psycopg.connect(stack.env()["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("CREATE EXTENSION vector")
            connection.execute(f"CREATE TABLE who AS SELECT {number} AS number")
            assert connection.execute("SELECT '[1,0]'::vector <=> '[0,1]'::vector").fetchone() == (1.0,)
        topics = AdminClient({"bootstrap.servers": stack.env()["KAFKA_BOOTSTRAP_SERVERS"]}).list_topics(timeout=10)
        assert len(topics.brokers) == 1
    for number, stack in enumerate(stacks):
        assert stack.redis().get("who") == str(number).encode()
        with psycopg.connect(stack.env()["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT number FROM who").fetchone() == (number,)
    ports = [state["port"] for stack in stacks for state in stack.states().values()]
    assert len(set(ports)) == 8


def test_a_crash_shows_in_status_and_up_mends_it_without_losing_data(stack):
    stack.run("up")
    with psycopg.connect(stack.env()["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    untouched = stack.pid("redis")
    stack.run("kill", "postgres", "kafka")
    status = stack.run("status", check=False)
    assert status.returncode == 3
    assert "postgres   died" in status.stdout and "redis      up" in status.stdout
    assert "database system is ready to accept connections" in status.stdout
    states = stack.states()
    assert states["kafka"]["state"] == "died" and len(states["kafka"]["log_tail"]) == 10
    assert "log_tail" not in states["redis"]
    stack.run("up")
    assert stack.run("status").returncode == 0
    assert stack.pid("redis") == untouched
    with psycopg.connect(stack.env()["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_kafka_takes_the_right_password_and_no_other(stack):
    stack.run("start", "kafka")
    settings = stack.env()

    def brokers(password):
        client = AdminClient({"bootstrap.servers": settings["MNEME_STACK_SASL_BOOTSTRAP_SERVERS"],
                              "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
                              "sasl.username": settings["MNEME_STACK_SASL_USER"], "sasl.password": password})
        return len(client.list_topics(timeout=5).brokers)

    assert brokers(settings["MNEME_STACK_SASL_PASSWORD"]) == 1
    with pytest.raises(Exception, match="(?i)auth|transport|timed out"):
        brokers("wrong")


def test_up_twice_changes_nothing(stack):
    stack.run("start", "redis")
    before = stack.pid("redis"), stack.env()
    again = stack.run("start", "redis")
    assert "redis: is up already" in again.stderr
    assert (stack.pid("redis"), stack.env()) == before


def test_starts_at_the_same_time_give_one_service(stack):
    starts = [subprocess.Popen([stack.ops / "stack", "start", "redis"], env=stack.environment,
                               stderr=subprocess.PIPE, text=True) for _ in range(3)]
    messages = [start.communicate(timeout=60)[1] for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], messages
    assert sum("is up already" in message for message in messages) == 2


def test_ports_and_data_outlive_down(stack):
    stack.run("start", "redis")
    stack.redis().set("key", "value")
    before = stack.env()
    stack.run("down")
    assert stack.states()["redis"]["state"] == "stopped"
    stack.run("start", "redis")
    assert stack.env() == before
    assert stack.redis().get("key") == b"value"


def test_reset_deletes_data_and_keeps_ports(stack):
    stack.run("start", "redis")
    stack.redis().set("key", "value")
    before = stack.env()
    stack.run("reset")
    stack.run("start", "redis")
    assert stack.env() == before
    assert stack.redis().get("key") is None


def test_down_never_signals_a_process_that_it_did_not_start(stack):
    stack.run("start", "redis")
    real = stack.pid("redis")
    boot = stack.pid_file("redis").read_text().split()[2]
    with subprocess.Popen(["sleep", "60"]) as foreign:
        # As after the service's end, when the kernel has given its number to another process.
        stack.pid_file("redis").write_text(f"{foreign.pid} 12345 {boot}\n")
        assert stack.states()["redis"]["state"] == "died"
        stack.run("down")
        assert foreign.poll() is None
        foreign.kill()
    os.kill(real, signal.SIGTERM)


def test_pause_and_resume(stack):
    stack.run("start", "redis")
    stack.run("pause", "redis")
    status = stack.run("status", check=False)
    assert status.returncode == 3 and "paused" in status.stdout
    with pytest.raises(redis.exceptions.TimeoutError):
        redis.Redis.from_url(stack.env()["REDIS_URL"], socket_timeout=0.3, retry=None).ping()
    stack.run("resume", "redis")
    assert stack.redis().ping()


def test_down_ends_a_paused_service(stack):
    stack.run("start", "redis")
    pid = stack.pid("redis")
    stack.run("pause", "redis")
    said = stack.run("down").stderr
    assert not pathlib.Path(f"/proc/{pid}").exists() or "\nState:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text()
    assert "stopped" in said and "is killed" not in said


def test_a_taken_port_is_named(stack):
    stack.run("start", "redis")
    port = stack.states()["redis"]["port"]
    stack.run("down")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        failed = stack.run("start", "redis", check=False)
    assert failed.returncode == 1
    assert f"ops/stack: cannot start redis: its port {port} is taken by another process; " in failed.stderr


def test_a_service_that_cannot_start_shows_its_log(stack):
    stack.run("start", "redis")
    stack.run("down")
    manifest, = (stack.folder / "redis" / "data").rglob("*.manifest")
    manifest.write_text("no manifest\n")
    failed = stack.run("start", "redis", check=False)
    assert failed.returncode == 1
    assert "ops/stack: cannot start redis: it ended while starting; read the last lines of" in failed.stderr
    assert "AOF manifest" in failed.stderr


def test_a_failed_download_fails_the_start(stack, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "mvn").write_text("#!/bin/sh\necho no route to the mirror\nexit 1\n")
    (tools / "mvn").chmod(0o755)
    stack.environment["PATH"] = f"{tools}:{stack.environment['PATH']}"
    stack.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    failed = stack.run("start", "kafka", check=False)
    assert failed.returncode == 1
    assert "    no route to the mirror\nops/stack: cannot fetch a package with mvn: " in failed.stderr
    assert stack.states()["kafka"]["state"] == "stopped"


@pytest.mark.parametrize("arguments, message", [
    (["up", "mysql"], "there is no service 'mysql'"),
    (["fly"], "there is no command 'fly'"),
    ([], "a command is missing"),
    (["kill"], "kill needs the name of a service"),
])
def test_usage_errors_exit_with_2(stack, arguments, message):
    done = stack.run(*arguments, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("ops/stack: ") and message in done.stderr


def test_env_without_a_stack_says_what_to_do(stack):
    done = stack.run("env", check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("run ops/stack up\n")


@pytest.fixture
def public_folder():
    """One that every user can get to, unlike tmp_path."""
    with tempfile.TemporaryDirectory(prefix="mneme-") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


def test_who_is_not_root_is_told_the_one_command_that_installs(public_folder):
    """A copy of ops with a package that no machine has, run by a user who may not install."""
    shutil.copytree(ROOT / "ops", public_folder / "ops")
    with open(public_folder / "ops" / "packages", "a", encoding="utf-8") as packages:
        packages.write("run  mneme-no-such-package\n")
    as_nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.getuid() == 0 else []
    done = subprocess.run([*as_nobody, public_folder / "ops" / "install", "run"], capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"}, cwd="/", timeout=60)
    assert done.returncode == 1
    assert "run: sudo apt-get update && sudo apt-get install -y --no-install-recommends mneme-no-such-package" \
        in done.stderr
