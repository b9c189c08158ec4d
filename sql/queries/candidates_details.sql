-- Documents by their keys, as far as they may be shown, with the values of the memories behind them: $1 tenant, $2 to
-- $4 the as-of time and position, $5 to $8 user, agent, run and conversation, $9 to $11 streams, kinds and refs; n is
-- the place in these arrays, from 1. $12 types of memories, $13 and $14 whether to include expired and archived ones,
-- $15 and $16 the times between which a document was created. A turn has no memory, so it passes unless the filter asks
-- for memories only. $17 says for each key whether its memory is known already (1): then it is not looked up, and its
-- columns are null or 0. OFFSET 0 keeps the look-ups by key alone.
SELECT w.n, d.stream_id, d.kind, d.ref, d.user_id, d.agent_id, d.run_id, d.conversation_id, d.position, d.speaker, d.role,
       d.created_at, d.source_sequence, d.text, d.length::bigint AS length, d.lexemes,
       m.id IS NOT NULL AS is_memory, m.memory_type, m.content, m.metadata,
       coalesce(least(1, m.importance + a.access_count / 100.0::float8), 0) AS importance, coalesce(m.confidence, 0) AS confidence,
       coalesce(m.priority, 0) AS priority, coalesce(a.access_count, 0) AS access_count, a.last_accessed_at,
       m.expires_at, coalesce(m.updated_at, d.created_at) AS updated_at, coalesce(m.version, 0) AS version
FROM unnest($9::text[], $10::text[], $11::text[], $17::bigint[]) WITH ORDINALITY AS w(stream_id, kind, ref, is_known, n)
CROSS JOIN LATERAL (
    SELECT *
    FROM {documents} AS found
    WHERE found.tenant = $1 AND found.stream_id = w.stream_id AND found.kind = w.kind AND found.ref = w.ref
    OFFSET 0
) AS d
LEFT JOIN LATERAL (
    SELECT *
    FROM {memories} AS remembered
    WHERE remembered.id = CASE WHEN w.kind = 'memory' AND w.is_known = 0 THEN w.ref::uuid END
      AND remembered.tenant = $1 AND remembered.stream_id = w.stream_id
    OFFSET 0
) AS m ON true
LEFT JOIN LATERAL {accesses} AS a ON m.id IS NOT NULL
WHERE true
  {user?AND d.user_id = $5}
  {agent?AND d.agent_id = $6}
  {run?AND d.run_id = $7}
  {conversation?AND d.conversation_id = $8}
  {since?AND d.created_at >= $15}
  {until?AND d.created_at <= $16}
  AND ((d.kind = 'turn' {memories_only?AND false})
       OR w.is_known = 1
       OR (m.id IS NOT NULL
           AND NOT m.is_deleted
           AND ($13 OR m.expires_at IS NULL OR m.expires_at > coalesce($2, now()))
           AND ($14 OR NOT m.is_archived)
           {types?AND m.memory_type = ANY ($12)}
           AND {filter}))
ORDER BY w.n
