-- Conversations that pass every filter that is given, the latest activity first. $5 to $7 are the row to go on behind.
SELECT conversation_id, tenant, stream_id, user_id, agent_id, title, metadata, is_active, is_deleted, turn_count,
       created_at, updated_at, last_activity_at, version, source_event_id
FROM conversations
WHERE tenant = $1::text
  AND ($2::text IS NULL OR user_id = $2::text)
  AND ($3::text IS NULL OR agent_id = $3::text)
  AND ($4::boolean IS NULL OR is_active = $4::boolean)
  AND NOT is_deleted
  AND ($5::timestamptz IS NULL
       OR (last_activity_at, conversation_id, stream_id)
          < ($5::timestamptz, $6::text COLLATE "C", $7::text COLLATE "C"))
ORDER BY last_activity_at DESC, conversation_id DESC, stream_id DESC
LIMIT $8::bigint OFFSET $9::bigint
