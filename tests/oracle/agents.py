"""The fold of what agents leave beside memories and conversations: links, decisions, hand-offs, hypotheses, knowledge,
profiles, runs, outputs, accesses and policies of retention."""

import json
import uuid
from decimal import Decimal

from oracle.encode import NAMESPACE

# Events that leave a memory, and the field that gives it its id.
MEMORY_MAKERS = {"MemoryCreated": "memory_id", "AgentDecision": "decision_id", "AgentHandoff": "handoff_id"}
EXACT = json.JSONDecoder(parse_float=Decimal)


def loads(text):
    """JSON with exact numbers."""
    return EXACT.decode(text)


def json_of(text):
    return None if text is None else loads(text)


class AgentTables:
    """The part of a Fold that knows these tables."""

    # --- verdicts ---

    def judge_link(self, place, payload):
        return self.judge_conversation_change(place, payload)

    def judge_decision(self, place, payload):
        return self.judge_new("agent_decisions", "decision_id", place, payload)

    def judge_handoff(self, place, payload):
        return self.judge_new("agent_handoffs", "handoff_id", place, payload)

    def judge_hypothesis(self, place, payload):
        return self.judge_new("hypotheses", "hypothesis_id", place, payload)

    def judge_flow_run(self, place, payload):
        return self.judge_new("flow_run_history", "flow_run_id", place, payload)

    def judge_task_output(self, place, payload):
        return self.judge_new("task_outputs", "task_output_id", place, payload)

    def judge_new(self, table, id_field, place, payload):
        row = getattr(self, table).get((payload[id_field], *place))
        if row is not None:
            return "exists", row["version"]
        if id_field in MEMORY_MAKERS.values():  # a memory of the same id comes with it
            return self.judge_create(place, {"memory_id": payload[id_field]})
        return "accepted", None

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

    def link_memory(self, place, event, payload):
        key = (*place, payload["conversation_id"], payload["memory_id"])
        fields = ("message_context", "insights", "follow_up_actions")
        self.put("conversation_memories", key, event, {}, {name: json_of(payload[name]) for name in fields})

    def put(self, table, key, event, fixed, fields):
        """Makes the row of `fixed` and `fields`, or its next version, in which fields of None stay as they were."""
        rows = getattr(self, table)
        if key not in rows:
            rows[key] = {**fixed, **fields, "created_at": event["occurred_at"], "updated_at": event["occurred_at"],
                         "version": 1, **event["made"]}
        else:
            self.touch(table, key, event).update(
                {name: value for name, value in fields.items() if value is not None})

    def new_row(self, table, id_field, place, event, values):
        getattr(self, table)[(event["payload"][id_field], *place)] = {
            **values, "created_at": event["occurred_at"], "version": 1, **event["made"]}

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

    def record_knowledge(self, place, event, payload):
        fields = {name: payload[name] for name in
                  ("domain", "knowledge_type", "content", "confidence", "validation_status")}
        key = (payload["knowledge_id"], *place)
        scope = {name: event["scope"][name] for name in ("agent_id", "user_id")}
        for name in ("evidence", "metadata"):
            fields[name] = json_of(payload[name])
        if key not in self.knowledge and fields["metadata"] is None:
            fields["metadata"] = {}
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

    def record_flow_run(self, place, event, payload):
        scope = {name: event["scope"][name] for name in ("agent_id", "user_id", "run_id")}
        self.new_row("flow_run_history", "flow_run_id", place, event, {
            **scope, "flow": payload["flow"], "run": payload["run"], "data": loads(payload["data"])})

    def record_task_output(self, place, event, payload):
        scope = {name: event["scope"][name] for name in ("agent_id", "user_id", "run_id")}
        self.new_row("task_outputs", "task_output_id", place, event, {
            **scope, "task": payload["task"], "output": loads(payload["output"]),
            "metadata": loads(payload["metadata"] or "{}")})

    def count_accesses(self, place, event, payload):
        """As it is told, or once for each memory that a recall has returned."""
        at = payload.get("last_accessed_at", event["occurred_at"])
        counts = payload.get("counts", [1] * len(payload["memory_ids"]))
        for memory_id, count in zip(payload["memory_ids"], counts, strict=True):
            row = self.memory_access.setdefault((*place, uuid.UUID(memory_id)), {
                "access_count": 0, "last_accessed_at": at})
            row["access_count"] += count
            row["last_accessed_at"] = max(row["last_accessed_at"], at)

    def set_retention(self, place, event, payload):
        """One policy for each scope; a new one replaces all of it."""
        scope = event["scope"]
        if not any(scope.values()):
            return  # nobody is named
        name = "".join((scope[part] or "") + "\0" for part in ("user_id", "agent_id", "run_id", "conversation_id"))
        key = (uuid.uuid5(NAMESPACE, name), *place)
        fields = {field: payload[field] for field in ("min_priority", "max_age_days", "score_threshold")}
        if key in self.retention_policies:
            self.touch("retention_policies", key, event).update(fields)
        else:
            self.put("retention_policies", key, event, scope, fields)
