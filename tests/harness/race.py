"""Processes that race conditional appends: each says which version it expects of a stream, and is told what it found."""

import json
import random
import subprocess
import threading
from collections import defaultdict

from harness.program import Program

WINDOW = 20  # appends under way for each racer
PATIENT = {"MNEME_WAIT_TIMEOUT_MS": "120000"}


class Racer(threading.Thread):
    """One long-lived `mneme publish --wait postgres`, fed by what it has answered before."""

    def __init__(self, namespace, number, seed, streams, appends):
        super().__init__(daemon=True)
        self.number = number
        self.rng = random.Random(f"{seed}/{number}")
        self.appends = appends
        self.known = dict.fromkeys(streams, 0)
        self.answers = []  # (expected version, receipt)
        self.exit_code = None
        self.log_path = namespace.folder / f"racer-{number}.log"
        self._log = open(self.log_path, "wb")
        self.process = Program(namespace.env).start("publish", "--wait", "postgres", "-", env=PATIENT, text=True,
                                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log)

    def run(self):
        while len(self.answers) < self.appends:
            count = min(WINDOW, self.appends - len(self.answers))
            asked = [(stream, self.known[stream]) for stream in self.rng.sample(sorted(self.known), count)]
            self.process.stdin.write("".join(self._line(*append) for append in asked))
            self.process.stdin.flush()
            for stream, expected in asked:
                receipt = json.loads(self.process.stdout.readline())
                self.answers.append((expected, receipt))
                self.known[stream] = receipt["actual_version"]
        self.process.stdin.close()
        self.exit_code = self.process.wait(60)

    def _line(self, stream, expected):
        payload = {"type": "append", "json": {"racer": self.number}}
        return json.dumps({"type": "custom", "user_id": "racer", "stream_id": stream, "expected_version": expected,
                           "payload": payload}) + "\n"

    def clean_up(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.join(10)
        self.process.stdout.close()
        self._log.close()


class Race:
    """Use as a context: the racers run from the beginning of the block; leaving it waits for them."""

    def __init__(self, namespace, seed, racers, streams, appends):
        names = [f"race/{number}" for number in range(streams)]
        shares = [appends // racers + (number < appends % racers) for number in range(racers)]
        self.racers = [Racer(namespace, number, seed, names, share) for number, share in enumerate(shares)]

    @property
    def is_on(self):
        return any(racer.is_alive() for racer in self.racers)

    def __enter__(self):
        for racer in self.racers:
            racer.start()
        return self

    def __exit__(self, kind, *_):
        for racer in self.racers:
            if kind is None:
                racer.join(180)
            racer.clean_up()


def assert_fair(namespace, race):
    """Each answer is the ledger's, and the accepted versions of every stream are 1, 2, 3 … Gives how many there are."""
    ledger = {(partition, offset): row for partition, offset, *row in namespace.rows(
        "SELECT kafka_partition, kafka_offset, event_id::text, stream_id, expected_version, verdict::text, "
        "CASE WHEN verdict = 'accepted' THEN version ELSE actual_version END FROM events")}
    for racer in race.racers:
        log = racer.log_path.read_text(errors="replace")
        assert len(racer.answers) == racer.appends and racer.exit_code in (0, 4), f"racer {racer.number}: {log[-2000:]}"
        for expected, receipt in racer.answers:
            place = tuple(map(int, receipt["position"].split(":")))
            told = [receipt["event_id"], receipt["stream_id"], expected, receipt["verdict"], receipt["actual_version"]]
            assert ledger.pop(place) == told, f"racer {racer.number} was told {told} of {receipt['position']}"
    assert not ledger, f"{len(ledger)} events are nobody's: {list(ledger.items())[:3]}"
    versions = defaultdict(list)
    for racer in race.racers:
        for expected, receipt in racer.answers:
            assert receipt["verdict"] in ("accepted", "rejected"), receipt
            if receipt["verdict"] == "accepted":
                assert receipt["actual_version"] == expected + 1, receipt
                versions[receipt["stream_id"]].append(receipt["actual_version"])
            else:
                assert receipt["actual_version"] != expected, receipt
    for stream, accepted in versions.items():
        assert sorted(accepted) == list(range(1, len(accepted) + 1)), f"{stream}: {sorted(accepted)}"
    assert dict(namespace.rows("SELECT stream_id, version FROM streams WHERE version > 0")) == {
        stream: len(accepted) for stream, accepted in versions.items()}
    total = sum(map(len, versions.values()))
    assert 0 < total < sum(racer.appends for racer in race.racers), "nobody won, or nobody lost"
    return total
