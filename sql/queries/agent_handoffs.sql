-- Hand-offs between agents, the latest first: $1 tenant, $2 to $4 the as-of time and position, $5 an agent on either
-- side, $6 giver, $7 receiver, $8 user, $9 since, $10 until, $11 limit, $12 offset.
SELECT handoff_id, tenant, stream_id, from_agent, to_agent, user_id, run_id, conversation_id, topic, context, reason,
       handoff_type, urgency, expected_duration, requires_response, created_at, version, source_event_id
FROM agent_handoffs
WHERE tenant = $1::text
  AND happened(source_sequence, valid_from, $2, $3, $4)
  AND ($5::text IS NULL OR from_agent = $5::text OR to_agent = $5::text)
  AND ($6::text IS NULL OR from_agent = $6::text)
  AND ($7::text IS NULL OR to_agent = $7::text)
  AND ($8::text IS NULL OR user_id = $8::text)
  AND ($9::timestamptz IS NULL OR created_at >= $9::timestamptz)
  AND ($10::timestamptz IS NULL OR created_at < $10::timestamptz)
ORDER BY created_at DESC, handoff_id DESC, stream_id DESC
LIMIT $11::bigint OFFSET $12::bigint
