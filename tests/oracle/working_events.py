"""The generator's events of working memory: of conversations that are there, are gone or never were."""

KEYS = ("intent", "slot/1", "ключ", "a:b")
TTLS = (1, 3600, 315_360_000)


def working_event(generator, stream):
    """One of them, as (type, payload, verdict, effect)."""
    rng = generator.rng
    name = (stream.live_conversation(rng) if rng.random() < 0.6 else stream.dead_conversation(rng)) or "nobody's"
    return rng.choice(MAKERS)(generator, name, stream.contexts.setdefault(name, set()))


def put(g, name, keys):
    key = g.rng.choice(KEYS)
    payload = g.filled(conversation_id=name, key=key, value=g.rng.choice([[1, 2.50], "text", 0.1, True, {}, g.json_object()]),
                       ttl_s=g.maybe(lambda: g.rng.choice(TTLS)))
    return "context_set", payload, "accepted", lambda: keys.add(key)


def delete(g, name, keys):
    key = g.rng.choice(KEYS)
    return ("context_deleted", {"conversation_id": name, "key": key}, "accepted" if key in keys else "not_found",
            lambda: keys.remove(key))


def clear(g, name, keys):
    return "context_cleared", g.filled(conversation_id=name, reason=g.maybe(g.text)), "accepted", keys.clear


def append(g, name, keys):
    return "context_appended", {"conversation_id": name, "event": g.rng.choice([g.json_object(), [1], "x"])}, "accepted", done


def think(g, name, keys):
    return ("working_thought", g.filled(conversation_id=name, thought=g.text(), metadata=g.maybe(g.json_object)), "accepted",
            done)


def set_goal(g, name, keys):
    return "working_goal_set", g.filled(conversation_id=name, goal=g.maybe(g.text, 0.7)), "accepted", done


def clear_all(g, name, keys):
    return "working_cleared", g.filled(conversation_id=name, reason=g.maybe(g.text)), "accepted", keys.clear


def done():
    """Nothing that a later verdict depends on."""


MAKERS = (put, put, put, delete, clear, append, append, think, think, set_goal, clear_all)
