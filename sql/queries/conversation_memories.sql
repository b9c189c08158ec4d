-- The memories of a conversation, newest first: those linked to it and those of its scope. $1 tenant, $2 to $4 the
-- as-of time and position, $5 stream, $6 conversation, $7 user, $8 agent, $9 and $10 whether to include expired and
-- archived ones, $11 to $13 the row after which to go on, $14 limit.
SELECT m.id, m.tenant, m.stream_id, m.agent_id, m.user_id, m.run_id, m.conversation_id, m.memory_type, m.term,
       m.content, m.metadata, m.tags, m.entities, m.confidence,
       least(1, m.importance + a.access_count / 100.0::float8) AS importance, m.priority, a.access_count, a.last_accessed_at,
       m.created_at, m.updated_at, m.expires_at, m.is_deleted, m.is_archived, m.tier, m.version, m.source_event_id,
       l.memory_id IS NOT NULL AS is_linked, l.message_context, l.insights, l.follow_up_actions
FROM (
    SELECT scope.id, scope.stream_id
    FROM {memories} AS scope
    WHERE scope.tenant = $1::text
      AND scope.conversation_id = $6::text
      AND ($7::text IS NULL OR scope.user_id = $7::text)
      AND ($7::text IS NOT NULL OR scope.agent_id = $8::text)
    UNION
    SELECT tied.memory_id, tied.stream_id
    FROM conversation_memories AS tied
    WHERE tied.tenant = $1::text AND tied.stream_id = $5::text AND tied.conversation_id = $6::text
      AND happened(tied.source_sequence, tied.valid_from, $2, $3, $4)
) AS its
JOIN {memories} AS m ON m.tenant = $1::text AND m.id = its.id AND m.stream_id = its.stream_id
LEFT JOIN conversation_memories AS l
       ON l.tenant = $1::text AND l.stream_id = $5::text AND l.conversation_id = $6::text
      AND l.memory_id = its.id AND l.stream_id = its.stream_id
      AND happened(l.source_sequence, l.valid_from, $2, $3, $4)
CROSS JOIN LATERAL {accesses} AS a
WHERE NOT m.is_deleted
  AND ($9::boolean OR m.expires_at IS NULL OR m.expires_at > coalesce($2, now()))
  AND ($10::boolean OR NOT m.is_archived)
  AND ($11::timestamptz IS NULL
       OR (m.created_at, m.id, m.stream_id) < ($11::timestamptz, $12::uuid, $13::text COLLATE "C"))
ORDER BY m.created_at DESC, m.id DESC, m.stream_id DESC
LIMIT $14::bigint
