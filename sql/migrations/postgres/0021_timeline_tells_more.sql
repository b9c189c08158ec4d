-- The timeline tells when a memory was read last, and the metadata. Accesses are those that a memory shows: of the stream
-- <stream>#access, and of the memory's own.
CREATE OR REPLACE VIEW memory_timeline AS
SELECT m.tenant, m.user_id, m.agent_id, m.conversation_id, m.created_at AS at, m.memory_type AS type,
       m.id::text AS reference, coalesce(m.content ->> 'text', m.content::text) AS summary,
       least(1, m.importance + a.access_count / 100.0::float8) AS importance,
       a.access_count, m.is_archived, a.last_accessed_at, m.metadata
FROM memories m
CROSS JOIN LATERAL (
    SELECT coalesce(sum(found.access_count), 0)::bigint AS access_count, max(found.last_accessed_at) AS last_accessed_at
    FROM memory_access found
    WHERE found.memory_id = m.id AND found.tenant = m.tenant
      AND (found.stream_id = m.stream_id || '#access'
           OR found.stream_id = m.stream_id AND right(found.stream_id, 7) <> '#access')
) a
WHERE NOT m.is_deleted
UNION ALL
SELECT t.tenant, c.user_id, c.agent_id, t.conversation_id, t.created_at, 'turn',
       t.conversation_id || '/' || t.turn_index, coalesce(t.speaker, t.role) || ': ' || t.content, NULL, 0, NOT c.is_active,
       NULL, t.metadata
FROM conversation_turns t
JOIN conversations c ON c.tenant = t.tenant AND c.stream_id = t.stream_id AND c.conversation_id = t.conversation_id
WHERE NOT c.is_deleted
UNION ALL
SELECT tenant, user_id, agent_id, conversation_id, created_at, 'hypothesis', hypothesis_id::text, hypothesis, confidence,
       0, false, NULL, metadata
FROM hypotheses
UNION ALL
SELECT tenant, user_id, agent_id, NULL, updated_at, 'knowledge', knowledge_id::text, domain || ': ' || content,
       confidence, 0, false, NULL, metadata
FROM knowledge;
