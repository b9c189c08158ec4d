"""Continuous load: a seeded history put on the topic by a thread while a test does its worst to everything else."""

import threading
import time

from confluent_kafka import Producer

from oracle.encode import Encoder
from oracle.generator import Generator


class Load:
    """Use as a context: events flow until the block ends or `count` are out, about `rate` a second. Waits for
    brokers that are gone. Leaving the block flushes: everything that was sent is on the topic."""

    def __init__(self, namespace, seed=1, count=None, rate=2000, **generator):
        self.namespace = namespace
        self.count = count
        self.rate = rate
        self.sent = 0
        self.delivered = 0
        self.failures = []
        self._generator = Generator(seed, **generator)
        self._encoder = Encoder()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._producer = Producer({
            "bootstrap.servers": namespace.brokers, "partitioner": "murmur2_random", "acks": "all",
            "enable.idempotence": True, "message.timeout.ms": 0, "linger.ms": 5, "compression.type": "lz4",
            "queue.buffering.max.messages": 1_000_000, "reconnect.backoff.max.ms": 500,
        })

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def stop(self, timeout=60):
        self._stop.set()
        self._thread.join(timeout)
        left = self._producer.flush(timeout)
        assert not left and not self.failures, f"{left} events were not delivered: {self.failures[:3]}"

    def _note(self, error, _message):
        if error:
            self.failures.append(error)
        else:
            self.delivered += 1

    def _run(self):
        start = time.monotonic()
        while not self._stop.is_set() and (self.count is None or self.sent < self.count):
            step = self._generator.step()
            message = step.raw or self._encoder.message(step.line)
            self._producer.produce(self.namespace.topic, on_delivery=self._note, **message)
            self._producer.poll(0)
            self.sent += 1
            ahead = self.sent / self.rate - (time.monotonic() - start)
            if ahead > 0.02:
                self._stop.wait(ahead)
