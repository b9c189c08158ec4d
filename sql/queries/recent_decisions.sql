-- The latest decisions of an agent: $1 tenant, $2 agent, $3 since, $4 limit.
SELECT decision_id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, decision, category, urgency,
       confidence, context, insights_used, triggering_events, metadata, context_summary, cross_agent_collaboration,
       created_at, version, source_event_id
FROM agent_decisions
WHERE tenant = $1::text AND agent_id = $2::text AND created_at >= $3::timestamptz
ORDER BY created_at DESC, decision_id DESC, stream_id DESC
LIMIT $4::bigint
