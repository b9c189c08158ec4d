"""Events that change no table: they are kept in the ledger."""

TABLES = {}
JUDGES = {}
EFFECTS = {}


class Tables:
    """There are none."""


def noted(kind, payload):
    return kind, payload, "accepted", lambda: None


def biometric(g, stream):
    return noted("biometric_received", g.filled(metric="heart_rate", value=g.rng.random() * 200, unit="bpm",
                                                measured_at=g.maybe(g.time)))


def projection(g, stream):
    return noted("projection_updated", {"projection": "postgres", "action": "rebuilt", "details": g.json_object()})


def mishap(g, stream):
    return noted("error_occurred", g.filled(error_type="oops", message=g.text(), severity=g.maybe(lambda: "warning")))


def custom(g, stream):
    return noted("custom", {"type": f"my.type {g.rng.randint(1, 3)}", "json": g.rng.choice([{"a": 1}, [1, 2], "text", 0.5, True])})


EVENTS = {biometric: 1, projection: 1, mishap: 1, custom: 1}
