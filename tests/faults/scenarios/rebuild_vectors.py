"""A rebuild of the vectors is killed in each of its phases while writes go on; the next run ends it, and no model is
asked for anything twice."""

from harness.rebuild import rebuild_under_load

OWN_STACK = False
SHORT = {"backlog": 1500, "phases": 2, "rate": 150}
LONG = {"backlog": 20_000, "phases": 12, "rate": 600}


def run(ground, **size):
    return rebuild_under_load(ground, ("postgres", "embed", "vectors"), **size)
