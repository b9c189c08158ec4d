-- Decisions of agents, the latest first: $1 tenant, $2 to $4 the as-of time and position, $5 agent, $6 user,
-- $7 conversation, $8 categories, $9 urgencies, $10 since, $11 until, $12 limit, $13 offset.
SELECT decision_id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, decision, category, urgency,
       confidence, context, insights_used, triggering_events, metadata, context_summary,
       cross_agent_collaboration, created_at, version, source_event_id
FROM agent_decisions
WHERE tenant = $1::text
  AND happened(source_sequence, valid_from, $2, $3, $4)
  AND ($5::text IS NULL OR agent_id = $5::text)
  AND ($6::text IS NULL OR user_id = $6::text)
  AND ($7::text IS NULL OR conversation_id = $7::text)
  AND ($8::text[] IS NULL OR category = ANY ($8::text[]))
  AND ($9::text[] IS NULL OR urgency = ANY ($9::text[]))
  AND ($10::timestamptz IS NULL OR created_at >= $10::timestamptz)
  AND ($11::timestamptz IS NULL OR created_at < $11::timestamptz)
ORDER BY created_at DESC, decision_id DESC, stream_id DESC
LIMIT $12::bigint OFFSET $13::bigint
