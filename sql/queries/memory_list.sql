-- Memories that pass every filter that is given, newest first. $11 to $13 are the row to go on behind.
SELECT id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, memory_type, term, content, metadata, tags,
       entities, confidence, importance, priority, access_count, last_accessed_at, created_at, updated_at, expires_at,
       is_deleted, is_archived, tier, version, source_event_id
FROM memories
WHERE tenant = $1::text
  AND ($2::text IS NULL OR agent_id = $2::text)
  AND ($3::text IS NULL OR user_id = $3::text)
  AND ($4::text IS NULL OR run_id = $4::text)
  AND ($5::text IS NULL OR conversation_id = $5::text)
  AND ($6::text[] IS NULL OR memory_type = ANY ($6::text[]))
  AND ($7::text[] IS NULL OR tags @> $7::text[])
  AND ($8::jsonb IS NULL OR metadata @> $8::jsonb)
  AND NOT is_deleted
  AND ($9::boolean OR expires_at IS NULL OR expires_at > now())
  AND ($10::boolean OR NOT is_archived)
  AND ($11::timestamptz IS NULL
       OR (created_at, id, stream_id) < ($11::timestamptz, $12::uuid, $13::text COLLATE "C"))
ORDER BY created_at DESC, id DESC, stream_id DESC
LIMIT $14::bigint OFFSET $15::bigint
