-- Memories that pass every given filter, newest first: $1 tenant, $2 to $4 the as-of time and position; $14 to $16 are
-- the row after which to go on. Conditions that are not given are left out of the statement, so that one plan serves
-- all values of the others. Rows of one type come from its index in order; those of several types have to be sorted.
-- Accesses are looked up only for the rows of the page, unless the filter asks for them.
SELECT m.id, m.tenant, m.stream_id, m.agent_id, m.user_id, m.run_id, m.conversation_id, m.memory_type, m.term,
       m.content, m.metadata, m.tags, m.entities, m.confidence,
       least(1, m.importance + a.access_count / 100.0::float8) AS importance, m.priority, a.access_count, a.last_accessed_at,
       m.created_at, m.updated_at, m.expires_at, m.is_deleted, m.is_archived, m.tier, m.version, m.source_event_id
FROM (
    SELECT m.*
    FROM {memories} AS m {filter_accesses}
    WHERE m.tenant = $1
      {agent?AND m.agent_id = $5}
      {user?AND m.user_id = $6}
      {run?AND m.run_id = $7}
      {conversation?AND m.conversation_id = $8}
      {type?AND m.memory_type = $9[1]}
      {types?AND m.memory_type = ANY ($9)}
      {tags?AND m.tags @> $10}
      {metadata?AND m.metadata @> $11}
      {since?AND m.created_at >= $19}
      {until?AND m.created_at < $20}
      AND NOT m.is_deleted
      AND ($12 OR m.expires_at IS NULL OR m.expires_at > coalesce($2, now()))
      AND ($13 OR NOT m.is_archived)
      {cursor?AND (m.created_at, m.id, m.stream_id) < ($14, $15, $16 COLLATE "C")}
      AND {filter}
    ORDER BY m.created_at DESC, m.id DESC, m.stream_id DESC
    LIMIT $17 OFFSET $18
) AS m
CROSS JOIN LATERAL {accesses} AS a
ORDER BY m.created_at DESC, m.id DESC, m.stream_id DESC
