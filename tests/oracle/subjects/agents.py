"""What agents do: decisions and hand-offs, which leave memories behind, and hypotheses."""

import json

from oracle.limits import json_object
from oracle.rows import json_of, loads

TABLES = {
    "agent_decisions": ("decision_id", "tenant", "stream_id"),
    "agent_handoffs": ("handoff_id", "tenant", "stream_id"),
    "hypotheses": ("hypothesis_id", "tenant", "stream_id"),
}


USUAL_DECISION = {"category": "general", "urgency": "normal"}
USUAL_HANDOFF = {"reason": "specialist_expertise_required", "handoff_type": "consultation", "urgency": "normal",
                 "expected_duration": "unknown", "requires_response": True}


def or_usual(payload, usual):
    return {name: value if payload[name] is None else payload[name] for name, value in usual.items()}


def object_of(members):
    """An object's text with the members that are there; their values are JSON already, as the event spells it."""
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in members.items() if value is not None) + "}"


def text_of(value):
    return None if value is None else json.dumps(value, ensure_ascii=False)


def content_of_decision(event):
    """The content of the memory that a decision leaves, its fields in the order in which they are told."""
    payload = event["payload"]
    text = text_of(payload["decision"])
    if event["schema_version"] > 1:
        return object_of({"text": text}) if json_object(payload["decision"]) is None else payload["decision"]
    return object_of({"text": text, "category": text_of(payload["category"]), "urgency": text_of(payload["urgency"]),
                      "context": payload["context"], "insights_used": text_of(payload["insights_used"]),
                      "triggering_events": text_of(payload["triggering_events"])})


def metadata_of_decision(event):
    """The caller's own, and since version 2 what else the decision says, in the place of the same names."""
    payload = event["payload"]
    if event["schema_version"] == 1:
        return payload["metadata"]
    usual = or_usual(payload, USUAL_DECISION)
    said = object_of({"decision_context": payload["context"], "context_summary": text_of(payload["context_summary"]),
                      **{name: text_of(value) for name, value in usual.items()},
                      "insights_used": text_of(payload["insights_used"]),
                      "triggering_events": text_of(payload["triggering_events"]),
                      "cross_agent_collaboration": payload["cross_agent_collaboration"]})
    own = (payload["metadata"] or "{}").strip()[1:-1].strip()
    return "{" + ", ".join(part for part in (own, said[1:-1]) if part) + "}"  # of two members of a name the last counts


def content_of_handoff(event):
    payload = event["payload"]
    from_agent, topic = text_of(payload["from_agent"]), text_of(payload["topic"])
    if event["schema_version"] > 1:
        return object_of({"handoff_received": "true", "from_agent": from_agent, "topic": topic, "context": payload["context"]})
    return object_of({"text": topic, "from_agent": from_agent, "to_agent": text_of(payload["to_agent"]),
                      "context": payload["context"], "reason": text_of(payload["reason"])})


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
            "importance": 0.5, "priority": 5, "tier": "warm", "content": content, "metadata": metadata, "tags": None,
            "entities": None, "expires_at": None})

    def decide_something(self, place, event, payload):
        usual = {"category": None, "urgency": None} if event["schema_version"] == 1 else USUAL_DECISION
        self.new_row("agent_decisions", "decision_id", place, event, {
            **event["scope"], "decision": payload["decision"], **or_usual(payload, usual),
            "confidence": payload["confidence"], "context": json_of(payload["context"]),
            "insights_used": payload["insights_used"] or [], "triggering_events": payload["triggering_events"] or [],
            "metadata": loads(payload["metadata"] or "{}"), "context_summary": payload["context_summary"],
            "cross_agent_collaboration": json_of(payload["cross_agent_collaboration"])})
        self.leave_memory(place, event, payload["decision_id"], event["scope"]["agent_id"], "decision",
                          content_of_decision(event), metadata_of_decision(event),
                          1.0 if payload["confidence"] is None else payload["confidence"])

    def hand_off(self, place, event, payload):
        is_first_version = event["schema_version"] == 1
        usual = dict.fromkeys(USUAL_HANDOFF) if is_first_version else USUAL_HANDOFF
        self.new_row("agent_handoffs", "handoff_id", place, event, {
            **{name: event["scope"][name] for name in ("user_id", "run_id", "conversation_id")},
            **{name: payload[name] for name in ("from_agent", "to_agent", "topic")},
            "context": json_of(payload["context"]), **or_usual(payload, usual)})
        metadata = None if is_first_version else json.dumps({
            "handoff_id": str(payload["handoff_id"]),
            "requires_response": or_usual(payload, USUAL_HANDOFF)["requires_response"]})
        self.leave_memory(place, event, payload["handoff_id"], payload["to_agent"],
                          "knowledge" if is_first_version else "conversation", content_of_handoff(event), metadata, 1.0)

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
    said, more = g.text(), {}
    if not g.is_old:
        said = g.rng.choice([g.text(), {**g.json_object(), "do": 1}, '{"text": "said as a text"}', "{no object"])
        more = {"context_summary": g.maybe(g.text), "cross_agent_collaboration": g.maybe(lambda: ["b", {"share": 0.50}])}
    return g.made_once(
        stream, "agent_decision", "decision_id", True, decision=said, category=g.maybe(lambda: "daily"),
        urgency=g.maybe(lambda: "high"), confidence=g.maybe(g.fraction), context=g.maybe(g.json_object),
        insights_used=g.maybe(lambda: [g.id()]), triggering_events=g.maybe(lambda: [g.id(), g.id()]),
        metadata=g.maybe(lambda: {**g.json_object(), **g.rng.choice([{}, {"category": "own"}, {"speaker": "Ána", "turn_index": 3}])}),
        **more)


def handoff(g, stream):
    more = {} if g.is_old else {
        "handoff_type": g.maybe(lambda: "takeover"), "urgency": g.maybe(lambda: "critical"),
        "expected_duration": g.maybe(lambda: "2 h"), "requires_response": g.maybe(lambda: g.rng.random() < 0.5)}
    return g.made_once(stream, "agent_handoff", "handoff_id", True, from_agent="a", to_agent="b", topic=g.text(),
                       context=g.maybe(g.json_object), reason=g.maybe(g.text), **more)


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
