"""What specialists know, and what is known of users."""

from oracle.rows import json_of

TABLES = {
    "knowledge": ("knowledge_id", "tenant", "stream_id"),
    "knowledge_history": ("knowledge_id", "tenant", "stream_id", "version"),
    "profiles": ("tenant", "stream_id", "user_id"),
    "profiles_history": ("tenant", "stream_id", "user_id", "version"),
}


class Tables:
    """The part of a Fold that knows these tables."""

    def record_knowledge(self, place, event, payload):
        fields = {name: payload[name] for name in
                  ("domain", "knowledge_type", "content", "confidence", "validation_status")}
        key = (payload["knowledge_id"], *place)
        scope = {name: event["scope"][name] for name in ("agent_id", "user_id")}
        for name in ("evidence", "metadata"):
            fields[name] = json_of(payload[name])
        is_old = event["schema_version"] == 1
        fields["validated_at"] = payload["validated_at"]
        if fields["validated_at"] is None and payload["validation_status"] == "validated" and not is_old:
            fields["validated_at"] = event["occurred_at"]
        if key not in self.knowledge and fields["metadata"] is None:
            fields["metadata"] = {}
        if key not in self.knowledge and fields["validation_status"] is None and not is_old:
            fields["validation_status"] = "pending"
        self.put("knowledge", key, event, scope, fields)

    def onboard_user(self, place, event, payload):
        user_id = event["scope"]["user_id"]
        if user_id is None:
            return  # nobody is named
        key = (*place, user_id)
        fields = {name: json_of(payload[name]) for name in ("profile", "preferences")}
        if key not in self.profiles:
            fields = {name: {} if value is None else value for name, value in fields.items()}
        self.put("profiles", key, event, {}, {**fields, "source": payload["source"]})


JUDGES = {}

EFFECTS = {
    "KnowledgeRecorded": Tables.record_knowledge,
    "UserOnboarded": Tables.onboard_user,
}


# --- events ---


def knowledge(g, stream):
    known = stream.things.setdefault("knowledge_recorded", [])
    thing = g.rng.choice(known) if known and g.rng.random() < 0.5 else g.id()
    status = ["disputed", "validated"] if g.is_old else ["pending", "validated", "refuted"]
    payload = g.filled(knowledge_id=thing, domain=g.rng.choice(["cooking", "law"]), content=g.text(),
                       knowledge_type=g.maybe(lambda: "rule"), confidence=g.maybe(g.fraction),
                       validation_status=g.maybe(lambda: g.rng.choice(status)), evidence=g.maybe(g.json_object),
                       metadata=g.maybe(g.json_object))
    if not g.is_old:
        payload |= g.filled(validated_at=g.maybe(g.time, 0.2), content=g.maybe(g.json_object, 0.3) or None)
    return "knowledge_recorded", payload, "accepted", lambda: known.append(thing)


def onboarding(g, stream):
    payload = g.filled(profile=g.maybe(g.json_object), preferences=g.maybe(g.json_object), source=g.maybe(lambda: "web"))
    return "user_onboarded", payload, "accepted", lambda: None


EVENTS = {knowledge: 1, onboarding: 1}
