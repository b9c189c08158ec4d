-- Memories that pass every filter that is given, newest first. $11 to $13 are the row to go on behind. The accesses are
-- looked up for the rows of the page alone.
SELECT m.id, m.tenant, m.stream_id, m.agent_id, m.user_id, m.run_id, m.conversation_id, m.memory_type, m.term,
       m.content, m.metadata, m.tags, m.entities, m.confidence,
       least(1, m.importance + 0.01 * a.access_count) AS importance, m.priority, a.access_count, a.last_accessed_at,
       m.created_at, m.updated_at, m.expires_at, m.is_deleted, m.is_archived, m.tier, m.version, m.source_event_id
FROM (
    SELECT *
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
) AS m
CROSS JOIN LATERAL (
    SELECT coalesce(sum(access_count), 0)::bigint AS access_count, max(last_accessed_at) AS last_accessed_at
    FROM memory_access
    WHERE tenant = m.tenant AND stream_id IN (m.stream_id || '#access', m.stream_id) AND memory_id = m.id
) AS a
ORDER BY m.created_at DESC, m.id DESC, m.stream_id DESC
