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


def imported(g, stream):
    return noted("import_finished", g.filled(format="jsonl", content_sha256="0123456789abcdef" * 4, file="a/b ü.jsonl",
                                             events=g.rng.randint(0, 2**40), last_event_id=g.maybe(g.id),
                                             last_position=g.maybe(lambda: "3:17")))


def vector(g, stream):
    """One that the caller brings: the projection of vectors keeps it."""
    place = {"vector_id": f"page/{g.rng.randint(1, 20)} ü", "collection": f"pictures {g.rng.randint(1, 2)}"}
    if g.rng.random() < 0.3:
        return noted("vector_deleted", place)
    return noted("vector_indexed", {**place, "vector": [g.rng.random() + 0.1 for _ in range(3)], "metadata": g.json_object()})


def custom(g, stream):
    return noted("custom", {"type": f"my.type {g.rng.randint(1, 3)}", "json": g.rng.choice([{"a": 1}, [1, 2], "text", 0.5, True])})


EVENTS = {biometric: 1, projection: 1, mishap: 1, imported: 1, vector: 1, custom: 1}
