"""A program that takes a lock again and again and writes under it to a store that compares tokens. It never looks whether
it still has the lock: only its token keeps it from harm when it was stopped.

usage: lock_holder.py NUMBER    (DATABASE_URL, MNEME_BIN and mneme's settings in the environment; SIGTERM ends it)
"""

import json
import os
import signal
import subprocess
import sys
import time

import psycopg

LOCK = "contended"
STEPS = 6  # writes under one lock
TABLES = """
CREATE TABLE store (token bigint NOT NULL);
INSERT INTO store VALUES (0);
CREATE TABLE writes (id bigserial PRIMARY KEY, token bigint NOT NULL, holder int NOT NULL, step int NOT NULL);
CREATE TABLE refusals (token bigint NOT NULL, holder int NOT NULL);
-- `above`: the highest token that anybody had told before this one was asked for.
CREATE TABLE grants (token bigint PRIMARY KEY, holder int NOT NULL, above bigint NOT NULL)
"""
WRITE = """
WITH taken AS (UPDATE store SET token = %(token)s WHERE token <= %(token)s RETURNING token)
INSERT INTO writes (token, holder, step) SELECT token, %(holder)s, %(step)s FROM taken
"""
HELD_BY_ANOTHER, UNAVAILABLE, RAN_OUT = 4, 3, 5


def mneme(*words):
    return subprocess.run([os.environ["MNEME_BIN"], "lock", *words], capture_output=True, text=True, check=False)


def take_turn(store, number):
    (above,) = store.execute("SELECT coalesce(max(token), 0) FROM grants").fetchone()
    asked = mneme("acquire", LOCK, "--wait", "5", "--json")
    if asked.returncode in (HELD_BY_ANOTHER, UNAVAILABLE):
        return
    assert asked.returncode == 0, asked.stderr
    held = json.loads(asked.stdout)
    store.execute("INSERT INTO grants VALUES (%s, %s, %s)", (held["token"], number, above))
    for step in range(STEPS):
        if store.execute(WRITE, {"token": held["token"], "holder": number, "step": step}).rowcount == 0:
            store.execute("INSERT INTO refusals VALUES (%s, %s)", (held["token"], number))
        time.sleep(0.03)  # the work
    released = mneme("release", LOCK, "--value", held["value"])
    assert released.returncode in (0, HELD_BY_ANOTHER, UNAVAILABLE, RAN_OUT), released.stderr


def main(number):
    is_told_to_end = []
    signal.signal(signal.SIGTERM, lambda *_: is_told_to_end.append(True))
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as store:
        while not is_told_to_end:
            take_turn(store, number)


if __name__ == "__main__":
    main(int(sys.argv[1]))
