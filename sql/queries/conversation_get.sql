-- The conversations with an id, one for each stream: $1 tenant, $2 to $4 the as-of time and position, $5 id, $6 stream
-- or null.
SELECT conversation_id, tenant, stream_id, user_id, agent_id, title, metadata, is_active, is_deleted, turn_count,
       created_at, updated_at, last_activity_at, version, source_event_id
FROM {conversations}
WHERE tenant = $1::text
  AND conversation_id = $5::text
  AND ($6::text IS NULL OR stream_id = $6::text)
  AND NOT is_deleted
ORDER BY stream_id
LIMIT 100
