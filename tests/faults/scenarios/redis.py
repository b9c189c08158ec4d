"""Redis is killed, emptied, replaced by older copies, full, slow and silent while the tier works; each key ends as the log says."""

import contextlib
import random
import time

from harness.chaos import backlog
from harness.hot_tier import HotTier
from harness.load import Load
from harness.proxy import Proxy
from harness.redis_server import RedisServer
from harness.waiting import wait_until

OWN_STACK = False
SHORT = {"rounds": 1, "rate": 150}
LONG = {"rounds": 3, "rate": 600}


class Deeds:
    """What happens to Redis: `hurt` and, after a while, `heal`. The proxy leads to the server that is in use."""

    def __init__(self, namespace, servers, server, proxy):
        self.namespace, self.servers, self.server, self.proxy = namespace, servers, server, proxy
        self.names = sorted(name.removeprefix("hurt_") for name in dir(self) if name.startswith("hurt_"))

    def do(self, name, wait):
        getattr(self, "hurt_" + name)()
        wait()
        getattr(self, "heal_" + name, lambda: None)()

    def hurt_kill(self):
        self.server.kill()

    def heal_kill(self):
        self.server.start()

    def hurt_empty(self):
        self.server.restart(is_empty=True)

    def hurt_flush(self):
        self.server.client.flushall()

    def hurt_scripts(self):
        self.server.client.script_flush()

    def hurt_hang(self):
        self.server.pause()

    def heal_hang(self):
        self.server.resume()

    def hurt_full(self):
        self.server.client.config_set("maxmemory", 1)

    def heal_full(self):
        self.server.client.config_set("maxmemory", 0)

    def hurt_lonely(self):
        """Every write is refused, also in mid-pipeline."""
        self.server.client.config_set("min-replicas-to-write", 1)

    def heal_lonely(self):
        self.server.client.config_set("min-replicas-to-write", 0)

    def hurt_cut(self):
        self.proxy.set("cut")

    def heal_cut(self):
        self.proxy.set("pass")

    def hurt_slow(self):
        self.proxy.set("slow", delay=0.3)

    heal_slow = heal_cut

    def hurt_stale(self):
        """A replica that has heard nothing for a while."""
        self.replica = self.servers.enter_context(self.server.replica(self.namespace))
        self.replica.promote()

    def heal_stale(self):
        """Nobody notices but by what it holds: the address stays."""
        self.server.kill()
        self.server = self.replica
        self.proxy.target = self.server.address


def run(ground, rounds, rate):
    namespace, rng = ground.namespace, random.Random(ground.seed)
    order = []
    with contextlib.ExitStack() as servers:
        server = servers.enter_context(RedisServer(namespace))
        proxy = servers.enter_context(Proxy(server.address, ground.seed))
        tier = HotTier(ground, proxy.url(server.url))
        deeds = Deeds(namespace, servers, server, proxy)
        tier.start()
        with Load(namespace, seed=ground.seed, rate=rate, start=int(time.time() * 1e6)) as load:
            for _ in range(rounds):
                for name in rng.sample(deeds.names, len(deeds.names)):
                    order.append(name)
                    deeds.do(name, lambda: wait_until(backlog(load, rate // 2), message="events come in"))
                    tier.drain()
        count = tier.assert_equal()
    return f"{count} events, {', '.join(order)}"
