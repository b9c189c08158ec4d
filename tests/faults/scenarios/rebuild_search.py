"""A rebuild of full text is killed in each of its phases while writes go on; the next run ends it."""

from harness.rebuild import rebuild_under_load

OWN_STACK = False
SHORT = {"backlog": 1500, "phases": 2, "rate": 150}
LONG = {"backlog": 30_000, "phases": 12, "rate": 1000}


def run(ground, **size):
    return rebuild_under_load(ground, ("postgres", "search"), **size)
