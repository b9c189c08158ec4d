-- What other agents learned lately and are sure of, 10 memories each: $1 tenant, $5 the agent, $6 user or null. The agents
-- are found by walking their index from one to the next.
WITH RECURSIVE others (agent_id) AS (
    SELECT min(agent_id) FROM memories WHERE tenant = $1::text
    UNION ALL
    SELECT (SELECT min(m.agent_id) FROM memories AS m WHERE m.tenant = $1::text AND m.agent_id > others.agent_id)
    FROM others
    WHERE others.agent_id IS NOT NULL
)
SELECT 'memory' AS kind, m.id, m.tenant, m.stream_id, m.agent_id, m.user_id, m.run_id, m.conversation_id, m.memory_type,
       m.content, m.metadata, m.tags, m.confidence,
       least(1, m.importance + a.access_count / 100.0::float8) AS importance, m.created_at, m.updated_at, m.version,
       m.source_event_id
FROM others
CROSS JOIN LATERAL (
    SELECT *
    FROM memories
    WHERE tenant = $1::text
      AND memories.agent_id = others.agent_id
      AND ($6::text IS NULL OR user_id = $6::text)
      AND confidence >= 0.7
      AND NOT is_deleted
      AND NOT is_archived
      AND (expires_at IS NULL OR expires_at > now())
    ORDER BY created_at DESC, id DESC
    LIMIT 10
) AS m
CROSS JOIN LATERAL {accesses} AS a
WHERE others.agent_id <> $5::text
ORDER BY m.agent_id, m.created_at DESC, m.id DESC
