"""How fast one worker of group redis folds a backlog, against redis-cli --pipe with the very commands that it sent.

usage: ops/bench redis-fold [-- [--events N] [--runs N]]

The events are published once and folded into the ledger: memories of 500 users, 10 % updates, 2 % deletes, so that the
capacity of 10,000 is passed and what counts least goes. A first worker goes through a proxy that writes down what it
says to Redis. In each run a worker folds everything into keys of its own, from when it has its partitions to when its
progress is at the end; then the keys of the first one are taken away and redis-cli is given the recording. worker_cpu_s
and redis_cpu_s are processor time, which a busy machine changes far less than the clock; bytes_per_memory is what Redis
uses for each memory that it holds in the end, its shares of lists and ranks included."""

import argparse
import json
import random
import re
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

import redis

from harness.bench import bench_namespace, cpu_seconds, median, print_result, tell
from harness.program import Program
from harness.waiting import wait_until
from harness.worker import Worker

PARTITIONS, USERS = 8, 500
WORDS = "window seat morning train coffee without sugar garden sister Friday invoice river walks remember".split()


def events_of(count):
    """Memories with texts of a chat's lengths; what was made before is changed and deleted now and then."""
    rng = random.Random(1)
    made = []
    for number in range(count):
        user = f"user-{rng.randrange(USERS)}"
        text = f"{' '.join(rng.choices(WORDS, k=rng.randint(5, 40)))} {number}"
        chance = rng.random()
        if made and chance < 0.12:
            memory_id, user = made[rng.randrange(len(made))]
            kind = "memory_deleted" if chance < 0.02 else "memory_updated"
            payload = {"memory_id": memory_id} | ({} if chance < 0.02 else {"content": {"text": text}})
            yield {"type": kind, "user_id": user, "payload": payload}
        else:
            memory_id = f"01940000-0000-7000-8000-{number:012x}"
            made.append((memory_id, user))
            yield {"type": "memory_created", "user_id": user, "agent_id": f"agent-{number % 20}",
                   "payload": {"memory_id": memory_id, "memory_type": "fact", "content": text}}


@contextmanager
def recorder(url):
    """Forwards to Redis and keeps what is said to it: yields the URL to use and the list of what was said."""
    parts = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0))
    said = []

    def pump(source, target, keep):
        while chunk := source.recv(1 << 16):
            if keep:
                said.append(chunk)
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)

    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection((parts.hostname, parts.port or 6379))
            threading.Thread(target=pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=pump, args=(server, client, False), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield parts._replace(netloc=f"127.0.0.1:{listener.getsockname()[1]}").geturl(), said
    listener.close()


class Bench:
    def __init__(self, namespace):
        self.namespace = namespace
        self.url = namespace.stack.env["REDIS_URL"]
        self.redis = redis.Redis.from_url(self.url)
        self.ends = namespace.end_offsets()
        self.workers = 0

    def forget(self, prefix):
        keys = list(self.redis.scan_iter(prefix + "*", count=10000))
        for start in range(0, len(keys), 1000):
            self.redis.delete(*keys[start:start + 1000])

    def is_folded(self, prefix):
        pipeline = self.redis.pipeline(transaction=False)
        for partition in self.ends:
            pipeline.hget(f"{prefix}1:{{{partition}}}:progress", "next_offset")
        return all(int(at or 0) >= end for at, end in zip(pipeline.execute(), self.ends.values(), strict=True))

    def fold(self, prefix, url=None):
        """Seconds, and processor time of the worker."""
        env = {"MNEME_REDIS_PREFIX": prefix, "REDIS_URL": url or self.url}
        worker = Worker(self.namespace, self.workers, "redis", env=env)
        self.workers += 1
        try:
            wait_until(lambda: self.is_folded(prefix), 900, lambda: worker.log, interval=0.01)
            ended = time.time()
            return ended - logged_at(worker.log, "partitions claimed"), cpu_seconds(worker.pid)
        finally:
            worker.stop()

    def pipe(self, recording):
        """Seconds of redis-cli --pipe."""
        recording.seek(0)
        began = time.monotonic()
        subprocess.run(["redis-cli", "-u", self.url, "--pipe"], stdin=recording, check=False, stdout=subprocess.DEVNULL)
        return time.monotonic() - began

    def used(self):
        """Processor time and memory that Redis has used."""
        info = self.redis.info()
        return info["used_cpu_user"] + info["used_cpu_sys"], info["used_memory"]


def logged_at(log, event):
    """Seconds since 1970 at which the worker's log tells that."""
    return datetime.fromisoformat(re.search(rf'time=(\S+) level=info event="{event}"', log)[1]).timestamp()


def fold_once(bench, prefix):
    """Events' seconds of the worker's clock and processor, and of Redis's processor; bytes for each memory."""
    cpu, memory = bench.used()
    seconds, worker_cpu = bench.fold(prefix)
    cpu_after, memory_after = bench.used()
    held = sum(bench.redis.zcard(f"{prefix}1:{{{partition}}}:hot") for partition in bench.ends)
    bench.forget(prefix)
    return seconds, worker_cpu, cpu_after - cpu, (memory_after - memory) / held


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with bench_namespace(partitions=PARTITIONS) as namespace, tempfile.TemporaryFile() as recording:
        mneme = Program(namespace.env)
        mneme("publish", "-", input="".join(json.dumps(event) + "\n" for event in events_of(arguments.events)),
              expect=0, timeout=600)
        ledger = Worker(namespace, 1000).wait_ready()
        namespace.drain(timeout=900)
        ledger.stop()
        tell(f"{arguments.events} events are in the ledger")
        bench = Bench(namespace)
        recorded = f"{namespace.redis_prefix}recorded:"
        with recorder(bench.url) as (url, said):
            bench.fold(recorded, url)
        recording.write(b"".join(said))
        ours, limits, shares, sizes, pipe_shares = [], [], [], [], []
        for number in range(arguments.runs):
            seconds, worker_cpu, redis_cpu, size = fold_once(bench, f"{namespace.redis_prefix}run{number:05}:")
            bench.forget(recorded)
            cpu, _ = bench.used()
            piped = bench.pipe(recording)
            pipe_shares.append(bench.used()[0] - cpu)
            assert bench.is_folded(recorded), "redis-cli has not done what the worker did"
            ours.append(arguments.events / seconds)
            limits.append(arguments.events / piped)
            shares.append((worker_cpu, redis_cpu))
            sizes.append(size)
            tell(f"run {number + 1}: fold {seconds:.2f} s ({worker_cpu:.2f} s of the worker's processor time, "
                 f"{redis_cpu:.2f} s of Redis's), redis-cli --pipe {piped:.2f} s ({pipe_shares[-1]:.2f} s of Redis's)")
    print_result(bench="redis-fold", ours=median(ours), limit=median(limits),
                 ratio=median([a / b for a, b in zip(ours, limits, strict=True)], 3), unit="events/s",
                 events=arguments.events, worker_cpu_s=median([a for a, _ in shares], 2),
                 redis_cpu_s=median([b for _, b in shares], 2), pipe_redis_cpu_s=median(pipe_shares, 2),
                 bytes_per_memory=median(sizes), runs=[[round(a), round(b)] for a, b in zip(ours, limits, strict=True)])


if __name__ == "__main__":
    main()
