-- Every version of a memory, with the event in the ledger that made it: $1 tenant, $2 to $4 the as-of time and
-- position, $5 stream, $6 memory id, $7 the version after which to go on, $8 limit. The columns from the ledger are
-- null if the event's month was detached.
SELECT v.version, v.source_event_id AS event_id, e.event_type,
       v.source_sequence % 4096 || ':' || v.source_sequence / 4096 AS position, e.version AS stream_version, e.actor,
       e.agent_id, e.payload ->> 'reason' AS reason, v.updated_at AS occurred_at, v.valid_from AS recorded_at,
       v.valid_to, e.metadata ->> 'correlation_id' AS correlation_id, e.metadata ->> 'causation_id' AS causation_id,
       e.payload - 'memory_id' - 'reason' AS changes, v.memory_type, v.term, v.content, v.metadata, v.tags, v.entities,
       v.confidence, v.importance, v.priority, v.expires_at, v.is_deleted, v.is_archived, v.tier
FROM (
    SELECT m.version, m.source_event_id, m.source_sequence, m.updated_at, m.valid_from, NULL::timestamptz AS valid_to,
           m.memory_type, m.term, m.content, m.metadata, m.tags, m.entities, m.confidence, m.importance, m.priority,
           m.expires_at, m.is_deleted, m.is_archived, m.tier
    FROM memories AS m
    WHERE m.tenant = $1::text AND m.stream_id = $5::text AND m.id = $6::uuid
    UNION ALL
    SELECT h.version, h.source_event_id, h.source_sequence, h.updated_at, h.valid_from, h.valid_to, h.memory_type,
           h.term, h.content, h.metadata, h.tags, h.entities, h.confidence, h.importance, h.priority, h.expires_at,
           h.is_deleted, h.is_archived, h.tier
    FROM memories_history AS h
    WHERE h.tenant = $1::text AND h.stream_id = $5::text AND h.id = $6::uuid
) AS v
LEFT JOIN events AS e ON e.sequence_id = v.source_sequence AND e.recorded_at = v.valid_from
WHERE v.version > $7::bigint
  AND happened(v.source_sequence, v.valid_from, $2, $3, $4)
ORDER BY v.version
LIMIT $8::bigint
