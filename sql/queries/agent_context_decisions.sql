-- The last 5 decisions of all agents: $1 tenant, $5 the agent, who is not told apart here, $6 user or null.
SELECT 'decision' AS kind, decision_id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, decision, category,
       urgency, confidence, context, metadata, created_at, source_event_id, agent_id IS NOT DISTINCT FROM $5::text AS is_own
FROM agent_decisions
WHERE tenant = $1::text
  AND ($6::text IS NULL OR user_id = $6::text)
ORDER BY created_at DESC, decision_id DESC
LIMIT 5
