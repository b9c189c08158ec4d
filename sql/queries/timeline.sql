-- Entries of the timeline, the latest first: $1 tenant, $5 user, $6 agent, $7 conversation, $8 types, $9 since,
-- $10 until, $11 limit, $12 offset.
SELECT at, type, reference, summary, importance, access_count, last_accessed_at, is_archived, metadata,
       tenant, user_id, agent_id, conversation_id
FROM memory_timeline
WHERE tenant = $1::text
  AND ($5::text IS NULL OR user_id = $5::text)
  AND ($6::text IS NULL OR agent_id = $6::text)
  AND ($7::text IS NULL OR conversation_id = $7::text)
  AND ($8::text[] IS NULL OR type = ANY ($8::text[]))
  AND ($9::timestamptz IS NULL OR at >= $9::timestamptz)
  AND ($10::timestamptz IS NULL OR at < $10::timestamptz)
ORDER BY at DESC, type, reference DESC
LIMIT $11::bigint OFFSET $12::bigint
