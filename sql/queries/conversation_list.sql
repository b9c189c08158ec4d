-- Conversations that pass every given filter, the latest activity first: $1 tenant, $2 to $4 the as-of time and
-- position, $5 user, $6 agent, $7 whether active, $8 to $10 the row after which to go on, $11 limit, $12 offset.
SELECT conversation_id, tenant, stream_id, user_id, agent_id, title, metadata, is_active, is_deleted, turn_count,
       created_at, updated_at, last_activity_at, version, source_event_id
FROM {conversations}
WHERE tenant = $1::text
  AND ($5::text IS NULL OR user_id = $5::text)
  AND ($6::text IS NULL OR agent_id = $6::text)
  AND ($7::boolean IS NULL OR is_active = $7::boolean)
  AND NOT is_deleted
  AND ($8::timestamptz IS NULL
       OR (last_activity_at, conversation_id, stream_id)
          < ($8::timestamptz, $9::text COLLATE "C", $10::text COLLATE "C"))
ORDER BY last_activity_at DESC, conversation_id DESC, stream_id DESC
LIMIT $11::bigint OFFSET $12::bigint
