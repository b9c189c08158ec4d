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
        wait_until(self.is_up, message=lambda: f"redis-server answers\n{(self.folder / 'log').read_text()[-2000:]}")

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
        wait_until(made.follows, message="the replica follows")
        return made

    def follows(self):
        """Whether it has all that its primary has, on its own disk, too."""
        info = self.client.info()
        return info.get("master_link_status") == "up" and not (
            info["aof_rewrite_in_progress"] or info["aof_rewrite_scheduled"])

    def promote(self):
        """Follows nobody any more, also after a restart."""
        del self.settings["replicaof"]
        self.client.replicaof("NO", "ONE")


class RedisCluster:
    """Three servers, each with a third of the slots. Use as a context."""

    def __init__(self, namespace, count=3):
        self._namespace = namespace
        self._stack = contextlib.ExitStack()
        self.nodes = []
        with self._stack:  # what was started ends, should the rest not come up
            for number in range(count):
                self._start_node((number * SLOTS // count, (number + 1) * SLOTS // count - 1))
            wait_until(self.is_whole, message="the cluster has come together")
            self._stack = self._stack.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    @property
    def url(self):
        """For REDIS_URL."""
        return ",".join(node.url for node in self.nodes)

    @property
    def primaries(self):
        return [node for node in self.nodes if node.client.info("replication")["role"] == "master"]

    def _start_node(self, slots=()):
        """A node more with these slots, first and last; it is told of the others."""
        node = self._stack.enter_context(RedisServer(
            self._namespace, cluster_enabled="yes", cluster_port=free_port(self._namespace.run_folder),
            cluster_node_timeout=5000, cluster_require_full_coverage="no"))
        node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", len(self.nodes) + 1)
        if slots:
            node.client.execute_command("CLUSTER ADDSLOTSRANGE", *slots)
        for other in self.nodes:
            node.client.execute_command("CLUSTER MEET", "127.0.0.1", other.port, other.settings["cluster-port"])
        self.nodes.append(node)
        return node

    def add_replica(self, primary):
        """A node that has all that this one has, and follows it."""
        node = self._start_node()
        identity = primary.client.cluster("MYID")
        wait_until(self.is_whole, message="all nodes know each other")
        node.client.execute_command("CLUSTER REPLICATE", identity)
        wait_until(node.follows, message="the replica follows")
        return node

    def owner(self, slot):
        """The primary that has the slot, as the others see it."""
        (port,) = [found[2][1] for found in self._ranges(self.nodes[0]) if found[0] <= slot <= found[1]]
        return next(node for node in self.nodes if node.port == port)

    def move(self, slot, target):
        """Gives a slot to another node key by key, as one does while clients go on."""
        source = self.owner(slot)
        ids = {node: node.client.cluster("MYID") for node in (source, target)}
        target.client.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[source])
        source.client.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[target])
        while keys := source.client.execute_command("CLUSTER GETKEYSINSLOT", slot, 20):
            source.client.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 10000, "KEYS", *keys)
        for node in (target, source):
            node.client.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[target])
    def is_whole(self):
        """Whether each node says that every slot is served, and all say by whom."""
        infos = [node.client.cluster("INFO") for node in self.nodes]
        views = {tuple(sorted((first, last, primary[1]) for first, last, primary, *_ in self._ranges(node)))
                 for node in self.nodes}
        return len(views) == 1 and all(
            info["cluster_state"] == "ok" and int(info["cluster_slots_ok"]) == SLOTS
            and int(info["cluster_known_nodes"]) == len(self.nodes) for info in infos)

    @staticmethod
    def _ranges(node):
        return node.client.execute_command("CLUSTER SLOTS")
