"""Working memory: goal, thoughts and context of conversations, with or without a conversation of that name."""

from oracle.rows import loads

SECOND = 1_000_000
MAX_MICROS = 253402300799999999  # the end of the year 9999
NOTHING_CLEARED = -1
NO_GOAL = {"goal": None, "goal_id": None, "goal_event_id": None, "goal_set_at": None}
KEYS = ("intent", "slot/1", "ключ", "a:b")
TTLS = (1, 3600, 315_360_000)

TABLES = {
    "working_memory": ("tenant", "stream_id", "conversation_id"),
    "working_memory_history": ("tenant", "stream_id", "conversation_id", "version"),
    "working_entries": ("tenant", "stream_id", "conversation_id", "entry_index"),
    "context_keys": ("tenant", "stream_id", "conversation_id", "key"),
    "context_keys_history": ("tenant", "stream_id", "conversation_id", "key", "version"),
}


class Tables:
    """The part of a Fold that knows these tables."""

    # --- verdicts ---

    def judge_context_delete(self, place, payload):
        """Only a key that is there can be deleted; its time does not count, since readers' clocks differ."""
        group = (*place, payload["conversation_id"])
        row = self.context_keys.get((*group, payload["key"]))
        if row is None:
            return "not_found", 0
        if row["is_deleted"] or row["source_sequence"] <= self.working_memory[group]["context_cleared_sequence"]:
            return "not_found", row["version"]
        return "accepted", None

    # --- effects ---

    def begin_working(self, place, event):
        """The row of the conversation's working memory, made if there was none; tells whether it was."""
        key = (*place, event["payload"]["conversation_id"])
        is_new = key not in self.working_memory
        if is_new:
            self.working_memory[key] = {
                "user_id": event["scope"]["user_id"], "agent_id": event["scope"]["agent_id"], **NO_GOAL,
                "cleared_sequence": NOTHING_CLEARED, "context_cleared_sequence": NOTHING_CLEARED, "entry_count": 0,
                "created_at": event["occurred_at"], "updated_at": event["occurred_at"], "version": 1, **event["made"],
            }
        return key, is_new

    def set_context(self, place, event, payload):
        group, _ = self.begin_working(place, event)
        key = (*group, payload["key"])
        begins = min(event["occurred_at"], event["made"]["valid_from"])
        self.put("context_keys", key, event, {}, {})
        self.context_keys[key].update(
            value=loads(payload["value"]), ttl_s=payload["ttl_s"],
            expires_at=min(begins + payload["ttl_s"] * SECOND, MAX_MICROS) if payload["ttl_s"] else MAX_MICROS, is_deleted=False)

    def delete_context(self, place, event, payload):
        self.touch("context_keys", (*place, payload["conversation_id"], payload["key"]), event)["is_deleted"] = True

    def clear_context(self, place, event, payload):
        key = (*place, payload["conversation_id"])
        if key in self.working_memory:
            self.touch("working_memory", key, event)["context_cleared_sequence"] = event["made"]["source_sequence"]

    def append_entry(self, place, maker, **values):
        group, _ = self.begin_working(place, maker)
        index = self.working_memory[group]["entry_count"]
        self.working_memory[group]["entry_count"] += 1
        self.working_entries[(*group, index)] = {
            "thought": None, "metadata": None, "event": None, **values, "created_at": maker["occurred_at"],
            **maker["made"]}

    def append_context(self, place, event, payload):
        self.append_entry(place, event, kind="event", event=loads(payload["event"]))

    def think(self, place, event, payload):
        self.append_entry(place, event, kind="thought", thought=payload["thought"],
                          metadata=loads(payload["metadata"] or "{}"))

    def set_goal(self, place, event, payload):
        key, is_new = self.begin_working(place, event)
        if not is_new:
            self.touch("working_memory", key, event)
        self.working_memory[key].update(goal=payload["goal"], goal_id=payload["goal_id"],
                                        goal_event_id=event["made"]["source_event_id"], goal_set_at=event["occurred_at"])

    def clear_working(self, place, event, payload):
        key, is_new = self.begin_working(place, event)
        if is_new:  # there is no context yet
            self.working_memory[key]["cleared_sequence"] = event["made"]["source_sequence"]
        else:
            self.forget_working(place, event, payload)

    def forget_working(self, place, event, payload):
        key = (*place, payload["conversation_id"])
        if key in self.working_memory:
            sequence = event["made"]["source_sequence"]
            self.touch("working_memory", key, event).update(
                **NO_GOAL, cleared_sequence=sequence, context_cleared_sequence=sequence)


JUDGES = {"ContextDeleted": Tables.judge_context_delete}

EFFECTS = {
    "ContextSet": Tables.set_context,
    "ContextDeleted": Tables.delete_context,
    "ContextCleared": Tables.clear_context,
    "ContextAppended": Tables.append_context,
    "WorkingThought": Tables.think,
    "WorkingGoalSet": Tables.set_goal,
    "WorkingCleared": Tables.clear_working,
}


# --- events ---


def working_event(g, stream):
    """Of a conversation that is there, is gone or never was; often of one whose context holds something."""
    rng = g.rng
    holding = [name for name, keys in stream.contexts.items() if keys]
    if holding and rng.random() < 0.5:
        name = rng.choice(holding)
    else:
        name = (stream.live_conversation(rng) if rng.random() < 0.6 else stream.dead_conversation(rng)) or "nobody's"
    return rng.choice(MAKERS)(g, name, stream.contexts.setdefault(name, set()))


def put(g, name, keys):
    key = g.rng.choice(KEYS)
    payload = g.filled(conversation_id=name, key=key, value=g.rng.choice([[1, 2.50], "text", 0.1, True, {}, g.json_object()]),
                       ttl_s=g.maybe(lambda: g.rng.choice(TTLS)))
    return "context_set", payload, "accepted", lambda: keys.add(key)


def delete(g, name, keys):
    key = g.rng.choice(sorted(keys) if keys and g.rng.random() < 0.6 else KEYS)
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
    more = {} if g.is_old else {"goal_id": g.maybe(lambda: "goal/1")}
    return "working_goal_set", g.filled(conversation_id=name, goal=g.maybe(g.text, 0.7), **more), "accepted", done


def clear_all(g, name, keys):
    return "working_cleared", g.filled(conversation_id=name, reason=g.maybe(g.text)), "accepted", keys.clear


def done():
    """Nothing that a later verdict depends on."""


MAKERS = (put, put, put, delete, clear, append, append, think, think, set_goal, clear_all)
EVENTS = {working_event: 8}
