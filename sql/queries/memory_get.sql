-- The memories with an id, one for each stream: $1 tenant, $2 to $4 the as-of time and position, $5 id, $6 stream or
-- null, $7 whether to include deleted ones.
SELECT m.id, m.tenant, m.stream_id, m.agent_id, m.user_id, m.run_id, m.conversation_id, m.memory_type, m.term,
       m.content, m.metadata, m.tags, m.entities, m.confidence,
       least(1, m.importance + a.access_count / 100.0::float8) AS importance, m.priority, a.access_count, a.last_accessed_at,
       m.created_at, m.updated_at, m.expires_at, m.is_deleted, m.is_archived, m.tier, m.version, m.source_event_id
FROM {memories} AS m
CROSS JOIN LATERAL {accesses} AS a
WHERE m.tenant = $1::text
  AND m.id = $5::uuid
  {stream?AND m.stream_id = $6::text}
  AND (NOT m.is_deleted OR $7::boolean)
ORDER BY m.stream_id
LIMIT 100
