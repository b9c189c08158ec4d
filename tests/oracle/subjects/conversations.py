"""Conversations, their turns, and what ties memories to them."""

import hashlib

from oracle import document_events
from oracle.rows import json_of, loads

TABLES = {
    "conversations": ("tenant", "stream_id", "conversation_id"),
    "conversations_history": ("tenant", "stream_id", "conversation_id", "version"),
    "conversation_turns": ("tenant", "stream_id", "conversation_id", "turn_index"),
    "conversation_turns_history": ("tenant", "stream_id", "conversation_id", "turn_index", "source_sequence"),
    "conversation_memories": ("tenant", "stream_id", "conversation_id", "memory_id"),
}


def turns_of(payload, first):
    """(index, columns) of what is said, and of what is answered."""
    answer = payload["agent_response"]
    said = {name: payload[name] for name in ("role", "speaker", "content", "token_count", "model")}
    yield first, said if answer is None else {**said, "model": None}
    if answer is not None:
        yield first + 1, {"role": "assistant", "speaker": None, "content": answer, "token_count": None,
                          "model": payload["model"]}


class Tables:
    """The part of a Fold that knows these tables."""

    # --- verdicts ---

    def judge_conversation_create(self, place, payload):
        conversation = self.conversations.get((*place, payload["conversation_id"]))
        if conversation is not None and not conversation["is_deleted"]:
            return "exists", conversation["version"]
        return "accepted", None

    def judge_conversation_change(self, place, payload):
        conversation = self.conversations.get((*place, payload["conversation_id"]))
        if conversation is None or conversation["is_deleted"]:
            return "not_found", conversation["version"] if conversation else 0
        return "accepted", None

    def judge_turn(self, place, payload):
        """A conversation begins with its first turn; one that was deleted does not. A turn that is there already stands in
        the way of one of version 1; since then it is corrected, unless it says the same."""
        key = (*place, payload["conversation_id"])
        conversation = self.conversations.get(key)
        if conversation is not None and conversation["is_deleted"]:
            return "not_found", conversation["version"]
        if payload["turn_index"] is None:
            return "accepted", None
        schema_version, stream_version = self.judging
        said = [self.conversation_turns.get((*key, index)) for index, _ in turns_of(payload, payload["turn_index"])]
        if schema_version == 1:
            return ("accepted", None) if said[0] is None else ("exists", conversation["version"])
        same = [row is not None and row["content"] == turn["content"]
                for row, (_, turn) in zip(said, turns_of(payload, payload["turn_index"]), strict=True)]
        return ("duplicate", stream_version) if all(same) else ("accepted", None)

    # --- effects ---

    def create_conversation(self, place, event, payload):
        key = (*place, payload["conversation_id"])
        before = self.conversations.get(key)
        if before:  # the turns of its former life went with it
            self.supersede("conversations", key, event)
            for turn in [turn for turn in self.conversation_turns if turn[:3] == key]:
                self.supersede("conversation_turns", turn, event, self.conversation_turns[turn]["source_sequence"])
                del self.conversation_turns[turn]
        self.conversations[key] = {
            "user_id": event["scope"]["user_id"], "agent_id": event["scope"]["agent_id"],
            "title": payload.get("title"), "metadata": loads(payload.get("metadata") or "{}"),
            "is_active": True, "is_deleted": False, "turn_count": 0,
            "created_at": event["occurred_at"], "updated_at": event["occurred_at"],
            "last_activity_at": event["occurred_at"],
            "version": (before["version"] if before else 0) + 1, **event["made"],
        }

    def update_conversation(self, place, event, payload):
        conversation = self.touch("conversations", (*place, payload["conversation_id"]), event)
        if payload["title"] is not None:
            conversation["title"] = payload["title"]
        if payload["metadata"] is not None:
            conversation["metadata"] = loads(payload["metadata"])

    def close_conversation(self, place, event, payload):
        conversation = self.touch("conversations", (*place, payload["conversation_id"]), event)
        conversation["is_active"] = False

    def delete_conversation(self, place, event, payload):
        conversation = self.touch("conversations", (*place, payload["conversation_id"]), event)
        conversation["is_deleted"] = True
        self.forget_working(place, event, payload)

    def add_turn(self, place, event, payload):
        key = (*place, payload["conversation_id"])
        conversation = self.conversations.get(key)
        if conversation is None:
            self.create_conversation(place, event, {"conversation_id": payload["conversation_id"]})
            conversation = self.conversations[key]
        first = conversation["turn_count"] if payload["turn_index"] is None else payload["turn_index"]
        event["turns"] = []  # those that the event has made or corrected
        for index, turn in turns_of(payload, first):
            place_of_turn = (*key, index)
            before = self.conversation_turns.get(place_of_turn)
            if before is not None and before["content"] == turn["content"]:
                continue
            row = {"created_at": event["occurred_at"], "corrected_at": None, "first_sequence": None}
            if before is None:
                conversation["turn_count"] = max(conversation["turn_count"], index + 1)
                conversation["last_activity_at"] = max(conversation["last_activity_at"], event["occurred_at"])
            else:
                self.supersede("conversation_turns", place_of_turn, event, before["source_sequence"])
                first_sequence = before["first_sequence"]
                row = {"created_at": before["created_at"], "corrected_at": event["occurred_at"],
                       "first_sequence": before["source_sequence"] if first_sequence is None else first_sequence}
            self.conversation_turns[place_of_turn] = {
                **row, **turn, "content_hash": hashlib.sha256(turn["content"].encode()).digest(),
                "metadata": loads(payload["metadata"] or "{}"), **event["made"]}
            event["turns"].append((index, turn))

    def link_memory(self, place, event, payload):
        key = (*place, payload["conversation_id"], payload["memory_id"])
        fields = ("message_context", "insights", "follow_up_actions")
        self.put("conversation_memories", key, event, {}, {name: json_of(payload[name]) for name in fields})


JUDGES = {
    "ConversationCreated": Tables.judge_conversation_create,
    "ConversationUpdated": Tables.judge_conversation_change,
    "ConversationClosed": Tables.judge_conversation_change,
    "ConversationDeleted": Tables.judge_conversation_change,
    "ConversationTurn": Tables.judge_turn,
    "ConversationMemoryLinked": Tables.judge_conversation_change,
}

EFFECTS = {
    "ConversationCreated": Tables.create_conversation,
    "ConversationUpdated": Tables.update_conversation,
    "ConversationClosed": Tables.close_conversation,
    "ConversationDeleted": Tables.delete_conversation,
    "ConversationTurn": Tables.add_turn,
    "ConversationMemoryLinked": Tables.link_memory,
}


# --- events ---


def conversation_id(g):
    return f"talk {g.rng.randint(1, 10**9)} ü"


def begin(g, stream):
    again = g.rng.random()
    name = (stream.live_conversation(g.rng) if again < 0.2 else
            stream.dead_conversation(g.rng) if again < 0.5 else None) or conversation_id(g)
    state = stream.conversations.get(name, [False, {}, 0])

    def effect():
        stream.conversations[name] = [True, {}, 0]

    return ("conversation_created",
            g.filled(conversation_id=name, title=g.maybe(g.text), metadata=g.maybe(g.json_object)),
            "exists" if state[0] else "accepted", effect)


def change(g, stream):
    kind = g.rng.choice(["conversation_updated", "conversation_closed", "conversation_deleted"])
    name = stream.live_conversation(g.rng) if g.rng.random() < 0.85 else stream.dead_conversation(g.rng)
    verdict = "accepted" if name and stream.conversations[name][0] else "not_found"
    name = name or conversation_id(g)
    payload = {"conversation_id": name}
    if kind == "conversation_updated":
        payload |= g.filled(title=g.maybe(g.text), metadata=g.maybe(g.json_object))
    else:
        payload |= g.filled(reason=g.maybe(g.text))

    def effect():
        stream.conversations[name][0] = kind != "conversation_deleted"
        if kind == "conversation_deleted":
            stream.contexts.pop(name, None)

    return kind, payload, verdict, effect


def turn(g, stream):
    name = (stream.live_conversation(g.rng) if g.rng.random() < 0.9 else
            stream.dead_conversation(g.rng)) or conversation_id(g)
    there, said, following = stream.conversations.get(name, [True, {}, 0])
    index, verdict = None, "accepted" if there else "not_found"
    role, content, answer = g.rng.choice(["user", "assistant", "system", "tool"]), document_events.text(g), None
    if not g.is_old and g.rng.random() < 0.3:
        role, answer = "user", document_events.text(g)
    if g.rng.random() < 0.2:
        index = following + g.rng.choice([0, 0, 1, 3])
    elif there and said and g.rng.random() < 0.25:
        index = g.rng.choice(sorted(said))
        if g.rng.random() < 0.5:  # the same again, or half of it
            content = said[index]
            answer = said.get(index + 1, answer) if answer and g.rng.random() < 0.5 else answer
    first = following if index is None else index
    texts = {first: content, **({} if answer is None else {first + 1: answer})}
    if verdict == "accepted" and g.is_old and index in said:
        verdict = "exists"
    elif verdict == "accepted" and all(said.get(at) == text for at, text in texts.items()):
        verdict = "duplicate"

    def effect():
        stream.conversations[name] = [True, said | texts, max(following, max(texts) + 1)]

    return "conversation_turn", g.filled(
        conversation_id=name, turn_index=index, role=role, agent_response=answer,
        speaker=g.maybe(lambda: g.rng.choice(["Ána", "Bo", " "])), content=content,
        token_count=g.maybe(lambda: g.rng.randint(0, 2**40)), model=g.maybe(lambda: "model/1"),
        metadata=g.maybe(lambda: document_events.turn_metadata(g))), verdict, effect


def link(g, stream):
    name = stream.live_conversation(g.rng) if g.rng.random() < 0.9 else stream.dead_conversation(g.rng)
    verdict = "accepted" if name and stream.conversations[name][0] else "not_found"
    memory_id = stream.live_memory(g.rng) or g.id()
    payload = g.filled(conversation_id=name or conversation_id(g), memory_id=memory_id,
                       message_context=g.maybe(lambda: [{"turn": 1}]), insights=g.maybe(g.json_object),
                       follow_up_actions=g.maybe(lambda: ["call", 0.5]))
    return "conversation_memory_linked", payload, verdict, lambda: None


EVENTS = {begin: 4, change: 4, turn: 15, link: 1}
