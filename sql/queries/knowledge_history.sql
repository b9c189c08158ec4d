-- Every version of a piece of knowledge, with the event and the actor that made it: $1 tenant, $2 to $4 the as-of time
-- and position, $5 id, $6 stream or null, $7 limit, $8 offset.
SELECT v.version, v.source_event_id AS event_id, e.event_type,
       v.source_sequence % 4096 || ':' || v.source_sequence / 4096 AS position, v.stream_id, e.actor, v.agent_id,
       v.updated_at AS occurred_at, v.valid_from AS recorded_at, v.valid_to,
       e.metadata ->> 'correlation_id' AS correlation_id, e.metadata ->> 'causation_id' AS causation_id, v.domain,
       v.knowledge_type, v.content, v.confidence, v.evidence, v.validation_status, v.validated_at, v.metadata
FROM (
    SELECT k.version, k.source_event_id, k.source_sequence, k.stream_id, k.agent_id, k.updated_at, k.valid_from,
           NULL::timestamptz AS valid_to, k.domain, k.knowledge_type, k.content, k.confidence, k.evidence,
           k.validation_status, k.validated_at, k.metadata
    FROM knowledge AS k
    WHERE k.tenant = $1::text AND k.knowledge_id = $5::uuid
    UNION ALL
    SELECT h.version, h.source_event_id, h.source_sequence, h.stream_id, h.agent_id, h.updated_at, h.valid_from,
           h.valid_to, h.domain, h.knowledge_type, h.content, h.confidence, h.evidence, h.validation_status,
           h.validated_at, h.metadata
    FROM knowledge_history AS h
    WHERE h.tenant = $1::text AND h.knowledge_id = $5::uuid
) AS v
LEFT JOIN events AS e ON e.sequence_id = v.source_sequence AND e.recorded_at = v.valid_from
WHERE ($6::text IS NULL OR v.stream_id = $6::text)
  AND happened(v.source_sequence, v.valid_from, $2, $3, $4)
ORDER BY v.stream_id, v.version
LIMIT $7::bigint OFFSET $8::bigint
