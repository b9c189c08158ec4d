"""What the Kafka client says of itself never reaches a person: commands say in words what matters."""

import json

import pytest

from harness.proxy import Proxy

EVENT = json.dumps({"type": "memory_created", "user_id": "u", "payload": {"memory_type": "fact", "content": "tea"}})
COMMANDS = {
    "status": (["status"], ""),
    "publish": (["publish", "-"], EVENT),
    "import": (["import", "jsonl", "-"], EVENT),
    "memory add": (["memory", "add", "tea", "--user", "ada"], ""),
    "topics check": (["topics", "check"], ""),
    "topics create": (["topics", "create"], ""),
    "replay": (["replay", "--all"], ""),
    "rebuild": (["rebuild", "postgres"], ""),
    "verify": (["verify", "postgres"], ""),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_in_its_own_words_that_kafka_is_away(folded, command):
    arguments, text = COMMANDS[command]
    done = folded.mneme(*arguments, input=text, env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, expect=3)
    lines = done.stderr.splitlines()
    assert lines and all(line.startswith("mneme: ") for line in lines), done
    assert "Connection refused" in done.stderr and "KAFKA_BOOTSTRAP_SERVERS" in done.stderr


def test_a_worker_says_why_it_reaches_no_broker_and_when_it_does_again(namespace, worker, wait_until):
    host, port = namespace.brokers.split(":")
    with Proxy((host, int(port))) as proxy:
        proxy.set("refuse")
        process = worker(env={"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{proxy.port}", "MNEME_RETRY_MAX_MS": "300"}, wait=False)
        wait_until(lambda: "worker waits to start" in process.log, message=lambda: process.log)
        assert "Connection refused" in process.log and "kafka client" not in process.log
        proxy.set("pass")
        process.wait_ready()
