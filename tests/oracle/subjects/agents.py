"""What agents do: decisions and hand-offs, which leave memories behind, and hypotheses."""

import json

from oracle.rows import json_of, loads

TABLES = {
    "agent_decisions": ("decision_id", "tenant", "stream_id"),
    "agent_handoffs": ("handoff_id", "tenant", "stream_id"),
    "hypotheses": ("hypothesis_id", "tenant", "stream_id"),
}


class Tables:
    """The part of a Fold that knows these tables."""

    # --- verdicts ---

    def judge_decision(self, place, payload):
        return self.judge_with_memory("agent_decisions", "decision_id", place, payload)

    def judge_handoff(self, place, payload):
        return self.judge_with_memory("agent_handoffs", "handoff_id", place, payload)

    def judge_with_memory(self, table, id_field, place, payload):
        """A memory of the same id comes with it."""
        verdict = self.judge_new(table, id_field, place, payload)
        return self.judge_create(place, {"memory_id": payload[id_field]}) if verdict[0] == "accepted" else verdict

    def judge_hypothesis(self, place, payload):
        return self.judge_new("hypotheses", "hypothesis_id", place, payload)

    def judge_validation(self, place, payload):
        row = self.hypotheses.get((payload["hypothesis_id"], *place))
        return ("accepted", None) if row is not None else ("not_found", 0)

    # --- effects ---

    def leave_memory(self, place, event, memory_id, agent_id, memory_type, content, metadata, confidence):
        """The memory that another event leaves behind."""
        self.create_memory(place, {**event, "scope": {**event["scope"], "agent_id": agent_id}}, {
            "memory_id": memory_id, "memory_type": memory_type, "term": None, "confidence": confidence,
            "importance": 0.5, "priority": 5, "tier": "warm", "content": json.dumps(content, default=float),
            "metadata": metadata, "tags": None, "entities": None, "expires_at": None})

    def decide_something(self, place, event, payload):
        context = json_of(payload["context"])
        self.new_row("agent_decisions", "decision_id", place, event, {
            **event["scope"], "decision": payload["decision"], "category": payload["category"],
            "urgency": payload["urgency"], "confidence": payload["confidence"], "context": context,
            "insights_used": payload["insights_used"] or [], "triggering_events": payload["triggering_events"] or [],
            "metadata": loads(payload["metadata"] or "{}")})
        content = {"text": payload["decision"]}
        for name in ("category", "urgency", "insights_used", "triggering_events"):
            if payload[name] is not None:
                content[name] = payload[name]
        if payload["context"] is not None:
            content["context"] = context
        self.leave_memory(place, event, payload["decision_id"], event["scope"]["agent_id"], "decision", content,
                          payload["metadata"], 1.0 if payload["confidence"] is None else payload["confidence"])

    def hand_off(self, place, event, payload):
        scope = {name: event["scope"][name] for name in ("user_id", "run_id", "conversation_id")}
        names = ("from_agent", "to_agent", "topic", "reason")
        context = json_of(payload["context"])
        self.new_row("agent_handoffs", "handoff_id", place, event, {
            **scope, **{name: payload[name] for name in names}, "context": context})
        content = {"text": payload["topic"], "from_agent": payload["from_agent"], "to_agent": payload["to_agent"]}
        if payload["context"] is not None:
            content["context"] = context
        if payload["reason"] is not None:
            content["reason"] = payload["reason"]
        self.leave_memory(place, event, payload["handoff_id"], payload["to_agent"], "knowledge", content, None, 1.0)

    def form_hypothesis(self, place, event, payload):
        self.new_row("hypotheses", "hypothesis_id", place, event, {
            **event["scope"], "hypothesis": payload["hypothesis"], "confidence": payload["confidence"],
            "evidence": json_of(payload["evidence"]), "metadata": loads(payload["metadata"] or "{}"),
            "is_valid": None, "final_confidence": None, "final_evidence": None, "validated_at": None,
            "updated_at": event["occurred_at"]})

    def validate_hypothesis(self, place, event, payload):
        row = self.touch("hypotheses", (payload["hypothesis_id"], *place), event)
        row.update(is_valid=payload["is_valid"], validated_at=event["occurred_at"])
        for name, value in (("final_confidence", payload["final_confidence"]),
                            ("final_evidence", json_of(payload["evidence"])),
                            ("metadata", json_of(payload["metadata"]))):
            if payload[{"final_evidence": "evidence"}.get(name, name)] is not None:
                row[name] = value


JUDGES = {
    "AgentDecision": Tables.judge_decision,
    "AgentHandoff": Tables.judge_handoff,
    "HypothesisFormed": Tables.judge_hypothesis,
    "HypothesisValidated": Tables.judge_validation,
}

EFFECTS = {
    "AgentDecision": Tables.decide_something,
    "AgentHandoff": Tables.hand_off,
    "HypothesisFormed": Tables.form_hypothesis,
    "HypothesisValidated": Tables.validate_hypothesis,
}


# --- events ---


def decision(g, stream):
    return g.made_once(stream, "agent_decision", "decision_id", True, decision=g.text(), category=g.maybe(lambda: "daily"),
                     urgency=g.maybe(lambda: "high"), confidence=g.maybe(g.fraction), context=g.maybe(g.json_object),
                     insights_used=g.maybe(lambda: [g.id()]), triggering_events=g.maybe(lambda: [g.id(), g.id()]),
                     metadata=g.maybe(g.json_object))


def handoff(g, stream):
    return g.made_once(stream, "agent_handoff", "handoff_id", True, from_agent="a", to_agent="b", topic=g.text(),
                     context=g.maybe(g.json_object), reason=g.maybe(g.text))


def hypothesis(g, stream):
    return g.made_once(stream, "hypothesis_formed", "hypothesis_id", False, hypothesis=g.text(),
                     confidence=g.maybe(g.fraction), evidence=g.maybe(g.json_object), metadata=g.maybe(g.json_object))


def validation(g, stream):
    formed = stream.things.get("hypothesis_formed", [])
    thing = g.rng.choice(formed) if formed and g.rng.random() < 0.8 else g.id()
    payload = g.filled(hypothesis_id=thing, is_valid=g.rng.random() < 0.5, evidence=g.maybe(lambda: [1, "two"]),
                       final_confidence=g.maybe(g.fraction), metadata=g.maybe(g.json_object))
    return "hypothesis_validated", payload, "accepted" if thing in formed else "not_found", lambda: None


EVENTS = {decision: 1, handoff: 1, hypothesis: 1, validation: 1}
