-- The memories of an id: $1 tenant, $2 id, $3 stream or null, $4 whether deleted ones count.
SELECT id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, memory_type, term, content, metadata, tags,
       entities, confidence, importance, priority, access_count, last_accessed_at, created_at, updated_at, expires_at,
       is_deleted, is_archived, tier, version, source_event_id
FROM memories
WHERE tenant = $1::text
  AND id = $2::uuid
  AND ($3::text IS NULL OR stream_id = $3::text)
  AND (NOT is_deleted OR $4::boolean)
ORDER BY stream_id
LIMIT 100
