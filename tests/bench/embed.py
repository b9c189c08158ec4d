"""How many texts a second a worker of embed gets through, against what its endpoint gives to whoever asks nothing else.

usage: ops/bench embed [-- [--texts N] [--runs N] [--model NAME]]

The limit is the endpoint's own rate: requests of one size after the other over two kept connections, at the size that
it likes best. Ours is one worker that drains a topic of as many memories, which the ledger has folded before; its time
runs from when it has its partitions to when its progress is at the end, with records written and all. Both embed the
same texts, ours between two halves of the limit's, so that both see the same weather."""

import argparse
import concurrent.futures
import json
import random
import re
import time
from datetime import datetime

import requests

from harness.bench import bench_namespace, cpu_seconds, median, print_result, tell
from harness.program import Program
from harness.waiting import wait_until
from harness.worker import Worker

SIZES = (16, 32, 64, 128)
CONNECTIONS = 2
PROBE_TEXTS = 256
PARTITIONS, USERS = 8, 100
WORDS = "window seat morning train coffee without sugar garden sister Friday invoice river walks remember".split()


def texts_of(seed, count):
    """Texts of a chat's lengths, none twice."""
    rng = random.Random(seed)
    return [f"{' '.join(rng.choices(WORDS, k=rng.randint(5, 40)))} {seed} {n}" for n in range(count)]


def endpoint_rate(namespace, model, size, texts):
    """Texts a second."""
    chunks = [texts[start:start + size] for start in range(0, len(texts), size)]
    url = namespace.stack.env["OPENAI_BASE_URL"] + "/embeddings"
    sessions = [requests.Session() for _ in range(CONNECTIONS)]

    def ask(number):
        for chunk in chunks[number::CONNECTIONS]:
            answer = sessions[number].post(url, json={"model": model, "input": chunk, "encoding_format": "base64"},
                                           timeout=600)
            answer.raise_for_status()
            assert len(answer.json()["data"]) == len(chunk)

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(ask, range(CONNECTIONS)))
    return len(texts) / (time.monotonic() - began)


def logged_at(log, event):
    """Seconds since 1970 at which the worker's log tells that."""
    stamp = re.search(rf'time=(\S+) level=info event="{event}"', log)[1]
    return datetime.fromisoformat(stamp).timestamp()


def our_rate(namespace, model, number, texts):
    """Texts a second of one worker, and its processor time."""
    mneme = Program(namespace.env)
    mneme.publish([{"type": "memory_created", "user_id": f"user-{n % USERS}",
                    "payload": {"memory_type": "fact", "content": text}} for n, text in enumerate(texts)])
    ledger = Worker(namespace, 2 * number).wait_ready()
    namespace.drain(timeout=300)
    ledger.stop()
    worker = Worker(namespace, 2 * number + 1, "embed", env={"EMBEDDING_MODEL": model})
    try:
        wait_until(lambda: "partitions claimed" in worker.log, message=lambda: worker.log)
        namespace.drain(f"embed.{model}", timeout=1800)
        ended = time.time()
        cpu = cpu_seconds(worker.pid)
        return len(texts) / (ended - logged_at(worker.log, "partitions claimed")), cpu
    finally:
        worker.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--model", default="bge-small-en-v1.5")
    arguments = parser.parse_args()
    ours, limits, shares = [], [], []
    with bench_namespace(partitions=PARTITIONS) as namespace:
        assert namespace.stack.env.get("OPENAI_BASE_URL"), "there is no endpoint: ops/stack up embedding"
        endpoint_rate(namespace, arguments.model, 1, ["the model is loaded"])
        rates = {size: endpoint_rate(namespace, arguments.model, size, texts_of(f"probe {size}", PROBE_TEXTS))
                 for size in SIZES}
        best = max(rates, key=rates.get)
        tell(f"the endpoint's rates by size: {json.dumps({size: round(rate) for size, rate in rates.items()})}")
    for number in range(arguments.runs):
        with bench_namespace(partitions=PARTITIONS) as namespace:
            texts = texts_of(f"run {number}", arguments.texts)
            half = len(texts) // 2
            before = endpoint_rate(namespace, arguments.model, best, texts[:half])
            rate, cpu = our_rate(namespace, arguments.model, 0, texts)
            after = endpoint_rate(namespace, arguments.model, best, texts[half:])
            ours.append(rate)
            limits.append(2 / (1 / before + 1 / after))
            shares.append(cpu)
            tell(f"run {number + 1}: ours {rate:.1f}, endpoint {before:.1f} before and {after:.1f} after")
    print_result(bench="embed", ours=median(ours, 1), limit=median(limits, 1),
                 ratio=median([a / b for a, b in zip(ours, limits, strict=True)], 3), unit="texts/s",
                 model=arguments.model, batch=best, texts=arguments.texts, worker_cpu_s=median(shares, 2),
                 runs=[[round(a, 1), round(b, 1)] for a, b in zip(ours, limits, strict=True)])


if __name__ == "__main__":
    main()
