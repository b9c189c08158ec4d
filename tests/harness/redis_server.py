"""Redis servers of a test's own, alone, as a replica or three as a cluster: to be killed, emptied, filled up and told
to be wrong, which nobody may do to one that others use."""

import contextlib
import shutil
import signal
import subprocess

import redis

from harness.waiting import wait_until
from harness.worker import die_with_parent, free_port

SETTINGS = {"bind": "127.0.0.1", "save": "", "appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction",
            "repl-diskless-sync-delay": "0"}
SLOTS = 16384


class RedisServer:
    """One server on a free port, started at once. Use as a context. What it holds is on the disk before a client is
    told, so that a kill loses nothing; `settings` are of redis.conf, with "_" for "-"."""

    def __init__(self, namespace, **settings):
        self.port = free_port(namespace.run_folder)
        self.folder = namespace.folder / f"redis-{self.port}"
        self.settings = {**SETTINGS, **{name.replace("_", "-"): str(value) for name, value in settings.items()}}
        self.url = f"redis://127.0.0.1:{self.port}"
        self.client = redis.Redis(port=self.port, decode_responses=True, socket_timeout=30)
        self._process = None
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.client.close()

    @property
    def address(self):
        """For a Proxy."""
        return "127.0.0.1", self.port

    def start(self):
        """Starts it with what it has on the disk, and waits until it answers."""
        self.folder.mkdir(exist_ok=True)
        arguments = [word for name, value in self.settings.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--dir", self.folder, "--logfile", "log", *arguments],
            stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent)
        wait_until(self.is_up, 30, lambda: f"redis-server answers\n{(self.folder / 'log').read_text()[-2000:]}")

    def is_up(self):
        """Whether it answers, and has read its data."""
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def kill(self):
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def restart(self, is_empty=False):
        """Kills it and starts it again, with its data or without; a cluster's node stays one."""
        self.kill()
        if is_empty:
            shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)
        self.start()

    def replica(self, namespace):
        """Another server that has all that this one has, and follows it."""
        made = RedisServer(namespace, replicaof=f"127.0.0.1 {self.port}")
        wait_until(lambda: made.client.info("replication")["master_link_status"] == "up", 30, "the replica follows")
        return made


class RedisCluster:
    """Three servers, each with a third of the slots. Use as a context."""

    def __init__(self, namespace, count=3):
        self.nodes = []
        with contextlib.ExitStack() as stack:  # what was started ends, should the rest not come up
            for _ in range(count):
                bus_port = free_port(namespace.run_folder)
                self.nodes.append(stack.enter_context(RedisServer(
                    namespace, cluster_enabled="yes", cluster_port=bus_port, cluster_node_timeout=5000,
                    cluster_require_full_coverage="no")))
            self._meet(count)
            stack.pop_all()
        self.url = ",".join(node.url for node in self.nodes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.__exit__()

    def client(self):
        """One that finds every key."""
        return redis.RedisCluster(host="127.0.0.1", port=self.nodes[0].port, decode_responses=True)

    def _meet(self, count):
        for number, node in enumerate(self.nodes):
            node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
            node.client.execute_command("CLUSTER ADDSLOTSRANGE", number * SLOTS // count, (number + 1) * SLOTS // count - 1)
            for other in self.nodes[:number]:
                node.client.execute_command("CLUSTER MEET", "127.0.0.1", other.port, other.settings["cluster-port"])
        wait_until(self.is_whole, 60, "the cluster has come together")

    def is_whole(self):
        """Whether each node says that every slot is served."""
        infos = [node.client.cluster("INFO") for node in self.nodes]
        return all(info["cluster_state"] == "ok" and int(info["cluster_slots_ok"]) == SLOTS
                   and int(info["cluster_known_nodes"]) == len(self.nodes) for info in infos)
