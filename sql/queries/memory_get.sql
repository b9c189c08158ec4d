-- The memories of an id: $1 tenant, $2 id, $3 stream or null, $4 whether deleted ones count.
SELECT m.id, m.tenant, m.stream_id, m.agent_id, m.user_id, m.run_id, m.conversation_id, m.memory_type, m.term,
       m.content, m.metadata, m.tags, m.entities, m.confidence,
       least(1, m.importance + 0.01 * a.access_count) AS importance, m.priority, a.access_count, a.last_accessed_at,
       m.created_at, m.updated_at, m.expires_at, m.is_deleted, m.is_archived, m.tier, m.version, m.source_event_id
FROM memories AS m
CROSS JOIN LATERAL (
    SELECT coalesce(sum(access_count), 0)::bigint AS access_count, max(last_accessed_at) AS last_accessed_at
    FROM memory_access
    WHERE tenant = m.tenant AND stream_id IN (m.stream_id || '#access', m.stream_id) AND memory_id = m.id
) AS a
WHERE m.tenant = $1::text
  AND m.id = $2::uuid
  AND ($3::text IS NULL OR m.stream_id = $3::text)
  AND (NOT m.is_deleted OR $4::boolean)
ORDER BY m.stream_id
LIMIT 100
