-- Memories that pass every filter that is given, newest first: $1 tenant, $2 to $4 as of when; $14 to $16 are the row to
-- go on behind. The accesses are looked up for the rows of the page alone, unless the filter asks for them.
SELECT m.id, m.tenant, m.stream_id, m.agent_id, m.user_id, m.run_id, m.conversation_id, m.memory_type, m.term,
       m.content, m.metadata, m.tags, m.entities, m.confidence,
       least(1, m.importance + 0.01 * a.access_count) AS importance, m.priority, a.access_count, a.last_accessed_at,
       m.created_at, m.updated_at, m.expires_at, m.is_deleted, m.is_archived, m.tier, m.version, m.source_event_id
FROM (
    SELECT m.*
    FROM {memories} AS m {filter_accesses}
    WHERE m.tenant = $1::text
      AND ($5::text IS NULL OR m.agent_id = $5::text)
      AND ($6::text IS NULL OR m.user_id = $6::text)
      AND ($7::text IS NULL OR m.run_id = $7::text)
      AND ($8::text IS NULL OR m.conversation_id = $8::text)
      AND ($9::text[] IS NULL OR m.memory_type = ANY ($9::text[]))
      AND ($10::text[] IS NULL OR m.tags @> $10::text[])
      AND ($11::jsonb IS NULL OR m.metadata @> $11::jsonb)
      AND NOT m.is_deleted
      AND ($12::boolean OR m.expires_at IS NULL OR m.expires_at > coalesce($2, now()))
      AND ($13::boolean OR NOT m.is_archived)
      AND ($14::timestamptz IS NULL
           OR (m.created_at, m.id, m.stream_id) < ($14::timestamptz, $15::uuid, $16::text COLLATE "C"))
      AND {filter}
    ORDER BY m.created_at DESC, m.id DESC, m.stream_id DESC
    LIMIT $17::bigint OFFSET $18::bigint
) AS m
CROSS JOIN LATERAL {accesses} AS a
ORDER BY m.created_at DESC, m.id DESC, m.stream_id DESC
